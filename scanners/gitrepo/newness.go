package gitrepo

import (
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/leak"
)

// Locate implements scanners.Source.
func (c *Changes) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	l := &locator{r: c.r, out: make([][]leak.Location, len(matches))}
	l.set = group(matches, l.text)
	done := map[place]bool{}
	base := map[int32]bool{} // credentials that were there before
	for id := range c.base {
		for _, cr := range c.creds(l.set, id) {
			base[cr.cred] = true
		}
	}
	for _, s := range c.steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		before := map[int32]bool{} // credentials that the parents have
		for _, ch := range s.changes {
			for _, id := range ch.olds {
				for _, cr := range c.creds(l.set, id) {
					before[cr.cred] = true
				}
			}
		}
		for _, ch := range s.changes {
			for _, cr := range c.creds(l.set, ch.new) {
				if p := (place{cr.cred, ch.path, 0}); !base[cr.cred] && !before[cr.cred] && !done[p] {
					done[p] = true
					c.add(l, s, ch, cr)
				}
			}
		}
	}
	for i := range l.out {
		l.out[i] = l.finish(l.out[i])
	}
	return l.out, nil
}

func (c *Changes) creds(set *hitSet, id gitpack.ID) []credHits {
	if id.IsZero() {
		return nil
	}
	n, ok := c.r.store.Lookup(id)
	if !ok {
		return nil
	}
	if i, ok := set.index[int32(n)]; ok {
		return set.hits[i].creds
	}
	return nil
}

// add places a new credential of a step.
func (c *Changes) add(l *locator, s step, ch change, cr credHits) {
	loc := leak.Location{Kind: leak.KindBlob, Path: ch.path, Staged: s.n < 0}
	loc.Blob = ch.new.String()
	n, _ := c.r.store.Lookup(ch.new)
	loc.Ref = refOf(n, whole)
	if s.n >= 0 {
		loc.Commit = c.r.store.ID(s.n).String()
		if o, err := c.r.store.Read(s.n); err == nil {
			l.describe(&loc, &o)
		}
	}
	var now *hit
	if e, ok := c.r.entryAt(c.to, ch.path); ok && !c.to.IsZero() {
		if at, ok := c.r.store.Lookup(e.id); ok {
			if i, ok := l.set.index[int32(at)]; ok {
				now = &l.set.hits[i]
			}
		}
	}
	for k, span := range cr.spans {
		loc.Span = span
		loc.AtHead, loc.Head, loc.HeadRef = false, nil, nil
		if now != nil && now.occurrences(cr.cred) > k {
			loc.AtHead = true
			if int(now.n) != n {
				loc.HeadRef = &leak.Spot{Ref: refOf(int(now.n), whole), Span: now.span(cr.cred, k)}
				loc.Head = &leak.Position{Blob: c.r.store.ID(int(now.n)).String()}
			}
		}
		l.out[cr.cred] = append(l.out[cr.cred], loc)
	}
}

// mergeParents returns HEAD and the commits that are being merged into it.
func (r *Repo) mergeParents() []gitpack.ID {
	var out []gitpack.ID
	if !r.head.IsZero() {
		out = append(out, r.head)
	}
	b, err := readSmall(filepath.Join(r.GitDir, "MERGE_HEAD"))
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.cov.Skip("unreadable MERGE_HEAD", "", err.Error())
		}
		return out
	}
	for line := range strings.Lines(string(b)) {
		if id, ok := gitpack.ParseID(strings.TrimSpace(line)); ok {
			out = append(out, id)
		}
	}
	return out
}

// flatten lists the files of a tree by path.
func (r *Repo) flatten(tree gitpack.ID, path string, into map[string]treeEntry) {
	entries, err := r.readTree(tree)
	if err != nil || strings.Count(path, "/") > maxDepth {
		r.cov.Skip("unreadable tree", r.missingFix(), tree.String())
		return
	}
	for name, e := range entries {
		if e.mode == gitpack.ModeTree {
			r.flatten(e.id, path+name+"/", into)
		} else {
			into[path+name] = e
		}
	}
}

// expandSparse replaces the folders that a sparse index lists by their files.
func (r *Repo) expandSparse(entries []indexEntry) []indexEntry {
	if !slices.ContainsFunc(entries, func(e indexEntry) bool { return e.mode&0o170000 == gitpack.ModeTree }) {
		return entries
	}
	var out []indexEntry
	for _, e := range entries {
		if e.mode&0o170000 != gitpack.ModeTree {
			out = append(out, e)
			continue
		}
		files := map[string]treeEntry{}
		r.flatten(e.id, e.path, files) // the path ends in a slash
		for path, f := range files {
			out = append(out, indexEntry{path: path, id: f.id, mode: f.mode})
		}
	}
	return out
}

// dated is a commit in the queue of between.
type dated struct {
	n    int
	when int64
	info gitpack.CommitInfo
}

type queue []dated

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].when > q[j].when }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(dated)) }
func (q *queue) Pop() any {
	old := *q
	x := old[len(old)-1]
	*q = old[:len(old)-1]
	return x
}

// slop is how many more commits are looked at when all that wait are in the
// excluded history, since dates can be wrong; git has the same number.
const slop = 5

// between returns the commits that to leads to and from does not, oldest
// first. It walks both histories back from their tips by date, so that it
// costs as much as the range is long.
func (r *Repo) between(from, to gitpack.ID) ([]int, error) {
	w := rangeWalk{r: r, known: map[int]bool{}, excluded: map[int]bool{}}
	for i, id := range []gitpack.ID{from, to} {
		if err := w.push(id, i == 0); err != nil {
			return nil, err
		}
	}
	var order []int
	for left := slop; w.q.Len() > 0; {
		c := heap.Pop(&w.q).(dated)
		order = append(order, c.n)
		for _, id := range c.info.Parents {
			if err := w.push(id, w.excluded[c.n]); err != nil {
				return nil, err
			}
		}
		if slices.ContainsFunc(w.q, func(d dated) bool { return !w.excluded[d.n] }) {
			left = slop
		} else if left--; left < 0 {
			break
		}
	}
	order = slices.DeleteFunc(order, func(n int) bool { return w.excluded[n] })
	slices.Reverse(order)
	return order, nil
}

type rangeWalk struct {
	r               *Repo
	q               queue
	known, excluded map[int]bool
}

// push adds a commit to the queue. One that becomes excluded after it was
// seen passes that on to what is known of its history.
func (w *rangeWalk) push(id gitpack.ID, exclude bool) error {
	n, ok := w.r.store.Lookup(id)
	if !ok {
		return nil // behind a shallow boundary, or missing: noted with the range's commits
	}
	if w.known[n] {
		if exclude {
			w.exclude(n)
		}
		return nil
	}
	info, err := w.r.commitAt(n)
	if err != nil {
		return err
	}
	w.known[n] = true
	if exclude {
		w.excluded[n] = true
	}
	heap.Push(&w.q, dated{n, info.Committed.Unix(), info})
	return nil
}

func (w *rangeWalk) exclude(n int) {
	todo := []int{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if w.excluded[n] || !w.known[n] {
			continue
		}
		w.excluded[n] = true
		if info, err := w.r.commitAt(n); err == nil {
			for _, id := range info.Parents {
				if p, ok := w.r.store.Lookup(id); ok {
					todo = append(todo, p)
				}
			}
		}
	}
}
