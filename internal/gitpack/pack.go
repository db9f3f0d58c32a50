package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
)

// pack is a mapped packfile with its index.
type pack struct {
	name string
	data []byte // up to the trailing checksum
	raw  []byte // the whole mapping
	idx  *index

	once    sync.Once
	offsets []uint64 // of the entries, rising
	entry   []uint32 // index entry of each offset
	parent  []int32  // position of the delta base; root or a problem below
	kind    []Type   // of the object; 0 if its base cannot be reached
	child   []int32  // position of the first delta on top of this one, or -1
	sibling []int32  // position of the next delta on the same base, or -1
}

// Values of pack.parent.
const (
	isRoot   = -1
	isBroken = -2 // its header cannot be read
	isThin   = -3 // its base is not in the pack
)

func openPack(idxName string, hash int) (*pack, error) {
	idxData, err := mapFile(idxName)
	if err != nil {
		return nil, err
	}
	p := &pack{name: filepath.Base(idxName[:len(idxName)-len(".idx")])}
	if p.idx, err = parseIndex(idxData, hash); err != nil {
		unmap(idxData)
		return nil, err
	}
	if p.raw, err = mapFile(idxName[:len(idxName)-len("idx")] + "pack"); err != nil {
		unmap(idxData)
		return nil, err
	}
	if err := p.checkHeader(hash); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *pack) checkHeader(hash int) error {
	if len(p.raw) < 12+hash || !bytes.HasPrefix(p.raw, []byte("PACK")) {
		return fmt.Errorf("%w: not a packfile, or cut off", errCorrupt)
	}
	if v := binary.BigEndian.Uint32(p.raw[4:]); v != 2 && v != 3 {
		return fmt.Errorf("%w: packfile version %d", errCorrupt, v)
	}
	if n := int(binary.BigEndian.Uint32(p.raw[8:])); n != p.idx.count {
		return fmt.Errorf("%w: the pack has %d objects, its index %d", errCorrupt, n, p.idx.count)
	}
	p.data = p.raw[:len(p.raw)-hash]
	return nil
}

func (p *pack) close() {
	unmap(p.raw)
	unmap(p.idx.data)
}

// header is what stands in front of an entry's data.
type header struct {
	kind    Type
	size    int    // of the inflated data: the object, or the delta
	data    int    // where the compressed data starts
	baseAt  uint64 // ofsDelta: where the base starts
	baseRef []byte // refDelta: its raw ID
}

// header parses the entry at an offset.
func (p *pack) header(offset uint64) (h header, err error) {
	if offset < 12 || offset >= uint64(len(p.data)) {
		return h, fmt.Errorf("%w: an object is said to be outside the pack", errCorrupt)
	}
	at := int(offset)
	b := p.data[at]
	at++
	h.kind, h.size = Type(b>>4&7), int(b&15)
	for shift := 4; b >= 0x80; shift += 7 {
		if at >= len(p.data) || shift > 56 {
			return h, fmt.Errorf("%w: an object's header is cut off", errCorrupt)
		}
		b = p.data[at]
		at++
		h.size |= int(b&0x7f) << shift
	}
	switch h.kind {
	case Commit, Tree, Blob, Tag:
	case ofsDelta:
		at, err = h.readOffset(p.data, at, offset)
	case refDelta:
		if at+p.idx.hash > len(p.data) {
			return h, fmt.Errorf("%w: an object's header is cut off", errCorrupt)
		}
		h.baseRef = p.data[at : at+p.idx.hash]
		at += p.idx.hash
	default:
		err = fmt.Errorf("%w: an object of type %d", errCorrupt, h.kind)
	}
	h.data = at
	return h, err
}

func (h *header) readOffset(data []byte, at int, offset uint64) (int, error) {
	back := uint64(0)
	for i := 0; ; i++ {
		if at >= len(data) || i > 9 {
			return at, fmt.Errorf("%w: an object's header is cut off", errCorrupt)
		}
		b := data[at]
		at++
		back |= uint64(b & 0x7f)
		if b < 0x80 {
			break
		}
		back = (back + 1) << 7
	}
	if back == 0 || back > offset {
		return at, fmt.Errorf("%w: a delta points outside the pack", errCorrupt)
	}
	h.baseAt = offset - back
	return at, nil
}

// plan reads all headers and builds the tree of deltas.
func (p *pack) plan() {
	n := p.idx.count
	p.offsets, p.entry = make([]uint64, n), make([]uint32, n)
	order := make([]uint32, n)
	unsorted := make([]uint64, n)
	for i := range n {
		unsorted[i], _ = p.idx.offset(i) // 0, where no object is, if it is bad
		order[i] = uint32(i)
	}
	slices.SortFunc(order, func(a, b uint32) int {
		if unsorted[a] < unsorted[b] {
			return -1
		}
		return 1
	})
	for pos, i := range order {
		p.offsets[pos], p.entry[pos] = unsorted[i], i
	}
	p.parent, p.kind = make([]int32, n), make([]Type, n)
	p.child, p.sibling = make([]int32, n), make([]int32, n)
	for i := range n {
		p.child[i], p.sibling[i] = -1, -1
	}
	// Backwards, so that each list of children is in pack order.
	for pos := n - 1; pos >= 0; pos-- {
		p.parent[pos] = p.link(pos)
		if base := p.parent[pos]; base >= 0 {
			p.sibling[pos], p.child[base] = p.child[base], int32(pos)
		}
	}
	for pos := range n {
		if p.parent[pos] == isRoot {
			p.inherit(int32(pos))
		}
	}
}

// inherit gives a root's type to all that is built on it.
func (p *pack) inherit(root int32) {
	todo := []int32{p.child[root]}
	for len(todo) > 0 {
		pos := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for ; pos >= 0; pos = p.sibling[pos] {
			p.kind[pos] = p.kind[root]
			if p.child[pos] >= 0 {
				todo = append(todo, p.child[pos])
			}
		}
	}
}

// whyLost tells why an entry's base cannot be reached.
func (p *pack) whyLost(pos int) error {
	for range len(p.parent) {
		switch p.parent[pos] {
		case isThin:
			return errNoBase
		case isBroken:
			return errCorrupt
		case isRoot:
			return nil
		}
		pos = int(p.parent[pos])
	}
	return errCycle
}

// link returns the position of an entry's delta base.
func (p *pack) link(pos int) int32 {
	h, err := p.header(p.offsets[pos])
	if err != nil {
		return isBroken
	}
	base := h.baseAt
	switch h.kind {
	case ofsDelta:
	case refDelta:
		i, ok := p.idx.find(h.baseRef)
		if !ok {
			return isThin
		}
		base, _ = p.idx.offset(i)
	default:
		p.kind[pos] = h.kind
		return isRoot
	}
	at, ok := slices.BinarySearch(p.offsets, base)
	if !ok || at == pos {
		return isBroken
	}
	return int32(at)
}

// inflate appends the data of an entry to buf[:0].
func (p *pack) inflate(f *inflater, buf []byte, pos int) ([]byte, error) {
	h, err := p.header(p.offsets[pos])
	if err != nil {
		return nil, err
	}
	if h.size > maxDelta {
		return nil, errTooBig
	}
	return f.into(buf, p.data[h.data:p.end(pos)], h.size)
}

// end is where the entry's data ends at the latest.
func (p *pack) end(pos int) int {
	if pos+1 < len(p.offsets) && p.offsets[pos+1] <= uint64(len(p.data)) && p.offsets[pos+1] > p.offsets[pos] {
		return int(p.offsets[pos+1])
	}
	return len(p.data)
}
