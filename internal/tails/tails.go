// Package tails says what can stand behind a literal in a match of its pattern. Most
// words that a rule looks for are part of other words too: of the places where
// "pat" stands, nine in ten thousand go on with thirteen letters and digits.
package tails

import "strings"

// A Set is a set of bytes. Its bit 0 stands for NUL and for all that is not ASCII.
type Set [2]uint64

// All has every byte.
var All = Set{^uint64(0), ^uint64(0)}

// Add adds a byte.
func (s *Set) Add(c byte) {
	if c >= 0x80 {
		c = 0
	}
	s[c/64] |= 1 << (c % 64)
}

// Has reports whether a byte is in the set.
func (s *Set) Has(c byte) bool {
	if c >= 0x80 {
		c = 0
	}
	return s[c/64]>>(c%64)&1 != 0
}

// Or adds the bytes of another set.
func (s *Set) Or(o Set) { s[0], s[1] = s[0]|o[0], s[1]|o[1] }

// Tail is what a number of bytes can be, one after the other: runs of bytes that are in
// the same set, as how many there are and the sixteen bytes of the set.
type Tail string

const runLen = 1 + 16

// Of returns the tail of sets, without those at its end that have every byte.
func Of(sets []Set) Tail {
	for len(sets) > 0 && sets[len(sets)-1] == All {
		sets = sets[:len(sets)-1]
	}
	var b strings.Builder
	for len(sets) > 0 {
		n := 1
		for n < len(sets) && n < 0xff && sets[n] == sets[0] {
			n++
		}
		b.WriteByte(byte(n))
		for i := range 16 {
			b.WriteByte(byte(sets[0][i/8] >> (i % 8 * 8)))
		}
		sets = sets[n:]
	}
	return Tail(b.String())
}

// Len is the number of bytes.
func (t Tail) Len() (n int) {
	for i := 0; i < len(t); i += runLen {
		n += int(t[i])
	}
	return n
}

// Cut returns the tail of the first n bytes.
func (t Tail) Cut(n int) Tail {
	for i := 0; i < len(t); i += runLen {
		switch {
		case n <= 0:
			return t[:i]
		case n < int(t[i]):
			return t[:i] + Tail([]byte{byte(n)}) + t[i+1:i+runLen]
		}
		n -= int(t[i])
	}
	return t
}

// Begins reports whether a text, of Len bytes or more, begins as the tail says.
func (t Tail) Begins(text []byte) bool {
	_, ok := t.differs(text)
	return ok
}

// Holds is Begins, but from where an escape sequence may begin on the text can be
// anything: what is meant is known only when that is decoded.
func (t Tail) Holds(text []byte) bool {
	at, ok := t.differs(text)
	for i := 0; i <= at && !ok; i++ {
		ok = text[i] == '\\' || text[i] == '%' || text[i] == '&'
	}
	return ok
}

// differs returns the first byte that is not as the tail says; ok if there is none.
func (t Tail) differs(text []byte) (at int, ok bool) {
	for ; len(t) >= runLen; t = t[runLen:] {
		for end := at + int(t[0]); at < end; at++ {
			c := text[at]
			if c >= 0x80 {
				c = 0
			}
			if t[1+c/8]>>(c%8)&1 == 0 {
				return at, false
			}
		}
	}
	return at, true
}
