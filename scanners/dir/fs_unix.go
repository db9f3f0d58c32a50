//go:build unix

package dir

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// unixFolder opens by file descriptor. os.Root would do so too, but opens the
// whole path for each file, follows links that stay inside, and waits in
// OpenRoot for a FIFO that has taken the place of a folder.
type unixFolder struct {
	fd   int
	up   *unixFolder // may be closed; for its name
	name string
	list *os.File // owns fd; made by the first List
}

const openFlags = unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOCTTY

// openFolder opens a folder by its path, of which links are followed.
func openFolder(path string) (folder, error) {
	fd, err := openAt(unix.AT_FDCWD, path, openFlags|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	return &unixFolder{fd: fd, name: path}, nil
}

// foreign is set when a file of another user was met, of which only they may
// leave the time of its last reading alone.
var foreign atomic.Bool

// openAt leaves that time alone where it may: to write it for each file of a
// fresh checkout is a seventh of what reading them costs.
func openAt(at int, name string, flags int) (fd int, err error) {
	if noAtime != 0 && !foreign.Load() {
		if fd, err = openPlain(at, name, flags|noAtime); err != unix.EPERM {
			return fd, err
		}
		if fd, err = openPlain(at, name, flags); err == nil {
			foreign.Store(true)
		}
		return fd, err
	}
	return openPlain(at, name, flags)
}

func openPlain(at int, name string, flags int) (fd int, err error) {
	for {
		if fd, err = unix.Openat(at, name, flags, 0); err != unix.EINTR {
			break
		}
	}
	// A link is ELOOP, or ENOTDIR with O_DIRECTORY; FreeBSD says EMLINK. A
	// socket, or a device without a driver, is ENXIO.
	if flags&unix.O_NOFOLLOW != 0 {
		switch err {
		case unix.ELOOP, unix.ENOTDIR, unix.EMLINK, unix.ENXIO:
			err = errReplaced
		}
	}
	return fd, err
}

func (f *unixFolder) List(n int) ([]fs.DirEntry, error) {
	if f.list == nil {
		// ReadDir needs the path on file systems that do not list types.
		path := f.name
		for up := f.up; up != nil; up = up.up {
			path = up.name + "/" + path
		}
		f.list = os.NewFile(uintptr(f.fd), path)
	}
	return f.list.ReadDir(n)
}

func (f *unixFolder) Close() error {
	if f.list != nil {
		return f.list.Close()
	}
	return unix.Close(f.fd)
}

func (f *unixFolder) Sub(name string) (folder, error) {
	fd, err := openAt(f.fd, name, openFlags|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return nil, err
	}
	return &unixFolder{fd: fd, up: f, name: name}, nil
}

func (f *unixFolder) Open(name string) (file, error) {
	fd, err := openAt(f.fd, name, openFlags|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return nil, err
	}
	opened := &unixFile{fd: fd, fresh: true}
	if err = fstat(fd, &opened.st); err == nil && opened.st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = errReplaced
	}
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	return opened, nil
}

func (f *unixFolder) Mode(name string) (fs.FileMode, error) {
	var st unix.Stat_t
	if err := unix.Fstatat(f.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return 0, err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0, nil
	case unix.S_IFDIR:
		return fs.ModeDir, nil
	case unix.S_IFLNK:
		return fs.ModeSymlink, nil
	}
	return fs.ModeIrregular, nil
}

// unixFile reads without Go's poller, which would wait for a file such as
// /proc/kmsg to have something to read.
type unixFile struct {
	fd    int
	st    unix.Stat_t
	fresh bool // Open has filled in st, and nobody has asked for it yet
}

func (f *unixFile) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	p = p[:min(len(p), 1<<30)] // Darwin refuses 2 GiB and more
	for {
		switch n, err := unix.Read(f.fd, p); {
		case err == unix.EINTR:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// ReadAt implements io.ReaderAt.
func (f *unixFile) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) {
		switch k, err := unix.Pread(f.fd, p[n:min(len(p), n+1<<30)], at+int64(n)); {
		case err == unix.EINTR:
		case err != nil:
			return n, err
		case k == 0:
			return n, io.EOF
		default:
			n += k
		}
	}
	return n, nil
}

// Made implements file.
func (f *unixFile) Made() bool { return made(f.fd) }

func (f *unixFile) Close() error {
	if f.fd < 0 {
		return errors.New("the file is closed already")
	}
	fd := f.fd
	f.fd = -1
	return unix.Close(fd)
}

func (f *unixFile) Stat() (info, error) {
	if !f.fresh {
		if err := fstat(f.fd, &f.st); err != nil {
			return info{}, err
		}
	}
	f.fresh = false
	return info{size: f.st.Size, mtime: f.st.Mtim.Nano(), dev: uint64(f.st.Dev), id: uint64(f.st.Ino)}, nil
}

func fstat(fd int, st *unix.Stat_t) error {
	for {
		if err := unix.Fstat(fd, st); err != unix.EINTR {
			return err
		}
	}
}
