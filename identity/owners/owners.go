// Package owners finds the people and teams behind a credential in the
// repository that it leaked in: CODEOWNERS, service catalogs, lists of
// maintainers, and git's authors. It knows nothing of credentials.
package owners

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/leak"
)

// How sure each tier is, from 0 to 1: the catalog says who runs a service; who
// has to agree to a change mostly owns what is in the file, less so where one rule
// is for all files; who publishes a package need not know its deployment.
const (
	sureCatalog    = 0.8
	sureCode       = 0.68
	sureRepository = 0.7  // the catalog, of the whole repository
	sureCatchAll   = 0.62 // CODEOWNERS with a rule for everything, or for all files with an ending
	sureOfMany     = 0.35 // the same, of a file of one of several services: who runs the repository
	sureMaybe      = identity.MaybeConsuming
	sureThen       = 0.45 // CODEOWNERS of the commit, when HEAD's says otherwise
	sureApprover   = 0.6
	sureMaintain   = 0.55
	sureManifest   = 0.4
	sureAuthor     = 0.35
	sureCoAuthor   = 0.3
	sureRecent     = 0.3
	sureDefault    = 0.2
)

// recentDays is how far back activity counts.
const recentDays = 90

// maxPaths is how many files of a tier are looked at.
const maxPaths = 4

// Options are settings.
type Options struct {
	Default string // owner of what nobody else owns: "@acme/security"
}

// New returns the Resolver.
func New(o Options) identity.Resolver { return &resolver{opts: o} }

type resolver struct {
	opts Options
	f    *forest // of the last repository
}

// Resolve implements identity.Resolver.
func (r *resolver) Resolve(ctx context.Context, q *identity.Query) (identity.Answer, error) {
	s := &search{ctx: ctx, q: q}
	if q.Repo != nil {
		if r.f == nil || r.f.repo != q.Repo {
			r.f = newForest(q.Repo)
		}
		s.f = r.f
		if err := s.all(); err != nil {
			return identity.Answer{}, err
		}
	}
	if r.opts.Default != "" {
		o := named(r.opts.Default, GitLab)
		o.Source, o.Confidence, o.Reason = identity.OwnerDefault, sureDefault, "the settings name it for what nobody else owns"
		s.add(o)
	}
	return identity.Answer{Owners: s.out}, nil
}

// search is the search for one credential's owners.
type search struct {
	ctx context.Context
	q   *identity.Query
	f   *forest
	out []leak.Owner
}

func (s *search) lose(what string) {
	if s.q.Lose != nil {
		s.q.Lose(what)
	}
}

// add keeps an owner, the surest of those that one source gives.
func (s *search) add(o leak.Owner) {
	for i := range s.out {
		if s.out[i].Source == o.Source && s.out[i].Name == o.Name {
			if o.Confidence > s.out[i].Confidence {
				s.out[i] = o
			}
			return
		}
	}
	s.out = append(s.out, o)
}

func (s *search) all() error {
	if err := s.f.list(s.ctx, s.lose); err != nil {
		return err
	}
	leaking, declaring, consuming, maybe := s.paths()
	for _, tier := range []struct {
		source string
		what   string
		paths  []string
	}{
		{identity.OwnerDeclaring, "declares the identity", declaring},
		{identity.OwnerConsuming, "uses the credential", consuming},
		{identity.OwnerLeaking, "holds the credential", leaking},
	} {
		for i, p := range tier.paths {
			if err := s.code(tier.source, tier.what, p, i); err != nil {
				return err
			}
		}
	}
	for _, p := range maybe {
		if err := s.maybe(p); err != nil {
			return err
		}
	}
	all := slices.Concat(declaring, consuming, leaking)
	for _, k := range []kind{catalog, approver, maintain, manifest} {
		if err := s.named(k, all); err != nil {
			return err
		}
	}
	if err := s.introduced(); err != nil {
		return err
	}
	return s.recent(leaking)
}

// code adds the code owners of a file: those of now, and of when the
// credential came in, if they were others. Those of further files are less sure.
func (s *search) code(source, what, path string, rank int) error {
	now, err := s.codeAt("", path)
	if err != nil {
		return err
	}
	for _, o := range now {
		if o.Source == "" {
			o.Source = source
		}
		o.Reason = fmt.Sprintf("code owner of %s, which %s (%s)", path, what, o.Reason)
		if rank > 0 {
			o.Confidence -= 0.1
		}
		if source == identity.OwnerDeclaring {
			o.Of = path
		}
		s.add(o)
	}
	rev := s.commitOf(path)
	if source != identity.OwnerLeaking || rev == "" {
		return nil
	}
	then, err := s.codeAt(rev, path)
	if err != nil {
		return err
	}
	for _, o := range then {
		if slices.ContainsFunc(now, func(n leak.Owner) bool { return n.Name == o.Name }) {
			continue
		}
		o.Source, o.Confidence = source, sureThen
		o.Ref = short(rev) + ":" + o.Ref
		o.Reason = fmt.Sprintf("code owner of %s when the credential came in (%s)", path, o.Reason)
		s.add(o)
	}
	return nil
}

