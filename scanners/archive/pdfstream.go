package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// How much all streams of a file may unpack to, which is in memory, and how many
// there may be.
const (
	maxPDF     = 64 << 20
	maxStreams = 1 << 17
)

// pdfStreams calls visit for the streams that can be unpacked, which says whether it keeps
// them, and between for what is not in streams. The error is that one cannot, the file
// ends early, or one that ends the walk.
func (w *walker) pdfStreams(p *pdfDoc, visit func(of pdfObject, dict, body []byte) (kept bool), between func([]byte)) (broken error) {
	data, kept, from, twice := p.data, 0, 0, 0
	for at, n := 0, 0; ; {
		if err := w.onTime(); err != nil {
			return err
		}
		i := bytes.Index(data[at:], []byte("stream"))
		if i < 0 {
			break
		}
		begin := at + i
		at = begin + len("stream")
		of, dict, eol := p.streamHead(from, begin, at)
		if eol == 0 {
			continue
		}
		if n++; n > maxStreams {
			w.skip(manyStreams, p.path)
			break
		}
		between(data[from:begin])
		body, whole := streamBody(dict, data[at+eol:])
		if !whole {
			broken = fmt.Errorf("PDF file: %w", io.ErrUnexpectedEOF)
		}
		at += eol
		if from = at; !hasStreams(dict, body) || twice+len(body) > len(data) {
			at += len(body)
			from = at
		} else {
			twice += len(body)
		}
		out, err := w.pdfUnpack(dict, p.cipher.stream(of, dict, body), maxPDF-kept)
		if isStop(err) || w.over != nil {
			return err
		}
		if broken == nil {
			broken = err
		}
		if !visit(of, dict, out) {
			continue
		}
		if kept += len(out); kept >= maxPDF {
			w.skip(manyStreams, p.path)
			return broken
		}
	}
	rest := data[from:]
	between(rest)
	if last, ok := lastObject(rest); ok && broken == nil && !bytes.Contains(rest[last.end:], []byte("endobj")) {
		broken = fmt.Errorf("object of a PDF file: %w", io.ErrUnexpectedEOF)
	}
	if !errors.Is(broken, io.ErrUnexpectedEOF) && !bytes.Contains(rest, []byte("%%EOF")) { // 7.5.5
		broken = fmt.Errorf("end of a PDF file: %w", io.ErrUnexpectedEOF)
	}
	return broken
}

var manyStreams = remark{"PDF file of too many streams, or too long ones, searched up to there", "turn it into text, and search that"}

// streamHead is the object of a stream, and its dictionary, if the word that begins one
// stands from begin to end, and a dictionary in front of it, after from; behind it comes
// the end of a line, which has eol bytes. Else it is a word of a text, and eol is 0. See
// ISO 32000-1, 7.3.8.1.
func (p *pdfDoc) streamHead(from, begin, end int) (of pdfObject, dict []byte, eol int) {
	const (
		most = 64 << 10 // bytes of a dictionary
		head = 32       // and more than those of an object's head
	)
	after := p.data[end:]
	for eol < min(len(after), 8) && (after[eol] == ' ' || after[eol] == '\t') {
		eol++
	}
	switch rest := after[eol:]; {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		eol += 2
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")): // the latter is wrong, and read
		eol++
	default:
		return of, nil, 0
	}
	before := p.data[max(from, begin-most, p.bare-head):begin]
	if !dictEnds(before) {
		return of, nil, 0
	}
	of, ok := lastObject(before)
	if !ok {
		p.bare = begin
		return of, nil, 0
	}
	return of, plainNames(before[of.end:]), eol
}

// dictEnds reports whether a dictionary is the last of a text, but for space and comments.
func dictEnds(b []byte) bool {
	for range 16 {
		b = bytes.TrimRight(b, "\x00\t\n\f\r ")
		if bytes.HasSuffix(b, []byte(">>")) {
			return true
		}
		line := bytes.LastIndexAny(b, "\r\n") + 1
		i := bytes.IndexByte(b[line:], '%')
		if i < 0 {
			return false
		}
		b = b[:line+i]
	}
	return false
}

// plainNames undoes what stands for a byte in names: # and two digits in hex (7.3.5).
func plainNames(b []byte) []byte {
	if bytes.IndexByte(b, '#') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '#' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			v, _ := strconv.ParseUint(string(b[i+1:i+3]), 16, 8)
			out, i = append(out, byte(v)), i+2
			continue
		}
		out = append(out, b[i])
	}
	return out
}

// streamBody is what a stream has: as much as its dictionary says if it ends there, else up
// to its end.
func streamBody(dict, b []byte) (body []byte, whole bool) {
	end := []byte("endstream")
	if n, ok := dictNumber(dict, "/Length"); ok && n <= len(b) && bytes.HasPrefix(bytes.TrimLeft(b[n:min(len(b), n+32)], "\r\n "), end) {
		return b[:n], true
	}
	i := bytes.Index(b, end)
	if i < 0 {
		return b, false
	}
	return b[:i], true
}

// hasStreams reports whether a stream is as it is, and may have objects with streams: a
// file in a file.
func hasStreams(dict, body []byte) bool {
	return !bytes.Contains(dict, []byte("/Filter")) && bytes.Contains(body, []byte(" obj"))
}

// dictNumber is the last entry of a dictionary with a name, if it is a number of at most
// nine digits, and that of no other object.
func dictNumber(dict []byte, name string) (int, bool) {
	at := len(dict)
	for {
		if at = bytes.LastIndex(dict[:at], []byte(name)); at < 0 {
			return 0, false
		}
		l := &pdfLexer{b: dict, i: at + len(name)}
		if l.i < len(dict) && !pdfDelimiter(dict[l.i]) {
			continue
		}
		t := l.next()
		v, err := strconv.Atoi(string(t.text[:min(len(t.text), 10)]))
		if t.kind != 'n' || err != nil || v < 0 || v > 999_999_999 {
			return 0, false
		}
		if l.next().kind == 'n' && string(l.next().text) == "R" {
			return 0, false
		}
		return v, true
	}
}

// zlibHead reports whether what follows is deflated, with no dictionary that it
// lacks. See RFC 1950, 2.2.
func zlibHead(b [2]byte) bool {
	return b[0]&0x0f == 8 && b[1]&0x20 == 0 && (uint(b[0])<<8|uint(b[1]))%31 == 0
}

// readAll is io.ReadAll, with room for what is expected.
func readAll(r io.Reader, expected int) ([]byte, error) {
	b := bytes.NewBuffer(make([]byte, 0, expected+bytes.MinRead))
	_, err := b.ReadFrom(r)
	return b.Bytes(), err
}
