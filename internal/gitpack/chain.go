package gitpack

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/internal/inflate"
)

// tree visits a whole object of a pack and all that is built on it, as far as
// the task's limit allows. It reports whether that ended it.
func (k *walker) tree(ctx context.Context, t task) (over bool, err error) {
	defer k.clear()
	p := k.store.packs[t.pack]
	k.task, k.work, k.over, k.settled = t, 0, false, k.settled[:0]
	if h, large := k.largeRoot(); large && (p.nodes[t.pos].child < 0 || h.size > maxDelta) {
		if err := k.stream(ctx, h); err != nil {
			return false, err
		}
		return false, k.loseAll(ctx, p.nodes[t.pos].child, errTooBig)
	}
	if err := k.push(ctx, t.pos); err != nil {
		return false, err
	}
	for len(k.stack) > 0 && !k.over {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if err := k.push(ctx, k.stack[len(k.stack)-1].next); err != nil {
			return false, err
		}
	}
	if k.over && t.last {
		return true, k.refuse(ctx)
	}
	return k.over, nil
}

// push rebuilds an entry from the top of the stack, which leaves the stack if
// that was the last one on top of it; visits it; and puts it on the stack if
// something is built on it.
func (k *walker) push(ctx context.Context, pos int32) error {
	p := k.store.packs[k.task.pack]
	var o made
	before := k.task.before(pos)
	mute := before != pending || !k.store.first(int(k.task.pack), int(p.nodes[pos].entry))
	leaf := p.nodes[pos].child < 0
	var err error
	if !mute || !leaf && before != lost { // else nobody needs it
		err = k.store.guard(func() error {
			return k.rebuild(p, pos, &o)
		})
	}
	if err == errOver {
		k.over = true
		return nil
	}
	done := false // with the base
	if n := len(k.stack); n > 0 {
		k.stack[n-1].next = p.nodes[pos].sibling
		done = p.nodes[pos].sibling < 0
	}
	k.settle(pos, err)
	var keep any
	switch {
	case err != nil:
		err = k.lose(ctx, pos, err)
	case !mute:
		keep, err = k.visit(ctx, pos, &o)
	}
	k.release(o.delta)
	k.delta = nil
	if done {
		k.pop()
	}
	if err != nil || leaf || o.data == nil {
		k.release(o.data)
		return err
	}
	k.stack = append(k.stack, frame{pos, p.nodes[pos].child, o.data, keep})
	k.hold(o.data, 1)
	return nil
}

// made is an object of which the delta, if it is one, has been applied. Of a
// large blob that nothing is built on, data stays nil and patch yields it.
type made struct {
	data  []byte
	delta []byte // if it is the walker's to release
	patch *patch
	size  int
}

// visit hands an object to Visit, and returns what that left in Keep.
func (k *walker) visit(ctx context.Context, pos int32, m *made) (keep any, err error) {
	p := k.store.packs[k.task.pack]
	o := &k.object // not a new one, which would be an allocation each
	*o = Object{N: k.store.start[k.task.pack] + int(p.nodes[pos].entry), Type: p.nodes[pos].kind, Size: int64(m.size)}
	switch {
	case m.patch != nil:
		return nil, k.flow(ctx, o, m.patch)
	case o.Type == Blob && int64(m.size) >= k.store.bounds.stream:
		return nil, k.flow(ctx, o, bytes.NewReader(m.data))
	}
	o.Data = m.data
	if int64(m.size) < k.store.bounds.stream { // what is kept of larger ones could be larger still
		o.HasDeltas = p.nodes[pos].child >= 0
		if n := len(k.stack); n > 0 && len(k.delta) <= maxCopied {
			o.Base = k.stack[n-1].keep
		}
		if o.Base != nil {
			k.copies = appendCopies(k.copies[:0], k.delta)
			o.Copies = k.copies
		}
	}
	err = k.opt.Visit(k.id, o)
	return o.Keep, err
}

// maxCopied is the size of the largest delta of which Visit learns the copies:
// they take up to twelve times its size. What has larger ones differs so much
// from its base that it may as well be looked at as a whole.
const maxCopied = 1 << 20

func (k *walker) pop() {
	top := &k.stack[len(k.stack)-1]
	k.hold(top.data, -1)
	k.release(top.data)
	if top.keep != nil && k.opt.Drop != nil {
		k.opt.Drop(k.id, top.keep)
	}
	top.data, top.keep = nil, nil
	k.stack = k.stack[:len(k.stack)-1]
}

// hold notes that a base is held, or with -1 that it is not any more.
func (k *walker) hold(data []byte, sign int) {
	if len(k.arena.used) == 0 || !k.arena.owns(data) {
		k.held += sign * cap(data)
	}
}

// clear ends a tree, also in its middle.
func (k *walker) clear() {
	for len(k.stack) > 0 {
		k.pop()
	}
	if cap(k.copies) > maxCopied/16 {
		k.copies = nil
	}
	if k.arena.mapped > 0 {
		k.arena.reset()
	}
}

