package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// dumped reports whether a line is one of xxd, hexdump or od: an offset, then bytes,
// or characters in columns of four.
func dumped(text []byte, l lineAt) bool {
	offset := offsetEnd(text[l.from:l.to]) > 0
	if !offset && (l.from == 0 || text[l.from-1] != ' ') {
		return false // most lines
	}
	if offset {
		if _, ok := dumpStart(text[l.from:l.to]); ok {
			return true
		}
	}
	_, ok := cellStart(text, l)
	return ok
}

// offsetEnd is the end of the offset that a line begins with, 0 for none.
func offsetEnd(line []byte) int {
	n := 0
	for n < len(line) && n <= 16 && coded.Unhex(line[n]) >= 0 {
		n++
	}
	if n < 6 || n > 16 {
		return 0
	}
	if n < len(line) && line[n] == ':' {
		n++
	}
	if n >= len(line) || line[n] != ' ' {
		return 0
	}
	return n
}

// dumpStart returns where the bytes begin.
func dumpStart(line []byte) (int, bool) {
	n := offsetEnd(line)
	if n == 0 || n+3 > len(line) {
		return 0, false
	}
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n, n+1 < len(line) && coded.Unhex(line[n]) >= 0 && coded.Unhex(line[n+1]) >= 0
}

// cellWidth is that of the columns of od -c and its kind.
const cellWidth = 4

// cellStart returns where the columns of od -c, od -b, od -tu1 and hexdump -c begin,
// with an offset before them or without.
func cellStart(text []byte, l lineAt) (int, bool) {
	at, least := l.from, 2
	if n := offsetEnd(text[l.from:l.to]); n > 0 {
		at, least = l.from+n, 1
	} else {
		for at > 0 && l.from-at < 16*cellWidth && text[at-1] == ' ' {
			at--
		}
		if at == l.from || at > 0 && text[at-1] != '\n' {
			return 0, false
		}
	}
	n := 0
	for i := at; i < l.to; i += cellWidth {
		if i+cellWidth > l.to || !cell(text[i:i+cellWidth]) {
			return 0, false
		}
		n++
	}
	return at, n >= least
}

// cell reports whether a column is one character (od -c), an escape of one, or a
// number of up to three digits.
func cell(c []byte) bool {
	digit := func(b byte) bool { return b >= '0' && b <= '9' }
	switch {
	case c[0] != ' ':
		return false
	case c[1] == ' ' && c[2] == ' ':
		return true
	case c[1] == ' ' && c[2] == '\\':
		return bytes.IndexByte([]byte(`0abfnrtv`), c[3]) >= 0
	case c[1] == ' ':
		return digit(c[2]) && digit(c[3])
	}
	return digit(c[1]) && digit(c[2]) && digit(c[3])
}

func (x *expander) dump(v, child *view, group []lineAt) {
	total := 0
	for _, l := range group {
		total += (l.to - l.from) / 2
	}
	if !x.room(child, total+2) {
		return
	}
	if _, ok := cellStart(v.text, group[0]); ok {
		child.gap()
		base := cellBase(v.text, group)
		for _, l := range group {
			cellLine(v, child, l, base)
		}
	}
	// od -b looks like od -tx1 with three digits, which dumpLine refuses.
	child.gap()
	for _, l := range group {
		dumpLine(v, child, l)
	}
}

// cellBase is the base of the numbers in columns: 8 or 10 if all are numbers, 0 if
// they are characters.
func cellBase(text []byte, group []lineAt) int {
	base, three := 8, false
	for _, l := range group {
		at, ok := cellStart(text, l)
		if !ok {
			continue
		}
		for i := at; i < l.to; i += cellWidth {
			c := text[i : i+cellWidth]
			switch {
			case c[1] == ' ' && (c[2] == ' ' && (c[3] < '0' || c[3] > '9') || c[2] == '\\'):
				return 0
			case c[1] == ' ' && c[2] != ' ', bytes.ContainsAny(c, "89"):
				base = 10
			}
			three = three || c[1] != ' '
		}
	}
	if !three {
		return 0 // digits as characters
	}
	return base
}

