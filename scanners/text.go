package scanners

import (
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Decode returns a reader of r's text in UTF-8. Text in UTF-16 or UTF-32, with
// or without a byte order mark, is converted and loses its mark; everything
// else comes out as it is, including UTF-8's mark, Latin-1 and binary data. It
// decides by the first 4 KiB, which it reads at the first call of Read.
//
// What is malformed becomes U+FFFD, also an incomplete character at the end.
// After an error of r other than io.EOF, Read returns what came before it and
// then the error.
func Decode(r io.Reader) io.Reader { return &textReader{r: r} }

// DecodeCloser is Decode for what is to be closed.
func DecodeCloser(r io.ReadCloser) io.ReadCloser {
	return &decoded{textReader{r: r}, r}
}

type decoded struct {
	textReader
	io.Closer
}

// Undecoded returns what r, which DecodeCloser made and of which nothing was read yet,
// would convert. Other readers it returns as they are.
func Undecoded(r io.Reader) io.Reader {
	if d, ok := r.(*decoded); ok {
		return d.r
	}
	return r
}

// DecodeBytes is Decode for a blob in memory. It returns data itself, and
// false, if there is nothing to convert.
func DecodeBytes(data []byte) (out []byte, decoded bool) {
	e, mark := sniff(data[:min(len(data), SniffLen)])
	if e == plain {
		return data, false
	}
	data = data[mark:]
	out, rest := e.appendUTF8(make([]byte, 0, len(data)/e.width()+len(data)/8), data)
	return e.appendEnd(out, rest), true
}

// Plain reports whether Decode changes nothing of a text. It needs the first
// SniffLen bytes of it, or all.
func Plain(head []byte) bool {
	e, _ := sniff(head[:min(len(head), SniffLen)])
	return e == plain
}

// encoding is a way to write text that Decode converts to UTF-8.
type encoding uint8

const (
	plain encoding = iota // nothing to convert
	utf16LE
	utf16BE
	utf32LE
	utf32BE
)

// width is the number of bytes of a code unit.
func (e encoding) width() int {
	if e >= utf32LE {
		return 4
	}
	return 2
}

// appendUTF8 converts src and returns what is left of it: less than a
// character, of which the end is missing.
func (e encoding) appendUTF8(dst, src []byte) (out, rest []byte) {
	switch e {
	case utf16LE:
		return appendUTF16(dst, src, 0)
	case utf16BE:
		return appendUTF16(dst, src, 8)
	case utf32LE:
		return appendUTF32(dst, src, binary.LittleEndian)
	}
	return appendUTF32(dst, src, binary.BigEndian)
}

// appendEnd converts what appendUTF8 left over at the end of a text: a high
// surrogate, a part of a code unit, or both.
func (e encoding) appendEnd(dst, rest []byte) []byte {
	for len(rest) > 0 {
		dst = utf8.AppendRune(dst, utf8.RuneError)
		rest = rest[min(len(rest), e.width()):]
	}
	return dst
}

// appendUTF16 reads units whose byte at 0 is shifted left by first, the other
// one by 8-first.
func appendUTF16(dst, src []byte, first uint) (out, rest []byte) {
	second := 8 - first
	for len(src) >= 2 {
		c := rune(src[0])<<first | rune(src[1])<<second
		if c < utf8.RuneSelf {
			dst, src = append(dst, byte(c)), src[2:]
			continue
		}
		if utf16.IsSurrogate(c) && c < lowSurrogate {
			if len(src) < 4 {
				break // the other half may be in the next piece
			}
			low := rune(src[2])<<first | rune(src[3])<<second
			if c = utf16.DecodeRune(c, low); c != utf8.RuneError {
				src = src[2:]
			}
		}
		dst, src = utf8.AppendRune(dst, c), src[2:] // a lone surrogate becomes U+FFFD
	}
	return dst, src
}

// lowSurrogate is the first code unit that may only be second in a pair.
const lowSurrogate = 0xDC00

func appendUTF32(dst, src []byte, order binary.ByteOrder) (out, rest []byte) {
	for len(src) >= 4 {
		c := order.Uint32(src)
		if c > utf8.MaxRune {
			c = utf8.RuneError
		}
		dst, src = utf8.AppendRune(dst, rune(c)), src[4:]
	}
	return dst, src
}

// textReader is Decode's. It holds input that is yet to be converted in
// in[:have], and output in out.
type textReader struct {
	r       io.Reader
	enc     encoding
	sniffed bool
	err     error // of r; comes after what is left in out
	in      []byte
	have    int
	buf     []byte // out is a part of it
	out     []byte
}

// Read implements io.Reader.
func (t *textReader) Read(p []byte) (int, error) {
	if !t.sniffed {
		t.begin()
	}
	for len(t.out) == 0 {
		switch {
		case t.err != nil:
			return 0, t.err
		case len(p) == 0:
			return 0, nil
		case t.enc == plain:
			return t.r.Read(p)
		}
		n, err := t.r.Read(t.in[t.have:])
		t.have += n
		t.convert(err)
	}
	n := copy(p, t.out)
	t.out = t.out[n:]
	return n, nil
}

// begin reads the first bytes and decides.
func (t *textReader) begin() {
	t.sniffed = true
	t.in = make([]byte, SniffLen)
	n, err := io.ReadFull(t.r, t.in)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	var mark int
	if t.enc, mark = sniff(t.in[:n]); t.enc == plain {
		t.out, t.err = t.in[:n], err
		return
	}
	t.have = copy(t.in, t.in[mark:n])
	t.convert(err)
}

// convert fills out from in; err is what the last read returned.
func (t *textReader) convert(err error) {
	t.err = err
	out, rest := t.enc.appendUTF8(t.buf[:0], t.in[:t.have])
	if err == io.EOF {
		out, rest = t.enc.appendEnd(out, rest), nil
	}
	t.have = copy(t.in, rest)
	t.buf, t.out = out, out
}
