package prefilter

import (
	"encoding/binary"
	"math/bits"
)

const (
	buckets = 16
	second  = 16 // shift to the buckets that a pair is the second one of
	group   = 16 // bytes that pass takes at once
	unit    = 8  // bytes that pass puts into its queue
	block   = 256
	reads   = group + 8 // bytes that are looked at for the windows of a group
)

// queue holds what is still to be looked at of a block. To put it there takes no
// branch, and most of the branches on it would not have been foreseen.
type queue struct {
	units [block / unit]uint8 // in units from the start of the block
	pairs [block / 2]uint32   // offset from the start of the block << 16 | buckets
}

// pass looks for places in data[from:to] where a window may begin, each two
// bytes from the one before, puts them into q.pairs, and returns how many there
// are and where it ended: at to, after a block, or where less than reads bytes
// are left. It needs reads bytes.
func (f *Filter) pass(q *queue, data []byte, from, to int) (n, next int) {
	t := f.pairs
	to = min(to, from+block, len(data)-reads+1)
	units, u := uint32(0), uint8(0)
	v0 := t[binary.LittleEndian.Uint16(data[from:])]
	at := from
	for ; at < to; at += group {
		d := data[at : at+reads : at+reads]
		v1, v2 := t[binary.LittleEndian.Uint16(d[2:])], t[binary.LittleEndian.Uint16(d[4:])]
		v3, v4 := t[binary.LittleEndian.Uint16(d[6:])], t[binary.LittleEndian.Uint16(d[8:])]
		q.units[units%(block/unit)] = u
		units += some(v0&(v1>>second) | v1&(v2>>second) | v2&(v3>>second) | v3&(v4>>second))
		v5, v6 := t[binary.LittleEndian.Uint16(d[10:])], t[binary.LittleEndian.Uint16(d[12:])]
		v7, v8 := t[binary.LittleEndian.Uint16(d[14:])], t[binary.LittleEndian.Uint16(d[16:])]
		q.units[units%(block/unit)] = u + 1
		units += some(v4&(v5>>second) | v5&(v6>>second) | v6&(v7>>second) | v7&(v8>>second))
		u += group / unit
		v0 = v8
	}
	return f.split(q, data, from, int(units)), at
}

// some is 1 if one of the low 16 bits is set and 0 if none is.
func some(buckets uint32) uint32 { return (buckets&(1<<second-1) + (1<<second - 1)) >> second }

// split puts the pairs of the first units in the queue into q.pairs.
func (f *Filter) split(q *queue, data []byte, from, units int) int {
	t, n := f.pairs, uint32(0)
	for _, u := range q.units[:units] {
		o := uint32(u) * unit
		d := data[from+int(o):][:10]
		v0, v1 := t[binary.LittleEndian.Uint16(d)], t[binary.LittleEndian.Uint16(d[2:])]
		v2, v3 := t[binary.LittleEndian.Uint16(d[4:])], t[binary.LittleEndian.Uint16(d[6:])]
		v4 := t[binary.LittleEndian.Uint16(d[8:])]
		o <<= 16
		c := v0 & (v1 >> second)
		q.pairs[n%(block/2)] = o | c
		n += some(c)
		c = v1 & (v2 >> second)
		q.pairs[n%(block/2)] = o + 2<<16 | c
		n += some(c)
		c = v2 & (v3 >> second)
		q.pairs[n%(block/2)] = o + 4<<16 | c
		n += some(c)
		c = v3 & (v4 >> second)
		q.pairs[n%(block/2)] = o + 6<<16 | c
		n += some(c)
	}
	return int(n)
}

// inPairs finds the literals with a window that begins in data[lo:hi].
func (s *search) inPairs(lo, hi int) {
	var q queue
	at := lo
	for at < hi && at+reads <= len(s.data) {
		n, next := s.f.pass(&q, s.data, at, hi)
		s.places(s.data[at:], at, q.pairs[:n])
		at = next
	}
	if at < hi { // fewer than reads bytes are left: with zeros behind them
		var tail [2*group + reads]byte
		copy(tail[:], s.data[at:])
		n, _ := s.f.pass(&q, tail[:], 0, hi-at)
		s.places(tail[:], at, q.pairs[:n])
	}
}

// places looks at places in d, which begins like s.data[at:].
func (s *search) places(d []byte, at int, pairs []uint32) {
	f := s.f
	for _, p := range pairs {
		o := int(p >> 16)
		w := binary.LittleEndian.Uint64(d[o:]) | fold
		for c := p & (1<<buckets - 1); c != 0; c &= c - 1 {
			b := bits.TrailingZeros32(c) % buckets
			if h := hash(w&f.care[b], b); f.inBloom(h) {
				s.window(h, b, at+o)
			}
		}
	}
}
