package scanners

import (
	"bytes"
	"encoding/binary"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// SniffLen is how much of a blob decides about its encoding.
const SniffLen = 4096

// sniff says how the text that begins with head is written, and how long its
// byte order mark is. It must be fast for what is neither UTF-16 nor UTF-32:
// that is nearly everything.
func sniff(head []byte) (e encoding, mark int) {
	if len(head) < 2 {
		return plain, 0
	}
	switch b := head[0]; {
	case b == 0xFF && head[1] == 0xFE, b == 0xFE && head[1] == 0xFF:
		return sniffMark(head)
	case b == 0 && bytes.HasPrefix(head, markUTF32BE):
		if _, ok := judge(head[4:], utf32BE, true); ok {
			return utf32BE, 4
		}
	}
	if plainStart(head) || bytes.IndexByte(head, 0) < 0 {
		return plain, 0 // text of which nothing is ASCII has no NUL, but no credential either
	}
	return sniffBare(head), 0
}

var (
	markUTF32LE = []byte{0xFF, 0xFE, 0, 0}
	markUTF32BE = []byte{0, 0, 0xFE, 0xFF}
)

// plainStart reports whether head begins with 32 bytes of ASCII text without
// control characters. If that were UTF-16, it would be 16 characters in a row
// that happen to consist of two such bytes: one text in millions.
func plainStart(head []byte) bool {
	if len(head) < 32 {
		return false
	}
	for i := 0; i < 32; i += 8 {
		w := binary.LittleEndian.Uint64(head[i:])
		const every = 0x0101010101010101
		if (w|(w-0x20*every)&^w)&(0x80*every) == 0 {
			continue // eight bytes in 0x20..0x7f
		}
		for _, b := range head[i : i+8] {
			if b >= utf8.RuneSelf || b < ' ' && !isSpace(rune(b)) {
				return false
			}
		}
	}
	return true
}

// sniffMark decides about a text that begins with a mark of two bytes. The
// mark is not believed if what follows is plain text or no text at all: it
// would be an easy way to hide something.
func sniffMark(head []byte) (encoding, int) {
	if bytes.HasPrefix(head, markUTF32LE) {
		if _, ok := judge(head[4:], utf32LE, true); ok {
			return utf32LE, 4
		}
	}
	e := utf16LE
	if head[0] == 0xFE {
		e = utf16BE
	}
	if _, ok := judge(head[2:], e, true); ok {
		return e, 2
	}
	return plain, 0
}

// sniffBare decides about a text without a mark.
func sniffBare(head []byte) encoding {
	best, most := plain, 0
	for e := utf16LE; e <= utf32BE; e++ {
		if ascii, ok := judge(head, e, false); ok && ascii > most {
			best, most = e, ascii
		}
	}
	return best
}

// judge reports whether text looks like it is written in e, and how many of
// its characters are in ASCII. With a mark before it, more is forgiven.
//
// Without one, it must have some characters in ASCII, since only their NULs
// tell it from UTF-8 and Latin-1, and nearly nothing that has no place in a
// text: that is what binary data betrays itself by.
func judge(text []byte, e encoding, marked bool) (ascii int, ok bool) {
	n := len(text) / e.width()
	var bad, pairs int
	for i := range n {
		c := e.unit(text[i*e.width():])
		switch {
		case c < utf8.RuneSelf:
			if c >= ' ' && c != 0x7F || isSpace(c) {
				ascii++
			} else {
				bad++
			}
		case utf16.IsSurrogate(c) && e.width() == 2:
			if !paired(text[:n*2], i, e) {
				bad++
			}
		case printable(c&0xFF) && printable(c>>8):
			pairs++
		case !plausible(c):
			bad++
		}
		if !marked && bad > n/64 {
			return 0, false
		}
	}
	switch others := n - ascii - bad; {
	case marked:
		// A text that consists of pairs of ASCII characters is one in UTF-8.
		return ascii, (n < 16 || bad <= n/8) && (n < 4 || pairs <= n/4*3)
	case n < 8 || ascii < 2+n/32:
		return 0, false
	default:
		return ascii, ascii >= others || pairs <= others/2
	}
}

// unit returns the code unit at the beginning of b.
func (e encoding) unit(b []byte) rune {
	switch e {
	case utf16LE:
		return rune(binary.LittleEndian.Uint16(b))
	case utf16BE:
		return rune(binary.BigEndian.Uint16(b))
	case utf32LE:
		return rune(binary.LittleEndian.Uint32(b))
	}
	return rune(binary.BigEndian.Uint32(b))
}

// paired reports whether the surrogate that is unit i of text has its other
// half beside it, or may have it beyond the end.
func paired(text []byte, i int, e encoding) bool {
	if e.unit(text[2*i:]) >= lowSurrogate {
		return i > 0 && e.unit(text[2*i-2:])>>10 == 0xD800>>10
	}
	return 2*i+2 >= len(text) || e.unit(text[2*i+2:])>>10 == lowSurrogate>>10
}

// plausible reports whether c, which is not in ASCII, occurs in texts. What
// nobody assigned, private use and controls do not.
func plausible(c rune) bool {
	if uint32(c) < 1<<16 {
		return graphic()[c>>6]&(1<<(c&63)) != 0
	}
	return unicode.IsGraphic(c) || unicode.Is(unicode.Cf, c)
}

// graphic has a bit for each plausible character of 16 bits: binary data is full of what
// may be one, and to look for each in tables takes as long as to search it.
var graphic = sync.OnceValue(func() *[1 << 10]uint64 {
	bits := new([1 << 10]uint64)
	for _, table := range append([]*unicode.RangeTable{unicode.Cf}, unicode.GraphicRanges...) {
		for _, r := range table.R16 {
			for c := uint32(r.Lo); c <= uint32(r.Hi); c += uint32(r.Stride) {
				bits[c>>6] |= 1 << (c & 63)
			}
		}
	}
	bits[0x85>>6] |= 1 << (0x85 & 63)
	return bits
})

func printable(c rune) bool { return c >= ' ' && c < 0x7F || isSpace(c) }

// isSpace also takes the escape character of coloured logs.
func isSpace(c rune) bool { return c >= '\t' && c <= '\r' || c == 0x1B }
