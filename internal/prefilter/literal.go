package prefilter

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// literal is a Literal to compare with.
type literal struct {
	// The first 16 bytes of the text, zeros behind a shorter one, and which of
	// their bits matter: not the one that tells the cases of a letter apart, if
	// they are folded.
	text, care [2]uint64
	rest       Literal // what is behind them
	size       int
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
	for i := range len(l.rest.Text) {
		if a, b := data[16+i], l.rest.Text[i]; a != b && !(l.rest.Fold && isLetter(a) && a^b == caseBit) {
			return false
		}
	}
	return true
}

// check adds a hit if the literal is at pos and that is where AppendIn looks.
// Hits come nearly in order, so that few have to move.
func (s *search) check(pos int, lit int32) {
	l := &s.f.literals[lit]
	if pos < 0 || pos >= s.to || pos+l.size <= s.from || pos+l.size > len(s.data) || !l.begins(s.data[pos:]) {
		return
	}
	s.dst = append(s.dst, Hit{})
	i := len(s.dst) - 1
	for ; i > s.old && s.dst[i-1].Pos > pos; i-- {
		s.dst[i] = s.dst[i-1]
	}
	s.dst[i] = Hit{Pos: pos, Lit: lit}
}

// tiny finds the literals that are too short to have a window, one byte after
// the other. No rule has any.
func (s *search) tiny() {
	n := len(s.dst)
	for pos := max(0, s.from-minWindow); pos < min(s.to, len(s.data)); pos++ {
		for _, lit := range s.f.tiny {
			l := &s.f.literals[lit]
			if pos+l.size > s.from && pos+l.size <= len(s.data) && l.begins(s.data[pos:]) {
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
