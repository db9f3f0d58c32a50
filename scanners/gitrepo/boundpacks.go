package gitrepo

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// storageAt is a bare repository that takes packs of servers.
func storageAt(dir string) *boundPacks {
	return &boundPacks{filesystem.NewStorage(osfs.New(dir), cache.NewObjectLRUDefault())}
}

// boundPacks takes no pack that says that it has more than mostObjects.
type boundPacks struct{ *filesystem.Storage }

// mostObjects is of how many objects a pack may be. go-git makes room for all of them, 32
// bytes each, as soon as it has read a number of four bytes, and the process ends if
// there is no such room. No repository that is known has half as many.
const mostObjects = 1 << 26

// PackfileWriter implements storer.PackfileWriter.
func (s *boundPacks) PackfileWriter() (io.WriteCloser, error) {
	w, err := s.Storage.PackfileWriter()
	if err != nil {
		return nil, err
	}
	return &boundPack{WriteCloser: w}, nil
}

// boundPack looks at the head of a pack before it passes it on: "PACK", the version,
// and the number of objects (https://git-scm.com/docs/gitformat-pack).
type boundPack struct {
	io.WriteCloser
	head   []byte
	passed bool
}

const headSize = 12

// Write implements io.Writer.
func (w *boundPack) Write(p []byte) (int, error) {
	if w.passed {
		return w.WriteCloser.Write(p)
	}
	if w.head = append(w.head, p...); len(w.head) < headSize {
		return len(p), nil
	}
	if n := binary.BigEndian.Uint32(w.head[8:]); n > mostObjects {
		w.head = nil
		return 0, fmt.Errorf("the server sends a pack of %d objects, more than the %d that are taken", n, mostObjects)
	}
	w.passed = true
	if _, err := w.WriteCloser.Write(w.head); err != nil {
		return 0, err
	}
	w.head = nil
	return len(p), nil
}

// Close implements io.Closer.
func (w *boundPack) Close() error {
	if len(w.head) > 0 { // cut off: the reader of packs says so
		w.WriteCloser.Write(w.head)
	}
	return w.WriteCloser.Close()
}
