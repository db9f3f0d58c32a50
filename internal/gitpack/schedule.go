package gitpack

import (
	"cmp"
	"slices"
	"sync"
)

// A few bytes of a pack can make a gigabyte: deltas copy, and deltas of what
// they made copy that. So there is a limit to the work that a walk puts into
// deltas. What is refused must not depend on which goroutine was faster, and
// to find out beforehand how much each delta makes costs a tenth of a scan. So:
//
//   - Trees of deltas that look heavy, by the size of their root and the number
//     of their entries, are sized before the walk.
//   - The others are handed out in order. One that turns out to be heavy is put
//     off when it has taken bounds.heavy. So it is known how much the work that
//     is under way may come to, and a tree is handed out if there would be
//     enough left even so; or else when the trees before it have ended.
//   - Last come those that were put off, sized, with what is left.
//
// A quarter of the budget is kept for trees that do not look heavy, so that one
// bomb does not hide all else. All of it comes to twice the budget at most.
//
// What a pack holds whole is never refused: deflate makes 1032 bytes of one at
// most.

// schedule hands out the tasks of a walk.
type schedule struct {
	store *Store

	mu      sync.Mutex
	ended   *sync.Cond // a light task has ended
	heavy   []task
	jobs    []job
	next    int   // in jobs
	running int   // light tasks
	spent   int64 // by light tasks that have ended
	left    int64 // of the budget, for light tasks and those that were put off
	late    []task
	sized   bool // late has limits
}

// job is a whole object in a pack with all that is built on it, or a loose
// object (pack -1).
type job struct{ pack, pos int32 }

// task is a job with what may be put into it.
type task struct {
	job
	limit int64 // of the work
	last  bool  // what is beyond the limit is refused and not put off
	light bool
	done  []settled // entries that were visited or reported before it was put off
}

// settled is an entry of a light task that was visited, or reported, perhaps
// with all that is built on it.
type settled struct {
	pos  int32
	what state
}

// state is what became of an entry.
type state uint8

const (
	pending state = iota
	visited
	lost
)

// before returns what became of an entry before the task was put off.
func (t *task) before(pos int32) state {
	if len(t.done) == 0 {
		return pending
	}
	i, ok := slices.BinarySearchFunc(t.done, pos, func(s settled, pos int32) int { return cmp.Compare(s.pos, pos) })
	if !ok {
		return pending
	}
	return t.done[i].what
}

// settle notes what becomes of an entry of a task that may be put off.
func (k *walker) settle(pos int32, err error) {
	if !k.task.light {
		return
	}
	s := settled{pos, visited}
	if err != nil {
		s.what = lost
	}
	k.settled = append(k.settled, s)
}

// schedule makes the schedule of a walk for objects of some types.
func (s *Store) schedule(want *[8]bool) *schedule {
	q := &schedule{store: s}
	q.ended = sync.NewCond(&q.mu)
	s.mustList()
	for k, p := range s.packs {
		if s.plan(p) != nil {
			continue // lost says so
		}
		for pos := range p.nodes {
			if n := &p.nodes[pos]; n.parent != isRoot || !want[n.kind] {
				continue
			}
			if j := (job{int32(k), int32(pos)}); s.looksHeavy(p, j.pos) {
				q.heavy = append(q.heavy, task{job: j, last: true})
			} else {
				q.jobs = append(q.jobs, j)
			}
		}
	}
	for i := range s.loose {
		if _, _, packed := s.inPacks(s.loose[i].id.Bytes()); !packed {
			q.jobs = append(q.jobs, job{-1, int32(i)})
		}
	}
	budget := s.budget()
	q.left = max(budget-q.size(q.heavy, budget), budget/4)
	slices.SortStableFunc(q.heavy, func(a, b task) int { return cmp.Compare(b.limit, a.limit) }) // the longest first
	return q
}

// looksHeavy guesses that all that is built on a root is about as large.
func (s *Store) looksHeavy(p *pack, root int32) bool {
	built := int64(p.nodes[root].built)
	if built == 0 {
		return false
	}
	var size int64
	s.guard(func() error {
		h, err := p.header(p.nodes[root].offset)
		if err == nil {
			size = h.size
		}
		return err
	})
	return built > min(s.bounds.heavy/max(size, 1), maxObjects)
}

// built calls visit for each entry that is built on a root, until it returns
// false.
func (p *pack) built(root int32, visit func(pos int32) bool) {
	todo := []int32{p.nodes[root].child}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; at >= 0; at = p.nodes[at].sibling {
			if !visit(at) {
				return
			}
			if p.nodes[at].child >= 0 {
				todo = append(todo, p.nodes[at].child)
			}
		}
	}
}

// size gives tasks the limits that they need, as far as the budget goes, and
// returns how much that is.
func (q *schedule) size(tasks []task, budget int64) (total int64) {
	var inf inflater
	for i := range tasks {
		t := &tasks[i]
		p := q.store.packs[t.pack]
		p.built(t.pos, func(pos int32) bool {
			q.store.guard(func() error {
				t.limit += p.work(&inf, pos)
				return nil
			})
			return t.limit <= budget-total
		})
		t.limit = min(t.limit, budget-total)
		total += t.limit
	}
	return total
}

// work is what it takes to make an entry from its base.
func (p *pack) work(f *inflater, pos int32) int64 {
	h, err := p.header(p.nodes[pos].offset)
	if err != nil || p.check(&h, int(pos)) != nil {
		return 0
	}
	work := deltaCost * h.size
	var head [20]byte // two sizes have less
	n := f.start(head[:min(int64(len(head)), h.size)], p.data[h.data:p.end(int(pos))])
	if r, err := readDelta(head[:n]); err == nil {
		work += int64(r.Size)
	}
	return work
}

// take returns the next task, false if there is none. It waits where it
// depends on others what that may take.
func (q *schedule) take() (task, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.heavy) > 0 {
		t := q.heavy[0]
		q.heavy = q.heavy[1:]
		return t, true
	}
	most := q.store.bounds.heavy // that a light task takes
	for q.next < len(q.jobs) {
		t := task{job: q.jobs[q.next], last: true}
		switch {
		case t.pack < 0 || q.store.packs[t.pack].nodes[t.pos].child < 0:
		case q.spent+int64(q.running+1)*most <= q.left:
			t.limit, t.last, t.light = most, false, true
			q.running++
		case q.running > 0 && q.spent+most <= q.left:
			q.ended.Wait()
			continue
		}
		q.next++
		return t, true
	}
	for q.running > 0 {
		q.ended.Wait()
	}
	if !q.sized {
		q.sized = true
		slices.SortFunc(q.late, func(a, b task) int { return cmp.Or(cmp.Compare(a.pack, b.pack), cmp.Compare(a.pos, b.pos)) })
		q.size(q.late, q.left-q.spent)
		for i := range q.late { // what it was refused at is reached again
			q.late[i].limit = max(q.late[i].limit, most)
		}
	}
	if len(q.late) == 0 {
		return task{}, false
	}
	t := q.late[0]
	q.late = q.late[1:]
	return t, true
}

// end notes how a task ended.
func (q *schedule) end(k *walker, t task, over bool) {
	if !t.light {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running--
	q.spent += min(k.work, t.limit)
	if over {
		slices.SortFunc(k.settled, func(a, b settled) int { return cmp.Compare(a.pos, b.pos) })
		q.late = append(q.late, task{job: t.job, last: true, done: k.settled})
		k.settled = nil
	}
	q.ended.Broadcast()
}
