package prefilter

import (
	"encoding/binary"
	"math/bits"
)

// slot holds what is compared with the bytes around a window: all that the
// literals of one hash have in common, which is nearly always all of a literal.
// asm/main.go knows where its fields are.
type slot struct {
	// Of the 16 bytes from the eighth before a window on, and which bits of them
	// matter.
	text, care [2]uint64
	some       uint64 // 1, or 0 where no literal has the hash
	// The entry of the only literal, if text and care say all of it. Otherwise
	// lit is -1, and off is where its members begin in Filter.members.
	only entry
	size int32 // of that literal, or how many members there are
	_    [2]uint32
}

// member is one of several literals of a hash, or one that text and care of its slot do
// not say all of.
type member struct {
	text, care [2]uint64 // as those of a slot
	off        int32     // of the window in the literal
	kind       int32
	lit        int32
	size       int32 // of the literal if text and care say all of it, else -1
}

// has is what the end of sieve asks.
func (s *slot) has(text [2]uint64) bool {
	return s.some != 0 && (text[0]^s.text[0])&s.care[0]|(text[1]^s.text[1])&s.care[1] == 0
}

// slotHash is the hash of a window of sieve, in the upper half.
func slotHash(a *anchor, c choice) uint64 {
	return uint64(windowHash(uint32(a.window(c.off, 0, widths[c.kind])), c.kind)) << 32
}

// fill makes the bloom filter of sieve, in which a word has the bits of one
// window or less on average, and the slots. The first slot is for hashes that
// nothing has.
func (f *Filter) fill(b *builder) {
	t := f.sifter
	size := max(1, bits.Len(uint(len(b.entries))))
	bloom := make([]uint32, 1<<size)
	t.bloom, t.word = &bloom[0], uint64(32-size)
	// Four to eight times as many places as entries: it takes several times as
	// long to look at a slot of two windows.
	f.index, t.slot = make([]uint32, 4<<size), uint64(32-2-size)
	f.slots = make([]slot, 1, len(b.entries)+1)
	for i, h := range b.hashes {
		h := uint32(h >> 32)
		bloom[h>>t.word] |= 1 << bloomBit(uint32(b.firsts[i]))
		at := &f.index[h>>t.slot]
		if *at == 0 {
			*at = uint32(len(f.slots))
			f.slots = append(f.slots, slot{})
		}
		f.slots[*at].put(b.entries[i], &f.literals[b.entries[i].lit])
	}
	t.index, t.slots = &f.index[0], &f.slots[0]
	f.gather(b)
}

// gather lists the members of the slots that have any, one slot behind the other, so
// that to compare all of a slot's takes few lines of the cache.
func (f *Filter) gather(b *builder) {
	n := int32(0)
	for i := range f.slots {
		if s := &f.slots[i]; s.only.lit < 0 {
			s.only.off = n // where they begin, and soon where they end
			n += s.size
		}
	}
	f.members = make([]member, n)
	for i, h := range b.hashes {
		s := &f.slots[f.index[uint32(h>>32)>>f.sifter.slot]]
		if s.only.lit >= 0 {
			continue
		}
		e := b.entries[i]
		l := &f.literals[e.lit]
		m := &f.members[s.only.off]
		s.only.off++
		*m = member{text: around(l.text, int(e.off)), care: around(l.care, int(e.off)), off: e.off, kind: int32(e.tag % buckets), lit: e.lit, size: -1}
		if l.within(e.off) {
			m.size = int32(l.size)
		}
	}
	for i := range f.slots {
		if s := &f.slots[i]; s.only.lit < 0 {
			s.only.off -= s.size
		}
	}
}

// within reports whether the bytes around the window at off are all of the literal.
func (l *literal) within(off int32) bool {
	return l.size <= 16 && l.size-int(off) <= 8 && off <= 8
}

// put adds an entry.
func (s *slot) put(e entry, l *literal) {
	text, care := around(l.text, int(e.off)), around(l.care, int(e.off))
	if s.some == 0 {
		*s = slot{text: text, care: care, some: 1, only: e, size: int32(l.size)}
		if !l.within(e.off) {
			s.only.lit, s.size = -1, 1
		}
		return
	}
	if s.only.lit >= 0 {
		s.only.lit, s.size = -1, 1
	}
	s.size++
	for k := range s.care {
		s.care[k] &= care[k] &^ (s.text[k] ^ text[k])
	}
}

// around moves sixteen bytes so that the one at off is the ninth.
func around(x [2]uint64, off int) [2]uint64 {
	if off <= 8 {
		n := 8 * uint(8-off)
		return [2]uint64{x[0] << n, x[1]<<n | x[0]>>(64-n)}
	}
	n := 8 * uint(off-8)
	return [2]uint64{x[0]>>n | x[1]<<(64-n), x[1] >> n}
}

// found looks at a window at pos that sieve let pass. text begins eight bytes before it.
func (s *search) found(text []byte, kind, pos int) {
	text = text[:16]
	hash := windowHash(binary.LittleEndian.Uint32(text[8:]), kind)
	sl := &s.f.slots[s.f.index[hash>>(s.f.sifter.slot&31)]]
	if sl.only.lit < 0 {
		a, b := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
		all := s.f.members[sl.only.off:][:sl.size]
		for i := range all {
			if m := &all[i]; (a^m.text[0])&m.care[0]|(b^m.text[1])&m.care[1] == 0 && int(m.kind) == kind {
				s.member(m, pos-int(m.off))
			}
		}
		return
	}
	pos -= int(sl.only.off)
	// The window may be of the other kind, the literal stand in the zeros around
	// data.
	if sl.only.tag%buckets == uint32(kind) && s.has(pos, int(sl.size)) {
		s.add(pos, sl.only.lit)
	}
}

// member looks at a literal of which the bytes around its window stand where it would
// begin at pos.
func (s *search) member(m *member, pos int) {
	if m.size < 0 {
		s.check(pos, m.lit)
	} else if s.has(pos, int(m.size)) {
		s.add(pos, m.lit)
	}
}
