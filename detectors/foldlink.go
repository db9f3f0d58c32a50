package detectors

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// link is a line that goes on in the next one.
type link struct {
	lo, end  int // of the line
	next, to int // of the next
}

func (l *link) width() int { return l.end - l.lo }

// whole reports whether the next line is as long, so that it may go on too.
func (l *link) whole() bool { return l.to-l.next == l.end-l.lo }

// linkAt returns the link of the line that ends at an offset.
func linkAt(data []byte, end int) (l link, ok bool) {
	if end < minFold || end >= len(data) || coded.Sextet[data[end]] != coded.None {
		return l, false
	}
	lo := end
	for lo > 0 && end-lo <= maxFold && coded.Sextet[data[lo-1]] != coded.None {
		lo--
	}
	if lo > 0 && data[lo-1] == '\\' && lo < end && data[lo] == 'n' {
		lo++
	}
	if n := end - lo; n < minFold || n > maxFold {
		return l, false
	}
	next := breakAfter(data, end)
	if next < 0 || end-lo >= minPacked && nextLine(data, end) == next { // that is a block
		return l, false
	}
	to := next
	for to < len(data) && to-next <= end-lo && coded.Sextet[data[to]] != coded.None {
		to++
	}
	return link{lo, end, next, to}, to-next >= 2 && to-next <= end-lo
}

// breakAfter returns where the next line begins behind one that ends at an offset,
// without what source, comments and mail have between them; else -1.
func breakAfter(data []byte, at int) int {
	text := data[at:min(len(data), at+maxBreak)]
	i, ended := 0, false
	for { // \n in a string, maybe in another one
		n := i
		for n < len(text) && text[n] == '\\' {
			n++
		}
		if n == i || n == len(text) || text[n] != 'n' && text[n] != 'r' {
			break
		}
		i, ended = n+1, ended || text[n] == 'n'
	}
	quote := byte(0)
	if i < len(text) && isQuote(text[i]) {
		quote = text[i]
		i++
	}
	i = pastBlanks(text, i)
	if i < len(text) && bytes.IndexByte([]byte(`+.,&\`), text[i]) >= 0 {
		if j := pastBlanks(text, i+1); quote != 0 || text[i] == '\\' {
			if i = j; i < len(text) && text[i] == '_' { // Basic
				i++
			}
		}
	}
	if i+1 < len(text) && text[i] == '\r' && text[i+1] == '\n' {
		i++
	}
	if i < len(text) && text[i] == '\n' {
		i, ended = pastMark(text, pastBlanks(text, i+1), quote), true
	}
	if !ended || quote != 0 && (i >= len(text) || text[i] != quote) || i >= len(text) {
		return -1
	}
	if quote != 0 {
		i++
	}
	return at + i
}

// pastMark skips what a line has in front: the mark of a comment, of mail, or, before a
// quote, an operator.
func pastMark(text []byte, i int, quote byte) int {
	n := i
	for n < len(text) && n < i+4 && bytes.IndexByte([]byte("#>*;|"), text[n]) >= 0 {
		n++
	}
	rest := text[n:]
	switch {
	case n > i:
	case bytes.HasPrefix(rest, []byte("// ")), bytes.HasPrefix(rest, []byte("-- ")):
		n += 2
	case quote != 0 && len(rest) > 0 && bytes.IndexByte([]byte("+.&"), rest[0]) >= 0:
		n++
	}
	j := pastBlanks(text, n)
	if quote != 0 && j+1 < len(text) && text[j] == 'b' && text[j+1] == quote { // Python
		j++
	}
	return j
}

func pastBlanks(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t') {
		i++
	}
	return i
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }
