package detectors

import (
	"bytes"
	"strings"

	"github.com/whosekey/whosekey/internal/coded"
)

// escapeCodec is for text in URLs, in strings of source code and in HTML, where
// single characters are written as several. Most literals have no such character
// and are found as they are: searcher.lookPlain then sees whether an escape is in
// the way of the rest.
var escapeCodec = codec{name: "escapes", num: 3, den: 1, forms: escapeForms, decode: decodeEscapes}

// maxEscaped bounds the reach of detectors that look through escapes. Keys in
// blocks read their escapes themselves.
const maxEscaped = 9000

func escapable(spec *Spec) bool { return spec.After <= maxEscaped }

// escape decodes what stands for one character at the start of a text.
func escape(text []byte) (c byte, n int) {
	switch {
	case text[0] == '&':
		return coded.Entity(text)
	case len(text) >= 2 && text[0] == '\\' && text[1] == '/':
		return '/', 2
	}
	return coded.Escape(text)
}

// longestEscape is how long a sequence is, in bytes.
const longestEscape = 9

// dividing are the characters that are escaped between words, in one place or another. A
// backtick is so in patterns alone: \x60.
const dividing = ":/=+@\"'&<>?% !#$()*,;[\\]^{|}~"

// escapes reports whether the escape of a character that divides things begins in
// data[from:to], and whether that takes a look at what is behind.
func escapes(data []byte, from, to int) (looked, is bool) {
	for _, mark := range []byte{'%', '\\', '&'} {
		for at := from; ; at++ {
			n := bytes.IndexByte(data[at:to], mark)
			if n < 0 {
				break
			}
			at, looked = at+n, true
			if c, n := escape(data[at:min(len(data), at+longestEscape)]); n > 0 && strings.IndexByte(dividing, c) >= 0 {
				return true, true
			}
		}
	}
	return looked, false
}

// escapedOften is how often what was escaped may have been escaped again: %253D.
const escapedOften = 3

// decodeEscapes decodes the text around data[pos:], three times as much as is
// asked for at most: a byte of a URL takes three.
func decodeEscapes(data []byte, pos, way, before, after int) (decoded, bool) {
	u := unescaper{way: ways(way)}
	return u.decode(data, pos, before, after)
}

// unescaper decodes escapes; what it returns is valid until it is used again.
type unescaper struct {
	way  ways
	text []byte
	from []int32 // where each byte came from, counted from lo
}

func (u *unescaper) decode(data []byte, pos, before, after int) (decoded, bool) {
	for limit := after; ; limit *= 2 {
		d, ok := u.decodeFirst(data, pos, before, after, limit)
		if len(d.text)-d.at >= after || !d.cut || limit >= 3*after {
			return d, ok
		}
	}
}

// decodeFirst decodes as much as has a number of characters from the literal on when it is decoded
// once. What was escaped twice has fewer then.
func (u *unescaper) decodeFirst(data []byte, pos, before, after, limit int) (decoded, bool) {
	lo, hi := max(0, pos-3*before), min(len(data), pos+3*after)
	at, i, n, raw := pos-lo, 0, 0, data[lo:hi]
	marks := u.marks()
	u.room(len(raw))
	was, left := false, false // something was an escape, a mark is left
	text, from := u.text[:len(raw)], u.from[:len(raw)+1]
	for i < len(raw) && n < at+limit {
		stop := min(len(raw), i+at+limit-n)
		if i < pos-lo {
			stop = pos - lo
		} else if i == pos-lo {
			at = n
			stop = min(len(raw), i+limit)
		}
		for i < stop && !marks[raw[i]] { // most characters
			text[n], from[n] = raw[i], int32(i)
			i, n = i+1, n+1
		}
		if i < stop {
			c, width := u.decodedAt(raw, i, pos-lo)
			if c == '+' && width == 1 && u.way == inForm {
				c = ' '
			}
			was, left = was || width > 1, left || marks[c]
			text[n], from[n] = c, int32(i)
			i, n = i+width, n+1
		}
	}
	from[n] = int32(i)
	u.text, u.from = text[:n], from[:n+1]
	cut := lo+i < len(data)
	for more, try := was && left, 1; more && try < escapedOften; try++ {
		at, more = u.again(at)
	}
	from = u.from
	place := func(i int) int { return lo + int(from[i]) }
	return decoded{text: u.text, at: at, start: place, end: place, cut: cut}, at < len(u.text)
}

// again decodes what was decoded, and reports whether there was anything. It returns
// where the literal is that was at at.
func (u *unescaper) again(at int) (now int, more bool) {
	text, from := u.text, u.from
	marks := u.marks()
	n := 0
	for ; n < len(text); n++ { // mostly to the end
		if marks[text[n]] {
			if _, width := u.decodedAt(text, n, at); width > 1 {
				break
			}
		}
	}
	if n == len(text) {
		return at, false
	}
	was := at
	for i := n; i < len(text); n++ {
		if i == was {
			at = n
		}
		c, width := u.decodedAt(text, i, was)
		text[n], from[n] = c, from[i]
		i += width
	}
	from[n] = from[len(text)]
	u.text, u.from = text[:n], from[:n+1]
	return at, true
}

// room makes room for as many characters.
func (u *unescaper) room(n int) {
	if cap(u.text) < n {
		u.text, u.from = make([]byte, 2*n), make([]int32, 2*n+1)
	}
}

// marks are the characters that an escape begins with.
var marks = [256]bool{'%': true, '\\': true, '&': true}

var marksInForm = [256]bool{'%': true, '\\': true, '&': true, '+': true}

func (u *unescaper) marks() *[256]bool {
	if u.way == inForm {
		return &marksInForm
	}
	return &marks
}

// decodedAt returns the character at an offset of a text, and how long it is there.
// The literal at at begins with a character of its own.
func (u *unescaper) decodedAt(text []byte, i, at int) (c byte, width int) {
	if c = text[i]; marks[c] {
		d, n := escape(text[i:])
		if n == 0 && u.way == inString {
			if d, is := quoted(text[i:]); is && (i >= at || i+2 <= at) {
				return d, 2
			}
		}
		if n > 0 && (i >= at || i+n <= at) {
			return d, n
		}
	}
	return c, 1
}

// quoted decodes what stands for one character at the start of a text in strings of JSON
// and of most languages (RFC 8259, 7), but for a slash, which escape knows.
func quoted(text []byte) (c byte, ok bool) {
	if len(text) < 2 || text[0] != '\\' {
		return 0, false
	}
	switch text[1] {
	case '"', '\'', '\\':
		return text[1], true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}
