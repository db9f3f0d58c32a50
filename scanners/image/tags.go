package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/internal/lazy"
)

// What callers that ask many registries branch on: to wait for another login, to note
// that there is nothing any more, or to ask later.
var (
	ErrLogin   = errors.New("the registry wants another login")
	ErrMissing = errors.New("the registry has no such image")
	ErrBusy    = errors.New("the registry limits how often it is asked")
)

// Is implements what errors.Is looks for.
func (e *errRegistry) Is(target error) bool {
	of := map[int]error{http.StatusUnauthorized: ErrLogin, http.StatusNotFound: ErrMissing, http.StatusTooManyRequests: ErrBusy}[status(e.err)]
	return of != nil && target == of
}

// Tag is a name of an image.
type Tag struct {
	Ref    string // the whole of it: "ghcr.io/acme/app:1.4"
	Digest string // of what it names: "sha256:…"
}

// asks is how many questions a registry gets at once.
const asks = 4

// Tags lists the newest images of a repository: "ghcr.io/acme/app", or those whose
// tags fit a pattern, "ghcr.io/acme/app:v*". Of tags for the same image it is one; most
// bounds how many there are, and left says what is beyond. The repository
// need not exist: ErrMissing. Of Options, Login and Pace count.
func Tags(ctx context.Context, of string, most int, o Options) (tags []Tag, left Left, err error) {
	where, pattern := splitTag(of)
	repo, err := name.NewRepository(where, name.WeakValidation)
	if err != nil {
		return nil, left, fmt.Errorf("%q names no images: write it as ghcr.io/acme/app, or with a pattern of tags, ghcr.io/acme/app:v*", of)
	}
	p, err := remote.NewPuller(newNetwork(o).options(ctx)...)
	if err != nil {
		return nil, left, err
	}
	names := []string{pattern}
	if strings.ContainsAny(pattern, "*?[") || pattern == "" {
		if names, left, err = newestOf(ctx, p, repo, pattern, most); err != nil {
			return nil, left, err
		}
	}
	digests := make([]string, len(names))
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(asks)
	for i, tag := range names {
		g.Go(func() error {
			d, err := tagDigest(inner, p, repo.Tag(tag))
			digests[i] = d
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, left, err
	}
	seen := map[string]bool{"": true}
	for i, tag := range names {
		if !seen[digests[i]] {
			seen[digests[i]] = true
			tags = append(tags, Tag{repo.Tag(tag).Name(), digests[i]})
		}
	}
	// An answer without tags is one: the repository is there.
	if len(tags) == 0 && pattern != "" && !strings.ContainsAny(pattern, "*?[") {
		return nil, left, fmt.Errorf("%s: %w", of, ErrMissing)
	}
	return tags, left, nil
}

// Left says what Tags did not look at.
type Left struct {
	Older int  // tags beyond those that were asked for
	Many  bool // there are more than are looked at
}

// Bounds of what a registry lists; tests have smaller ones. At 20 questions a second
// 10,000 tags take eight minutes.
var (
	maxTags     = 10_000    // that are asked about
	maxListed   = 1_000_000 // that are read
	maxTagPages = 20_000
)

// realTag is what a tag may be.
// https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
var realTag = lazy.New(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$`)

// newestOf lists the newest tags of a repository that fit a pattern, most of them (0
// for all). It holds no more than a page and twice as many as it returns.
func newestOf(ctx context.Context, p *remote.Puller, repo name.Repository, pattern string, most int) (names []string, left Left, err error) {
	keep := maxTags
	if most > 0 {
		keep = min(most, maxTags)
	}
	trim := func() {
		slices.SortFunc(names, newest)
		names = slices.Compact(names)
		if n := len(names) - keep; n > 0 {
			left.Older += n
			names = slices.Clone(names[:keep])
		}
	}
	pages, err := p.Lister(ctx, repo)
	if err != nil {
		return nil, left, explain(err)
	}
	for read, n := 0, 0; pages.HasNext(); n++ {
		page, err := pages.Next(ctx)
		if err != nil {
			return nil, left, explain(err)
		}
		for _, tag := range page.Tags {
			if realTag.MatchString(tag) && !beside.MatchString(tag) && (pattern == "" || fits(pattern, tag)) {
				names = append(names, strings.Clone(tag))
			}
		}
		if len(names) > 2*keep {
			trim()
		}
		if read += len(page.Tags); read >= maxListed || n >= maxTagPages {
			left.Many = pages.HasNext()
			break
		}
	}
	trim()
	if most == 0 && left.Older > 0 {
		left.Older, left.Many = 0, true
	}
	return names, left, nil
}

// tagDigest asks what a tag names; nothing, if it is gone meanwhile.
func tagDigest(ctx context.Context, p *remote.Puller, tag name.Tag) (string, error) {
	d, err := p.Head(ctx, tag)
	if err == nil {
		return d.Digest.String(), nil
	}
	whole, err := p.Get(ctx, tag) // not all registries answer the short question, or say what is wrong
	if status(err) == http.StatusNotFound {
		return "", nil
	}
	if err != nil {
		return "", explain(err)
	}
	return whole.Digest.String(), nil
}

// Catalog lists the repositories of a registry that fit a pattern:
// "registry.acme.example/team/*". Where the registry has no list, as those that
// everybody uses, that is an error.
func Catalog(ctx context.Context, pattern string, o Options) (out []string, err error) {
	host, rest, _ := strings.Cut(pattern, "/")
	reg, err := name.NewRegistry(host, name.WeakValidation)
	if err != nil || rest == "" {
		return nil, fmt.Errorf("%q is no pattern of images: write it as registry.acme.example/team/*", pattern)
	}
	p, err := remote.NewPuller(newNetwork(o).options(ctx)...)
	if err != nil {
		return nil, err
	}
	pages, err := p.Catalogger(ctx, reg)
	if err != nil {
		return nil, explain(err)
	}
	for pages.HasNext() {
		page, err := pages.Next(ctx)
		if err != nil {
			return nil, explain(err)
		}
		for _, r := range page.Repos {
			if fits(rest, r) {
				out = append(out, host+"/"+r)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func fits(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// splitTag divides a reference where its tag begins; a port is none.
func splitTag(ref string) (repo, tag string) {
	if i := strings.LastIndexByte(ref, ':'); i > strings.LastIndexByte(ref, '/') {
		return ref[:i], ref[i+1:]
	}
	return ref, ""
}

// beside are the tags of signatures and attestations, which are searched with the
// image that they are of.
var beside = lazy.New(`^sha256-[0-9a-f]{64}(\..*)?$`)

var number = lazy.New(`[0-9]+|[^0-9]+`)

// newest orders tags: first those without a number, such as latest and main, then the
// highest version. A registry does not say when a tag was made.
func newest(a, b string) int {
	na, nb := strings.ContainsAny(a, "0123456789"), strings.ContainsAny(b, "0123456789")
	if na != nb {
		if nb {
			return -1
		}
		return 1
	}
	if !na {
		return strings.Compare(a, b)
	}
	as, bs := number.FindAllString(strings.TrimPrefix(a, "v"), -1), number.FindAllString(strings.TrimPrefix(b, "v"), -1)
	for i := range min(len(as), len(bs)) {
		x, y := as[i], bs[i]
		if isDigit(x[0]) && isDigit(y[0]) {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Or(cmp.Compare(len(y), len(x)), strings.Compare(y, x)); c != 0 {
				return c
			}
			continue
		}
		if isDigit(x[0]) != isDigit(y[0]) { // versions before names of branches
			if isDigit(x[0]) {
				return -1
			}
			return 1
		}
		if c := strings.Compare(y, x); c != 0 {
			return c
		}
	}
	// 1.2.3 names less than 1.2 and 1 do, and 1.2.3 is newer than 1.2.3-rc1.
	return cmp.Or(cmp.Compare(strings.Count(a, "-"), strings.Count(b, "-")), cmp.Compare(len(b), len(a)), strings.Compare(a, b))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
