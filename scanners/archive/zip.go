package archive

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/flate"

	"github.com/whosekey/whosekey/internal/inflate"
	"github.com/whosekey/whosekey/leak"
)

// zip looks into a zip file, by its directory. One that cannot be read anywhere
// and is too large to be held, or that has no directory, is read from its
// beginning to its end.
func (w *walker) zip(in *input, depth int) error {
	if err := in.crx(); err != nil {
		return err
	}
	err := w.hold(in, maxHeld)
	if errors.Is(err, errTooLarge) {
		return w.zipStream(in, in.r, depth)
	}
	if err != nil {
		return err
	}
	defer w.release(in)
	z := newZipFile(w, in, depth)
	if err := z.findDirectory(); err != nil {
		head := in.peek(4)
		if !bytes.Equal(head, localMark) {
			return err
		}
		w.damage(in.path, err) // cut off, or worse
		return w.zipStream(in, bufio.NewReader(in.reader()), depth)
	}
	if err := z.directory(); err != nil {
		return err
	}
	return z.beside()
}

// crx passes over what Chrome's extensions have in front of the zip file: keys and
// signatures, of which the second version has two lengths, the third one.
func (in *input) crx() error {
	h := in.peek(16)
	if len(h) < 16 || !bytes.HasPrefix(h, crxMagic) {
		return nil
	}
	skip := 12 + int64(le32(h[8:]))
	if h[4] == 2 {
		skip += 4 + int64(le32(h[12:]))
	}
	if in.at != nil {
		if skip >= in.size {
			return io.ErrUnexpectedEOF
		}
		in.at, in.size = io.NewSectionReader(in.at, skip, in.size-skip), in.size-skip
		return nil
	}
	if in.size >= 0 {
		in.size = max(0, in.size-skip)
	}
	_, err := io.CopyN(io.Discard, in.r, skip)
	return cut(err)
}

// zipFile is a zip file with a directory.
type zipFile struct {
	*walker
	in       *input
	depth    int
	base     int64  // where offsets count from: more than 0 behind a program
	from     int64  // of the directory
	size     uint64 // of the directory
	taken    int64  // packed bytes of all files: more than there are if they overlap
	twice    int64  // those of files that have two headers which differ, as the first says
	count    uint64 // of files, as its end says
	wide     bool   // that is of 64 bits
	front    bool   // what stands before it is searched by itself
	comments []byte
	known    []zipSpan // what is described, in any order
}

func newZipFile(w *walker, in *input, depth int) *zipFile {
	return &zipFile{walker: w, in: in, depth: depth}
}

// zipEntry is a file as its header describes it.
type zipEntry struct {
	name          string
	flags, method uint16
	packed, size  uint64
	offset        uint64
	crc           uint32
	said          bool   // size and crc are known before the content is read
	extra         []byte // the texts in the extra fields
}

// fields emits the texts in the extra fields of a file.
func (w *walker) fields(at string, text []byte) error {
	if len(text) == 0 {
		return nil
	}
	return w.text(join(at, "(extra fields)"), bytes.NewReader(text))
}

const (
	zipEncrypted  = 1
	zipDescriptor = 8 // the sizes come after the data
	zipStrong     = 1 << 6
)

// directory looks into the files of the directory.
func (z *zipFile) directory() error {
	size := min(int64(min(z.size, 1<<62)), z.in.size-z.from)
	r := bufio.NewReader(io.NewSectionReader(z.in.at, z.from, size))
	for n := uint64(0); ; n++ {
		mark, err := r.Peek(4)
		if err != nil || !bytes.Equal(mark, centralMark) {
			if left, _ := io.Copy(io.Discard, r); left > 0 {
				return fmt.Errorf("directory of a zip file: %w", errDamaged)
			}
			if n != z.count && (z.wide || uint16(n) != uint16(z.count)) { // one of 16 bits may have run over
				z.lie(z.in.path)
			}
			return nil
		}
		e, comment, err := readCentral(r)
		if err != nil {
			return err
		}
		if err := z.entry(); err != nil {
			return err
		}
		if len(comment) > 0 && len(z.comments) < 1<<20 {
			z.comments = append(append(z.comments, comment...), '\n')
		}
		if err := z.file(e); err != nil {
			return err
		}
	}
}

// file looks into one file. The error is one that ends the walk, or the file.
func (z *zipFile) file(e zipEntry) error {
	at := join(z.in.path, clean(e.name))
	if e.packed > uint64(z.in.size) || e.offset > uint64(z.in.size) {
		z.damage(at, errDamaged)
		return z.bareName(z.in, e.name, false)
	}
	begin := z.base + int64(e.offset)
	var head [30]byte
	if n, _ := z.in.at.ReadAt(head[:], begin); n < len(head) || !bytes.Equal(head[:4], localMark) {
		z.damage(at, errDamaged)
		return z.bareName(z.in, e.name, false)
	}
	data := begin + 30 + int64(le16(head[26:])) + int64(le16(head[28:]))
	if err := z.fields(at, z.bothFields(e, begin, head[:])); err != nil {
		return err
	}
	z.known = append(z.known, zipSpan{begin, data + int64(e.packed), &zipPart{e.size, e.crc, e.method == 0 && e.flags&zipEncrypted == 0, e.flags&zipDescriptor != 0}})
	if z.differs(e, head[:]) {
		z.damage(at, errHeaders)
		if z.twice += int64(le32(head[18:])); z.twice > z.in.size {
			return z.overlap()
		}
		if err := z.other(begin); err != nil {
			return err
		}
	}
	if size := le32(head[22:]); e.flags&zipDescriptor == 0 && size != 1<<32-1 && uint64(size) != e.size || e.packed == 0 && e.size > 0 {
		z.lie(at)
	}
	if e.packed == 0 {
		return z.bareName(z.in, e.name, e.folder()) // a folder, or an empty file
	}
	if z.taken += int64(e.packed); z.taken > z.in.size {
		return z.overlap()
	}
	size := min(int64(e.packed), z.in.size-data)
	if size < 0 {
		z.damage(at, errDamaged)
		return z.bareName(z.in, e.name, false)
	}
	if size < int64(e.packed) {
		z.damage(at, io.ErrUnexpectedEOF)
	}
	packed := section(at, z.in.at, data, size)
	if e.flags&(zipEncrypted|zipStrong) != 0 {
		return z.locked(e, at, packed)
	}
	return z.content(e, at, packed)
}

