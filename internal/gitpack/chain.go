package gitpack

import (
	"context"
	"io"
)

// maxHeld bounds what a walker keeps of the objects between a root and where
// it is. Beyond it, the oldest are given up and rebuilt when they are needed.
const maxHeld = 96 << 20

// giant is the size of objects of which only one walker at a time may hold
// several.
const giant = 64 << 20

// tree visits a whole object of a pack and all that is built on it.
func (k *walker) tree(ctx context.Context, pack int, root int32) error {
	defer k.clear()
	p := k.store.packs[pack]
	if h, err := p.header(p.nodes[root].offset); err == nil && h.kind == Blob && h.size >= streamFrom {
		if p.nodes[root].child < 0 || h.size > maxDelta {
			if err := k.stream(ctx, pack, root, h); err != nil {
				return err
			}
			return k.loseAll(pack, p.nodes[root].child, errTooBig)
		}
	}
	if err := k.push(pack, root); err != nil {
		return err
	}
	for len(k.stack) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := k.push(pack, k.stack[len(k.stack)-1].next); err != nil {
			return err
		}
	}
	return nil
}

// push rebuilds an entry from the top of the stack, which leaves the stack if
// that was the last one on top of it; visits it; and puts it on the stack if
// something is built on it.
func (k *walker) push(pack int, pos int32) error {
	p := k.store.packs[pack]
	at := &p.nodes[pos]
	var data []byte
	err := k.store.guard(func() (err error) {
		data, err = k.rebuild(p, pos)
		return err
	})
	var kept any
	if n := len(k.stack); n > 0 {
		kept = k.stack[n-1].keep
		if k.stack[n-1].next = at.sibling; at.sibling < 0 {
			k.pop()
		}
	}
	if err != nil {
		return k.lose(pack, pos, err)
	}
	o := &k.object // not a new one, which would be an allocation each
	*o = Object{Type: at.kind, Size: int64(len(data)), Data: data, Base: kept, HasDeltas: at.child >= 0}
	if kept != nil {
		k.copies = appendCopies(k.copies[:0], k.delta)
		o.Copies = k.copies
	}
	if entry := int(at.entry); k.store.first(pack, entry) {
		o.N = k.store.start[pack] + entry
		if err := k.opt.Visit(k.id, o); err != nil {
			return err
		}
	}
	if at.child < 0 {
		k.release(data)
		return nil
	}
	k.stack = append(k.stack, frame{pos, at.child, data, o.Keep})
	k.held += cap(data)
	k.evict()
	return nil
}

// evict gives up the oldest bases, but not the one on top.
func (k *walker) evict() {
	for i := 0; k.held > maxHeld && i < len(k.stack)-1; i++ {
		k.held -= cap(k.stack[i].data)
		k.stack[i].data = nil
	}
}

func (k *walker) pop() {
	top := &k.stack[len(k.stack)-1]
	k.held -= cap(top.data)
	k.release(top.data)
	top.data, top.keep = nil, nil
	k.stack = k.stack[:len(k.stack)-1]
}

// clear ends a tree, also in its middle.
func (k *walker) clear() {
	for len(k.stack) > 0 {
		k.pop()
	}
	if cap(k.delta) > maxFree {
		k.delta = nil
	}
	if k.giant {
		k.giant = false
		k.store.giant.Unlock()
	}
}

// rebuild returns the data of an entry whose base is on top of the stack.
func (k *walker) rebuild(p *pack, pos int32) ([]byte, error) {
	if len(k.stack) == 0 {
		if h, err := p.header(p.nodes[pos].offset); err == nil {
			k.size(h.size)
		}
		return p.inflate(&k.inf, k.buffer(), int(pos))
	}
	base, err := k.base(p)
	if err != nil {
		return nil, err
	}
	if k.delta, err = p.inflate(&k.inf, k.delta, int(pos)); err != nil {
		return nil, err
	}
	return k.apply(p, pos, k.buffer(), base)
}

// apply applies the entry's delta, which is in k.delta.
func (k *walker) apply(p *pack, pos int32, buf, base []byte) ([]byte, error) {
	if r, err := readDelta(k.delta); err == nil {
		if r.Size > maxMeta && p.nodes[pos].kind != Blob {
			return nil, errTooBig
		}
		k.size(int64(r.Size))
	}
	return applyDelta(buf, base, k.delta)
}

