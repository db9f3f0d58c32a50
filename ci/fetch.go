package ci

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// Fetcher gets what a checkout lacks, with the git program and what it is logged in
// with. Only here does whosekey start a program, and only where a job cannot be
// searched otherwise.
type Fetcher struct {
	Dir    string        // of the checkout
	Budget time.Duration // for all of it; 0: nothing is fetched
	Login  *Login        // for where git is not logged in; may be nil
	Log    func(line string)

	started time.Time
	tried   map[string]bool // what was asked for, and if it came
	none    map[string]bool // what the server says it does not have
	deeper  int
	asked   bool // for all branches and tags
	whole   bool // and they came
	filled  bool // for what a partial clone left out
	logged  bool // Login was what it took
}

// deepen are the steps in which a history is made longer, in commits; after the
// last one all of it is fetched.
var deepen = []int{100, 400, 2000, 10_000}

// firstDepth is how much of the history of what is not there a shallow checkout
// gets at first.
const firstDepth = 100

func (r Rev) key() string { return r.ID + " " + r.Fetch }

// gone reports whether a revision was asked for already.
func (f *Fetcher) gone(r Rev) bool {
	if f == nil {
		return false
	}
	_, asked := f.tried[r.key()]
	return asked
}

// MayHave reports whether the server may have a revision: it was not asked for it, or
// did not answer.
func (f *Fetcher) MayHave(r Rev) bool { return !f.none[r.key()] }

// got reports whether a revision was fetched.
func (f *Fetcher) got(r Rev) bool { return f != nil && f.tried[r.key()] }

// more fetches the next thing that is missing. fetched says that it is worth another
// look.
func (f *Fetcher) more(ctx context.Context, l *looking) (fetched bool, err error) {
	if f == nil || f.Budget <= 0 {
		return false, nil
	}
	if f.started.IsZero() {
		f.started, f.tried, f.none = time.Now(), map[string]bool{}, map[string]bool{}
	}
	ctx, cancel := context.WithDeadline(ctx, f.started.Add(f.Budget))
	defer cancel()
	if err := ctx.Err(); err != nil {
		return false, f.explain(ctx, err, nil)
	}
	if asked, err := f.wanted(ctx, l); asked {
		return true, err // what is gone may have something that stands in for it
	}
	if l.job.Kind == Everything && !f.asked {
		return f.all(ctx, l)
	}
	if l.job.Kind != Added || !l.cut || l.blind() || len(l.found.Tips) < len(l.job.Tips) || f.deeper > len(deepen) {
		return f.fill(ctx, l)
	}
	args := []string{"--unshallow"}
	if f.deeper < len(deepen) {
		args = []string{"--deepen=" + strconv.Itoa(deepen[f.deeper])}
	}
	f.deeper++
	err = f.fetch(ctx, args, append(slices.Clone(l.tips), l.full()...)...)
	return err == nil, err
}

// fill gets what a partial clone left out of what is searched and compared with: what
// the other steps fetch lacks the same. Git older than 2.36 cannot.
func (f *Fetcher) fill(ctx context.Context, l *looking) (fetched bool, err error) {
	if f.filled || !l.found.Repo.Partial() || l.job.Kind == Nothing {
		return false, nil
	}
	f.filled = true
	specs := append(slices.Clone(l.tips), l.full()...)
	if l.job.Kind == Everything {
		specs = f.everything(l)
	}
	err = f.fetch(ctx, []string{"--refetch", "--no-filter"}, specs...)
	return err == nil, err
}

// all asks for all branches and tags, whole: a checkout does not tell that it has
// only some of them.
func (f *Fetcher) all(ctx context.Context, l *looking) (fetched bool, err error) {
	if f.asked || !l.found.Repo.Cloned() {
		return false, nil
	}
	f.asked = true
	var args []string
	if l.cut {
		args = []string{"--unshallow"}
	}
	err = f.fetch(ctx, args, f.everything(l)...)
	f.whole = err == nil
	return f.whole, err
}

// everything are all branches and tags.
func (f *Fetcher) everything(l *looking) []string {
	tags := "refs/tags/*:refs/tags/*"
	if l.job.Server != nil { // not in the clone of a person, who may have moved one
		tags = "+" + tags
	}
	return []string{"+refs/heads/*:refs/remotes/origin/*", tags}
}

