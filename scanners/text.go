package scanners

import (
	"io"
	"os"
	"sync"
)

// Decode returns a reader of r's text in UTF-8. Text in UTF-16 or UTF-32, with
// or without a byte order mark, is converted and loses its mark; everything
// else comes out as it is, including UTF-8's mark, Latin-1 and binary data. It
// decides by the first 4 KiB, which it reads at the first call of Read.
//
// What is malformed becomes U+FFFD, also an incomplete character at the end. What stands
// in ASCII behind text in UTF-16, or in UTF-16 that begins at an odd byte, is text too: it
// is what ">>" of another program appends, and would hide it.
// After an error of r other than io.EOF, Read returns what came before it and
// then the error.
func Decode(r io.Reader) io.Reader { return &textReader{r: r} }

// Decoder is Decode for one text after the other: it uses its memory again, so each
// goroutine needs its own.
type Decoder struct{ text textReader }

// Decode returns a reader that is valid until the next call.
func (d *Decoder) Decode(r io.Reader) io.Reader {
	d.text = textReader{r: r, in: d.text.in, buf: d.text.buf}
	return &d.text
}

// DecodeCloser is Decode for what is to be closed.
func DecodeCloser(r io.ReadCloser) io.ReadCloser {
	return &decoded{textReader{r: r}, r}
}

type decoded struct {
	textReader
	io.Closer
}

// heads are what begin reads into, to be used again: of 50,000 files it is 200 MB.
var heads = sync.Pool{New: func() any { return new([SniffLen]byte) }}

// Read implements io.Reader.
func (d *decoded) Read(p []byte) (int, error) {
	if d.in == nil {
		d.in = heads.Get().(*[SniffLen]byte)[:]
	}
	return d.textReader.Read(p)
}

// Close implements io.Closer.
func (d *decoded) Close() error {
	if d.in != nil {
		heads.Put((*[SniffLen]byte)(d.in))
	}
	d.textReader = textReader{r: closed{}}
	return d.Closer.Close()
}

type closed struct{}

// Read implements io.Reader.
func (closed) Read([]byte) (int, error) { return 0, os.ErrClosed }

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
	c := converter{enc: e}
	out, rest := c.appendUTF8(make([]byte, 0, len(data)/e.width()+len(data)/8), data, true)
	return c.appendEnd(out, rest), true
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

// textReader is Decode's. It holds input that is yet to be converted in
// in[:have], and output in out.
type textReader struct {
	r io.Reader
	converter
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
	if t.in == nil {
		t.in = make([]byte, SniffLen)
	}
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
	out, rest := t.appendUTF8(t.buf[:0], t.in[:t.have], err == io.EOF)
	if err == io.EOF {
		out, rest = t.appendEnd(out, rest), nil
	}
	t.have = copy(t.in, rest)
	t.buf, t.out = out, out
}
