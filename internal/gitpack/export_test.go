package gitpack

import (
	"cmp"
	"io"
	"slices"
)

// What the tests of this package reach into.
var (
	ApplyDelta = applyDelta
	ParseIndex = parseIndex
	MaxMeta    = int64(maxMeta)
)

// Into decompresses src twice with the same tables.
func Into(src []byte, size int) ([]byte, error) {
	var f inflater
	f.into(nil, src, size)
	return f.into(nil, src, size)
}

// Lookups makes all lookups that an index must survive.
func Lookups(x *index, id []byte) int {
	n := 0
	for i := range x.count {
		if _, ok := x.offset(i); ok {
			n++
		}
		x.name(i)
	}
	for b := range 256 {
		x.bucket(byte(b))
	}
	x.find(id)
	return n
}

// Entry parses the entry header at an offset of a pack's bytes.
func Entry(data []byte, offset uint64, hash int) (kind Type, size int64, at int, err error) {
	p := &pack{data: data, idx: &index{hash: hash}}
	h, err := p.header(offset)
	return h.kind, h.size, h.data, err
}

// Planned reports whether some pack was planned.
func (s *Store) Planned() bool {
	return slices.ContainsFunc(s.packs, func(p *pack) bool { return p.planned.Load() })
}

// ParseMidx parses a multi-pack-index and returns its number of objects, the
// names of its packs, and how to get at its entries: where an ID stands, and
// what stands there.
func ParseMidx(data []byte, hash int) (n int, packs []string, find func(id []byte) (int, bool), at func(i int) (pack uint32, offset uint64, ok bool), err error) {
	m, err := parseMidx(data, hash)
	if err != nil {
		return 0, nil, nil, nil, err
	}
	return m.ids.count, m.names, m.ids.find, m.at, nil
}

// Searched is how many indexes were asked for want of anything better.
func (s *Store) Searched() int64 { return s.searched.Load() }

// Midxs is how many multi-pack-indexes were opened.
func (s *Store) Midxs() int { return len(s.midxs) }

// GraphOf makes a commit-graph of the files' contents, the base first.
func GraphOf(hash int, files ...[]byte) (*Graph, error) {
	g := &Graph{hash: hash}
	var bases []byte
	for _, data := range files {
		l, err := parseGraph(data, hash)
		if err == nil {
			err = g.add(l, bases)
		}
		if err != nil {
			return nil, err
		}
		bases = append(bases, l.sum...)
	}
	return g, nil
}

// Layers is how many files the graph has.
func (g *Graph) Layers() int { return len(g.layers) }

// Bounds are limits to lower; what is 0 stays as it is.
type Bounds struct {
	Stream, Share, Disk, Floor, Heavy, Read int64
	Big, Held                               int
}

// SetBounds lowers the limits of a store, and gives its walks no work beyond
// Floor.
func (s *Store) SetBounds(b Bounds) {
	to := &s.bounds
	to.stream, to.share, to.disk = cmp.Or(b.Stream, to.stream), cmp.Or(b.Share, to.share), cmp.Or(b.Disk, to.disk)
	if b.Disk != 0 {
		to.over = errTooBig
	}
	to.heavy, to.read = cmp.Or(b.Heavy, to.heavy), cmp.Or(b.Read, to.read)
	to.big, to.held = cmp.Or(b.Big, to.big), cmp.Or(b.Held, to.held)
	if b.Floor != 0 {
		to.floor, to.ratio = b.Floor, 0
	}
}

// Scratch is how many bytes of temporary files there are.
func (s *Store) Scratch() int64 {
	s.scratch.mu.Lock()
	defer s.scratch.mu.Unlock()
	return s.scratch.size
}

// ScratchRoom is where temporary files lie, and how many bytes there may be.
func (s *Store) ScratchRoom() (dir string, most int64) { return s.scratch.dir, s.scratch.most }

// Patch returns a reader of a delta's result.
func Patch(base, delta []byte) (io.Reader, error) {
	r, err := readDelta(delta)
	if err != nil {
		return nil, err
	}
	return r.patch(base)
}
