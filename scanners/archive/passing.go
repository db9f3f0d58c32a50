package archive

import (
	"io"
	"sync"
)

// Passing keeps the end of a stream that goes by, to know whether it was one that has a
// zip file behind something else. It can be used again.
type Passing struct {
	R    io.Reader
	n    int64  // bytes that were read
	tail []byte // at least the last of them that an end record may be in
}

// Reset makes it ready for another stream.
func (p *Passing) Reset(r io.Reader) *Passing {
	p.R, p.n, p.tail = r, 0, p.tail[:0]
	return p
}

func (p *Passing) Read(b []byte) (int, error) {
	n, err := p.R.Read(b)
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

var passings = sync.Pool{New: func() any { return new(Passing) }}

// ZipPassed is what is told of it.
const ZipPassed = "zip file behind something else in what goes by once, not opened"

var zipPassed = remark{ZipPassed, "unpack it, and search that"}

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
	switch {
	case err != nil:
	case p.Zip():
		w.skip(zipPassed, in.path)
	case b.packed():
		w.skip(programPassed, in.path)
	}
	return err
}
