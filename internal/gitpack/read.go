package gitpack

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"github.com/whosekey/whosekey/internal/inflate"
)

// Read returns an object. Large blobs, some of 4 MB among them, come as a
// Stream, which Content's Close ends: as long as it is open it may have
// temporary files.
func (s *Store) Read(n int) (Object, error) {
	o, err := s.readOne(n)
	if err != nil {
		return s.readCopy(n, err)
	}
	return o, nil
}

// readCopy reads another copy of object n, of which one cannot be read.
func (s *Store) readCopy(n int, why error) (Object, error) {
	for _, m := range s.copies(n) {
		if o, err := s.readOne(m); err == nil {
			o.N = n
			return o, nil
		}
	}
	return Object{N: n}, why
}

func (s *Store) readOne(n int) (o Object, err error) {
	p, i := s.pack(n)
	if p == nil {
		return s.readLoose(n)
	}
	v, pos, err := s.view(p, i)
	if err == nil {
		err = s.guard(func() error { return s.readEntry(v, pos, &o) })
	}
	if err != nil && v != p && !errors.Is(err, errOver) {
		// Who is lied to once asks for the plan: it knows where entries end, and
		// so which sizes are too large to be true.
		o = Object{}
		if pos, lost := s.find(p, i); lost == nil {
			err = s.guard(func() error { return s.readEntry(p, pos, &o) })
		}
	}
	o.N = n
	return o, err
}

// Type returns an object's type, which is much cheaper than to read it.
func (s *Store) Type(n int) (Type, error) {
	t, err := s.typeOf(n)
	if err == nil {
		return t, nil
	}
	for _, m := range s.copies(n) {
		if t, err := s.typeOf(m); err == nil {
			return t, nil
		}
	}
	return 0, fmt.Errorf("%w: no copy of it can be read", errCorrupt)
}

func (s *Store) typeOf(n int) (Type, error) {
	p, i := s.pack(n)
	if p == nil {
		o, r, err := s.looseAt(n).open()
		if err == nil {
			r.Close()
		}
		return o.Type, err
	}
	v, pos, err := s.view(p, i)
	if err != nil && v != p {
		v = p
		pos, err = s.find(p, i)
	}
	if err != nil {
		return 0, err
	}
	return v.nodes[pos].kind, nil
}

func (s *Store) readLoose(n int) (Object, error) {
	o, r, err := s.looseAt(n).open()
	if err != nil {
		return o, err
	}
	o.N = n
	if o.Type == Blob && o.Size >= s.bounds.stream {
		o.Stream = r
		return o, nil
	}
	defer r.Close()
	o.Data, err = readAll(r, nil, o.Size)
	return o, err
}

// inflaters are those of Read; each has about 40 KB of tables.
var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// readEntry rebuilds an entry from the nearest base that is in the cache.
func (s *Store) readEntry(p *pack, pos int, o *Object) error {
	o.Type = p.nodes[pos].kind
	if h, err := p.header(p.nodes[pos].offset); err == nil && h.kind == Blob && h.size >= s.bounds.stream {
		r, err := new(inflater).reader(p.data[h.data:p.end(pos)])
		o.Size, o.Stream = h.size, &failing{store: s, r: &exactly{r: r, left: h.size}}
		return err
	}
	chain := []int{}
	at := pos
	data := s.cache.get(p, at)
	for data == nil {
		chain = append(chain, at)
		if p.nodes[at].parent == isRoot {
			break
		}
		at = int(p.nodes[at].parent)
		data = s.cache.get(p, at)
	}
	b := newBuilder(s)
	defer b.close()
	for i, at := range slices.Backward(chain) {
		if err := b.step(p, at, &data, i == 0); err != nil {
			return err
		}
		if !b.arena.owns(data) {
			s.cache.put(p, at, data)
		}
	}
	b.deliver(o, data)
	return nil
}

// builder rebuilds one object for Read.
type builder struct {
	store *Store
	inf   *inflater
	arena *arena
	work  int64
	patch *patch // the object, if that is a large blob
}

func newBuilder(s *Store) *builder {
	return &builder{store: s, inf: inflaters.Get().(*inflater), arena: &arena{scratch: &s.scratch, bounds: &s.bounds, turn: &s.scratch.read}}
}

func (b *builder) close() {
	inflaters.Put(b.inf)
	if b.arena != nil {
		b.arena.close()
	}
}

