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
	names := pdfFilters(dict)
	if len(names) == 0 && bytes.Contains(dict, []byte("/Filter")) && len(body) > 1 && zlibHead([2]byte(body)) {
		names = []string{"FlateDecode"} // another object names it
	}
	for _, name := range names {
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
	return unpredicted(dict, out), nil
}

// unpredicted undoes what is done to rows before they are packed: each byte is the
// difference to one beside it, which the predictor names (7.4.4.4; the PNG
// Specification, 9). Of pixels nothing is read.
func unpredicted(dict, b []byte) []byte {
	kind, ok := dictNumber(dict, "/Predictor")
	if !ok || kind < 2 || bytes.Contains(dict, []byte("/Image")) {
		return b
	}
	of := func(name string, usual int) int {
		if n, ok := dictNumber(dict, name); ok {
			return min(n, 1<<20)
		}
		return usual
	}
	colors, bits := of("/Colors", 1), of("/BitsPerComponent", 8)
	row := (of("/Columns", 1)*min(colors, 64)*min(bits, 16) + 7) / 8
	left := max(1, min(colors, 64)*min(bits, 16)/8)
	if row == 0 || kind == 2 && bits != 8 {
		return b
	}
	out, before := make([]byte, 0, len(b)), make([]byte, min(row, len(b)))
	for len(b) > 0 {
		how := byte(1) // of TIFF: the difference to the left
		if kind >= 10 {
			how, b = b[0], b[1:]
		}
		now := b[:min(row, len(b))]
		b = b[len(now):]
		from := len(out)
		out = append(out, now...)
		unfilter(how, out[from:], before, left)
		before = out[from:len(out):len(out)]
	}
	return out
}

// unfilter undoes the filter of a row of PNG.
func unfilter(how byte, row, before []byte, left int) {
	for i := range row {
		var a, b, c int // on the left, above, and both
		if b = int(before[i]); i >= left {
			a, c = int(row[i-left]), int(before[i-left])
		}
		switch how {
		case 1:
			row[i] += byte(a)
		case 2:
			row[i] += byte(b)
		case 3:
			row[i] += byte((a + b) / 2)
		case 4:
			row[i] += byte(paeth(a, b, c))
		}
	}
}

func paeth(a, b, c int) int {
	p := a + b - c
	abs := func(n int) int { return max(n, -n) }
	switch pa, pb, pc := abs(p-a), abs(p-b), abs(p-c); {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
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
