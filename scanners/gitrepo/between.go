package gitrepo

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// dated is a commit in the queue of between.
type dated struct {
	n       int
	when    int64
	parents []int
	hint    bool   // it was not read: parents and when are the commit-graph's
	height  uint32 // above that of all its ancestors, or noHeight
}

// noHeight is the height of a commit of which nothing is known.
const noHeight = 1<<32 - 1

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

// Dates can be wrong, so that what looks new is in the excluded history. That
// is walked on until its commits are a month older than the oldest of the
// range, and then for slop commits more; git does 5 more. A shorter history is
// read to its end, so that the answer is exact. In a longer one a commit can
// only be taken for new by mistake, never for old. Where a commit-graph says
// how high commits stand, what stands below the whole range is not walked.
const (
	slop      = 5000
	slopTime  = 30 * 24 * 3600
	neverSeen = int64(1)<<62 - 1
)

// between returns the commits that to leads to and from does not.
func (r *Repo) between(from, to gitpack.ID) ([]int, error) {
	for _, id := range []gitpack.ID{from, to} {
		if n, ok := r.store.Lookup(id); ok {
			if _, err := r.commitAt(n); err != nil {
				return nil, err
			}
		}
	}
	return r.walk([]gitpack.ID{from}, []gitpack.ID{to}).sorted(), nil
}

// walk finds the commits that some lead to and others do not. It walks both
// histories back from their tips by date, so that it costs as much as the range
// is long.
func (r *Repo) walk(outs, tips []gitpack.ID) *rangeWalk {
	if g := r.commitGraph(); g != nil {
		defer g.Close()
		if w := r.walkRange(outs, tips, g); w.proven() {
			return w
		}
		r.cov.Note("the commit-graph does not fit the commits, so it was not used; see git commit-graph verify")
	}
	return r.walkRange(outs, tips, nil)
}

// walkRange walks with the help of a commit-graph, which may be nil.
func (r *Repo) walkRange(outs, tips []gitpack.ID, g *gitpack.Graph) *rangeWalk {
	w := &rangeWalk{r: r, graph: g, tips: tips, commits: map[int]dated{}, by: map[int]int{}, waiting: map[int]bool{}}
	for _, id := range outs {
		w.push(id, true)
	}
	for _, id := range tips {
		w.push(id, false)
	}
	oldest, lowest := neverSeen, uint32(noHeight)
	for left := slop; w.q.Len() > 0 && !w.lied; {
		c := heap.Pop(&w.q).(dated)
		_, out := w.by[c.n]
		if !out {
			delete(w.waiting, c.n)
			oldest = min(oldest, c.when)
			lowest = min(lowest, w.floor(c.n))
		} else if len(w.waiting) == 0 && c.height != noHeight && c.height <= lowest {
			continue
		}
		for _, n := range c.parents {
			w.pushNumber(n, out, c.n)
		}
		if len(w.waiting) > 0 || c.when >= oldest-slopTime {
			left = slop
		} else if left--; left < 0 {
			break
		}
	}
	return w
}

type rangeWalk struct {
	r       *Repo
	graph   *gitpack.Graph // may be nil
	tips    []gitpack.ID
	said    gitpack.GraphCommit
	edges   int  // that the graph claimed
	lied    bool // the graph claims what cannot be
	q       queue
	commits map[int]dated
	by      map[int]int  // excluded commits: by which child; the first by nobody, -1
	waiting map[int]bool // in the queue and not excluded
}

func (w *rangeWalk) push(id gitpack.ID, exclude bool) {
	if n, ok := w.r.store.Lookup(id); ok {
		w.pushNumber(n, exclude, -1)
	}
}

// pushNumber adds a commit to the queue, which child leads to. One that
// becomes excluded after it was seen passes that on to what is known of its
// history.
func (w *rangeWalk) pushNumber(n int, exclude bool, child int) {
	if _, known := w.commits[n]; known {
		if exclude {
			w.exclude(n, child)
		}
		return
	}
	c, ok := dated{}, false
	if exclude {
		c, ok = w.hinted(n)
	}
	if !ok {
		c = w.read(n)
	}
	w.commits[n] = c
	if exclude {
		w.by[n] = child
	} else {
		w.waiting[n] = true
	}
	heap.Push(&w.q, c)
}

// read reads a commit.
func (w *rangeWalk) read(n int) dated {
	info, err := w.r.commitAt(n)
	if err != nil {
		w.r.cov.Skip("unreadable commit", w.r.missingFix(), err.Error())
	}
	c := dated{n: n, when: info.Committed.Unix(), height: noHeight}
	for _, id := range info.Parents {
		// Behind a shallow boundary, or missing: noted with the range's commits.
		if p, ok := w.r.store.Lookup(id); ok {
			c.parents = append(c.parents, p)
		}
	}
	return c
}

func (w *rangeWalk) exclude(n, child int) {
	type link struct{ n, child int }
	todo := []link{{n, child}}
	for len(todo) > 0 {
		l := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c, known := w.commits[l.n]
		if _, out := w.by[l.n]; !known || out {
			continue
		}
		w.by[l.n] = l.child
		delete(w.waiting, l.n)
		for _, p := range c.parents {
			todo = append(todo, link{p, l.n})
		}
	}
}

// boundary returns the excluded commits that are parents of others, by number.
func (w *rangeWalk) boundary() (ns []int) {
	for n, c := range w.commits {
		if _, out := w.by[n]; !out {
			for _, p := range c.parents {
				if _, out := w.by[p]; out {
					ns = append(ns, p)
				}
			}
		}
	}
	slices.Sort(ns)
	return slices.Compact(ns)
}

// sorted returns the commits that are not excluded: parents first, then the
// older first, then by number. Those in a cycle come last.
func (w *rangeWalk) sorted() []int {
	parents := map[int]int{} // that have not come yet
	children := map[int][]int{}
	ready := &oldestFirst{}
	var all []int
	for n := range w.commits {
		if _, out := w.by[n]; !out {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	for _, n := range all {
		for _, p := range w.commits[n].parents {
			_, out := w.by[p]
			if _, known := w.commits[p]; known && !out {
				parents[n]++
				children[p] = append(children[p], n)
			}
		}
		if parents[n] == 0 {
			heap.Push(ready, w.commits[n])
		}
	}
	var order []int
	done := map[int]bool{}
	for ready.Len() > 0 {
		n := heap.Pop(ready).(dated).n
		order = append(order, n)
		done[n] = true
		for _, c := range children[n] {
			if parents[c]--; parents[c] == 0 {
				heap.Push(ready, w.commits[c])
			}
		}
	}
	return append(order, slices.DeleteFunc(all, func(n int) bool { return done[n] })...)
}

// oldestFirst is a queue the other way round.
type oldestFirst struct{ queue }

func (q oldestFirst) Less(i, j int) bool {
	a, b := q.queue[i], q.queue[j]
	return cmp.Or(cmp.Compare(a.when, b.when), cmp.Compare(a.n, b.n)) < 0
}
