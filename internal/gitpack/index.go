package gitpack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sort"
)

// index is a pack's .idx file, version 1 or 2.
type index struct {
	data   []byte
	hash   int // bytes in an ID
	count  int
	fanout []byte // 256 big-endian counts
	v1     bool
	names  []byte // v2: IDs; v1: offset and ID in turn
	off32  []byte
	off64  []byte
}

// maxObjects is how many objects the numbers of a store can tell apart.
const maxObjects = 1<<31 - 2

// parseIndex checks that all tables lie within data and that the fanout table
// rises, so that lookups need no further checks.
func parseIndex(data []byte, hash int) (*index, error) {
	x := &index{data: data, hash: hash}
	head := 0
	if bytes.HasPrefix(data, []byte{0xff, 't', 'O', 'c'}) {
		if head = 8; len(data) < head || binary.BigEndian.Uint32(data[4:]) != 2 {
			return nil, fmt.Errorf("%w: an index of an unknown version", errCorrupt)
		}
	}
	x.v1 = head == 0
	if len(data) < head+1024+2*hash {
		return nil, fmt.Errorf("%w: the index is cut off", errCorrupt)
	}
	x.fanout = data[head : head+1024]
	last, err := fanoutTotal(x.fanout)
	if err != nil {
		return nil, err
	}
	rest := data[head+1024 : len(data)-2*hash]
	if uint64(len(rest)) < uint64(last)*uint64(hash+4) || last > maxObjects {
		return nil, fmt.Errorf("%w: the index has the wrong size", errCorrupt)
	}
	x.count = int(last)
	if x.v1 {
		if len(rest) != x.count*(4+hash) {
			return nil, fmt.Errorf("%w: the index has the wrong size", errCorrupt)
		}
		x.names = rest
		return x, nil
	}
	if fixed := int64(x.count) * int64(hash+8); int64(len(rest)) < fixed || (int64(len(rest))-fixed)%8 != 0 {
		return nil, fmt.Errorf("%w: the index has the wrong size", errCorrupt)
	}
	x.names, rest = rest[:x.count*hash], rest[x.count*(hash+4):]
	x.off32, x.off64 = rest[:4*x.count], rest[4*x.count:]
	return x, nil
}

// name returns the raw ID of entry i.
func (x *index) name(i int) []byte {
	if x.v1 {
		return x.names[i*(4+x.hash)+4 : (i+1)*(4+x.hash)]
	}
	return x.names[i*x.hash : (i+1)*x.hash]
}

// offset returns where entry i starts in the pack.
func (x *index) offset(i int) (uint64, bool) {
	if x.v1 {
		return uint64(binary.BigEndian.Uint32(x.names[i*(4+x.hash):])), true
	}
	o := binary.BigEndian.Uint32(x.off32[4*i:])
	if o&(1<<31) == 0 {
		return uint64(o), true
	}
	at := 8 * int64(o&^(1<<31))
	if at+8 > int64(len(x.off64)) {
		return 0, false
	}
	return binary.BigEndian.Uint64(x.off64[at:]), true
}

// find returns the entry with the given raw ID.
func (x *index) find(id []byte) (int, bool) {
	lo, hi := x.bucket(id[0])
	i := lo + sort.Search(hi-lo, func(i int) bool { return bytes.Compare(x.name(lo+i), id) >= 0 })
	return i, i < hi && bytes.Equal(x.name(i), id)
}

// bucket returns the range of entries whose IDs start with b. It is no longer
// than the table, also if somebody writes to the file meanwhile.
func (x *index) bucket(b byte) (lo, hi int) {
	if b > 0 {
		lo = int(binary.BigEndian.Uint32(x.fanout[4*int(b)-4:]))
	}
	return lo, min(x.count, int(binary.BigEndian.Uint32(x.fanout[4*int(b):])))
}