// bothFields are the texts in the extra fields of both headers of a file. Few have room
// for one in that before the file.
func (z *zipFile) bothFields(e zipEntry, begin int64, head []byte) []byte {
	n := int64(le16(head[28:]))
	if n < 4+leak.MinName {
		return e.extra
	}
	local := make([]byte, n)
	got, _ := z.in.at.ReadAt(local, begin+30+int64(le16(head[26:])))
	if text := textFields(local[:got]); !bytes.Equal(text, e.extra) {
		return append(text, e.extra...)
	}
	return e.extra
}

// overlap ends the walk: files that share bytes can make a terabyte of a few.
func (z *zipFile) overlap() error {
	z.over = errors.New("zip file whose files overlap")
	z.skip(remark{"zip file whose files overlap, searched up to there", "do not trust it"}, z.in.path)
	return z.over
}

func (z *zipFile) content(e zipEntry, at string, packed *input) error {
	if e.method == 0 {
		if e.size != e.packed {
			z.lie(at)
		}
		if err := z.charge(packed.size); err != nil {
			return err
		}
		if err := z.storedSum(e, at, packed); err != nil {
			return err
		}
		return z.visit(packed, z.depth)
	}
	var r io.ReadCloser
	var err error
	if e.method == 8 { // whose reader may read ahead: it has a part of its own
		r = inflate.NewReader(packed.reader())
	} else if r, err = z.zipUnpacker(e, packed.reader()); err != nil {
		z.damage(at, err)
		return z.asItIs(at, packed, 0)
	}
	defer z.flates.put(r)
	err = z.zipContent(e, at, r, z.depth)
	if err == nil {
		return z.behindDeflate(at, packed, r)
	}
	if z.over != nil || isStop(err) {
		return err
	}
	z.damage(at, err)
	return z.asItIs(at, packed, 0)
}

// zipContent looks into the content of a file, and reads it to its end. The error is
// that of what a format left of it, or one that ends the walk.
func (w *walker) zipContent(e zipEntry, at string, r io.Reader, depth int) error {
	all := &meter{r: r, w: w, sum: e.said}
	inner := w.stream(at, all)
	err := w.visit(inner, depth)
	w.close(inner)
	if err != nil || all.err != nil { // which is told
		return err
	}
	if _, err = io.Copy(io.Discard, all); err != nil {
		return cmp.Or(w.over, err)
	}
	if e.said && uint64(all.n) != e.size {
		w.lie(at)
	}
	if e.said && all.crc != e.crc {
		w.wrongSum(at)
	}
	return nil
}

// lie notes a zip file that says something else than what is in it. All of that is
// searched.
func (w *walker) lie(at string) {
	if w.bad++; w.bad <= maxBad && w.cov != nil {
		w.cov.Skip(zipLies.reason, zipLies.fix, w.name(at))
	}
}

// zipUnpacker is by the method's number in PKWARE's APPNOTE.TXT, 4.4.5.
func (w *walker) zipUnpacker(e zipEntry, r io.Reader) (io.ReadCloser, error) {
	switch e.method {
	case 0:
		return io.NopCloser(r), nil
	case 8:
		return w.flates.get(r), nil
	case 12:
		return io.NopCloser(bzip2.NewReader(r)), nil
	case 93:
		return w.zstd(r)
	case 14: // two bytes of version and two of the properties' length come first
		var h [9]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return nil, err
		}
		size := int64(-1)
		if e.flags&2 == 0 {
			size = int64(min(e.size, 1<<62))
		}
		return w.lzma(func(large func() error) (io.Reader, error) { return newLZMA(r, h[4:], size, large) })
	case 95:
		return w.lzma(func(large func() error) (io.Reader, error) { return newXZ(r, large) })
	case 99:
		return nil, errEncrypted
	}
	return nil, unknownZip(e.method)
}

// flates are decoders that can be used again.
type flates struct{ free []io.ReadCloser }

func (f *flates) get(r io.Reader) io.ReadCloser {
	if n := len(f.free); n > 0 {
		d := f.free[n-1]
		f.free = f.free[:n-1]
		d.(flate.Resetter).Reset(r, nil)
		return d
	}
	return flate.NewReader(r)
}

func (f *flates) put(r io.ReadCloser) {
	r.Close()
	if _, ok := r.(flate.Resetter); ok && len(f.free) < 16 {
		f.free = append(f.free, r)
	}
}
