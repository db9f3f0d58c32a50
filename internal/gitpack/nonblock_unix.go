//go:build unix

package gitpack

import "syscall"

const nonblock = syscall.O_NONBLOCK
