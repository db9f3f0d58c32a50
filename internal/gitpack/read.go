package gitpack

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// Read returns an object. Large whole blobs come as a Stream; the caller then
// reads it to its end or forgets it. To find a pack entry Read needs its
// headers, so the first call for a pack costs about as much as reading its
// index.
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
	o.N = n
	pos, err := s.find(p, i)
	if err == nil {
		o.Type = p.kind[pos]
		err = s.guard(func() error { return s.readEntry(p, pos, &o) })
	}
	return o, err
}

// find returns the position in the pack of an index entry.
func (s *Store) find(p *pack, entry int) (pos int, err error) {
	if err := s.plan(p); err != nil {
		return 0, err
	}
	err = s.guard(func() error {
		offset, _ := p.idx.offset(entry)
		var ok bool
		if pos, ok = p.position(offset); !ok || p.kind[pos] == 0 {
			return fmt.Errorf("%w: no such entry", errCorrupt)
		}
		return nil
	})
	return pos, err
}

// Type returns an object's type, which is much cheaper than to read it.
func (s *Store) Type(n int) (Type, error) {
	for _, m := range append([]int{n}, s.copies(n)...) {
		if p, i := s.pack(m); p == nil {
			o, r, err := s.looseAt(m).open()
			if err == nil {
				r.Close()
				return o.Type, nil
			}
		} else if pos, err := s.find(p, i); err == nil {
			return p.kind[pos], nil
		}
	}
	return 0, fmt.Errorf("%w: no copy of it can be read", errCorrupt)
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
	if h, err := p.header(p.offsets[pos]); err == nil && h.kind == Blob && h.size >= streamFrom {
		r, err := new(inflater).reader(p.data[h.data:p.end(pos)])
		o.Size, o.Stream = h.size, &failing{store: s, r: &exactly{r, h.size}}
		return err
	}
	chain := []int{}
	at := pos
	data := s.cache.get(p, at)
	for data == nil {
		chain = append(chain, at)
		if p.parent[at] == isRoot {
			break
		}
		at = int(p.parent[at])
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
	p   *pack
	pos int
}

const maxCache = 48 << 20

func (c *baseCache) get(p *pack, pos int) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.data[cacheKey{p, pos}]
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
	key := cacheKey{p, pos}
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
