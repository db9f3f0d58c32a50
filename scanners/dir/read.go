package dir

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/internal/lfs"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

const (
	chunkSize = 1 << 20
	// maxWhole is the size of the largest file that is emitted in one chunk.
	maxWhole = 1 << 20
	// maxUnsized is how much is read of a file that says that it is empty, or
	// whose size means nothing. Some in /proc go on for ever.
	maxUnsized = 16 << 20
)

// errHalted makes a search end early.
var errHalted = errors.New("the scan is over")

// limit is how much of a file is read. A file that grows is read up to the size
// that it had when it was opened, so that it cannot keep us for ever.
func limit(f file, in info) int64 {
	if in.size == 0 || in.size > maxUnsized && f.Made() {
		return maxUnsized
	}
	return in.size
}

// bounded reads a file up to its limit.
type bounded struct {
	file
	left int64
	read int64
	more bool  // readAll saw that the file goes on behind its limit
	err  error // from the file, unless io.EOF
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.file.Read(p[:min(int64(len(p)), b.left)])
	b.left, b.read = b.left-int64(n), b.read+int64(n)
	if err != nil && err != io.EOF {
		b.err = err
	}
	return n, err
}

// readAll fills buf with the file, up to its limit. It asks for a byte more: if
// that does not come, a file whose size is the limit has not grown, and nobody
// has to ask for its size again.
func (b *bounded) readAll(buf []byte, sized bool) int {
	most := int(min(b.left, int64(len(buf)-1)))
	n := 0
	for n < most || n == most && !sized {
		k, err := b.file.Read(buf[n : most+1])
		n += k
		if err != nil {
			if err != io.EOF {
				b.err = err
			}
			break
		}
	}
	if sized && n > most {
		b.more, n = true, most
	}
	b.left, b.read = b.left-int64(n), int64(n)
	return n
}

// openFile is a file that is searched.
type openFile struct {
	bounded
	in  info
	rec record
}

// read searches a file. An error ends the scan: it is the caller's.
func (w *worker) read(t task, name string) error {
	f, err := t.from.Open(name)
	if err != nil {
		w.gap(t.dir, name, "file", err)
		return nil
	}
	in, err := f.Stat()
	if err != nil {
		f.Close()
		w.gap(t.dir, name, "file", err)
		return nil
	}
	if most := w.source.opts.MaxFile; most > 0 && in.size > most {
		f.Close()
		w.leaveOut(t.dir, name, remark{fmt.Sprintf("file of more than %d bytes", most), scanners.RaiseLimit})
		return nil
	}
	o := &w.file
	*o = openFile{bounded{file: f, left: limit(f, in)}, in, record{t.dir, name, in.stamp()}}
	switch {
	case in.size <= maxWhole:
		err = w.whole(o)
	case w.lookInto(o, &err):
	case in.size >= minPieces && o.left == in.size && w.source.opts.Workers > 1 && !f.Made() && plainFile(f, 0):
		return w.share(*o)
	default:
		err = w.stream(o, w.shelf.add(o.rec))
	}
	w.finish(o, err)
	return err
}

// finish closes a file, counts it, and notes what went wrong with it; err is
// that of the search.
func (w *worker) finish(o *openFile, err error) {
	if o.err == nil || o.read > 0 {
		w.files++
	}
	w.bytes += o.read
	if err == nil {
		w.check(o)
	}
	o.Close()
}

// whole searches a file that fits into a chunk. One that only says so, such as
// those of /proc, goes on in stream.
func (w *worker) whole(o *openFile) error {
	n := o.readAll(w.buffer(maxWhole+1), o.in.size > 0)
	if n == 0 {
		return nil
	}
	ref := w.shelf.add(o.rec)
	if n > maxWhole {
		return w.stream(&resumed{&o.bounded, w.buf[:n]}, ref)
	}
	if lfs.Like(w.buf[:n]) {
		if err := w.pointed(o, ref, w.buf[:n]); err != nil {
			return err
		}
	}
	if kind := archive.SniffBytes(w.buf[:n], o.rec.name); kind != archive.None {
		if whole, err := w.archived(o, ref, archive.File{At: bytes.NewReader(w.buf[:n]), Size: int64(n)}); whole || err != nil {
			return err
		}
	}
	data, _ := scanners.DecodeBytes(w.buf[:n])
	return w.emit(&leak.Chunk{Ref: ref, Data: data})
}

// buffer returns the worker's buffer, of n bytes.
func (w *worker) buffer(n int) []byte {
	if len(w.buf) < n {
		w.buf = make([]byte, n)
	}
	return w.buf[:n]
}

// resumed is a file of which the beginning has been read.
type resumed struct {
	*bounded
	begin []byte
}

func (r *resumed) Read(p []byte) (int, error) {
	if len(r.begin) == 0 {
		return r.bounded.Read(p)
	}
	n := copy(p, r.begin)
	r.begin = r.begin[n:]
	return n, nil
}

// stream searches a file piece by piece. An error of the file is kept in its
// bounded; the one that is returned comes from emit.
func (w *worker) stream(r io.Reader, ref leak.Ref) (err error) {
	w.split.Split(scanners.Decode(r), leak.Chunk{Ref: ref}, func(c *leak.Chunk) error {
		err = w.emitUntilHalt(c)
		return err
	})
	return err
}

func (w *worker) emitUntilHalt(c *leak.Chunk) error {
	err := w.emit(c)
	if err == nil && w.halted.Load() {
		err = errHalted
	}
	return err
}

// check notes what went wrong with a file that has been read.
func (w *worker) check(o *openFile) {
	if o.err == nil && o.in.size > maxWhole {
		now, err := o.Stat()
		o.err, o.more = err, now.size > o.in.size
	}
	var what remark
	switch {
	case o.err != nil:
		what = failed("file", o.err)
	case o.in.size == 0 && o.read < maxUnsized:
		return
	case o.in.size == 0 || o.in.size > maxUnsized && o.read == maxUnsized && o.Made():
		what = endless
	case o.read == o.in.size && o.more:
		what = grew
	case o.read == o.in.size || o.Made():
		return
	default:
		what = shrank
	}
	w.skip(o.rec.dir, o.rec.name, what)
}
