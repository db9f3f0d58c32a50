package cilog

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes a file for this process; the system gives it back when that ends. What
// is locked is a byte that is never written: others may not even read those.
func lock(f *os.File) error {
	at := &windows.Overlapped{OffsetHigh: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errTaken
	}
	return nil
}
