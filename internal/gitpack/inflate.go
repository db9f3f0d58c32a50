package gitpack

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zlib"

	"github.com/whosekey/whosekey/internal/inflate"
)

// inflater decompresses objects. It keeps its tables, so each goroutine needs
// its own.
type inflater struct {
	d   inflate.Decoder
	src bytes.Reader
	z   io.ReadCloser
}

// maxRatio is the most that deflate can make of a byte: a size that is larger
// than what there is of input, times this, is a lie.
const maxRatio = 1032

// into decompresses src, which must yield exactly size bytes, into buf and
// returns the extended slice's prefix. Where buf has not room for inflate.Slack bytes
// more, it takes a new one.
func (f *inflater) into(buf, src []byte, size int) ([]byte, error) {
	if size/maxRatio > len(src) {
		return nil, fmt.Errorf("%w: less data than its header says", errCorrupt)
	}
	if cap(buf) < size+inflate.Slack {
		buf = make([]byte, size+inflate.Slack)
	}
	if err := f.d.Zlib(buf[:size+inflate.Slack], src, size); err != nil {
		return nil, fmt.Errorf("%w: %v", errCorrupt, err)
	}
	return buf[:size], nil
}

// start decompresses the first bytes of src, as many as buf has room for, and
// returns how many there are.
func (f *inflater) start(buf, src []byte) int {
	z, err := f.reader(src)
	if err != nil {
		return 0
	}
	n, _ := io.ReadFull(z, buf)
	return n
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
