//go:build unix

package sweep

import (
	"errors"
	"syscall"
)

// exists reports whether there is such a process.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || !errors.Is(err, syscall.ESRCH)
}
