//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cilog

import (
	"errors"
	"os"
	"syscall"
)

// lock takes a file for this process; the system gives it back when that ends,
// however it does. Where the file system has no locks there is none: two runs
// would only ask twice.
func lock(f *os.File) error {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return errTaken
	}
	return nil
}
