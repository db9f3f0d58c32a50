package cilog

import (
	"bufio"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/whosekey/whosekey/internal/coded"
)

// jsonText reads the texts in JSON, one after the other, whatever their length:
// they are pieces of a stream, and have their own ends of lines.
// It follows strings only: of damaged JSON it reads what there is.
type jsonText struct {
	r   *bufio.Reader
	buf []byte // decoded, not read yet
	in  bool   // in a text
	// lines says that the texts are those of a list, value, each of them a line; listed
	// that what comes is in it.
	lines, listed bool
	key           string // the last string that was no text
	err           error
}

func newJSONText(r *bufio.Reader, lines bool) *jsonText { return &jsonText{r: r, lines: lines} }

// maxKey bounds what is kept of a string that is no text.
const maxKey = 32

// Read implements io.Reader.
func (j *jsonText) Read(p []byte) (int, error) {
	for len(j.buf) < len(p) && j.err == nil && len(j.buf) < 64<<10 {
		if j.in {
			j.text()
		} else {
			j.between()
		}
	}
	n := copy(p, j.buf)
	j.buf = j.buf[:copy(j.buf, j.buf[n:])]
	if n == 0 && len(p) > 0 {
		return 0, j.err
	}
	return n, nil
}

func (j *jsonText) next() (c byte, ok bool) {
	c, j.err = j.r.ReadByte()
	return c, j.err == nil
}

// between reads up to the next string, and that string if it is no text.
func (j *jsonText) between() {
	colon := false
	for {
		c, ok := j.next()
		switch {
		case !ok:
			return
		case c == ':':
			colon = true
		case c == '[' && colon && j.lines && j.key == "value":
			j.listed = true
		case c == ']':
			j.listed = false
		case c == ',' || c == '{' || c == '[' || c == '}':
			j.key = ""
		case c == '"' && (j.listed || !j.lines && colon && isTextKey(j.key)):
			j.in = true
			return
		case c == '"':
			j.key = j.word()
			colon = false
		}
	}
}

// word reads a string that is no text.
func (j *jsonText) word() string {
	var b []byte
	for {
		c, ok := j.next()
		if !ok || c == '"' {
			return string(b)
		}
		if c == '\\' {
			j.next()
		}
		if len(b) < maxKey {
			b = append(b, c)
		}
	}
}

// text reads a part of a text.
func (j *jsonText) text() {
	for len(j.buf) < 64<<10 {
		c, ok := j.next()
		switch {
		case !ok:
			return
		case c == '"':
			if j.in, j.key = false, ""; j.listed {
				j.buf = append(j.buf, '\n')
			}
			return
		case c == '\\':
			j.escape()
		default:
			j.buf = append(j.buf, c)
		}
	}
}

func (j *jsonText) escape() {
	c, ok := j.next()
	if !ok {
		return
	}
	switch c {
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'u':
		j.unicode()
		return
	}
	j.buf = append(j.buf, c)
}

// unicode reads the digits behind \u, and those of the other half of a pair.
func (j *jsonText) unicode() {
	v := j.digits()
	if utf16.IsSurrogate(v) {
		if next, _ := j.r.Peek(2); string(next) == `\u` {
			j.r.Discard(2)
			v = utf16.DecodeRune(v, j.digits())
		}
	}
	j.buf = utf8.AppendRune(j.buf, v)
}

func (j *jsonText) digits() (v rune) {
	for range 4 {
		c, ok := j.next()
		if !ok || coded.Unhex(c) < 0 {
			return utf8.RuneError
		}
		v = v<<4 | rune(coded.Unhex(c))
	}
	return v
}

var _ io.Reader = (*jsonText)(nil)
