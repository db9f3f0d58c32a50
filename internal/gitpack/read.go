package gitpack

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// Read returns an object. Large whole blobs come as a Stream; the caller then
// reads it to its end or forgets it.
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
	if err != nil && v != p {
		// Who is lied to once asks for the plan: it knows where entries end, and
		// so which sizes are too large to be true.
		o = Object{}
		if pos, err = s.find(p, i); err == nil {
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

func (s *Store) looseAt(n int) loose { return s.loose[n-s.start[len(s.packs)]] }

func (s *Store) readLoose(n int) (Object, error) {
	o, r, err := s.looseAt(n).open()
	if err != nil {
		return o, err
	}
	o.N = n
	if o.Type == Blob && o.Size >= streamFrom {
		o.Stream = r
		return o, nil
	}
	defer r.Close()
	o.Data, err = readAll(r, o.Size)
	return o, err
}

// inflaters are those of Read; each has about 40 KB of tables.
var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// readEntry rebuilds an entry from the nearest base that is in the cache.
func (s *Store) readEntry(p *pack, pos int, o *Object) error {
	o.Type = p.nodes[pos].kind
	if h, err := p.header(p.nodes[pos].offset); err == nil && h.kind == Blob && h.size >= streamFrom {
		r, err := new(inflater).reader(p.data[h.data:p.end(pos)])
		o.Size, o.Stream = h.size, &failing{store: s, r: &exactly{r, h.size}}
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
	inf := inflaters.Get().(*inflater)
	defer inflaters.Put(inf)
	unlock := func() {}
	defer func() { unlock() }()
	for i := len(chain) - 1; i >= 0; i-- {
		raw, err := p.inflate(inf, nil, chain[i])
		if err == nil && data != nil {
			if len(data) >= giant { // one such chain at a time
				unlock()
				s.giantRead.Lock()
				unlock = s.giantRead.Unlock
			}
			raw, err = applyDelta(nil, data, raw)
		}
		if err != nil {
			return err
		}
		data = raw
		s.cache.put(p, chain[i], data)
	}
	// A copy, as the caller may write to what it got.
	o.Data, o.Size = bytes.Clone(data), int64(len(data))
	return nil
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

const maxCache = 48 << 20

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
	for c.size += len(data); c.size > maxCache; {
		c.size -= len(c.data[c.order[0]])
		delete(c.data, c.order[0])
		c.order = c.order[1:]
	}
}
