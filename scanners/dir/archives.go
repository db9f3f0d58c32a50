package dir

import (
	"context"
	"errors"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/archive"
)

// outer returns the Ref of the file that a text is in, which may be the file's
// own.
func (t *table) outer(ref leak.Ref) (leak.Ref, error) {
	held, ok := t.archives.Holder(ref)
	if !ok {
		return 0, errors.New("no archive has this number in the last scan")
	}
	return held, nil
}

// lookInto searches what is in a large file, if it is an archive or a document.
// It reports whether that is all that there is to be searched; err is set if
// the scan is to end.
func (w *worker) lookInto(o *openFile, err *error) (whole bool) {
	if o.Made() {
		return false
	}
	head := w.buffer(archive.SniffLen)[:archive.SniffLen]
	n, _ := o.ReadAt(head, 0)
	if archive.SniffFile(head[:n], o.rec.name, o, o.in.size) == archive.None {
		return false
	}
	whole, *err = w.archived(o, w.shelf.add(o.rec), archive.File{At: o.file, Size: o.in.size})
	if whole && *err == nil {
		o.left, o.read = 0, o.in.size
	}
	return whole || *err != nil
}

// archived searches what is in a file. Nothing of it is left to be searched if
// the result is whole.
func (w *worker) archived(o *openFile, ref leak.Ref, f archive.File) (whole bool, err error) {
	number, ok := w.source.table.archives.Give(ref)
	if !ok {
		return false, nil
	}
	f.Name = w.source.table.path(o.rec.dir, o.rec.name)
	res, err := w.inner.Search(w.ctx, f, number, w.emitUntilHalt)
	if err != nil && w.ctx.Err() != nil {
		err = errHalted // Scan says why
	}
	return res.Whole, err
}

// archive opens a file again that was looked into.
func (s *Source) archive(_ context.Context, number uint32) (archive.File, io.Closer, error) {
	ref, err := s.table.outer(archive.Ref(number, 0))
	if err != nil {
		return archive.File{}, nil, err
	}
	f, in, err := s.reopen(ref)
	if err != nil {
		return archive.File{}, nil, err
	}
	rec, _ := s.table.lookup(ref)
	if g, size, ok := s.stored(rec.dir, f, in.size); ok {
		f.Close()
		return archive.File{Name: rec.name, At: g, Size: size, Itself: true}, g, nil
	}
	return archive.File{Name: rec.name, At: f, Size: in.size}, f, nil
}

// findInArchives looks for the texts that matches are in.
func (s *Source) findInArchives(ctx context.Context, matches [][]leak.Match) error {
	if s.inner == nil {
		return nil
	}
	return s.inner.Find(ctx, archive.Inner(matches))
}
