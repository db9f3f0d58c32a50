package dir

import (
	"errors"
	"hash/maphash"
	"io"
	"io/fs"
)

// folder is an open folder. Names are those of its entries. Nothing that it
// does follows a symbolic link, waits for a FIFO or touches a device.
type folder interface {
	List(n int) ([]fs.DirEntry, error) // as (*os.File).ReadDir
	Sub(name string) (folder, error)
	Open(name string) (file, error) // only a regular file
	Mode(name string) (fs.FileMode, error)
	Close() error
}

// file is an open regular file. Read does not wait for data.
type file interface {
	io.ReadCloser
	io.ReaderAt
	Stat() (info, error)
	// Made reports whether the kernel makes up the content, as that of /proc,
	// so that the size means nothing.
	Made() bool
}

// info is what tells a file, and a version of it, from others.
type info struct {
	size    int64
	mtime   int64 // in nanoseconds
	dev, id uint64
}

var seed = maphash.MakeSeed()

// stamp is different for different infos, in all likelihood. The times of files
// without a size are those of the moment when somebody asked.
func (i info) stamp() uint64 {
	if i.size == 0 {
		i.mtime, i.id = 0, 0
	}
	return maphash.Comparable(seed, i)
}

// errReplaced means that an entry is not any more what the listing said.
var errReplaced = errors.New("something else has taken its place")
