package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/whosekey/whosekey/internal/lfs"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// In a checkout that left the files of git-lfs out, pointers stand for them. Such a
// file is searched where the repository keeps it, if it does, as if the pointer were
// an archive with this file in it.

var (
	lfsAway = remark{"file of git-lfs whose content is not here, so that only its pointer was searched",
		"get it with \"git lfs pull\" (actions/checkout: lfs: true), leave it out with --exclude, or all such files with --lfs=here"}
	lfsOdd    = remark{"pointer of git-lfs in a form that whosekey does not know", "get the file itself with \"git lfs pull\", or --exclude it"}
	lfsBroken = remark{"file of git-lfs that cannot be read", "git lfs fsck"}
)

// storedFile opens the file that a pointer in a folder stands for.
func (s *Source) storedFile(dir uint32, p lfs.Pointer) (*os.File, error) {
	root, names := s.table.chain(dir)
	return lfs.Open(lfs.Near(filepath.Join(append([]string{s.roots[root].folder}, names...)...)), p)
}

// pointed searches the file that a pointer stands for.
func (w *worker) pointed(o *openFile, ref leak.Ref, text []byte) error {
	p, ok := lfs.Parse(text)
	if !ok {
		w.skip(o.rec.dir, o.rec.name, lfsOdd)
		return nil
	}
	if most := w.source.opts.MaxFile; most > 0 && p.Size > most {
		w.leaveOut(o.rec.dir, o.rec.name, remark{fmt.Sprintf("file of more than %d bytes", most), scanners.RaiseLimit})
		return nil
	}
	f, err := w.source.storedFile(o.rec.dir, p)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist) && w.source.opts.LFSHere:
		w.leaveOut(o.rec.dir, o.rec.name, lfsAway)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		w.skip(o.rec.dir, o.rec.name, lfsAway)
		return nil
	default:
		w.skip(o.rec.dir, o.rec.name, lfsBroken)
		return nil
	}
	defer f.Close()
	_, err = w.archived(o, ref, archive.File{At: f, Size: p.Size, Itself: true})
	if err == nil {
		w.cov.Count("git-lfs files", 1)
		w.bytes += p.Size
	}
	return err
}

// stored is what a file that was looked into stands for, if it is a pointer.
func (s *Source) stored(dir uint32, f file, size int64) (*os.File, int64, bool) {
	text := make([]byte, min(size, lfs.MaxPointer))
	if n, _ := f.ReadAt(text, 0); size >= lfs.MaxPointer || int64(n) != size {
		return nil, 0, false
	}
	p, ok := lfs.Parse(text)
	if !ok {
		return nil, 0, false
	}
	g, err := s.storedFile(dir, p)
	return g, p.Size, err == nil
}
