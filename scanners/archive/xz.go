package archive

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"slices"
)

// xzReader unpacks .xz files: streams of blocks of LZMA2. That a block's sum is wrong is
// said at the end: what is damaged is searched too. See The .xz File Format, 1.2.
type xzReader struct {
	count *counter
	r     *bufio.Reader
	block io.Reader // without its filters
	odd   bool      // a filter of the block was not undone
	check int       // bytes of a block's sum
	sum   hash.Hash // of the block; nil for a kind that is not known
	wrong error     // a sum was
	start int64     // of the block's data
	err   error
	large func() error // see newLZMA
}

func newXZ(r io.Reader, large func() error) (*xzReader, error) {
	x := &xzReader{count: &counter{r: r}, large: large}
	x.r = bufio.NewReaderSize(x.count, 32<<10)
	return x, x.stream()
}

// at is how many bytes were used.
func (x *xzReader) at() int64 { return x.count.n - int64(x.r.Buffered()) }

// stream reads the header of a stream.
func (x *xzReader) stream() error {
	var h [12]byte
	if _, err := io.ReadFull(x.r, h[:]); err != nil {
		return cut(err)
	}
	if !bytes.Equal(h[:6], xzMagic) || h[6] != 0 || h[7] > 15 {
		return fmt.Errorf("header of an xz file: %w", errDamaged)
	}
	x.check = [...]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}[h[7]]
	x.sum = sumOf(h[7])
	return nil
}

func (x *xzReader) Read(p []byte) (int, error) {
	for x.err == nil {
		if x.block == nil {
			x.err = x.next()
			continue
		}
		n, err := x.block.Read(p)
		if x.sum != nil {
			x.sum.Write(p[:n])
		}
		if err == io.EOF {
			x.block = nil
			err = x.ended()
		}
		x.err = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, x.err
}

// ended compares the sum behind a block with what came out of it.
func (x *xzReader) ended() error {
	if _, err := x.r.Discard(int(-(x.at() - x.start) & 3)); err != nil {
		return cut(err)
	}
	var said [64]byte
	if _, err := io.ReadFull(x.r, said[:x.check]); err != nil {
		return cut(err)
	}
	if x.sum == nil {
		return nil
	}
	if x.odd {
		x.sum.Reset()
		return nil
	}
	got := x.sum.Sum(nil)
	if x.check < 32 { // numbers have their lowest byte first
		slices.Reverse(got)
	}
	if x.sum.Reset(); !bytes.Equal(got, said[:x.check]) {
		x.wrong = fmt.Errorf("xz file: %w: wrong checksum", errDamaged)
	}
	return nil
}

// sumOf is the checksum of a kind: section 2.1.1.2.
func sumOf(kind byte) hash.Hash {
	switch kind {
	case 1:
		return crc32.NewIEEE()
	case 4:
		return crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		return sha256.New()
	}
	return nil
}

// next reads the header of a block, or of what comes after the blocks.
func (x *xzReader) next() error {
	size, err := x.r.ReadByte()
	if err != nil {
		return cut(err)
	}
	if size == 0 {
		return x.index()
	}
	h := make([]byte, int(size)*4+3) // with the sum
	if _, err := io.ReadFull(x.r, h); err != nil {
		return cut(err)
	}
	b := bytes.NewReader(h[1 : len(h)-4])
	for bit := byte(0x40); bit != 0; bit <<= 1 { // the sizes, if they are there
		if h[0]&bit != 0 {
			if _, err := vli(b); err != nil {
				return err
			}
		}
	}
	var ids []sevenCoder // 7z has the same filters under these numbers
	for range h[0]&3 + 1 {
		id, err1 := vli(b)
		n, err2 := vli(b)
		if err1 != nil || err2 != nil || n > uint64(b.Len()) {
			return fmt.Errorf("header of a block: %w", errDamaged)
		}
		props := make([]byte, n)
		b.Read(props)
		ids = append(ids, sevenCoder{id, props})
	}
	if err := x.filtered(ids); err != nil {
		return err
	}
	if x.block == nil {
		return errDamaged
	}
	x.start = x.at()
	return nil
}

// filtered makes the reader of a block, of which LZMA2 is the last filter.
func (x *xzReader) filtered(filters []sevenCoder) (err error) {
	last := filters[len(filters)-1]
	if last.id != 0x21 || len(last.props) != 1 {
		return fmt.Errorf("filter %d: %w", last.id, errMethod)
	}
	packed, err := newLZMA2(x.r, last.props[0], x.large)
	if err != nil {
		return err
	}
	x.block, x.odd = packed, false
	for _, f := range slices.Backward(filters[:len(filters)-1]) {
		switch {
		case f.id == coderX86 && len(f.props) == 0:
			x.block = &x86Reader{r: x.block}
		case f.id == coderDelta && len(f.props) == 1:
			x.block = &deltaReader{r: x.block, back: int(f.props[0]) + 1}
		case f.id > coderX86 && f.id <= 11: // for machine code; texts stay as they are, nearly always
			x.odd = true
		default:
			x.block = nil
			return fmt.Errorf("filter %d: %w", f.id, errMethod)
		}
	}
	return nil
}

// index passes over the list of blocks, and goes on with the next stream.
func (x *xzReader) index() error {
	start := x.at() - 1
	n, err := vli(x.r)
	if err != nil {
		return cut(err)
	}
	for range n {
		if _, err := vli(x.r); err != nil {
			return cut(err)
		}
		if _, err := vli(x.r); err != nil {
			return cut(err)
		}
	}
	if _, err := x.r.Discard(int(-(x.at()-start)&3) + 4 + 12); err != nil {
		return cut(err)
	}
	for {
		b, err := x.r.Peek(4)
		if len(b) == 0 {
			if err == io.EOF && x.wrong != nil {
				return x.wrong
			}
			return err
		}
		if len(b) < 4 || !bytes.Equal(b, []byte{0, 0, 0, 0}) {
			return x.stream()
		}
		x.r.Discard(4)
	}
}

// vli reads a number of up to nine bytes.
func vli(r io.ByteReader) (v uint64, err error) {
	for i := range 9 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, cut(err)
		}
		if v |= uint64(b&0x7F) << (7 * i); b < 0x80 {
			return v, nil
		}
	}
	return 0, errDamaged
}
