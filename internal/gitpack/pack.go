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
	name   string
	number int    // in the store
	data   []byte // up to the trailing checksum
	raw    []byte // the whole mapping
	idx    *index
	partly bool // the index has not all of its objects, which Open told

	once    sync.Once
	planned atomic.Bool
	viewed  atomic.Int64 // entries that were read without a plan
	bad     error        // why there is no plan
	nodes   []node       // in the order of their offsets
	bucket  []uint32     // position of the first entry from each offset>>shift on
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
	built   int32  // how many entries are built on it
}

// Values of node.parent.
const (
	isRoot   = -1
	isBroken = -2 // its header cannot be read
	isThin   = -3 // its base is not in the pack
)

// packHeader is the size of what stands before the first entry.
const packHeader = 12

// minEntry is the size of the smallest entry: its header, and nothing deflated.
const minEntry = 1 + 8

// openIndexed opens a pack and its index. base is their path without the
// extension.
func openIndexed(base string, hash int) (*pack, error) {
	data, err := mapFile(base + ".idx")
	if err != nil {
		return nil, err
	}
	idx, err := parseIndex(data, hash)
	if err != nil {
		unmap(data)
		return nil, err
	}
	p, err := openPack(base, idx)
	if err == nil && p.claimed() != idx.count {
		err = fmt.Errorf("%w: the pack has %d objects, its index %d", errCorrupt, p.claimed(), idx.count)
		unmap(p.raw)
	}
	if err != nil {
		unmap(data)
		return nil, err
	}
	return p, nil
}

// openPack opens a pack with an index of it.
func openPack(base string, idx *index) (*pack, error) {
	p := &pack{name: filepath.Base(base), idx: idx}
	var err error
	if p.raw, err = mapFile(base + ".pack"); err != nil {
		return nil, err
	}
	if err := p.checkHeader(); err != nil {
		unmap(p.raw)
		return nil, err
	}
	return p, nil
}

func (p *pack) checkHeader() error {
	hash := p.idx.hash
	if len(p.raw) < 12+hash || !bytes.HasPrefix(p.raw, []byte("PACK")) {
		return fmt.Errorf("%w: not a packfile, or cut off", errCorrupt)
	}
	if v := binary.BigEndian.Uint32(p.raw[4:]); v != 2 && v != 3 {
		return fmt.Errorf("%w: packfile version %d", errCorrupt, v)
	}
	if int64(len(p.raw)) < 12+int64(hash)+minEntry*int64(p.idx.count) {
		return fmt.Errorf("%w: the pack is too small for its %d objects", errCorrupt, p.idx.count)
	}
	p.data = p.raw[:len(p.raw)-hash]
	return nil
}

// claimed is how many objects the pack says that it has.
func (p *pack) claimed() int { return int(binary.BigEndian.Uint32(p.raw[8:])) }

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
	if err != nil || pos > 0 && p.nodes[pos].offset == p.nodes[pos-1].offset { // then another entry is named by none
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

// check refuses entries that are too large, and sizes that cannot be true.
func (p *pack) check(h *header, pos int) error {
	if h.size > maxDelta || h.size > maxMeta && h.kind < ofsDelta && h.kind != Blob {
		return errTooBig
	}
	if h.size/maxRatio > int64(p.end(pos)-h.data) {
		return fmt.Errorf("%w: less data than its header says", errCorrupt)
	}
	return nil
}

// end is where the entry's data ends at the latest.
func (p *pack) end(pos int) int {
	if pos+1 < len(p.nodes) && p.nodes[pos+1].offset <= uint64(len(p.data)) && p.nodes[pos+1].offset > p.nodes[pos].offset {
		return int(p.nodes[pos+1].offset)
	}
	return len(p.data)
}
