package archive

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zlib"

	"github.com/whosekey/whosekey/internal/inflate"
)

// unpack looks into what a compressed stream holds. That has the name of the
// stream, as its lines are those that people see who unpack it.
func (w *walker) unpack(k Kind, in *input, depth int) error {
	r, err := w.unpacker(k, in)
	if err != nil {
		return err
	}
	defer r.Close()
	inner := w.stream(in.path, &meter{r: r, w: w})
	defer w.close(inner)
	inner.unpacked = true
	if !in.unpacked {
		depth-- // the first of them is one with what it holds
	}
	if err := w.visit(inner, depth); err != nil {
		return err
	}
	switch z := r.(type) {
	case *inflate.Gzip:
		return w.gzipFields(z, in.path)
	case *zlibReader:
		return z.after(w, in.path)
	}
	return nil
}

// zlibReader unpacks a file that is one stream of zlib (RFC 1950), such as an object of
// git.
type zlibReader struct {
	io.ReadCloser
	from *bufio.Reader
}

// after emits what stands behind the end.
func (z *zlibReader) after(w *walker, at string) error {
	if _, err := z.from.Peek(1); err != nil {
		return nil
	}
	if at != "" {
		at += "!"
	}
	return w.text(at+"(after the end)", z.from)
}

// isZlib reports whether a file is a stream of zlib with a window of 32 KiB, as programs
// write it: the mark has two bytes, so that what follows has to unpack.
func isZlib(head []byte) bool {
	if head[0] != 0x78 || !zlibHead([2]byte(head)) {
		return false
	}
	r := inflate.NewReader(bytes.NewReader(head[2:]))
	defer r.Close()
	n, err := io.CopyN(io.Discard, r, 1024)
	more := len(head) >= SniffLen || head[1] != '^' // of a short text that begins with x^ it says nothing that it is cut
	return n > 0 && (err == nil || err == io.EOF || more && errors.Is(err, io.ErrUnexpectedEOF))
}

// inHeader is the last part of the way to the fields of a gzip file's headers.
const inHeader = "(header)"

// gzipFields emits the extra fields, names and comments, which programs that unpack
// the file do not show (RFC 1952, 2.3.1).
func (w *walker) gzipFields(z *inflate.Gzip, at string) error {
	text, whole := z.Fields()
	if !whole {
		w.skip(remark{"gzip file with more than 1 MiB of names and comments, searched up to there", "do not trust it"}, at)
	}
	if len(text) == 0 {
		return nil
	}
	if at != "" {
		at += "!"
	}
	return w.text(at+inHeader, bytes.NewReader(text))
}

func (w *walker) unpacker(k Kind, in *input) (io.ReadCloser, error) {
	r := in.reader()
	switch k {
	case gzipped:
		z, err := inflate.NewGzip(r)
		if err != nil {
			return nil, err
		}
		return z, nil
	case zlibPacked:
		from := bufio.NewReader(r) // of which no more is read than there is
		z, err := zlib.NewReader(from)
		if err != nil {
			return nil, err
		}
		return &zlibReader{z, from}, nil
	case bzipped:
		return io.NopCloser(bzip2.NewReader(r)), nil
	case zstdPacked:
		return w.zstd(r)
	case xzipped:
		return w.lzma(func(large func() error) (io.Reader, error) { return newXZ(r, large) })
	case lzmaPacked:
		return w.lzma(func(large func() error) (io.Reader, error) { return newLZMAFile(r, large) })
	case lz4Packed:
		return w.lzma(func(large func() error) (io.Reader, error) { return newLZ4(r, large), nil })
	case snappyPacked:
		return w.lzma(func(large func() error) (io.Reader, error) {
			block := 64 << 10
			if bytes.HasPrefix(in.peek(SniffLen), s2Magic) { // its blocks may be longer than those of Snappy
				block = 4 << 20
				if err := large(); err != nil {
					return nil, err
				}
			}
			return s2.NewReader(r, s2.ReaderMaxBlockSize(block), s2.ReaderAllocBlock(64<<10)), nil
		})
	case foreignPacked:
		return nil, errForeign(foreignName(in.peek(SniffLen), path.Base(join(w.file.Name, in.path))))
	}
	return nil, fmt.Errorf("stream of kind %d: %w", k, errMethod)
}

// lzma is a decoder that gives its window back when it is closed.
func (w *walker) lzma(open func(large func() error) (io.Reader, error)) (io.ReadCloser, error) {
	l := &lease{w: w}
	var err error
	l.Reader, err = open(l.take)
	return l, err
}

// isLZMA reports whether a file has the header that xz and lzma write: their usual
// properties, a dictionary that is a power of two, a size that is unknown or has up to
// four bytes, and the first byte of a range coder, which is 0. See the LZMA SDK's
// specification.
func isLZMA(head []byte) bool {
	if len(head) < 14 || head[0] != 0x5D || head[13] != 0 {
		return false
	}
	dict, size := binary.LittleEndian.Uint32(head[1:]), binary.LittleEndian.Uint64(head[5:])
	return dict >= 1<<12 && dict&(dict-1) == 0 && (size == 1<<64-1 || size > 0 && size < 1<<32)
}
