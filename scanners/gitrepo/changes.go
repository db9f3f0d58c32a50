package gitrepo

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Changes is the Source of what some commits, or the index, add to what was
// there before. A credential is new in a step if it stands in a file that the
// step touches and in no version of these files that the step's parents have.
// So what was leaked before does not alarm again when its file is edited or
// moved. Credentials that are not new get no location.
type Changes struct {
	// Bare are the paths where the index has another mode, or submodule's commit, and
	// the same content.
	Bare  []string
	r     *Repo
	steps []step
	base  map[gitpack.ID]bool // versions that the changed paths had before the first step
	last  map[gitpack.ID]bool // versions that they have in the end
	tips  []gitpack.ID        // commits that AtHead is about; none for the index
	tags  []int               // tag objects that are new, by number
	named []string            // paths that come or go, sorted
	kept  bool                // see Places
}

// Paths are those that are changed, with those of Bare.
func (c *Changes) Paths() []string {
	paths := slices.Clone(c.Bare)
	for _, s := range c.steps {
		for _, f := range s.changes {
			paths = append(paths, f.path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// step is a commit, or the index.
type step struct {
	n       int // object number of the commit, inIndex or inNone
	changes []change
}

// What is no commit's change.
const (
	inIndex = -1
	inNone  = -2 // a tag's
)

// NewRange returns the Source of the commits that `to` has and `from` has not.
func NewRange(r *Repo, from, to string) (*Changes, error) {
	a, err := r.Resolve(from)
	if err != nil {
		return nil, err
	}
	b, err := r.Resolve(to)
	if err != nil {
		return nil, err
	}
	commits, err := r.between(a, b)
	if err != nil {
		return nil, err
	}
	c := &Changes{r: r, tips: []gitpack.ID{b}}
	if err := c.addCommits(commits); err != nil {
		return nil, err
	}
	c.base, c.last = c.versionsAt(a), c.versionsAt(b)
	return c, nil
}

// addCommits makes a step of each commit.
func (c *Changes) addCommits(commits []int) error {
	left := maxAllFiles
	for _, n := range commits {
		info, err := c.r.commitAt(n)
		if err != nil {
			return err
		}
		changes := c.r.changesOf(n, info, min(maxFiles, left))
		left -= len(changes)
		c.steps = append(c.steps, step{n, changes})
	}
	return nil
}

// versionsAt returns the versions that the changed paths have in a commit: in
// the one before the range, since what one step removes and a later one brings
// back is not new, and in its last one, since a merge may bring a file there
// that no step of the range has.
func (c *Changes) versionsAt(from gitpack.ID) map[gitpack.ID]bool {
	out := map[gitpack.ID]bool{}
	c.eachAt(from, func(_ string, id gitpack.ID) { out[id] = true })
	return out
}

// eachAt calls visit with the files that a commit has at the changed paths.
func (c *Changes) eachAt(from gitpack.ID, visit func(path string, id gitpack.ID)) {
	folders := map[string]map[string]treeEntry{}
	n, _ := c.r.peel(from)
	info, err := c.r.commitAt(n)
	if err != nil {
		return
	}
	var folder func(path string) map[string]treeEntry
	folder = func(path string) map[string]treeEntry {
		if entries, ok := folders[path]; ok {
			return entries
		}
		e := treeEntry{gitpack.ModeTree, info.Tree}
		if path != "" {
			dir, name := split(path)
			e = folder(dir)[name]
		}
		var entries map[string]treeEntry
		if e.mode == gitpack.ModeTree {
			entries, _ = c.r.readTree(e.id) // what is missing is noted with the steps
		}
		folders[path] = entries
		return entries
	}
	for _, s := range c.steps {
		for _, ch := range s.changes {
			dir, name := split(ch.path)
			if e := folder(dir)[name]; e.mode != gitpack.ModeTree && e.mode != gitpack.ModeGitlink && !e.id.IsZero() {
				visit(ch.path, e.id)
			}
		}
	}
}

// split cuts a path into its folder, without the slash, and its name.
func split(path string) (dir, name string) {
	i := strings.LastIndexByte(path, '/')
	return path[:max(0, i)], path[i+1:]
}

// miss notes once what is not there, however often it is named.
func (r *Repo) miss(id gitpack.ID) {
	if r.absent == nil {
		r.absent = map[gitpack.ID]bool{}
	}
	if !r.absent[id] {
		r.absent[id] = true
		r.cov.Skip("object that is not in the repository", r.missingFix(), id.String())
	}
}

// changesOf returns what a commit changes against all of its parents.
func (r *Repo) changesOf(n int, info gitpack.CommitInfo, limit int) []change {
	var parents []gitpack.ID
	for _, id := range info.Parents {
		at, ok := r.store.Lookup(id)
		if !ok {
			if r.shallow[r.store.ID(n)] {
				r.cov.Skip("shallow clone: the range goes beyond where the history is cut off", "git fetch --unshallow (in CI: fetch-depth: 0)", id.String())
			} else {
				r.miss(id)
			}
			continue
		}
		p, err := r.commitAt(at)
		if err != nil {
			r.cov.Skip("unreadable commit", r.missingFix(), err.Error())
			continue
		}
		parents = append(parents, p.Tree)
	}
	return r.changed(info.Tree, parents, limit)
}

func (r *Repo) changed(tree gitpack.ID, parents []gitpack.ID, limit int) (out []change) {
	r.diffTrees(tree, parents, limit, func(c change) { out = append(out, c) })
	slices.SortFunc(out, func(a, b change) int { return strings.Compare(a.path, b.path) })
	return out
}

// Scan implements scanners.Source.
func (c *Changes) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := c.r.cov
	blobs, files := c.objects()
	workers := c.r.opts.Workers
	tell := newTeller(ctx, c.r, workers, reach, emit)
	paths := sync.OnceValue(c.newPaths)
	tell.path = func(n int) (string, bool) {
		path, ok := paths()[n]
		return path, ok
	}
	queue := make(chan int)
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			for n := range queue {
				if err := c.one(tell, w, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(queue)
		for _, n := range blobs {
			select {
			case queue <- n:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	err := g.Wait()
	if err == nil {
		err = c.searchNames(emit)
	}
	if err == nil && len(c.r.pushed) > 0 {
		err = emit(&leak.Chunk{Ref: refOf(0, names), Data: c.r.refNames()})
	}
	cov.Count("files", files)
	cov.Count("blobs", tell.blobs.Load())
	cov.Count("bytes", tell.bytes.Load())
	tell.countStored()
	commits := 0
	for _, s := range c.steps {
		if s.n == inIndex {
			return cov, err
		}
		if s.n >= 0 {
			commits++
		}
	}
	cov.Count("commits", int64(commits))
	return cov, err
}

func (c *Changes) one(tell *teller, w, n int) error {
	o, err := c.r.store.Read(n)
	if err != nil {
		p := c.r.store.Problem(n, err)
		c.r.cov.Skip(p.Reason, p.FixOr(c.r.missingFix()), p.Name+": "+p.Err.Error())
		return nil
	}
	if o.Type == gitpack.Commit || o.Type == gitpack.Tag {
		return tell.texts(w, &o)
	}
	if o.Type != gitpack.Blob {
		c.r.cov.Skip("tree in the place of a file", "check the repository with git fsck", c.r.store.ID(n).String())
		return nil
	}
	if o.Stream == nil {
		return tell.blob(w, &o)
	}
	content := o.Content()
	defer content.Close()
	check := &checked{r: content}
	o.Stream = check
	if err = tell.blob(w, &o); check.err != nil {
		c.r.cov.Skip("unreadable object", c.r.missingFix(), c.r.store.ID(n).String()+": "+check.err.Error())
	}
	return err
}

// checked remembers how a reader failed.
type checked struct {
	r   io.Reader
	err error
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// objects lists what has to be read, each object once: the new versions, the
// old ones, and the commits.
func (c *Changes) objects() (ns []int, files int64) {
	seen := map[int]bool{}
	add := func(n int) {
		if !seen[n] {
			seen[n] = true
			ns = append(ns, n)
		}
	}
	blob := func(id gitpack.ID) {
		if id.IsZero() {
			return
		}
		n, ok := c.r.store.Lookup(id)
		if !ok {
			c.r.miss(id)
			return
		}
		add(n)
	}
	for _, s := range c.steps {
		if s.n >= 0 {
			add(s.n)
		}
		for _, ch := range s.changes {
			if !ch.new.IsZero() {
				files++
			}
			blob(ch.new)
			for _, old := range ch.olds {
				blob(old)
			}
		}
	}
	for _, versions := range []map[gitpack.ID]bool{c.base, c.last} {
		for id := range versions {
			blob(id)
		}
	}
	for _, n := range c.tags {
		add(n)
	}
	slices.SortFunc(ns, cmp.Compare[int])
	return ns, files
}

// Open implements scanners.Source.
func (c *Changes) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	return c.r.open(ctx, ref)
}
