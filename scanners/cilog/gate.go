package cilog

import (
	"encoding/binary"

	"github.com/whosekey/whosekey/internal/coded"
)

// Looks at eight bytes at once, before the decoders look at one: a log is mostly text
// in which they find nothing, and a branch for each of its words costs more than
// unpacking it.

const highs = 0x8080808080808080

func eight(text []byte, at int) uint64 { return binary.LittleEndian.Uint64(text[at:]) }

// nextRun returns the first multiple of 16 from at on, or the end of the text, at which
// a run of minReversed characters of base64 may be: of such a run, two words of eight
// bytes are whole, of which one begins at a multiple of 16.
func nextRun(text []byte, at int) int {
	before := uint64(1)
	if at >= 8 && at <= len(text) {
		before = coded.Not64(text, at-8)
	}
	for ; at+16 <= len(text); at += 16 {
		w, after := coded.Not64(text, at), coded.Not64(text, at+8)
		// min: one branch, which text mostly does not take, is half the cost of two.
		if w|min(before, after) == 0 && sextets(text, at) && (before == 0 && sextets(text, at-8) || after == 0 && sextets(text, at+8)) {
			return at
		}
		before = after
	}
	if at+8 <= len(text) && before == 0 && sextets(text, at) {
		return at
	}
	return len(text)
}

// sextets reports whether eight bytes are characters of base64.
func sextets(text []byte, at int) bool {
	b, t := text[at:at+8], &coded.Sextet
	return t[b[0]]|t[b[1]]|t[b[2]]|t[b[3]]|t[b[4]]|t[b[5]]|t[b[6]]|t[b[7]] < 0x80
}

// runEnd is where a run of characters of base64 ends that an offset is in.
func runEnd(text []byte, at int) int {
	for at+8 <= len(text) && sextets(text, at) {
		at += 8
	}
	for at < len(text) && coded.Sextet[text[at]] != coded.None {
		at++
	}
	return at
}

// like8 reports whether eight bytes are those of a pattern, in which 0 is any digit.
func like8(x uint64, p pattern8) bool {
	d := x ^ p.is
	return (d|(d+p.add))&highs == 0
}

// pattern8 is a pattern of eight bytes. What differs from it must not become 0x80 or
// more when add is added.
type pattern8 struct{ is, add uint64 }

func newPattern8(s string) (p pattern8) {
	for i := range 8 {
		add := uint64(0x7f)
		if s[i] == '0' {
			add = 0x7f - 9
		}
		p.is |= uint64(s[i]) << (8 * i)
		p.add |= add << (8 * i)
	}
	return p
}
