package gitrepo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// graph is the commits in an order in which parents come first.
type graph struct {
	commits []commit
	index   []int32 // object number -> commit, -1 for none
	order   []int32 // parents before children
	date    []int64 // committer date, but later than each parent's
	reach   []reach
}

// reach tells which refs lead to a commit.
type reach uint8

const (
	fromRefs  reach = 1 << iota // branches, tags and the like
	fromNotes                   // refs/notes
	fromHead
	fromReplace // refs/replace: what git shows in the place of another object
)

// rank is how well a commit will do as an origin: what somebody committed, better than what
// replaces it on this machine alone, and that better than what no ref leads to.
func (r reach) rank() int {
	switch {
	case r&^fromReplace != 0:
		return 0
	case r != 0:
		return 1
	}
	return 2
}

func newGraph(r *Repo, commits []commit) *graph {
	// In the order of their names: that of reading depends on the schedule.
	slices.SortFunc(commits, func(a, b commit) int { return cmp.Compare(a.n, b.n) })
	g := &graph{commits: commits, index: make([]int32, r.store.Len())}
	for i := range g.index {
		g.index[i] = -1
	}
	for i := range commits {
		g.index[commits[i].n] = int32(i)
	}
	g.sort()
	g.reach = make([]reach, len(commits))
	peeled := map[int]int32{} // tags and the like: many refs may name one object
	for _, ref := range r.refs {
		from := fromRefs
		switch {
		case strings.HasPrefix(ref.name, "refs/notes/"):
			from = fromNotes
		case strings.HasPrefix(ref.name, "refs/replace/"):
			from = fromReplace
		}
		n, there := r.store.Lookup(ref.id)
		if !there {
			r.cov.Skip("ref to an object that is not there", r.missingFix(), ref.name)
			continue
		}
		to, known := int32(n), g.index[n] >= 0
		if !known {
			to, known = peeled[n]
		}
		if !known {
			to = -1
			if c, ok := r.peel(ref.id); ok {
				to = int32(c)
			}
			peeled[n] = to
		}
		if to >= 0 {
			g.mark(to, from)
		}
	}
	if n, ok := r.peel(r.head); ok {
		g.mark(int32(n), fromRefs|fromHead)
	} else if !r.head.IsZero() {
		r.cov.Skip("ref to an object that is not there", r.missingFix(), "HEAD")
	}
	return g
}

func (r *Repo) missingFix() string {
	if r.store.Promised {
		return "this is a partial clone; fetch the rest with git fetch --refetch --no-filter, or clone it without --filter (actions/checkout: without filter)"
	}
	return "check the repository with git fsck, or clone it again"
}

// sort orders the commits. Those in a cycle, which only a forger can make,
// come last.
func (g *graph) sort() {
	n := len(g.commits)
	waiting := make([]int32, n) // parents that have not come yet
	g.date, g.order = make([]int64, n), make([]int32, 0, n)
	children := g.children(waiting)
	ready := make([]int32, 0, n)
	for i := range waiting {
		if waiting[i] == 0 {
			ready = append(ready, int32(i))
		}
	}
	done := make([]bool, n)
	for len(ready) > 0 {
		i := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		done[i] = true
		g.place(i)
		for _, c := range children.of(i) {
			if waiting[c]--; waiting[c] == 0 {
				ready = append(ready, c)
			}
		}
	}
	for i := range done {
		if !done[i] {
			g.place(int32(i))
		}
	}
}

// lists are many short ones in a row.
type lists struct {
	ends []int32 // of each list
	all  []int32
}

func (l *lists) of(i int32) []int32 {
	from := int32(0)
	if i > 0 {
		from = l.ends[i-1]
	}
	return l.all[from:l.ends[i]]
}

// children lists each commit's children, and counts the parents that each has.
func (g *graph) children(parents []int32) lists {
	l := lists{ends: make([]int32, len(g.commits))}
	for i := range g.commits {
		for _, p := range g.commits[i].parents {
			if at := g.index[p]; at >= 0 {
				parents[i]++
				l.ends[at]++
			}
		}
	}
	total := int32(0)
	for i, n := range l.ends {
		l.ends[i] = total // where it begins, and soon where it ends
		total += n
	}
	l.all = make([]int32, total)
	for i := range g.commits {
		for _, p := range g.commits[i].parents {
			if at := g.index[p]; at >= 0 {
				l.all[l.ends[at]] = int32(i)
				l.ends[at]++
			}
		}
	}
	return l
}

func (g *graph) place(i int32) {
	g.order = append(g.order, i)
	g.date[i] = g.commits[i].committed
	for _, p := range g.commits[i].parents {
		if at := g.index[p]; at >= 0 {
			g.date[i] = max(g.date[i], g.date[at]+1)
		}
	}
}

// mark notes that a ref leads to the commit with object number n.
func (g *graph) mark(n int32, from reach) {
	todo := []int32{g.index[n]}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i < 0 || g.reach[i]&from == from {
			continue
		}
		g.reach[i] |= from
		for _, p := range g.commits[i].parents {
			todo = append(todo, g.index[p])
		}
	}
}

// noteMissing reports the objects that reachable commits and their trees name
// and that are not there.
func (g *graph) noteMissing(r *Repo, f *forest, lead leads) {
	skip := func(id gitpack.ID) {
		r.cov.Skip("object that is not in the repository", r.missingFix(), id.String())
	}
	seen := map[gitpack.ID]bool{}
	var todo []int32
	for i := range g.commits {
		c := &g.commits[i]
		if g.reach[i] == 0 {
			continue
		}
		if c.tree >= 0 {
			todo = append(todo, c.tree)
		}
		if c.gone == nil {
			continue
		}
		if c.tree < 0 {
			seen[c.gone.tree] = true
		}
		if !r.shallow[r.store.ID(int(c.n))] {
			for _, id := range c.gone.parents {
				seen[id] = true
			}
		}
	}
	trees := f.noTrees()
	if len(f.missing) > 0 {
		f.below(todo, lead, trees)
	}
	for id, in := range f.missing {
		if slices.ContainsFunc(in, func(t int32) bool { return trees.has(t) }) {
			seen[id] = true
		}
	}
	for id := range seen {
		skip(id)
	}
}
