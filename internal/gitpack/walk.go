package gitpack

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"

	"golang.org/x/sync/errgroup"
)

// WalkOptions says what Walk reads.
type WalkOptions struct {
	Workers int
	Types   []Type // none means all
	// Visit is called for every object once, from Workers goroutines.
	Visit func(worker int, o *Object) error
	// Drop is called, by the worker that visited it, with what Visit left in an
	// object's Keep, when no object comes any more whose Base that is. It may be
	// nil, and is not called for all if Walk is stopped.
	Drop func(worker int, keep any)
	// Skip is called, from several goroutines, for what cannot be read.
	Skip func(Problem)
}

// Walk reads every object of the store once. In packs it goes from each whole
// object down the tree of deltas on top of it, so that each base is rebuilt
// once. It stops when Visit or ctx says so.
func (s *Store) Walk(ctx context.Context, opt WalkOptions) error {
	var want [8]bool
	for _, t := range opt.Types {
		want[t] = true
	}
	if len(opt.Types) == 0 {
		want[Commit], want[Tree], want[Blob], want[Tag] = true, true, true, true
	}
	q := s.schedule(&want)
	g, ctx := errgroup.WithContext(ctx)
	for w := range max(1, opt.Workers) {
		g.Go(func() error {
			k := newWalker(s, &opt, w, want)
			defer k.arena.close()
			if w == 0 {
				if err := k.lost(ctx); err != nil {
					return err
				}
			}
			for {
				t, ok := q.take()
				if !ok {
					return nil
				}
				over, err := k.run(ctx, t)
				q.end(k, t, over)
				if err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

// lost reports the entries that no root leads to.
func (k *walker) lost(ctx context.Context) error {
	for i, p := range k.store.packs {
		if err := k.store.plan(p); err != nil {
			k.opt.Skip(Problem{"unreadable pack", p.name, err})
			continue
		}
		k.before(p)
		var stop error
		p.whyLost(func(pos int, err error) {
			if stop == nil {
				stop = k.fail(ctx, i, int32(pos), err)
			}
		})
		if stop != nil {
			return stop
		}
	}
	return nil
}

// walker is the state of one goroutine of Walk.
type walker struct {
	store  *Store
	opt    *WalkOptions
	id     int
	want   [8]bool // by Type
	inf    inflater
	delta  []byte // of the entry at hand
	spare  []byte // for deltas
	copies []Copy
	object Object // that Visit is looking at
	free   [][]byte
	freed  int // bytes in free
	stack  []frame
	held   int // bytes in the stack's buffers that lie on the heap
	arena  arena

	task    task
	work    int64     // that the task has taken
	over    bool      // that is more than the task's limit
	settled []settled // entries of a light task
}

func newWalker(s *Store, opt *WalkOptions, id int, want [8]bool) *walker {
	return &walker{store: s, opt: opt, id: id, want: want, arena: arena{scratch: &s.scratch, bounds: &s.bounds, turn: &s.scratch.walk}}
}

// frame is an object whose deltas are being visited.
type frame struct {
	pos  int32
	next int32 // the next delta to visit
	data []byte
	keep any // what Visit left
}

// run does a task, and reports whether its limit ended that.
func (k *walker) run(ctx context.Context, t task) (over bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	var stop error
	err = k.store.guard(func() error {
		if t.pack < 0 {
			stop = k.loose(ctx, t.pos)
		} else {
			over, stop = k.tree(ctx, t)
		}
		return nil
	})
	if err != nil { // an index shrank: what was lost by that has no name
		k.opt.Skip(Problem{"unreadable pack", k.store.packs[max(0, t.pack)].name, err})
	}
	return over, stop
}

func (k *walker) skip(id ID, err error) {
	k.opt.Skip(problem(id, err))
}

func (k *walker) loose(ctx context.Context, i int32) error {
	l := k.store.loose[i]
	o, r, err := l.open()
	if err != nil {
		k.skip(l.id, err)
		return nil
	}
	defer r.Close()
	if !k.want[o.Type] {
		return nil
	}
	o.N = k.store.start[len(k.store.packs)] + int(i)
	return k.deliver(ctx, &o, r)
}

// deliver hands a loose object of which r yields the content to Visit.
func (k *walker) deliver(ctx context.Context, o *Object, r io.Reader) (err error) {
	if o.Type == Blob && o.Size >= k.store.bounds.stream {
		return k.flow(ctx, o, r)
	}
	defer k.arena.reset()
	id := k.store.ID(o.N)
	buf, err := k.buffer(int(o.Size) + 1)
	if err == nil {
		buf, err = readAll(r, buf, o.Size)
	}
	if err != nil {
		k.skip(id, err)
		return nil
	}
	if o.Data = buf; !o.is(id) {
		k.skip(id, errMisnamed) // and search it all the same
	}
	err = k.opt.Visit(k.id, o)
	k.release(buf)
	return err
}

// flow hands a blob to Visit as a stream. Where that fails, what came before it
// has been visited, and the blob is reported.
func (k *walker) flow(ctx context.Context, o *Object, r io.Reader) error {
	id := k.store.ID(o.N)
	check := &failing{store: k.store, r: r, ctx: ctx}
	o.Stream = check
	err := k.opt.Visit(k.id, o)
	if check.err != nil {
		if err == nil {
			err = ctx.Err()
		}
		k.skip(id, check.err)
	}
	return err
}

// is reports whether the object has the content that its name says. Only loose
// objects are asked: whoever can write files can swap them, and hashing all of
// a pack costs as much as searching it.
func (o *Object) is(id ID) bool {
	var h hash.Hash = sha1.New()
	if id.n == sha256.Size {
		h = sha256.New()
	}
	fmt.Fprintf(h, "%s %d\x00", o.Type, len(o.Data))
	h.Write(o.Data)
	return string(h.Sum(nil)) == string(id.Bytes())
}
