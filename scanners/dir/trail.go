package dir

import "sync/atomic"

// shared is an open folder. The last one who releases it closes it.
type shared struct {
	folder
	rel   string // path below the root, if there are patterns to match it
	users atomic.Int32
}

func (s *shared) release() {
	if s.users.Add(-1) == 0 {
		s.Close()
	}
}

// maxTrail bounds how many folders a worker keeps open.
const maxTrail = 32

// trail is the folders that lead from a root to the folder that a worker was in
// last. Those lead to the next one too, most of the way, so that it takes a
// step or two to get there.
type trail struct {
	source *Source
	steps  []step // from the root on
	open   []*shared
	next   []step
}

// folder opens a folder of the table, never through a symbolic link.
func (t *trail) folder(dir uint32) (*shared, error) {
	t.next = t.source.table.steps(dir, t.next[:0])
	n := 0
	for n < len(t.open) && n < len(t.next) && t.steps[n].dir == t.next[n].dir {
		n++
	}
	t.leave(n)
	var at *shared
	if n > 0 {
		at = t.open[n-1]
		at.users.Add(1)
	}
	for _, s := range t.next[n:] {
		f, err := t.step(at, s)
		if at != nil {
			at.release()
		}
		if err != nil {
			return nil, err
		}
		at = &shared{folder: f}
		at.users.Store(1)
		if len(t.open) < maxTrail {
			at.users.Add(1)
			t.steps, t.open = append(t.steps, s), append(t.open, at)
		}
	}
	return at, nil
}

// step opens a folder in another one, or a root.
func (t *trail) step(at *shared, s step) (folder, error) {
	if at == nil {
		return t.source.open(t.source.roots[s.dir].folder)
	}
	return at.Sub(s.name)
}

// leave closes all folders but the first n.
func (t *trail) leave(n int) {
	for _, s := range t.open[n:] {
		s.release()
	}
	clear(t.open[n:])
	t.steps, t.open = t.steps[:n], t.open[:n]
}