// wanted asks for the revisions that are not there: for all at once, and if that
// fails for each.
func (f *Fetcher) wanted(ctx context.Context, l *looking) (asked bool, err error) {
	var revs []Rev
	var first []string
	for _, r := range l.wants {
		if !f.gone(r) && len(r.specs()) > 0 {
			f.tried[r.key()] = false
			revs = append(revs, r)
			if spec := r.specs()[0]; !slices.Contains(first, spec) {
				first = append(first, spec)
			}
		}
	}
	if len(revs) == 0 {
		return false, nil
	}
	var args []string
	if l.found.Repo.Shallow() {
		args = []string{"--depth=" + strconv.Itoa(firstDepth)}
	}
	if len(revs) > 1 && f.fetch(ctx, args, first...) == nil {
		for _, r := range revs {
			f.tried[r.key()] = true
		}
		return true, nil
	}
	for _, r := range revs {
		var failed error
		for _, spec := range r.specs() {
			if failed = f.fetch(ctx, args, spec); failed == nil {
				break
			}
		}
		f.tried[r.key()], f.none[r.key()] = failed == nil, errors.As(failed, new(*notThere))
		err = cmp.Or(err, failed)
	}
	return true, err
}

// full are the ids of known commits, of which git can fetch more.
func (l *looking) full() (ids []string) {
	const most = 100 // for a tag these are all branches
	for _, id := range l.found.Known[:min(most, len(l.found.Known))] {
		if isFull(id) {
			ids = append(ids, id)
		}
	}
	return ids
}

// specs are what to fetch, each instead of the one before.
func (r Rev) specs() (list []string) {
	if r.Fetch != "" && r.Ref != "" {
		return []string{"+" + r.Fetch + ":" + r.Ref}
	}
	if isFull(r.ID) {
		list = append(list, r.ID)
	}
	if r.Fetch != "" {
		list = append(list, r.Fetch)
	}
	return list
}

// fetch runs git fetch, as the checkout has git logged in, and if that does not do
// with the token of the run.
func (f *Fetcher) fetch(ctx context.Context, flags []string, specs ...string) error {
	if f.Log != nil {
		f.Log("git fetch " + strings.Join(append(slices.Clone(flags), shortIDs(specs)...), " "))
	}
	if f.Login == nil {
		return f.run(ctx, gitEnvironment(), flags, specs)
	}
	if !f.logged {
		if err := f.run(ctx, gitEnvironment(), flags, specs); err == nil || ctx.Err() != nil {
			return err
		}
	}
	again := f.run(ctx, f.Login.environment(gitEnvironment()), flags, specs)
	f.logged = f.logged || again == nil
	return again
}

// run runs git fetch. What could run something else of the repository's choice is
// turned off: hooks, file system monitors, other transports.
func (f *Fetcher) run(ctx context.Context, env, flags, specs []string) error {
	args := []string{
		"-C", f.Dir, "-c", "safe.directory=" + f.Dir, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=" + os.DevNull,
		"-c", "protocol.ext.allow=never", "-c", "core.alternateRefsCommand=:", "-c", "fetch.writeCommitGraph=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
		"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--upload-pack=git-upload-pack",
	}
	args = append(append(args, flags...), "--", "origin")
	cmd := exec.CommandContext(ctx, "git", append(args, specs...)...)
	cmd.Env = env
	var stderr bytes.Buffer
	cmd.Stderr = &capped{&stderr}
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return f.explain(ctx, err, stderr.Bytes())
	}
	return nil
}

// notThere is the error of what the server says it does not have.
type notThere struct{ error }

func shortIDs(specs []string) (out []string) {
	for _, s := range specs {
		if isFull(s) {
			s = s[:12]
		}
		out = append(out, s)
	}
	return out
}

// capped keeps the beginning of what is written to it.
type capped struct{ *bytes.Buffer }

func (c *capped) Write(b []byte) (int, error) {
	const most = 8 << 10
	c.Buffer.Write(b[:min(len(b), max(0, most-c.Len()))])
	return len(b), nil
}

var address = lazy.New(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"']+`)

// explain says why git could not fetch, without credentials that stand in addresses.
func (f *Fetcher) explain(ctx context.Context, err error, stderr []byte) error {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return errors.New("there is no git program")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("it took longer than %s", f.Budget)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	text := address.ReplaceAllStringFunc(lines[0], gitrepo.WithoutCredentials)
	if text == "" {
		text = err.Error()
	}
	said := fmt.Errorf("git says: %s", short(f.Login.hide(text)))
	if bytes.Contains(stderr, []byte("couldn't find remote ref")) {
		return &notThere{said}
	}
	return said
}
