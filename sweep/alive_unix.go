//go:build unix

package sweep

import (
	"errors"
	"io/fs"
	"syscall"
)

// exists reports whether there is such a process.
func exists(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || !errors.Is(err, syscall.ESRCH)
}

// foldersIn is how many folders are in a folder, by the links to it: its name, its own "." and
// the ".." of each of them. Negative if the file system does not count so: btrfs and ext4 with
// very many say 1 (https://git.kernel.org/torvalds/c/f8628a14a27eb4512a1ede43de1d9db4d9f92bc3).
func foldersIn(st fs.FileInfo) int {
	s, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(s.Nlink) - 2
}
