package gitrepo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// This file is what between needs to use a commit-graph that may be forged:
// docs/adr/0008-hints.md says why it is enough.

// commitGraph opens the repository's commit-graph, nil if there is none. As
// for git, there is none where replacements, grafts or a shallow clone change
// what the parents of a commit are.
func (r *Repo) commitGraph() *gitpack.Graph {
	replaced := slices.ContainsFunc(r.refs, func(ref ref) bool { return strings.HasPrefix(ref.name, "refs/replace/") })
	_, err := os.Lstat(filepath.Join(r.CommonDir, "info", "grafts"))
	if replaced || err == nil || r.Shallow() {
		return nil
	}
	return r.store.OpenGraph()
}

// maxEdgesPerCommit bounds the parents that a graph may claim in all: its lists
// of parents can overlap, so that a small file can claim billions. The history
// of Linux has 1.1 for each commit.
const maxEdgesPerCommit = 8

// hinted takes a commit that is excluded from the graph.
func (w *rangeWalk) hinted(n int) (c dated, ok bool) {
	if w.graph == nil {
		return c, false
	}
	id := w.r.store.ID(n)
	if !w.graph.Commit(id.Bytes(), &w.said) {
		return c, false
	}
	if w.edges += len(w.said.Parents); w.edges > maxEdgesPerCommit*w.graph.Len() {
		w.lied = true
		return c, false
	}
	c = dated{n: n, when: w.said.Committed, hint: true, height: w.said.Generation}
	if c.height == 0 {
		c.height = noHeight // an old git did not write it
	}
	for _, id := range w.said.Parents {
		if p, ok := w.r.store.Lookup(id); ok {
			c.parents = append(c.parents, p)
		}
	}
	return c, true
}

// floor returns a height that no ancestor of a commit is above of, and from
// which on others may lead to it. A graph has all ancestors of what it has, so
// what it does not have stands above all of it.
func (w *rangeWalk) floor(n int) uint32 {
	if w.graph == nil {
		return noHeight
	}
	id := w.r.store.ID(n)
	if !w.graph.Commit(id.Bytes(), &w.said) {
		return noHeight
	}
	return w.said.Generation
}

// proven reports whether all that was left out of the range is in the excluded
// history, by the commits themselves. Commits of the range were read. A parent
// of one that is excluded must lead up to the tip that excludes it, from child
// to child; then all its ancestors are rightly excluded with it, whatever the
// graph says of them.
func (w *rangeWalk) proven() bool {
	if w.lied {
		return false
	}
	sure := map[int]bool{}
	for _, id := range w.tips {
		if to, ok := w.r.store.Lookup(id); ok && !w.descends(to, sure) {
			return false
		}
	}
	for n, c := range w.commits {
		if _, out := w.by[n]; !out && slices.ContainsFunc(c.parents, func(p int) bool { return !w.descends(p, sure) }) {
			return false
		}
	}
	return true
}

// descends reports whether a commit is in the range, or is excluded by a chain
// of children of which each names the one before as its parent.
func (w *rangeWalk) descends(n int, sure map[int]bool) bool {
	var chain []int
	for !sure[n] {
		child, out := w.by[n]
		if !out || child == -1 {
			break
		}
		if w.commits[child].hint && !w.r.isParent(n, child) {
			return false
		}
		chain = append(chain, n)
		n = child
	}
	for _, n := range chain {
		sure[n] = true
	}
	return true
}

// isParent reads a commit to see whether n is its parent.
func (r *Repo) isParent(n, child int) bool {
	info, err := r.commitAt(child)
	return err == nil && slices.Contains(info.Parents, r.store.ID(n))
}
