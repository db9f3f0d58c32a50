package archive

import (
	"bufio"
	"compress/bzip2"
	"fmt"
	"hash/crc32"
	"io"
	"slices"

	"github.com/klauspost/compress/flate"
)

// sevenZip looks into a 7z archive. See 7zFormat.txt in the LZMA SDK.
func (w *walker) sevenZip(in *input, depth int) error {
	if err := w.hold(in, maxHeld); err != nil {
		return err
	}
	defer w.release(in)
	var h [32]byte
	if n, _ := in.at.ReadAt(h[:], 0); n < len(h) {
		return io.ErrUnexpectedEOF
	}
	offset, size := le64(h[12:]), le64(h[20:])
	if size == 0 {
		return nil
	}
	if offset > uint64(in.size) || size > uint64(in.size)-offset || 32+int64(offset+size) > in.size || size > maxSevenHeader {
		return fmt.Errorf("header of a 7z archive: %w", io.ErrUnexpectedEOF)
	}
	b := make([]byte, size)
	if n, err := in.at.ReadAt(b, 32+int64(offset)); n < len(b) {
		return err
	}
	if crc32.ChecksumIEEE(h[12:]) != le32(h[8:]) || crc32.ChecksumIEEE(b) != le32(h[28:]) {
		w.wrongSum(in.path)
	}
	z := &sevenFile{walker: w, in: in, depth: depth}
	for range 4 { // a header may be packed, and packed again
		id := z.parse(b)
		if z.err != nil {
			return z.err
		}
		if id == sevenHeader {
			if err := z.files(); err != nil {
				return err
			}
			return w.afterEnd(in, 32+int64(offset+size), depth)
		}
		if len(z.folders) != 1 || z.folders[0].size() > maxSevenHeader {
			return fmt.Errorf("packed header of a 7z archive: %w", errDamaged)
		}
		r, err := z.unpackFolder(0)
		if err != nil {
			return err
		}
		defer r.Close()
		if b, err = io.ReadAll(io.LimitReader(r, z.folders[0].size())); err != nil {
			return err
		}
	}
	return errDamaged
}

const maxSevenHeader = 32 << 20

// sevenFile is a 7z archive.
type sevenFile struct {
	*walker
	in    *input
	depth int
	sevenInfo
}

// files looks into all files, folder by folder: in those they are packed
// together.
func (z *sevenFile) files() error {
	for _, name := range z.bareNames {
		if err := z.entry(); err != nil {
			return err
		}
		if err := z.bareName(z.in, name, false); err != nil {
			return err
		}
	}
	next := 0
	for i := range z.folders {
		count := z.folders[i].files
		r, err := z.unpackFolder(i)
		if err != nil {
			if err := z.lose(next, count, err); err != nil {
				return err
			}
			next += count
			continue
		}
		if err := z.folder(r, i, next, count); err != nil {
			return err
		}
		next = z.folders[i].first + count
	}
	return nil
}

// folder looks into the files of a folder, of which the first has a number. Where a filter
// is not undone, sums say nothing.
func (z *sevenFile) folder(r io.ReadCloser, i, next, count int) error {
	defer r.Close()
	text := &meter{r: r, w: z.walker}
	odd := slices.ContainsFunc(z.folders[i].coders, func(c sevenCoder) bool { return sevenFilters[c.id] })
	for range count {
		if err := z.entry(); err != nil {
			return err
		}
		size := z.sizeOf(next)
		at := join(z.in.path, z.nameOf(next))
		next++
		text.sum, text.crc = z.sumOf(next-1).known && !odd, 0
		body := &io.LimitedReader{R: text, N: size}
		if size > 0 {
			inner := z.stream(at, body)
			inner.size = size
			err := z.visit(inner, z.depth)
			z.close(inner)
			if err != nil {
				return err
			}
		} else if err := z.bareAt(at, false); err != nil {
			return err
		}
		if err := discard(body); err != nil || body.N > 0 {
			if z.over != nil || isStop(err) {
				return err
			}
			z.damage(at, errDamaged)
			break
		}
		if text.sum && text.crc != z.sumOf(next-1).crc {
			z.wrongSum(at)
		}
	}
	return nil
}

func (z *sevenFile) nameOf(stream int) string {
	if stream < len(z.names) {
		return clean(z.names[stream])
	}
	return fmt.Sprintf("file %d", stream+1)
}

func (z *sevenFile) sumOf(stream int) (s sevenSum) {
	if stream < len(z.sums) {
		s = z.sums[stream]
	}
	return s
}

func (z *sevenFile) sizeOf(stream int) int64 {
	if stream < len(z.sizes) {
		return z.sizes[stream]
	}
	return 0
}

// The coders that are known, by their ids.
const (
	coderCopy    = 0x00
	coderLZMA2   = 0x21
	coderLZMA    = 0x030101
	coderDeflate = 0x040108
	coderBzip2   = 0x040202
	coderZstd    = 0x04F71101
	coderAES     = 0x06F10701
)