// cellLine appends what is in the columns of a line. Those at its end may be spaces.
func cellLine(v, child *view, l lineAt, base int) {
	at, ok := cellStart(v.text, l)
	if !ok {
		return
	}
	end := l.to
	for end < len(v.text) && v.text[end] == ' ' {
		end++
	}
	for i := at; i+cellWidth <= end; i += cellWidth {
		c := v.text[i : i+cellWidth]
		b, from := c[3], i+3
		switch {
		case c[1] == ' ' && c[2] == '\\':
			b, from = '\n', i+2
		case c[2] != ' ' && base == 10:
			b, from = number(c, 10), i+1
		case c[2] != ' ': // od -c has what is no character in octal, too
			b, from = number(c, 8), i+1
		case base == 10:
			b = c[3] - '0'
		}
		child.one(b, int64(from), int64(i+cellWidth), "dump")
	}
}

// number reads digits behind spaces.
func number(c []byte, base int) byte {
	n := 0
	for _, d := range c {
		if d != ' ' {
			n = n*base + int(d-'0')
		}
	}
	return byte(n)
}

// one appends a byte that was made of a piece. Pieces of one length at one distance
// are one segment.
func (v *view) one(b byte, from, to int64, encoding string) {
	at := len(v.text)
	v.text = append(v.text, b)
	if n := len(v.segs); n > 0 {
		s := &v.segs[n-1]
		wide := int64(s.num - s.pad)
		if s.encoding == encoding && s.den == 1 && !s.back && wide == to-from && s.to < from {
			had := at - s.at
			if had == 1 {
				s.num = int32(from - s.from)
				s.pad = s.num - int32(wide)
			}
			if s.from+int64(had)*int64(s.num) == from {
				s.to = to
				return
			}
			if had == 1 {
				s.num, s.pad = int32(wide), 0
			}
		}
	}
	v.segs = append(v.segs, seg{at: at, num: int32(to - from), den: 1, from: from, to: to, encoding: encoding})
}

// dumpLine appends the bytes of a line, of which there are at most 32. Two
// spaces, or what is no pair of digits, end them: xxd and hexdump -C repeat them
// as characters. Words of two bytes without a colon behind the offset are
// hexdump's own form, in which the second byte comes first; so are those of six
// octal digits, od's own.
func dumpLine(v, child *view, l lineAt) {
	line := v.text[l.from:l.to]
	i, ok := dumpStart(line)
	if !ok {
		return
	}
	colon := bytes.IndexByte(line[:i], ':') >= 0
	for count := 0; count < 32 && i+1 < len(line); {
		n := 0
		for n < 8 && i+n < len(line) && coded.Unhex(line[i+n]) >= 0 {
			n++
		}
		if n%2 != 0 || n == 0 || i+n < len(line) && line[i+n] != ' ' {
			return
		}
		count += dumpWord(child, line[i:i+n], l.from+i, colon)
		i += n
		spaces := 0
		for i < len(line) && line[i] == ' ' {
			i, spaces = i+1, spaces+1
		}
		if spaces > 2 || spaces == 2 && count != 8 {
			return
		}
	}
}

// dumpWord appends a word of a dump, and returns how many bytes it was.
func dumpWord(child *view, word []byte, from int, colon bool) int {
	at, n := len(child.text), len(word)
	s := seg{at: at, num: 2, den: 1, from: int64(from), to: int64(from + n), encoding: "hex dump"}
	switch {
	case n == 8 && colon && only(word, "01"): // xxd -b
		b := byte(0)
		for _, c := range word {
			b = b<<1 | c&1
		}
		child.text = append(child.text, b)
		s.num = 8
	case n == 6 && !colon && only(word, "01234567"):
		w := 0
		for _, c := range word {
			w = w<<3 | int(c-'0')
		}
		child.text = append(child.text, byte(w), byte(w>>8))
		s.num, s.den = 0, 0
	default:
		child.text = coded.DecodeHex(child.text, word)
		if !colon && n == 4 {
			child.text[at], child.text[at+1] = child.text[at+1], child.text[at]
			s.num, s.den = 0, 0
		}
	}
	child.segs = append(child.segs, s)
	return len(child.text) - at
}

// only reports whether a word has no other characters.
func only(word []byte, chars string) bool { return len(bytes.Trim(word, chars)) == 0 }
