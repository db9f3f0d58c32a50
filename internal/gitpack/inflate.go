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
	d   decoder
	src bytes.Reader
	z   io.ReadCloser
}

// atOnce is the size up to which the whole output is made room for at once.
// The size is a claim, but deflate cannot keep a larger one than 1032 times
// what there is of input.
const (
	atOnce   = 64 << 20
	maxRatio = 1032
)

// into decompresses src, which must yield exactly size bytes, into buf and
// returns the extended slice's prefix.
func (f *inflater) into(buf, src []byte, size int) ([]byte, error) {
	if size > atOnce {
		return f.grow(buf, src, size)
	}
	if size/maxRatio > len(src) {
		return nil, fmt.Errorf("%w: less data than its header says", errCorrupt)
	}
	if cap(buf) < size+slack {
		buf = make([]byte, size+slack)
	}
	if err := f.d.zlib(buf[:size+slack], src, size); err != nil {
		return nil, err
	}
	return buf[:size], nil
}

// grow is into for claims that are not believed: it makes room for what is
// really there.
func (f *inflater) grow(buf, src []byte, size int) ([]byte, error) {
	z, err := f.reader(src)
	if err != nil {
		return nil, err
	}
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
