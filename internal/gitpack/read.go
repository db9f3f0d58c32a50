package gitpack

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"sync"
)

// Read returns an object. Large whole blobs come as a Stream; the caller then
// reads it to its end or forgets it. To find a pack entry Read needs its
// headers, so the first call for a pack costs about as much as reading its
// index.
func (s *Store) Read(n int) (o Object, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	o.N = n
	p, i := s.pack(n)
	if p == nil {
		return s.readLoose(n)
	}
	guard(&err, func() error {
		p.once.Do(p.plan)
		offset, _ := p.idx.offset(i)
		pos, ok := search(p.offsets, offset)
		if !ok || p.kind[pos] == 0 {
			return fmt.Errorf("%w: no such entry", errCorrupt)
		}
		o.Type = p.kind[pos]
		return s.readEntry(p, pos, &o)
	})
	return o, err
}

func (s *Store) readLoose(n int) (Object, error) {
	l := s.loose[n-s.start[len(s.packs)]]
	o, r, err := l.open()
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

// readEntry rebuilds an entry from the nearest base that is in the cache.
func (s *Store) readEntry(p *pack, pos int, o *Object) error {
	var inf inflater
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
	for i := len(chain) - 1; i >= 0; i-- {
		if data == nil {
			if h, err := p.header(p.offsets[chain[i]]); err == nil && i == 0 && h.kind == Blob && h.size >= streamFrom {
				r, err := inf.reader(p.data[h.data:p.end(chain[i])])
				o.Size, o.Stream = int64(h.size), &failing{r: &exactly{r, int64(h.size)}}
				return err
			}
		}
		raw, err := p.inflate(&inf, nil, chain[i])
		if err == nil && data != nil {
			raw, err = applyDelta(nil, data, raw)
		}
		if err != nil {
			return err
		}
		data = raw
		s.cache.put(p, chain[i], data)
	}
	o.Data, o.Size = data, int64(len(data))
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

func search(offsets []uint64, want uint64) (int, bool) {
	lo, hi := 0, len(offsets)
	for lo < hi {
		if mid := (lo + hi) / 2; offsets[mid] < want {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(offsets) && offsets[lo] == want
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
