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

// Dates can be wrong, so that what looks new is in the excluded history. That
// is walked on until its commits are a month older than the oldest of the
// range, and then for slop commits more; git does 5 more. A shorter history is
// read to its end, so that the answer is exact. In a longer one a commit can
// only be taken for new by mistake, never for old.
const (
	slop      = 5000
	slopTime  = 30 * 24 * 3600
	neverSeen = int64(1)<<62 - 1
)

// between returns the commits that to leads to and from does not, parents
// first and else by date. It walks both histories back from their tips by
// date, so that it costs as much as the range is long.
func (r *Repo) between(from, to gitpack.ID) ([]int, error) {
	for _, id := range []gitpack.ID{from, to} {
		if n, ok := r.store.Lookup(id); ok {
			if _, err := r.commitAt(n); err != nil {
				return nil, err
			}
		}
	}
	w := rangeWalk{r: r, commits: map[int]dated{}, excluded: map[int]bool{}, waiting: map[int]bool{}}
	w.push(from, true)
	w.push(to, false)
	oldest := neverSeen
	for left := slop; w.q.Len() > 0; {
		c := heap.Pop(&w.q).(dated)
		out := w.excluded[c.n]
		if !out {
			delete(w.waiting, c.n)
			oldest = min(oldest, c.when)
		}
		for _, n := range c.parents {
			w.pushNumber(n, out)
		}
		if len(w.waiting) > 0 || c.when >= oldest-slopTime {
			left = slop
		} else if left--; left < 0 {
			break
		}
	}
	return w.sorted(), nil
}

type rangeWalk struct {
	r        *Repo
	q        queue
	commits  map[int]dated
	excluded map[int]bool
	waiting  map[int]bool // in the queue and not excluded
}

func (w *rangeWalk) push(id gitpack.ID, exclude bool) {
	if n, ok := w.r.store.Lookup(id); ok {
		w.pushNumber(n, exclude)
	}
}

// pushNumber adds a commit to the queue. One that becomes excluded after it
// was seen passes that on to what is known of its history.
func (w *rangeWalk) pushNumber(n int, exclude bool) {
	if _, known := w.commits[n]; known {
		if exclude {
			w.exclude(n)
		}
		return
	}
	info, err := w.r.commitAt(n)
	if err != nil {
		w.r.cov.Skip("unreadable commit", w.r.missingFix(), err.Error())
	}
	c := dated{n: n, when: info.Committed.Unix()}
	for _, id := range info.Parents {
		// Behind a shallow boundary, or missing: noted with the range's commits.
		if p, ok := w.r.store.Lookup(id); ok {
			c.parents = append(c.parents, p)
		}
	}
	w.commits[n] = c
	if exclude {
		w.excluded[n] = true
	} else {
		w.waiting[n] = true
	}
	heap.Push(&w.q, c)
}

func (w *rangeWalk) exclude(n int) {
	todo := []int{n}
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		c, known := w.commits[n]
		if !known || w.excluded[n] {
			continue
		}
		w.excluded[n] = true
		delete(w.waiting, n)
		todo = append(todo, c.parents...)
	}
}

// sorted returns the commits that are not excluded: parents first, then the
// older first, then by number. Those in a cycle come last.
func (w *rangeWalk) sorted() []int {
	parents := map[int]int{} // that have not come yet
	children := map[int][]int{}
	ready := &oldestFirst{}
	var all []int
	for n := range w.commits {
		if !w.excluded[n] {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	for _, n := range all {
		for _, p := range w.commits[n].parents {
			if _, known := w.commits[p]; known && !w.excluded[p] {
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
