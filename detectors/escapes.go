package detectors

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/internal/coded"
	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/rules"
)

// escapeCodec is for text in URLs, in strings of source code and in HTML, where
// single characters are written as several. Most literals have no such character
// and are found as they are: searcher.lookPlain then sees whether an escape is in
// the way of the rest.
var escapeCodec = codec{name: "escapes", num: 3, den: 1, forms: escapeForms, decode: decodeEscapes}

// maxEscaped bounds the reach of detectors that look through escapes. Keys in
// blocks read their escapes themselves.
const maxEscaped = 1200

func escapable(spec *Spec) bool { return spec.After <= maxEscaped }

// reserved are the characters that get escaped, in one place or another.
const reserved = `:/=+@"'&<>?%`

// escapeForms returns how a literal is spelled in a URL, in a string of JSON and
// in HTML.
func escapeForms(l rules.Literal) (out []encodedLiteral) {
	if !strings.ContainsAny(l.Text, reserved) {
		return nil
	}
	spell := func(special string, f func(c byte) string) {
		var b strings.Builder
		for i := range len(l.Text) {
			if c := l.Text[i]; strings.IndexByte(special, c) >= 0 {
				b.WriteString(f(c))
			} else {
				b.WriteByte(c)
			}
		}
		if b.String() != l.Text {
			// The digits of an escape may be in either case.
			out = append(out, encodedLiteral{prefilter.Literal{Text: strings.ToLower(b.String()), Fold: true}, form{}})
		}
	}
	spell(reserved, func(c byte) string { return fmt.Sprintf("%%%02x", c) })
	spell(reserved, func(c byte) string { return fmt.Sprintf("%%25%02x", c) })
	spell(`&<>=+"'`, func(c byte) string { return fmt.Sprintf(`\u%04x`, c) })
	spell("/", func(byte) string { return `\/` })
	spell(`"&'<>`, func(c byte) string {
		return map[byte]string{'"': "&quot;", '&': "&amp;", '\'': "&#39;", '<': "&lt;", '>': "&gt;"}[c]
	})
	return out
}

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
			if c, n := escape(data[at:min(len(data), at+longestEscape)]); n > 0 && strings.IndexByte(reserved, c) >= 0 {
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
func decodeEscapes(data []byte, pos, _, before, after int) (decoded, bool) {
	return new(unescaper).decode(data, pos, before, after)
}

// unescaper decodes escapes; what it returns is valid until it is used again.
type unescaper struct {
	text []byte
	from []int32 // where each byte came from, counted from lo
}

func (u *unescaper) decode(data []byte, pos, before, after int) (decoded, bool) {
	lo, hi := max(0, pos-3*before), min(len(data), pos+3*after)
	u.text, u.from = u.text[:0], u.from[:0]
	at, i, raw := pos-lo, 0, data[lo:hi]
	for i < len(raw) && len(u.text) < at+after {
		if i == pos-lo {
			at = len(u.text)
		}
		c, width := decodedAt(raw, i, pos-lo)
		u.text, u.from = append(u.text, c), append(u.from, int32(i))
		i += width
	}
	u.from = append(u.from, int32(i))
	cut := lo+i < len(data)
	for range escapedOften - 1 {
		if bytes.IndexByte(u.text, '%') < 0 && bytes.IndexByte(u.text, '&') < 0 && bytes.IndexByte(u.text, '\\') < 0 {
			break
		}
		n, was := 0, at
		for i := 0; i < len(u.text); n++ {
			if i == was {
				at = n
			}
			c, width := decodedAt(u.text, i, was)
			u.text[n], u.from[n] = c, u.from[i]
			i += width
		}
		if n == len(u.text) {
			break
		}
		u.from[n] = u.from[len(u.text)]
		u.text, u.from = u.text[:n], u.from[:n+1]
	}
	from := u.from
	place := func(i int) int { return lo + int(from[i]) }
	return decoded{text: u.text, at: at, start: place, end: place, cut: cut}, at < len(u.text)
}

// decodedAt returns the character at an offset of a text, and how long it is there.
// The literal at at begins with a character of its own.
func decodedAt(text []byte, i, at int) (c byte, width int) {
	if c = text[i]; c == '%' || c == '\\' || c == '&' {
		if d, n := escape(text[i:]); n > 0 && (i >= at || i+n <= at) {
			return d, n
		}
	}
	return c, 1
}
