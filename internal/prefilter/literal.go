package prefilter

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/whosekey/whosekey/internal/tails"
)

// literal is a Literal to compare with.
type literal struct {
	// The first 16 bytes of the text, zeros behind a shorter one, and which of
	// their bits matter: not the one that tells the cases of a letter apart, if
	// they are folded.
	text, care [2]uint64
	rest       Literal // what is behind them
	size       int     // of the text
	tail       tails.Tail
	full       int // size, and that of the tail
}

func newLiteral(l Literal) literal {
	var text, care [16]byte
	n := copy(text[:], l.Text)
	for i := range n {
		care[i] = 0xff
		if l.Fold && isLetter(text[i]) {
			care[i] = 0xff &^ caseBit
		}
	}
	return literal{
		text: [2]uint64{binary.LittleEndian.Uint64(text[:]), binary.LittleEndian.Uint64(text[8:])},
		care: [2]uint64{binary.LittleEndian.Uint64(care[:]), binary.LittleEndian.Uint64(care[8:])},
		rest: Literal{Text: l.Text[n:], Fold: l.Fold}, size: len(l.Text),
		tail: l.Tail, full: l.size(),
	}
}

// begins reports whether data begins with l. It is not shorter.
func (l *literal) begins(data []byte) bool {
	d := data
	if len(d) < 16 {
		var few [16]byte
		copy(few[:], d)
		d = few[:]
	}
	if (binary.LittleEndian.Uint64(d)^l.text[0])&l.care[0]|(binary.LittleEndian.Uint64(d[8:])^l.text[1])&l.care[1] != 0 {
		return false
	}
	return l.rest.begins(data[min(16, len(data)):])
}

// search is a call of AppendIn.
type search struct {
	f        *Filter
	data     []byte
	from, to int
	dst      []Hit
	old      int // hits in dst that are not of this call
}

// fold makes the two cases of each letter in a window one. It mixes up other
// bytes too, which does not matter here.
const fold = 0x2020202020202020

// hash mixes a window and its bucket. Its first bits are the best.
func hash(window uint64, bucket int) uint64 {
	return (window | uint64(bucket)<<58) * hashFactor
}

const hashFactor = 0x9e3779b97f4a7c15

// tag is what an entry keeps of a hash, and the bucket: a literal must not be
// found a second time where another bucket's window has the same hash.
func tag(hash uint64, bucket int) uint32 { return uint32(hash>>32)&^(buckets-1) | uint32(bucket) }

// inBloom is false where there is no entry.
func (f *Filter) inBloom(hash uint64) bool {
	bit := hash >> (f.bloomShift & 63)
	return f.bloom[bit/64]>>(bit%64)&1 != 0
}

// window looks at a window of a bucket that begins at pos.
func (s *search) window(hash uint64, bucket, pos int) {
	f, t := s.f, tag(hash, bucket)
	k := hash >> (f.startShift & 63)
	for _, e := range f.entries[f.start[k]:f.start[k+1]] {
		if e.tag == t {
			s.check(pos-int(e.off), e.lit)
		}
	}
}

// check adds hits if the text of a literal is at pos and that is where AppendIn looks.
func (s *search) check(pos int, lit int32) {
	if l := &s.f.literals[lit]; s.has(pos, l.size) && l.begins(s.data[pos:]) {
		s.add(pos, lit)
	}
}

// has reports whether AppendIn may have to look for a text at pos.
func (s *search) has(pos, size int) bool {
	return pos >= 0 && pos < s.to && pos+size <= len(s.data)
}

// inside reports whether AppendIn is to look for a literal at pos.
func (s *search) inside(pos, size int) bool { return s.has(pos, size) && pos+size > s.from }

// add adds hits of a literal and of those with the same text, which stands at pos, if
// what is behind it is as they say. They come nearly in order, so that few have to
// move.
func (s *search) add(pos int, lit int32) {
	for ; lit >= 0; lit = s.f.same[lit] {
		l := &s.f.literals[lit]
		if !s.inside(pos, l.full) || l.tail != "" && !l.tail.Holds(s.data[pos+l.size:]) {
			continue
		}
		s.dst = append(s.dst, Hit{})
		i := len(s.dst) - 1
		for ; i > s.old && s.dst[i-1].Pos > pos; i-- {
			s.dst[i] = s.dst[i-1]
		}
		s.dst[i] = Hit{Pos: pos, Lit: lit}
	}
}

// tiny finds the literals that are too short to have a window, one byte after
// the other. No rule has any.
func (s *search) tiny() {
	n := len(s.dst)
	for pos := max(0, s.from-s.f.longTiny); pos < min(s.to, len(s.data)); pos++ {
		for _, lit := range s.f.tiny {
			l := &s.f.literals[lit]
			if s.inside(pos, l.full) && l.begins(s.data[pos:]) && l.tail.Holds(s.data[pos+l.size:]) {
				s.dst = append(s.dst, Hit{Pos: pos, Lit: lit})
			}
		}
	}
	if len(s.dst) > n {
		slices.SortStableFunc(s.dst[s.old:], func(a, b Hit) int { return cmp.Compare(a.Pos, b.Pos) })
	}
}

// caseBit is the difference between the two cases of an ASCII letter.
const caseBit = 'a' - 'A'

func isLetter(c byte) bool { return 'a' <= c|caseBit && c|caseBit <= 'z' }
