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
