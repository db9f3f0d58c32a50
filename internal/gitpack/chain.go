package gitpack

import (
	"context"
	"io"
)

// maxHeld bounds what a walker keeps of the objects between a root and where
// it is. Beyond it, the oldest are given up and rebuilt when they are needed.
const maxHeld = 96 << 20

// tree visits a whole object of a pack and all that is built on it.
func (k *walker) tree(ctx context.Context, pack int, root int32) error {
	p := k.store.packs[pack]
	if p.child[root] < 0 {
		if h, err := p.header(p.offsets[root]); err == nil && h.kind == Blob && h.size >= streamFrom {
			return k.stream(pack, root, h)
		}
	}
	if err := k.push(pack, root); err != nil {
		return err
	}
	for len(k.stack) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		top := &k.stack[len(k.stack)-1]
		if top.next < 0 {
			k.pop()
			continue
		}
		pos := top.next
		top.next = p.sibling[pos]
		if err := k.push(pack, pos); err != nil {
			return err
		}
	}
	return nil
}

// push rebuilds an entry from the top of the stack, visits it, and leaves it
// on the stack if something is built on it.
func (k *walker) push(pack int, pos int32) error {
	p := k.store.packs[pack]
	entry := int(p.entry[pos])
	var data []byte
	var err error
	guard(&err, func() (err error) {
		data, err = k.rebuild(p, pos)
		return err
	})
	if err != nil {
		k.lose(p, pos, err)
		return nil
	}
	if k.store.first(pack, entry) {
		o := Object{N: k.store.start[pack] + entry, Type: p.kind[pos], Size: int64(len(data)), Data: data}
		if err := k.opt.Visit(k.id, &o); err != nil {
			return err
		}
	}
	if p.child[pos] < 0 {
		k.release(data)
		return nil
	}
	k.stack = append(k.stack, frame{pos, p.child[pos], data})
	k.held += cap(data)
	for i := 0; k.held > maxHeld && i < len(k.stack)-1; i++ {
		k.held -= cap(k.stack[i].data)
		k.stack[i].data = nil
	}
	return nil
}

func (k *walker) pop() {
	top := &k.stack[len(k.stack)-1]
	k.held -= cap(top.data)
	k.release(top.data)
	k.stack = k.stack[:len(k.stack)-1]
}

// rebuild returns the data of an entry whose base is on top of the stack.
func (k *walker) rebuild(p *pack, pos int32) ([]byte, error) {
	if len(k.stack) == 0 {
		return p.inflate(&k.inf, k.buffer(), int(pos))
	}
	base, err := k.base(p, len(k.stack)-1)
	if err != nil {
		return nil, err
	}
	if k.delta, err = p.inflate(&k.inf, k.delta, int(pos)); err != nil {
		return nil, err
	}
	return applyDelta(k.buffer(), base, k.delta)
}

// base returns the data of a frame, rebuilding it if it was given up.
func (k *walker) base(p *pack, i int) ([]byte, error) {
	f := &k.stack[i]
	if f.data != nil {
		return f.data, nil
	}
	from := i
	for from > 0 && k.stack[from-1].data == nil {
		from--
	}
	var data []byte
	var err error
	if from == 0 {
		data, err = p.inflate(&k.inf, nil, int(k.stack[0].pos))
		from = 1
	} else {
		data = k.stack[from-1].data
	}
	for ; err == nil && from <= i; from++ {
		if k.delta, err = p.inflate(&k.inf, k.delta, int(k.stack[from].pos)); err == nil {
			data, err = applyDelta(nil, data, k.delta)
		}
	}
	if err != nil {
		return nil, err
	}
	f.data = data
	k.held += cap(data)
	return data, nil
}

// lose reports an entry that cannot be rebuilt, and all that is built on it.
func (k *walker) lose(p *pack, pos int32, err error) {
	k.skip(MakeID(p.idx.name(int(p.entry[pos]))), err)
	todo := []int32{p.child[pos]}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; at >= 0; at = p.sibling[at] {
			k.skip(MakeID(p.idx.name(int(p.entry[at]))), err)
			todo = append(todo, p.child[at])
		}
	}
}

// stream visits a large blob on which nothing is built.
func (k *walker) stream(pack int, pos int32, h header) error {
	p := k.store.packs[pack]
	entry := int(p.entry[pos])
	if !k.store.first(pack, entry) {
		return nil
	}
	id := MakeID(p.idx.name(entry))
	var r io.Reader
	var err error
	guard(&err, func() (err error) {
		r, err = new(inflater).reader(p.data[h.data:p.end(int(pos))])
		return err
	})
	if err != nil {
		k.skip(id, err)
		return nil
	}
	o := Object{N: k.store.start[pack] + entry, Type: Blob, Size: int64(h.size)}
	return k.deliver(&o, &exactly{r, int64(h.size)}, id)
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
		return b
	}
	return nil
}

// release keeps a buffer for the next object, unless it is one of few giants.
func (k *walker) release(data []byte) {
	if cap(data) <= 8<<20 && len(k.free) < 8 {
		k.free = append(k.free, data)
	}
}
