package archive

import (
	"bufio"
	"hash/crc32"
	"io"
)

// input is a file that is looked into: one that can be read anywhere, or a
// stream.
type input struct {
	path     string // from the outermost file
	at       io.ReaderAt
	size     int64 // -1 for a stream of which nobody knows
	r        *bufio.Reader
	held     int64  // bytes in memory that are to be given back
	whole    []byte // those, if they are in one piece
	large    bool   // for which much memory was asked
	joined   int    // tar files that stand before it in the same stream
	outer    bool   // it is the file of the Walk
	unpacked bool   // it comes out of a compressed stream, which counts as one with it
}

const (
	// maxHeld is how much of files in others is held in memory, all in all.
	maxHeld = 64 << 20
	// maxDocument is the size of the largest document in an archive whose text
	// is looked for.
	maxDocument = 32 << 20
)

// buffers are readers that can be used again.
type buffers struct{ free []*bufio.Reader }

func (b *buffers) get(r io.Reader) *bufio.Reader {
	if n := len(b.free); n > 0 {
		buf := b.free[n-1]
		b.free = b.free[:n-1]
		buf.Reset(r)
		return buf
	}
	// bufio would return a reader that has a buffer already, which is not ours.
	return bufio.NewReaderSize(struct{ io.Reader }{r}, 2*SniffLen)
}

func (b *buffers) put(r *bufio.Reader) {
	if r != nil {
		r.Reset(nil)
		b.free = append(b.free, r)
	}
}

// outermost makes an input of the file of a Walk.
func (w *walker) outermost(f File) *input {
	if f.At != nil {
		return &input{outer: true, at: f.At, size: f.Size}
	}
	return &input{outer: true, size: f.Size, r: bufio.NewReaderSize(&packedReader{f.R, w}, 64<<10)}
}

// packedReader counts what is read of the outermost stream.
type packedReader struct {
	r io.Reader
	w *walker
}

func (p *packedReader) Read(buf []byte) (int, error) {
	n, err := p.r.Read(buf)
	p.w.packed += int64(n)
	return n, err
}

// section makes an input of a part of a file that can be read anywhere.
func section(path string, at io.ReaderAt, from, size int64) *input {
	return &input{path: path, at: io.NewSectionReader(at, from, size), size: size}
}

// stream makes an input of what a reader returns. It has to be closed.
func (w *walker) stream(path string, r io.Reader) *input {
	return &input{path: path, size: -1, r: w.bufs.get(r)}
}

func (w *walker) close(in *input) {
	w.bufs.put(in.r)
	in.r = nil
}

// peek returns the first bytes. It does not say why there are less than n.
func (in *input) peek(n int) []byte {
	if in.at == nil {
		head, _ := in.r.Peek(n)
		return head
	}
	head := make([]byte, min(int64(n), in.size))
	got, _ := in.at.ReadAt(head, 0)
	return head[:got]
}

// reader returns all bytes; those of a stream once.
func (in *input) reader() io.Reader {
	if in.at != nil {
		return io.NewSectionReader(in.at, 0, in.size)
	}
	return in.r
}

// hold sees to it that a file can be read anywhere. A stream of more than most
// bytes, or that has no room, stays as it is: errTooLarge. Otherwise it has to
// be released.
func (w *walker) hold(in *input, most int64) error {
	if in.at != nil {
		return nil
	}
	room := min(most, maxHeld-w.held)
	if in.size > room {
		return errTooLarge
	}
	var buf blocks
	ended, err := buf.grow(in.r, min(room+1, smallHold-min(smallHold, w.held)))
	taken := false
	if !ended && w.cov != nil { // who looks again waits for nobody: others wait for him
		if err := w.takeLarge(); err != nil {
			return err
		}
		taken = true
		defer func() {
			if in.held == 0 {
				w.giveLarge()
			}
		}()
	}
	if !ended {
		ended, err = buf.grow(in.r, room+1-buf.size)
	}
	if w.over != nil {
		return w.over
	}
	if isStop(err) {
		return err
	}
	n := buf.size
	if !ended {
		in.r = bufio.NewReaderSize(io.MultiReader(buf.reader(), in.r), 2*SniffLen)
		return errTooLarge
	}
	if err != nil && n == 0 {
		return err
	}
	if err != nil { // what came before is worth a look
		w.damage(in.path, err)
	}
	w.held += n
	in.at, in.size, in.held, in.large = buf.at(), n, n, taken
	if len(buf.list) == 1 {
		in.whole = buf.list[0]
	}
	return nil
}

func (w *walker) release(in *input) {
	w.held -= in.held
	in.held, in.whole = 0, nil
	if in.large {
		in.large = false
		w.giveLarge()
	}
}

// meter charges what is unpacked.
type meter struct {
	r     io.Reader
	w     *walker
	n     int64
	err   error // other than the end
	nones int   // reads in a row that returned nothing
	sum   bool  // crc is wanted
	crc   uint32
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	if m.sum {
		m.crc = crc32.Update(m.crc, crc32.IEEETable, p[:n])
	}
	if err != nil && err != io.EOF {
		m.err = err
	}
	if over := m.w.charge(int64(n)); over != nil {
		return 0, over
	}
	if m.nones++; n > 0 || err != nil {
		m.nones = 0
	}
	if m.nones > 100 {
		err = io.ErrNoProgress
	}
	return n, err
}

// afterEnd looks at what stands behind the end of an archive, if that is more than zeros.
func (w *walker) afterEnd(in *input, end int64, depth int) error {
	if end >= in.size {
		return nil
	}
	rest := section(join(in.path, "(after the end)"), in.at, end, in.size-end)
	if z := (&zipFile{walker: w, in: in}); z.empty(end, in.size) {
		return nil
	}
	return w.visit(rest, depth)
}