// size waits for the other walkers' giants to end before it lets one start.
func (k *walker) size(n int64) {
	if n >= giant && !k.giant {
		k.store.giant.Lock()
		k.giant = true
	}
}

// base returns the data on top of the stack, rebuilding it if it was given up.
func (k *walker) base(p *pack) ([]byte, error) {
	top := &k.stack[len(k.stack)-1]
	if top.data != nil {
		return top.data, nil
	}
	// The nearest base that is still there, and the way from it.
	var data []byte
	var path []int32
	for at, i := top.pos, len(k.stack)-1; data == nil && at != isRoot; at = p.nodes[at].parent {
		if i >= 0 && k.stack[i].pos == at {
			data = k.stack[i].data
			i--
		}
		if data == nil {
			path = append(path, at)
		}
	}
	var err error
	for i := len(path) - 1; i >= 0; i-- {
		if data == nil {
			data, err = p.inflate(&k.inf, nil, int(path[i]))
		} else if k.delta, err = p.inflate(&k.inf, k.delta, int(path[i])); err == nil {
			data, err = k.apply(p, path[i], nil, data)
		}
		if err != nil {
			return nil, err
		}
	}
	top.data = data
	k.held += cap(data)
	k.evict()
	return data, nil
}

// lose reports an entry that cannot be rebuilt, and all that is built on it.
func (k *walker) lose(pack int, pos int32, err error) error {
	if err := k.fail(pack, pos, err); err != nil {
		return err
	}
	return k.loseAll(pack, k.store.packs[pack].nodes[pos].child, err)
}

// loseAll is lose for an entry, its siblings, and all that is built on them.
func (k *walker) loseAll(pack int, pos int32, err error) error {
	p := k.store.packs[pack]
	todo := []int32{pos}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; at >= 0; at = p.nodes[at].sibling {
			if err := k.fail(pack, at, err); err != nil {
				return err
			}
			todo = append(todo, p.nodes[at].child)
		}
	}
	return nil
}

// fail visits another copy of an object of which one cannot be read, and
// reports it if there is none.
func (k *walker) fail(pack int, pos int32, why error) error {
	entry := int(k.store.packs[pack].nodes[pos].entry)
	if !k.store.first(pack, entry) {
		return nil // the first copy counts
	}
	n := k.store.start[pack] + entry
	o, err := k.store.readCopy(n, why)
	if err != nil {
		k.skip(k.store.ID(n), err)
		return nil
	}
	if !k.want[o.Type] {
		return nil
	}
	if o.Stream == nil {
		return k.opt.Visit(k.id, &o)
	}
	r := o.Content()
	defer r.Close()
	return k.deliver(context.Background(), &o, r)
}

// stream visits a large blob without holding it.
func (k *walker) stream(ctx context.Context, pack int, pos int32, h header) error {
	p := k.store.packs[pack]
	entry := int(p.nodes[pos].entry)
	if !k.store.first(pack, entry) {
		return nil
	}
	var r io.Reader
	err := k.store.guard(func() (err error) {
		r, err = new(inflater).reader(p.data[h.data:p.end(int(pos))])
		return err
	})
	if err != nil {
		return k.fail(pack, pos, err)
	}
	o := Object{N: k.store.start[pack] + entry, Type: Blob, Size: h.size}
	return k.deliver(ctx, &o, &exactly{r, h.size})
}

// exactly fails unless r yields as many bytes as it should.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0:
		return 0, errCorrupt
	case err == io.EOF && e.left > 0:
		return n, io.ErrUnexpectedEOF
	}
	return n, err
}

func (k *walker) buffer() []byte {
	if n := len(k.free); n > 0 {
		b := k.free[n-1]
		k.free = k.free[:n-1]
		k.freed -= cap(b)
		return b
	}
	return nil
}

// maxFree bounds what a walker keeps for the next objects.
const maxFree = 8 << 20

// release keeps a buffer for the next object.
func (k *walker) release(data []byte) {
	if data != nil && k.freed+cap(data) <= maxFree && len(k.free) < 8 {
		k.free = append(k.free, data)
		k.freed += cap(data)
	}
}
