package archive

import (
	"bytes"
	"io"
	"sync"
)

// Passing keeps the end of a stream that goes by, to know whether it was one that has a
// zip file behind something else. It can be used again.
type Passing struct {
	R    io.Reader
	n    int64  // bytes that were read
	tail []byte // at least the last of them that an end record may be in
	mark []byte // what stands where an image of ISO 9660 has its mark
}

// Reset makes it ready for another stream.
func (p *Passing) Reset(r io.Reader) *Passing {
	p.R, p.n, p.tail, p.mark = r, 0, p.tail[:0], p.mark[:0]
	return p
}

func (p *Passing) Read(b []byte) (int, error) {
	n, err := p.R.Read(b)
	if end := isoMarkAt + int64(len(isoMark)); p.n < end && p.n+int64(n) > isoMarkAt {
		p.mark = append(p.mark, b[max(0, isoMarkAt-p.n):min(int64(n), end-p.n)]...)
	}
	p.n += int64(n)
	got := b[max(0, n-maxEnd):n]
	if old := len(p.tail); old+len(got) > 4*maxEnd {
		keep := max(0, maxEnd-len(got))
		copy(p.tail, p.tail[old-min(old, keep):])
		p.tail = p.tail[:min(old, keep)]
	}
	p.tail = append(p.tail, got...)
	return n, err
}

// ReadAt reads from the end that is kept.
func (p *Passing) ReadAt(b []byte, at int64) (int, error) {
	if at -= p.n - int64(len(p.tail)); at < 0 || at >= int64(len(p.tail)) {
		return 0, io.EOF
	}
	n := copy(b, p.tail[at:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// Zip reports whether what was read ends with a zip file, of which a large directory is
// not looked at.
func (p *Passing) Zip() bool { return hasEnd(p.tail[max(0, len(p.tail)-maxEnd):]) && zipBehind(p, p.n) }

// Passed says what was read and should have been opened: ZipPassed, ISOPassed, or nothing.
func (p *Passing) Passed() string {
	switch {
	case bytes.Equal(p.mark, isoMark):
		return ISOPassed
	case p.Zip():
		return ZipPassed
	}
	return ""
}

var passings = sync.Pool{New: func() any { return new(Passing) }}

// What is told of them.
const (
	ZipPassed = "zip file behind something else in what goes by once, not opened"
	ISOPassed = "image of a CD (ISO 9660) in what goes by once, searched as it is: what is packed in it is not opened"
)

// passing emits the text of a stream.
func (w *walker) passing(in *input) error {
	if in.at != nil {
		return w.text(in.path, in.reader())
	}
	var r io.Reader = in.reader()
	b := besideOf(in.peek(SniffLen), r)
	if b != nil {
		r = b
	}
	p := passings.Get().(*Passing).Reset(r)
	defer passings.Put(p)
	err := w.text(in.path, p)
	switch told := p.Passed(); {
	case err != nil:
	case told != "":
		w.skip(remark{told, "unpack it, and search that"}, in.path)
	case b.packed():
		w.skip(programPassed, in.path)
	}
	return err
}
