package gitpack

import (
	"os"

	"golang.org/x/sys/unix"
)

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
