package gitpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"
)

// inflater decompresses objects. It keeps its tables, so each goroutine needs
// its own.
type inflater struct {
	src bytes.Reader
	z   io.ReadCloser
}

// into decompresses src, which must yield exactly size bytes, into buf and
// returns the extended slice's prefix.
func (f *inflater) into(buf, src []byte, size int) ([]byte, error) {
	z, err := f.reader(src)
	if err != nil {
		return nil, err
	}
	// The size is a claim: grow with what is really there.
	if buf == nil || cap(buf) < size {
		buf = make([]byte, 0, min(size, 64<<10+8*len(src)))
	}
	buf = buf[:0]
	for len(buf) < size {
		if len(buf) == cap(buf) {
			buf = append(buf, make([]byte, min(size-len(buf), len(buf)+4096))...)[:len(buf)]
		}
		n, err := z.Read(buf[len(buf):min(cap(buf), size)])
		buf = buf[:len(buf)+n]
		if err != nil && len(buf) < size {
			return nil, fmt.Errorf("%w: %v", errCorrupt, err)
		}
	}
	var one [1]byte
	if n, err := io.ReadFull(z, one[:]); n != 0 || err != io.EOF {
		return nil, fmt.Errorf("%w: more data than its header says, or a wrong checksum", errCorrupt)
	}
	return buf, nil
}

// reader starts decompressing src.
func (f *inflater) reader(src []byte) (io.Reader, error) {
	f.src.Reset(src)
	if f.z == nil {
		z, err := zlib.NewReader(&f.src)
		if err != nil {
			return nil, fmt.Errorf("%w: %v", errCorrupt, err)
		}
		f.z = z
		return z, nil
	}
	if err := f.z.(zlib.Resetter).Reset(&f.src, nil); err != nil {
		return nil, fmt.Errorf("%w: %v", errCorrupt, err)
	}
	return f.z, nil
}
