package gitpack

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// WalkOptions says what Walk reads.
type WalkOptions struct {
	Workers int
	Types   []Type // none means all
	// Visit is called for every object once, from Workers goroutines.
	Visit func(worker int, o *Object) error
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
	jobs := s.jobs(&want)
	var next atomic.Int64
	g, ctx := errgroup.WithContext(ctx)
	for w := range max(1, opt.Workers) {
		g.Go(func() error {
			debug.SetPanicOnFault(true) // a mapped file that shrinks
			k := &walker{store: s, opt: &opt, id: w}
			for {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) {
					return nil
				}
				if err := k.run(ctx, jobs[i]); err != nil {
					return err
				}
			}
		})
	}
	s.lost(opt.Skip)
	return g.Wait()
}

// job is a whole object in a pack with all that is built on it, or a loose
// object (pack -1).
type job struct{ pack, pos int32 }

func (s *Store) jobs(want *[8]bool) []job {
	var jobs []job
	for k, p := range s.packs {
		p.once.Do(p.plan)
		for pos, parent := range p.parent {
			if parent == isRoot && want[p.kind[pos]] {
				jobs = append(jobs, job{int32(k), int32(pos)})
			}
		}
	}
	for i := range s.loose {
		if !s.inPack(s.loose[i].id) {
			jobs = append(jobs, job{-1, int32(i)})
		}
	}
	return jobs
}

// lost reports the entries that no root leads to.
func (s *Store) lost(skip func(Problem)) {
	for _, p := range s.packs {
		for pos, kind := range p.kind {
			if kind == 0 {
				id := MakeID(p.idx.name(int(p.entry[pos])))
				skip(Problem{"unreadable object", id.String(), p.whyLost(pos)})
			}
		}
	}
}

// walker is the state of one goroutine of Walk.
type walker struct {
	store *Store
	opt   *WalkOptions
	id    int
	inf   inflater
	delta []byte
	free  [][]byte
	stack []frame
	held  int // bytes in the stack's buffers
}

// frame is an object whose deltas are being visited.
type frame struct {
	pos  int32
	next int32 // the next delta to visit, or -1
	data []byte
}

func (k *walker) run(ctx context.Context, j job) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if j.pack < 0 {
		return k.loose(j.pos)
	}
	return k.tree(ctx, int(j.pack), j.pos)
}

func (k *walker) skip(id ID, err error) {
	k.opt.Skip(Problem{"unreadable object", id.String(), err})
}

// guard turns a fault of the mapping into an error. A panic of Visit's is not
// ours to hide.
func guard(err *error, f func() error) {
	defer func() {
		if r := recover(); r != nil {
			if fault, ok := r.(interface{ Addr() uintptr }); ok {
				*err = fmt.Errorf("%w: the file shrank while it was read (at %#x)", errCorrupt, fault.Addr())
				return
			}
			panic(r)
		}
	}()
	*err = f()
}

func (k *walker) loose(i int32) error {
	l := k.store.loose[i]
	o, r, err := l.open()
	if err != nil {
		k.skip(l.id, err)
		return nil
	}
	defer r.Close()
	want := len(k.opt.Types) == 0
	for _, t := range k.opt.Types {
		want = want || t == o.Type
	}
	if !want {
		return nil
	}
	o.N = k.store.start[len(k.store.packs)] + int(i)
	return k.deliver(&o, r, l.id)
}

// deliver hands an object of which r yields the content to Visit.
func (k *walker) deliver(o *Object, r io.Reader, id ID) (err error) {
	if o.Type == Blob && o.Size >= streamFrom {
		check := &failing{r: r}
		o.Stream = check
		if err = k.opt.Visit(k.id, o); check.err != nil {
			k.skip(id, check.err)
		}
		return err
	}
	if o.Data, err = readAll(r, o.Size); err != nil {
		k.skip(id, err)
		return nil
	}
	return k.opt.Visit(k.id, o)
}

// failing remembers how a reader failed.
type failing struct {
	r   io.Reader
	err error
}

func (f *failing) Read(p []byte) (n int, err error) {
	guard(&err, func() (err error) {
		n, err = f.r.Read(p)
		return err
	})
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}
