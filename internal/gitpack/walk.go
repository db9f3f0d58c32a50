package gitpack

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
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
			k := &walker{store: s, opt: &opt, id: w, want: want}
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
	g.Go(func() error {
		k := &walker{store: s, opt: &opt, want: want}
		return k.lost(ctx)
	})
	return g.Wait()
}

// job is a whole object in a pack with all that is built on it, or a loose
// object (pack -1).
type job struct{ pack, pos int32 }

func (s *Store) jobs(want *[8]bool) []job {
	var jobs []job
	for k, p := range s.packs {
		if s.plan(p) != nil {
			continue // lost says so
		}
		for pos := range p.nodes {
			if n := &p.nodes[pos]; n.parent == isRoot && want[n.kind] {
				jobs = append(jobs, job{int32(k), int32(pos)})
			}
		}
	}
	for i := range s.loose {
		if _, _, packed := s.inPacks(s.loose[i].id.Bytes()); !packed {
			jobs = append(jobs, job{-1, int32(i)})
		}
	}
	return jobs
}

// lost reports the entries that no root leads to.
func (k *walker) lost(ctx context.Context) error {
	for i, p := range k.store.packs {
		if err := k.store.plan(p); err != nil {
			k.opt.Skip(Problem{"unreadable pack", p.name, err})
			continue
		}
		var stop error
		p.whyLost(func(pos int, err error) {
			if stop == nil {
				stop = cmp.Or(ctx.Err(), k.fail(i, int32(pos), err))
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
	delta  []byte
	copies []Copy
	object Object // that Visit is looking at
	free   [][]byte
	freed  int // bytes in free
	stack  []frame
	held   int  // bytes in the stack's buffers
	giant  bool // it holds the store's lock of that name
}

// frame is an object whose deltas are being visited.
type frame struct {
	pos  int32
	next int32 // the next delta to visit
	data []byte
	keep any // what Visit left
}

func (k *walker) run(ctx context.Context, j job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var stop error
	err := k.store.guard(func() error {
		if j.pack < 0 {
			stop = k.loose(ctx, j.pos)
		} else {
			stop = k.tree(ctx, int(j.pack), j.pos)
		}
		return nil
	})
	if err != nil { // an index shrank: what was lost by that has no name
		k.opt.Skip(Problem{"unreadable pack", k.store.packs[max(0, j.pack)].name, err})
	}
	return stop
}

func (k *walker) skip(id ID, err error) {
	k.opt.Skip(Problem{"unreadable object", id.String(), err})
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

// deliver hands an object of which r yields the content to Visit.
func (k *walker) deliver(ctx context.Context, o *Object, r io.Reader) (err error) {
	id := k.store.ID(o.N)
	if o.Type == Blob && o.Size >= streamFrom {
		check := &failing{store: k.store, r: r, ctx: ctx}
		o.Stream = check
		if err = k.opt.Visit(k.id, o); check.err != nil {
			if err == nil {
				err = ctx.Err()
			}
			k.skip(id, check.err)
		}
		return err
	}
	if o.Data, err = readAll(r, o.Size); err != nil {
		k.skip(id, err)
		return nil
	}
	if !o.is(id) {
		k.skip(id, errMisnamed) // and search it all the same
	}
	return k.opt.Visit(k.id, o)
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

// failing remembers how a reader failed, and fails when ctx is done.
type failing struct {
	store *Store
	r     io.Reader
	ctx   context.Context // may be nil
	err   error
}

func (f *failing) Read(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.ctx != nil && f.ctx.Err() != nil {
		f.err = f.ctx.Err()
		return 0, f.err
	}
	fault := f.store.guard(func() error {
		n, err = f.r.Read(p)
		return nil
	})
	if fault != nil {
		n, err = 0, fault
	}
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Close closes what was opened for the stream.
func (f *failing) Close() error {
	if c, ok := f.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
