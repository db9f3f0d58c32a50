//go:build !linux

package dir

// made reports whether the kernel makes up the content of a file.
func made(int) bool { return false }

// noAtime is a flag of open that this system does not have.
const noAtime = 0
