//go:build unix

package gitpack

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// mapTemp maps a new temporary file of n bytes in a folder, which has no name any more. Its
// blocks are reserved: a write to a mapping of a full disk would be a fault.
func mapTemp(dir string, n int) ([]byte, error) {
	// Beyond this limit a signal would end us.
	var most unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &most); err == nil && uint64(n) > uint64(most.Cur) {
		return nil, unix.EFBIG
	}
	f, err := openTemp(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close() // the mapping stays
	if err := reserve(f, int64(n)); err != nil {
		return nil, err
	}
	return syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED) // which unmap can undo
}

// createTemp opens a new file in a folder and takes its name away.
func createTemp(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "whosekey-")
	if err != nil {
		return nil, fmt.Errorf("a temporary file in %s: %w", dir, errors.Unwrap(err))
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// writeZeros reserves the blocks of a file where the system cannot.
func writeZeros(f *os.File, n int64) error {
	zeros := make([]byte, 64<<10)
	for at := int64(0); at < n; at += int64(len(zeros)) {
		if _, err := f.WriteAt(zeros[:min(int64(len(zeros)), n-at)], at); err != nil {
			return errors.Unwrap(err) // without the file's name: it has none
		}
	}
	return nil
}
