package gitpack

import (
	"os"

	"golang.org/x/sys/unix"
)

// openTemp opens a new file that only we can read. Most file systems can make
// one that never has a name.
func openTemp(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_RDWR|unix.O_TMPFILE|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return createTemp(dir)
	}
	return os.NewFile(uintptr(fd), "temporary file"), nil
}

// reserve gives a file n bytes of disk.
func reserve(f *os.File, n int64) error {
	for {
		switch err := unix.Fallocate(int(f.Fd()), 0, 0, n); err {
		case unix.EINTR:
		case unix.EOPNOTSUPP, unix.ENOSYS:
			return writeZeros(f, n)
		default:
			return err
		}
	}
}

// tempFolder returns the folder for large temporary files, how many bytes are free
// there, and whether it is in memory. That is the usual one; where /tmp is in memory
// and nobody chose it, /var/tmp (https://systemd.io/TEMPORARY_DIRECTORIES).
func tempFolder() (dir string, free int64, inMemory bool) {
	dir = os.TempDir()
	free, inMemory = room(dir)
	const onDisk = "/var/tmp"
	if !inMemory || os.Getenv("TMPDIR") != "" || unix.Access(onDisk, unix.W_OK) != nil {
		return dir, free, inMemory
	}
	if n, memory := room(onDisk); !memory {
		return onDisk, n, false
	}
	return dir, free, inMemory
}

// room returns how many bytes are free in a folder, and whether it is in memory. What
// cannot be told does not limit anything.
func room(dir string) (free int64, inMemory bool) {
	var fs unix.Statfs_t
	if err := unix.Statfs(dir, &fs); err != nil {
		return 2 * maxScratch, false
	}
	kind := int64(fs.Type)
	return int64(min(fs.Bavail, 1<<40)) * int64(fs.Bsize), kind == unix.TMPFS_MAGIC || kind == unix.RAMFS_MAGIC
}
