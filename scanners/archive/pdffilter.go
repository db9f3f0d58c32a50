package archive

import (
	"bytes"
	"encoding/ascii85"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/internal/inflate"
)

var errPDF = fmt.Errorf("stream of a PDF file: %w", errDamaged)

// pdfFilters are the names of the filters of a stream, the outermost first. See ISO
// 32000-1, 7.4; 8.9.7 has the short ones.
func pdfFilters(dict []byte) (names []string) {
	at := bytes.LastIndex(dict, []byte("/Filter"))
	if at < 0 {
		return nil
	}
	l := &pdfLexer{b: dict[at+len("/Filter"):]}
	list := false
	for {
		switch t := l.next(); t.kind {
		case '[':
			list = true
		case '/':
			if names = append(names, string(t.text)); !list || len(names) > 8 {
				return names
			}
		default:
			return names
		}
	}
}

// pdfUnpack undoes the filters of a stream, as far as they are for texts: there is
// nothing of an image. What was unpacked before an error is worth a look.
func (w *walker) pdfUnpack(dict, body []byte, room int) (out []byte, err error) {
	out = body
	for _, name := range pdfFilters(dict) {
		var r io.Reader
		switch in := bytes.NewReader(out); name {
		case "FlateDecode", "Fl":
			var head [2]byte
			if _, err := io.ReadFull(in, head[:]); err != nil || !zlibHead(head) {
				return nil, errPDF
			}
			z := inflate.NewReader(in)
			defer z.Close()
			r = z
		case "ASCII85Decode", "A85":
			text, _, _ := bytes.Cut(bytes.TrimPrefix(bytes.TrimSpace(out), []byte("<~")), []byte("~>"))
			r = ascii85.NewDecoder(bytes.NewReader(text))
		case "ASCIIHexDecode", "AHx":
			text, _, _ := bytes.Cut(out, []byte(">"))
			r = hex.NewDecoder(&onlyHex{r: bytes.NewReader(text)})
		case "LZWDecode", "LZW":
			r = &lzwReader{in: out, early: !pdfLate.Match(dict)}
		case "RunLengthDecode", "RL":
			r = &runs{in: out}
		case "Crypt":
			continue
		default:
			return nil, nil
		}
		out, err = readAll(io.LimitReader(&meter{r: r, w: w}, int64(room)), min(room, 4*len(out)))
		switch {
		case isStop(err) || w.over != nil:
			return out, err
		case errors.Is(err, io.ErrUnexpectedEOF): // readers do not mind
		case err != nil:
			return out, errPDF
		}
	}
	return out, nil
}

// onlyHex leaves out what is no digit.
type onlyHex struct{ r io.Reader }

func (h *onlyHex) Read(p []byte) (int, error) {
	for {
		n, err := h.r.Read(p)
		kept := 0
		for _, c := range p[:n] {
			if isHex(c) {
				p[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil || len(p) == 0 {
			return kept, err
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// runs undoes the filter of runs: a byte below 128 says how many bytes follow, one
// above it how often the next is there.
type runs struct{ in, ready []byte }

func (r *runs) Read(p []byte) (int, error) {
	for len(r.ready) == 0 {
		if len(r.in) < 2 || r.in[0] == 128 {
			return 0, io.EOF
		}
		n := int(r.in[0])
		if r.in = r.in[1:]; n < 128 {
			k := min(n+1, len(r.in))
			r.ready, r.in = r.in[:k], r.in[k:]
		} else {
			r.ready, r.in = bytes.Repeat(r.in[:1], 257-n), r.in[1:]
		}
	}
	n := copy(p, r.ready)
	r.ready = r.ready[n:]
	return n, nil
}

// lzwReader undoes LZW as PDF has it: the highest bit first, and codes grow one entry
// early, which compress/lzw does not know. See ISO 32000-1, 7.4.4.
type lzwReader struct {
	in    []byte
	early bool
	bits  uint32
	have  int // bits
	next  int // the code that is free; 0 before the first
	last  int // the code that was read; -1 after a clear
	from  [4096]int16
	ends  [4096]byte
	ready []byte
	buf   [4097]byte
}

const (
	lzwClear = 256
	lzwEnd   = 257
)

func (l *lzwReader) Read(p []byte) (int, error) {
	for len(l.ready) == 0 {
		if err := l.step(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.ready)
	l.ready = l.ready[n:]
	return n, nil
}

// step reads a code.
func (l *lzwReader) step() error {
	if l.next == 0 {
		l.next, l.last = lzwEnd+1, -1
	}
	width, at := 9, l.next
	if l.early {
		at++
	}
	for width < 12 && at >= 1<<width {
		width++
	}
	for l.have < width {
		if len(l.in) == 0 {
			return io.EOF
		}
		l.bits, l.in, l.have = l.bits<<8|uint32(l.in[0]), l.in[1:], l.have+8
	}
	l.have -= width
	code := int(l.bits>>l.have) & (1<<width - 1)
	switch {
	case code == lzwEnd:
		return io.EOF
	case code == lzwClear:
		l.next, l.last = lzwEnd+1, -1
		return nil
	case code > l.next || code == l.next && l.last < 0 || l.last < 0 && code > 255:
		return errPDF
	}
	// The text of a code stands at the end of the buffer; that of the free code is the
	// last one's with its own first byte behind it.
	i, c := len(l.buf), code
	if code == l.next {
		i, c = i-1, l.last
	}
	for ; c > lzwEnd; c = int(l.from[c]) {
		i--
		l.buf[i] = l.ends[c]
	}
	i--
	if l.buf[i] = byte(c); code == l.next {
		l.buf[len(l.buf)-1] = byte(c)
	}
	if l.last >= 0 && l.next < len(l.ends) {
		l.from[l.next], l.ends[l.next] = int16(l.last), byte(c)
		l.next++
	}
	l.last, l.ready = code, l.buf[i:]
	return nil
}
