package dir

import (
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

const (
	chunkSize = 1 << 20
	// maxWhole is the size of the largest file that is emitted in one chunk.
	maxWhole = 1 << 20
	// maxUnsized is how much is read of a file that says that it is empty, or
	// whose size means nothing. Some in /proc go on for ever.
	maxUnsized = 16 << 20
)

// errHalted makes Split end early.
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

// read searches a file. An error ends the scan: it is the caller's.
func (w *worker) read(t task, name string) error {
	f, err := t.from.Open(name)
	if err != nil {
		w.gap(t.dir, name, "file", err)
		return nil
	}
	defer f.Close()
	in, err := f.Stat()
	if err != nil {
		w.gap(t.dir, name, "file", err)
		return nil
	}
	if most := w.source.opts.MaxFile; most > 0 && in.size > most {
		w.leaveOut(t.dir, name, remark{fmt.Sprintf("file of more than %d bytes", most), "raise the limit"})
		return nil
	}
	b := &bounded{file: f, left: limit(f, in)}
	rec := record{t.dir, name, in.stamp()}
	if in.size <= maxWhole {
		err = w.whole(b, rec)
	} else {
		err = w.stream(b, w.shelf.add(rec))
	}
	if b.err == nil || b.read > 0 {
		w.files++
	}
	w.bytes += b.read
	if err == nil {
		w.check(b, in, rec)
	}
	return err
}

// whole searches a file that fits into a chunk. One that only says so, such as
// those of /proc, goes on in stream.
func (w *worker) whole(b *bounded, rec record) error {
	if w.buf == nil {
		w.buf = make([]byte, maxWhole)
	}
	n := 0
	for n < len(w.buf) && b.left > 0 {
		k, err := b.Read(w.buf[n:])
		if n += k; err != nil {
			b.left = 0 // that was all
		}
	}
	if n == 0 {
		return nil
	}
	ref := w.shelf.add(rec)
	if b.left > 0 {
		return w.stream(&resumed{b, w.buf[:n]}, ref)
	}
	data, _ := scanners.DecodeBytes(w.buf[:n])
	return w.emit(&leak.Chunk{Ref: ref, Data: data})
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
		if err = w.emit(c); err == nil && w.halted.Load() {
			err = errHalted
		}
		return err
	})
	return err
}

// check notes what went wrong with a file that has been read.
func (w *worker) check(b *bounded, in info, rec record) {
	if b.err != nil {
		w.gap(rec.dir, rec.name, "file", b.err)
		return
	}
	if in.size == 0 {
		if b.read == maxUnsized {
			w.skip(rec.dir, rec.name, endless)
		}
		return
	}
	now, err := b.file.Stat()
	switch {
	case err != nil:
		w.gap(rec.dir, rec.name, "file", err)
	case b.read == in.size && now.size > in.size:
		w.skip(rec.dir, rec.name, grew)
	case b.read == in.size || b.file.Made():
		if b.read == maxUnsized && in.size > maxUnsized {
			w.skip(rec.dir, rec.name, endless)
		}
	default:
		w.skip(rec.dir, rec.name, shrank)
	}
}