// rebuild makes an entry from the base on top of the stack.
func (k *walker) rebuild(p *pack, pos int32, m *made) error {
	h, err := p.header(p.nodes[pos].offset)
	if err != nil {
		return err
	}
	if len(k.stack) == 0 {
		m.data, err = k.inflate(p, pos, &h, nil)
		m.size = len(m.data)
		return err
	}
	if err := k.charge(deltaCost * h.size); err != nil {
		return err
	}
	if k.delta, err = k.inflate(p, pos, &h, k.spare); err != nil {
		return err
	}
	if len(k.arena.used) > 0 && k.arena.owns(k.delta) {
		m.delta = k.delta
	} else {
		k.spare = k.delta
	}
	return k.apply(p, pos, m)
}

// inflate decompresses an entry into buf, or if that is nil or too small into
// a buffer of its own.
func (k *walker) inflate(p *pack, pos int32, h *header, buf []byte) ([]byte, error) {
	if err := p.check(h, int(pos)); err != nil {
		return nil, err
	}
	var err error
	if n := int(h.size) + inflate.Slack; buf == nil || n > k.store.bounds.big {
		if buf, err = k.buffer(n); err != nil {
			return nil, err
		}
	}
	out, err := k.inf.into(buf, p.data[h.data:p.end(int(pos))], int(h.size))
	if err != nil {
		k.arena.put(buf)
	} else {
		k.ends(p, h.data+k.inf.d.Used(), pos)
	}
	return out, err
}

// apply applies the entry's delta, which is in k.delta.
func (k *walker) apply(p *pack, pos int32, m *made) error {
	base := k.stack[len(k.stack)-1].data
	r, err := readDelta(k.delta)
	if err != nil {
		return err
	}
	if r.Size > maxMeta && p.nodes[pos].kind != Blob {
		return errTooBig
	}
	if err := k.charge(int64(r.Size)); err != nil {
		return err
	}
	m.size = r.Size
	if int64(r.Size) >= k.store.bounds.stream && p.nodes[pos].kind == Blob && p.nodes[pos].child < 0 {
		m.patch, err = r.patch(base)
		return err
	}
	if r.Size > k.store.bounds.big && !r.honest() {
		return fmt.Errorf("%w: a delta's result has not the size that it says", errCorrupt)
	}
	buf, err := k.buffer(r.Size)
	if err != nil {
		return err
	}
	if m.data, err = r.apply(buf, base); err != nil {
		k.arena.put(buf)
	}
	return err
}

// charge counts work, and ends the tree if it is too much.
func (k *walker) charge(n int64) error {
	if k.work += n; k.work > k.task.limit {
		return errOver
	}
	return nil
}

// largeRoot returns the header of the task's root, and whether that is a blob
// that can be visited without holding it.
func (k *walker) largeRoot() (h header, large bool) {
	p := k.store.packs[k.task.pack]
	h, err := p.header(p.nodes[k.task.pos].offset)
	return h, err == nil && h.kind == Blob && h.size >= k.store.bounds.stream
}

// stream visits a large blob that is stored whole without holding it.
func (k *walker) stream(ctx context.Context, h header) error {
	p, pos := k.store.packs[k.task.pack], k.task.pos
	entry := int(p.nodes[pos].entry)
	if !k.store.first(int(k.task.pack), entry) {
		return nil
	}
	inf := new(inflater)
	var r io.Reader
	err := k.store.guard(func() (err error) {
		r, err = inf.reader(p.data[h.data:p.end(int(pos))])
		return err
	})
	if err != nil {
		return k.fail(ctx, int(k.task.pack), pos, err)
	}
	o := Object{N: k.store.start[k.task.pack] + entry, Type: Blob, Size: h.size}
	all := &exactly{r: r, left: h.size}
	err = k.flow(ctx, &o, all)
	if all.whole {
		k.ends(p, p.end(int(pos))-inf.src.Len(), pos)
	}
	return err
}

// buffer returns room for n bytes, or less, if the walker has no buffer at hand
// and they are few.
func (k *walker) buffer(n int) ([]byte, error) {
	if n > k.store.bounds.big || k.held+n > k.store.bounds.held {
		return k.arena.get(n)
	}
	if n := len(k.free); n > 0 {
		b := k.free[n-1]
		k.free = k.free[:n-1]
		k.freed -= cap(b)
		return b, nil
	}
	return nil, nil
}

// maxFree bounds what a walker keeps for the next objects.
const maxFree = 8 << 20

// release keeps a buffer for the next object.
func (k *walker) release(data []byte) {
	if data == nil || len(k.arena.used) > 0 && k.arena.put(data) {
		return
	}
	if k.freed+cap(data) <= maxFree && len(k.free) < 8 {
		k.free = append(k.free, data)
		k.freed += cap(data)
	}
}
