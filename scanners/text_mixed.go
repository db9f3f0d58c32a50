package scanners

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// converter converts a text piece by piece.
type converter struct {
	enc encoding
	in  stretch
}

// stretch is how a stretch of a text in UTF-16 or UTF-32 is really written.
type stretch uint8

const (
	asSaid  stretch = iota
	ascii           // a byte for each character
	shifted         // as the rest, but from an odd byte on
)

// leastForeign is how many units in a row must be two characters in ASCII each, or ASCII at
// an odd byte, to be believed. Eight in a row of a text in Chinese are so once in 100,000.
const leastForeign = 8

// appendUTF8 converts src, which ends the text if last is set, and returns what is left
// of it: less than a character, of which the end is missing, or units of which more have
// to be seen.
func (c *converter) appendUTF8(dst, src []byte, last bool) (out, rest []byte) {
	switch c.enc {
	case utf16LE:
		return c.appendUTF16(dst, src, 0, last)
	case utf16BE:
		return c.appendUTF16(dst, src, 8, last)
	case utf32LE:
		return c.appendUTF32(dst, src, binary.LittleEndian, last)
	}
	return c.appendUTF32(dst, src, binary.BigEndian, last)
}

// appendUTF32 also converts what is really in ASCII: four characters of it are no unit.
func (c *converter) appendUTF32(dst, src []byte, order binary.ByteOrder, last bool) (out, rest []byte) {
	for {
		if c.in == ascii {
			n := 0
			for n < len(src) && printable(rune(src[n])) {
				n++
			}
			switch {
			case n == len(src) && last:
				return append(dst, src...), nil
			case n == len(src):
				n = max(0, n-1) // it may be the first byte of a unit
				return append(dst, src[:n]...), src[n:]
			case n > 0 && src[n] == 0 && c.enc == utf32LE:
				n-- // it is
			}
			dst, src, c.in = append(dst, src[:n]...), src[n:], asSaid
		}
		if len(src) < 4 {
			return dst, src
		}
		u := order.Uint32(src)
		if u > utf8.MaxRune {
			if isPair(src, 0) && isPair(src[2:], 0) {
				c.in = ascii
				continue
			}
			u = utf8.RuneError
		}
		dst, src = utf8.AppendRune(dst, rune(u)), src[4:]
	}
}

// appendEnd converts what appendUTF8 left over at the end of a text: a high
// surrogate, a part of a code unit, or both.
func (c *converter) appendEnd(dst, rest []byte) []byte {
	if c.in == shifted && len(rest) == 1 && printable(rune(rest[0])) {
		return append(dst, rest[0]) // the other half would be a NUL
	}
	for len(rest) > 0 {
		dst = utf8.AppendRune(dst, utf8.RuneError)
		rest = rest[min(len(rest), c.enc.width()):]
	}
	return dst
}

// appendUTF16 reads units whose byte at 0 is shifted left by first, the other
// one by 8-first.
func (c *converter) appendUTF16(dst, src []byte, first uint, last bool) (out, rest []byte) {
	second := 8 - first
	for {
		if c.in != asSaid {
			dst, src = c.appendForeign(dst, src, first)
		}
		if len(src) < 2 {
			return dst, src
		}
		u := rune(src[0])<<first | rune(src[1])<<second
		if u < utf8.RuneSelf {
			dst, src = append(dst, byte(u)), src[2:]
			continue
		}
		in, sure := foreign(src, first)
		if !sure && !last {
			return dst, src
		}
		if c.in = in; in != asSaid {
			continue
		}
		if utf16.IsSurrogate(u) && u < lowSurrogate {
			if len(src) < 4 {
				return dst, src // the other half may be in the next piece
			}
			low := rune(src[2])<<first | rune(src[3])<<second
			if u = utf16.DecodeRune(u, low); u != utf8.RuneError {
				src = src[2:]
			}
		}
		dst, src = utf8.AppendRune(dst, u), src[2:] // a lone surrogate becomes U+FFFD
	}
}

// lowSurrogate is the first code unit that may only be second in a pair.
const lowSurrogate = 0xDC00

// appendForeign converts the stretch that src begins in, if it is one.
func (c *converter) appendForeign(dst, src []byte, first uint) (out, rest []byte) {
	switch c.in {
	case ascii: // byte by byte: behind it units may begin at any
		n := 0
		for n < len(src) && printable(rune(src[n])) {
			n++
		}
		dst, src = append(dst, src[:n]...), src[n:]
	case shifted:
		for len(src) >= 2 && isShifted(src, first) {
			dst, src = append(dst, src[0]|src[1]), src[2:]
		}
		if len(src) == 1 {
			return dst, src
		}
	}
	if len(src) > 0 {
		c.in = asSaid
	}
	return dst, src
}

// foreign says what stretch begins with src, and whether that is known: what is not the
// end of the text may be too short to tell.
func foreign(src []byte, first uint) (in stretch, sure bool) {
	is, zeros := isPair, 0
	switch {
	case isPair(src, first):
		in = ascii
	case isShifted(src, first):
		in, is = shifted, isShifted
	default:
		return asSaid, true
	}
	for n := range leastForeign {
		if len(src) < 2*n+2 {
			return asSaid, false
		}
		if unit := src[2*n:]; !is(unit, first) {
			return asSaid, true
		} else if in == ascii && unit[1-first/8] == '0' {
			zeros++
		}
	}
	if zeros > leastForeign/3 { // kana: U+3041 and so on
		return asSaid, true
	}
	return in, true
}

// isPair reports whether both bytes of a unit are characters in ASCII.
func isPair(unit []byte, _ uint) bool { return printable(rune(unit[0])) && printable(rune(unit[1])) }

// isShifted reports whether a unit is a character in ASCII of the other byte order.
func isShifted(unit []byte, first uint) bool {
	return unit[first/8] == 0 && printable(rune(unit[1-first/8]))
}
