package cilog

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// unseen finds words with characters in them that show nothing, and takes those out:
// zero-width spaces, soft hyphens, byte order marks, NUL.
func (x *expander) unseen(v, child *view, skip int) {
	text, from := v.text, max(0, skip-maxWord)
	for _, c := range [2]byte{0, 0x7f} {
		for i := from; i < len(text); {
			n := bytes.IndexByte(text[i:], c)
			if n < 0 {
				break
			}
			i = x.without(v, child, skip, i+n)
		}
	}
	for i := nextHigh(text, from); i < len(text); i = nextHigh(text, i) {
		if invisible(text[i:]) == 0 {
			for i++; i < len(text) && !utf8.RuneStart(text[i]); i++ {
			}
			continue
		}
		i = x.without(v, child, skip, i)
	}
}

// without appends the word around an offset without what is invisible in it, and returns
// where it ends.
func (x *expander) without(v, child *view, skip, i int) int {
	text := v.text
	lo, hi := i, i+1
	for lo > 0 && i-lo < maxWord && !blank(text[lo-1]) {
		lo--
	}
	for hi < len(text) && hi-i < maxWord && !blank(text[hi]) {
		hi++
	}
	if hi < skip || hi-lo < minJoined || !x.room(child, hi-lo+2) {
		return hi
	}
	child.gap()
	for at, next := lo, lo; next <= hi; {
		n := 0
		if next < hi {
			if n = invisible(text[next:hi]); n == 0 {
				next++
				continue
			}
		}
		if next > at {
			child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(at), to: int64(next), encoding: "invisible"})
			child.text = append(child.text, text[at:next]...)
		}
		next += max(n, 1)
		at = next
	}
	return hi
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// invisible is the length of the character that a text begins with, if it is one of those
// that show nothing (https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point,
// and NUL and DEL, which terminals leave out); else 0.
func invisible(text []byte) int {
	switch text[0] {
	case 0, 0x7f:
		return 1
	case 0xE2: // as ticks, arrows and frames begin, which logs have
		if len(text) < 3 || text[1]&^1 != 0x80 {
			return 0
		}
		fallthrough
	case 0xC2, 0xCD, 0xD8, 0xDB, 0xDC, 0xE0, 0xE1, 0xE3, 0xEF, 0xF0, 0xF3: // how the others begin
		r, n := utf8.DecodeRune(text)
		if n > 1 && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)) {
			return n
		}
	}
	return 0
}

// nextHigh returns where the next byte beyond ASCII is from at on, or the end.
func nextHigh(text []byte, at int) int {
	for ; at+32 <= len(text); at += 32 {
		if (eight(text, at)|eight(text, at+8)|eight(text, at+16)|eight(text, at+24))&highs != 0 {
			break
		}
	}
	for at < len(text) && text[at] < 0x80 {
		at++
	}
	return at
}