// unpackFolder returns the files of a folder, one after the other. It is to be closed.
func (z *sevenFile) unpackFolder(i int) (io.ReadCloser, error) {
	f := &z.folders[i]
	for _, c := range f.coders {
		if c.id == coderAES {
			return nil, errEncrypted
		}
	}
	if f.packed != 1 || len(f.coders) != len(f.binds)+1 {
		for _, c := range f.coders {
			if sevenMethods[uint64(c.id)] != "" {
				return nil, unknownSeven(uint64(c.id))
			}
		}
		return nil, fmt.Errorf("coders with several streams: %w", errMethod)
	}
	at, size := z.packAt(f.pack)
	if at < 0 || size < 0 || at > z.in.size || size > z.in.size-at {
		return nil, io.ErrUnexpectedEOF
	}
	r := &lease{Reader: io.NewSectionReader(z.in.at, at, size), w: z.walker}
	now := f.firstCoder()
	for range f.coders {
		if now < 0 || now >= len(f.coders) {
			return nil, errDamaged
		}
		var err error
		if r.Reader, err = unpackCoder(r.Reader, f.coders[now], f.sizes[now], r.take); err != nil {
			r.Close()
			return nil, err
		}
		now = f.after(now)
	}
	return r, nil
}

func unpackCoder(r io.Reader, c sevenCoder, size int64, large func() error) (io.Reader, error) {
	switch c.id {
	case coderCopy:
		return r, nil
	case coderLZMA:
		return newLZMA(r, c.props, size, large)
	case coderLZMA2:
		if len(c.props) != 1 {
			return nil, errDamaged
		}
		return newLZMA2(bufio.NewReader(r), c.props[0], large)
	case coderDeflate:
		return flate.NewReader(r), nil
	case coderBzip2:
		return bzip2.NewReader(r), nil
	case coderZstd:
		if err := large(); err != nil {
			return nil, err
		}
		d, err := newZstd(r, maxWindow)
		if err != nil {
			return nil, err
		}
		return d, nil
	}
	switch {
	case c.id == coderX86 || c.id == coderOldX86:
		return &x86Reader{r: r}, nil
	case c.id == coderDelta && len(c.props) == 1:
		return &deltaReader{r: r, back: int(c.props[0]) + 1}, nil
	case sevenFilters[c.id]:
		return r, nil
	}
	return nil, unknownSeven(uint64(c.id))
}

// sevenInput reads the numbers of a header. After an error all are 0.
type sevenInput struct {
	b   []byte
	err error
}

func (s *sevenInput) fail() {
	if s.err == nil {
		s.err = fmt.Errorf("header of a 7z archive: %w", errDamaged)
	}
	s.b = nil
}

func (s *sevenInput) byte() byte {
	if len(s.b) == 0 {
		s.fail()
		return 0
	}
	c := s.b[0]
	s.b = s.b[1:]
	return c
}

func (s *sevenInput) take(n int64) []byte {
	if n < 0 || n > int64(len(s.b)) {
		s.fail()
		return nil
	}
	out := s.b[:n]
	s.b = s.b[n:]
	return out
}

// number reads one of one to nine bytes: as many of the first bits of the first
// byte are set as bytes follow.
func (s *sevenInput) number() int64 {
	first := s.byte()
	v, mask := uint64(0), byte(0x80)
	for i := range 8 {
		if first&mask == 0 {
			v += uint64(first&(mask-1)) << (8 * i)
			break
		}
		v |= uint64(s.byte()) << (8 * i)
		mask >>= 1
	}
	if v > 1<<62 {
		s.fail()
		return 0
	}
	return int64(v)
}

// count reads how many things follow, of which each has a bit at least, or none
// if they are counted elsewhere.
func (s *sevenInput) count(most int64) int {
	n := s.number()
	if n > most {
		s.fail()
		return 0
	}
	return int(n)
}

// bits reads one for each of n things; if optional, a byte may say that all are
// set.
func (s *sevenInput) bits(n int, optional bool) []bool {
	out := make([]bool, n)
	if optional && s.byte() != 0 {
		for i := range out {
			out[i] = true
		}
		return out
	}
	b := s.take(int64(n+7) / 8)
	for i := range out {
		out[i] = b != nil && b[i/8]&(0x80>>(i%8)) != 0
	}
	return out
}

// sums reads the CRCs of n things.
func (s *sevenInput) sums(n int) (sums []sevenSum) {
	sums = make([]sevenSum, n)
	for i, known := range s.bits(n, true) {
		if !known {
			continue
		}
		if b := s.take(4); len(b) == 4 {
			sums[i] = sevenSum{true, le32(b)}
		}
	}
	return sums
}

// sevenSum is a CRC-32, if it is known.
type sevenSum struct {
	known bool
	crc   uint32
}