// step replaces data, an entry's base or nil, by the entry. The last one of a
// chain may become a patch instead.
func (b *builder) step(p *pack, pos int, data *[]byte, last bool) error {
	h, err := p.header(p.nodes[pos].offset)
	if err == nil {
		err = p.check(&h, pos)
	}
	if err != nil {
		return err
	}
	base := *data
	if base != nil {
		err = b.charge(deltaCost * h.size)
	}
	var raw []byte
	if err == nil {
		raw, err = b.room(int(h.size) + inflate.Slack)
	}
	if err == nil {
		raw, err = b.inf.into(raw, p.data[h.data:p.end(pos)], int(h.size))
	}
	if err != nil || base == nil {
		*data = raw
		return err
	}
	r, err := readDelta(raw)
	if err != nil {
		return err
	}
	if last && p.nodes[pos].kind == Blob && int64(r.Size) >= b.store.bounds.stream {
		*data = nil
		b.patch, err = r.patch(base)
		return err
	}
	if *data, err = b.apply(p.nodes[pos].kind, base, r); err == nil {
		b.arena.put(base)
		b.arena.put(raw)
	}
	return err
}

// apply applies a delta of which r has read the header.
func (b *builder) apply(kind Type, base []byte, r deltaReader) ([]byte, error) {
	if r.Size > maxMeta && kind != Blob {
		return nil, errTooBig
	}
	if err := b.charge(int64(r.Size)); err != nil {
		return nil, err
	}
	if r.Size > b.store.bounds.big && !r.honest() {
		return nil, fmt.Errorf("%w: a delta's result has not the size that it says", errCorrupt)
	}
	buf, err := b.room(r.Size)
	if err != nil {
		return nil, err
	}
	return r.apply(buf, base)
}

// room returns a buffer for large objects, nil for others.
func (b *builder) room(n int) ([]byte, error) {
	if n <= b.store.bounds.big {
		return nil, nil
	}
	return b.arena.get(n)
}

// charge counts work: a chain can be as long as the pack has objects, and an
// object can be asked for again and again.
func (b *builder) charge(n int64) error {
	counted := min(n, b.work+n-b.store.bounds.easy)
	if b.work += n; b.work > b.store.bounds.read || counted > 0 && b.store.readWork.Add(counted) > b.store.budget() {
		return errOver
	}
	return nil
}

// deliver fills in the object.
func (b *builder) deliver(o *Object, data []byte) {
	switch {
	case b.patch != nil:
		o.Size = int64(b.patch.left)
		o.Stream = b.stream(b.patch)
	case o.Type == Blob && (b.arena.owns(data) || int64(len(data)) >= b.store.bounds.stream):
		o.Size = int64(len(data))
		o.Stream = b.stream(bytes.NewReader(data))
	default:
		// A copy, as the caller may write to what it got.
		o.Data, o.Size = bytes.Clone(data), int64(len(data))
	}
}

// stream hands the arena over to a reader of what lies in it.
func (b *builder) stream(r io.Reader) *failing {
	a := b.arena
	b.arena = nil
	if a.mine { // nobody knows when it will be closed
		a.mine = false
		a.turn.Unlock()
	}
	f := &failing{store: b.store, r: &lent{r: r, arena: a}}
	runtime.AddCleanup(f, (*arena).close, a) // for those who forget to close it
	return f
}

// Content returns the object's content as a stream. Closing it is harmless if
// there is nothing to close.
func (o *Object) Content() io.ReadCloser {
	if o.Stream == nil {
		return io.NopCloser(bytes.NewReader(o.Data))
	}
	if c, ok := o.Stream.(io.ReadCloser); ok {
		return c
	}
	return io.NopCloser(o.Stream)
}

// baseCache holds the objects that were rebuilt last: neighbours in a chain
// are read together.
type baseCache struct {
	mu    sync.Mutex
	data  map[cacheKey][]byte
	order []cacheKey
	size  int
}

type cacheKey struct {
	idx    *index // of the pack
	offset uint64
}

// Bound on the cache, in bytes, and what each object takes beside its own: of small ones,
// that is more.
const (
	maxCache   = 16 << 20
	cacheEntry = 128
)

// Forget frees what is kept for the next objects that are read. They are read as before.
func (s *Store) Forget() {
	s.cache.mu.Lock()
	defer s.cache.mu.Unlock()
	s.cache.data, s.cache.order, s.cache.size = nil, nil, 0
}

func (c *baseCache) get(p *pack, pos int) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.data[cacheKey{p.idx, p.nodes[pos].offset}]
}

func (c *baseCache) put(p *pack, pos int, data []byte) {
	if len(data) > maxCache/4 || len(data) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.data == nil {
		c.data = map[cacheKey][]byte{}
	}
	key := cacheKey{p.idx, p.nodes[pos].offset}
	if c.data[key] != nil {
		return
	}
	c.data[key] = data
	c.order = append(c.order, key)
	for c.size += len(data) + cacheEntry; c.size > maxCache; {
		c.size -= len(c.data[c.order[0]]) + cacheEntry
		delete(c.data, c.order[0])
		c.order = c.order[1:]
	}
}
