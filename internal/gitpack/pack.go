package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// pack is a mapped packfile with its index.
type pack struct {
	name string
	data []byte // up to the trailing checksum
	raw  []byte // the whole mapping
	idx  *index

	once    sync.Once
	planned atomic.Bool
	bad     error    // why there is no plan
	nodes   []node   // in the order of their offsets
	bucket  []uint32 // position of the first entry from each offset>>shift on
	shift   uint
}

// node is an entry of the pack, in one cache line: a walk goes up and down.
type node struct {
	offset  uint64
	entry   uint32 // in the index
	parent  int32  // position of the delta base; root or a problem below
	child   int32  // position of the first delta on top of this one, or -1
	sibling int32  // position of the next delta on the same base, or -1
	kind    Type   // of the object; 0 if its base cannot be reached
}

// Values of node.parent.
const (
	isRoot   = -1
	isBroken = -2 // its header cannot be read
	isThin   = -3 // its base is not in the pack
)

// minEntry is the size of the smallest entry: its header, and nothing deflated.
const minEntry = 1 + 8

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
	if n := binary.BigEndian.Uint32(p.raw[8:]); int64(n) != int64(p.idx.count) {
		return fmt.Errorf("%w: the pack has %d objects, its index %d", errCorrupt, n, p.idx.count)
	}
	if int64(len(p.raw)) < 12+int64(hash)+minEntry*int64(p.idx.count) {
		return fmt.Errorf("%w: the pack is too small for its %d objects", errCorrupt, p.idx.count)
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
	size    int64  // of the inflated data: the object, or the delta
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
	h.kind, h.size = Type(b>>4&7), int64(b&15)
	for shift := 4; b >= 0x80; shift += 7 {
		if at >= len(p.data) || shift > 53 {
			return h, fmt.Errorf("%w: an object's header is cut off", errCorrupt)
		}
		b = p.data[at]
		at++
		h.size |= int64(b&0x7f) << shift
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

// link returns the position of an entry's delta base.
func (p *pack) link(pos int) int32 {
	h, err := p.header(p.nodes[pos].offset)
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
		p.nodes[pos].kind = h.kind
		return isRoot
	}
	at, ok := p.position(base)
	if !ok || at == pos {
		return isBroken
	}
	return int32(at)
}

// inflate appends the data of an entry to buf[:0].
func (p *pack) inflate(f *inflater, buf []byte, pos int) ([]byte, error) {
	h, err := p.header(p.nodes[pos].offset)
	if err != nil {
		return nil, err
	}
	if h.size > maxDelta || h.size > maxMeta && h.kind < ofsDelta && h.kind != Blob {
		return nil, errTooBig
	}
	return f.into(buf, p.data[h.data:p.end(pos)], int(h.size))
}

// end is where the entry's data ends at the latest.
func (p *pack) end(pos int) int {
	if pos+1 < len(p.nodes) && p.nodes[pos+1].offset <= uint64(len(p.data)) && p.nodes[pos+1].offset > p.nodes[pos].offset {
		return int(p.nodes[pos+1].offset)
	}
	return len(p.data)
}