// codeAt returns the code owners of a file in a revision, with a source only if
// it is that of a rule for everything.
func (s *search) codeAt(rev, path string) (out []leak.Owner, err error) {
	f, err := s.f.codeowners(s.ctx, rev, s.lose)
	if err != nil || f.codeowners == nil {
		return nil, err
	}
	name := f.path
	if rev == "" && !s.f.noted[name+":lost"] {
		s.f.noted[name+":lost"] = true
		for _, l := range f.lost {
			s.lose(name + ": " + l)
		}
	}
	rules := f.find(path)
	if f.slow && !s.f.noted[name+":slow"] {
		s.f.noted[name+":slow"] = true
		s.lose(name + ": its patterns take too long to match")
	}
	for _, r := range rules {
		for _, word := range r.owners {
			o := named(word, f.dialect)
			o.Ref, o.Confidence = fmt.Sprintf("%s:%d", name, r.line), sureCode
			o.Reason = "rule " + r.text
			if r.pattern.everything() {
				o.Source = identity.OwnerEverything
			}
			if r.pattern.anywhere() {
				o.Confidence, o.Wide = sureCatchAll, true
				if names.PathService(path) != "" {
					o.Confidence = sureOfMany
				}
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// commitOf returns the commit that brought the credential into a file.
func (s *search) commitOf(path string) string {
	for i := range s.q.Finding.Locations {
		if l := &s.q.Finding.Locations[i]; l.Commit != "" && s.q.In(l) == path {
			return l.Commit
		}
	}
	return ""
}

func short(commit string) string { return commit[:min(len(commit), 10)] }

// named adds whom the files of a kind name that are nearest to the first path
// that has any.
func (s *search) named(k kind, paths []string) error {
	sure := map[kind]float64{catalog: sureCatalog, approver: sureApprover, maintain: sureMaintain, manifest: sureManifest}[k]
	why := map[kind]string{
		catalog: "owner of the component in the service catalog", approver: "has to approve changes here",
		maintain: "is listed as a maintainer", manifest: "is listed as an author or maintainer of the package",
	}[k]
	source := identity.OwnerMaintains
	if k == catalog {
		source = identity.OwnerCatalog
	}
	for _, p := range paths {
		list, file, err := s.f.nearest(s.ctx, p, k, s.lose)
		if err != nil {
			return err
		}
		for _, f := range list {
			o := f.Owner
			o.Source, o.Confidence, o.Reason, o.Ref = source, sure, why, cmp.Or(f.file, file)
			if k == catalog && !strings.Contains(file, "/") {
				o.Source, o.Confidence = identity.OwnerRepository, sureRepository
			}
			if f.less {
				o.Confidence -= 0.05
			}
			if f.Reason != "" {
				o.Reason += ", " + f.Reason
			}
			if f.line > 0 {
				o.Ref = fmt.Sprintf("%s:%d", o.Ref, f.line)
			}
			if len(list) > 1 && k == catalog {
				o.Confidence = min(o.Confidence, sureMaintain) // several components: which one is not said
			}
			s.add(o)
		}
		if len(list) > 0 {
			return nil
		}
	}
	return nil
}

// introduced adds who brought the credential in, and who helped.
func (s *search) introduced() error {
	seen := 0
	for _, l := range s.q.Finding.Locations {
		if l.Commit == "" || l.Unreachable && seen > 0 || seen == maxPaths {
			continue
		}
		by, what := l.Commit, "commit"
		if l.Kind == leak.KindTag { // Commit is what it is about, of others
			by, what = l.Blob, "tag"
		}
		c, err := s.q.Repo.Commit(s.ctx, by)
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil {
			continue
		}
		seen++
		if c.Cut && l.Path != "" { // whoever brought it in may have done so before the history is cut off
			continue
		}
		date := c.Date.UTC().Format(time.DateOnly)
		people := append([]identity.Person{c.Author}, c.CoAuthors...)
		for i, p := range people {
			if p.Bot() || p.Name == "" {
				continue
			}
			o := leak.Owner{Name: p.Name, Email: p.Email, Kind: "person", Source: identity.OwnerAuthor, Ref: short(by), Confidence: sureAuthor}
			o.Reason = "wrote the " + what + " that brought it in, on " + date
			if i > 0 {
				o.Confidence, o.Reason = sureCoAuthor, "co-author of the "+what+" that brought it in, on "+date
			}
			s.add(o)
		}
	}
	return nil
}

// recent adds who was most active lately in the first file that anybody was
// active in.
func (s *search) recent(paths []string) error {
	for _, p := range paths {
		acts, err := s.q.Repo.Recent(s.ctx, p, s.q.Now.AddDate(0, 0, -recentDays))
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		if err != nil || len(acts) == 0 {
			continue
		}
		total := 0
		for _, a := range acts {
			total += a.Commits
		}
		a := acts[0]
		s.add(leak.Owner{
			Name: a.Name, Email: a.Email, Kind: "person", Source: identity.OwnerRecent, Ref: p, Confidence: sureRecent,
			Reason: fmt.Sprintf("made %d of the %d commits to %s in the last %d days", a.Commits, total, p, recentDays),
		})
		return nil
	}
	return nil
}
