package inventory

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// sniffed is how much of a file is looked at to know its format.
const sniffed = 64 << 10

// maxLine is the longest line of a text, and the largest element of a JSON or
// XML file: a finding with 10,000 places takes about half of it.
const maxLine = 16 << 20

// asUTF8 returns the text of r in UTF-8: byte order marks are obeyed and taken
// off; UTF-16 without one is known by its zero bytes.
func asUTF8(r io.Reader) *bufio.Reader {
	b := bufio.NewReaderSize(r, sniffed)
	head, _ := b.Peek(512)
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		b.Discard(3)
		return b
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		b.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{r: b, order: binary.LittleEndian}, sniffed)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		b.Discard(2)
		return bufio.NewReaderSize(&utf16Reader{r: b, order: binary.BigEndian}, sniffed)
	case len(head) >= 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return bufio.NewReaderSize(&utf16Reader{r: b, order: binary.LittleEndian}, sniffed)
	case len(head) >= 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return bufio.NewReaderSize(&utf16Reader{r: b, order: binary.BigEndian}, sniffed)
	}
	return b
}

// utf16Reader reads UTF-16 as UTF-8.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [32 << 10]byte
	n     int // bytes of in that wait
	high  rune
	out   []byte
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.n:])
		u.n += n
		u.err = err
		u.decode()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) decode() {
	u.out = u.out[:0]
	i := 0
	for ; i+1 < u.n; i += 2 {
		c := rune(u.order.Uint16(u.in[i:]))
		if u.high != 0 {
			if r := utf16.DecodeRune(u.high, c); r != utf8.RuneError {
				u.out, u.high = utf8.AppendRune(u.out, r), 0
				continue
			}
			u.out, u.high = utf8.AppendRune(u.out, utf8.RuneError), 0
		}
		if utf16.IsSurrogate(c) && c < 0xdc00 {
			u.high = c
			continue
		}
		u.out = utf8.AppendRune(u.out, c) // half a pair becomes U+FFFD
	}
	u.n = copy(u.in[:], u.in[i:u.n])
}

// validText makes a text of another encoding readable: what is not UTF-8 is
// taken for Latin-1, which is what old spreadsheets write.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]rune, 0, len(s))
	for i := range len(s) {
		out = append(out, rune(s[i]))
	}
	return string(out)
}

// lines reads a text line by line, and can take lines back.
type lines struct {
	r    *bufio.Reader
	n    int      // number of the line that was read last, from 1
	back []string // lines to give out again, the next one last
}

var errLongLine = errors.New("the line is longer than 16 MiB")

// next returns a line with its end. A line that is too long is skipped, with
// errLongLine.
func (l *lines) next() (string, error) {
	if n := len(l.back); n > 0 {
		s := l.back[n-1]
		l.back = l.back[:n-1]
		l.n++
		return s, nil
	}
	var long []byte
	tooLong := false
	for {
		part, err := l.r.ReadSlice('\n')
		if len(long)+len(part) > maxLine {
			tooLong, long = true, nil
		}
		switch {
		case err == nil && long == nil && !tooLong:
			l.n++
			return string(part), nil
		case errors.Is(err, bufio.ErrBufferFull):
			if !tooLong {
				long = append(long, part...)
			}
			continue
		}
		if len(part) == 0 && len(long) == 0 && !tooLong {
			return "", err
		}
		l.n++
		if tooLong {
			return "", errLongLine
		}
		return string(append(long, part...)), nil
	}
}

// unread takes lines back; they were read in this order.
func (l *lines) unread(list []string) {
	for i := len(list) - 1; i >= 0; i-- {
		l.back = append(l.back, list[i])
	}
	l.n -= len(list)
}

func describe(n int, what string) string {
	if n == 1 {
		return fmt.Sprintf("1 %s", what)
	}
	return fmt.Sprintf("%d %ss", n, what)
}
