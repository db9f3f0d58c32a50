//go:build unix && !linux

package gitpack

import "os"

// reserve gives a file n bytes of disk.
func reserve(f *os.File, n int64) error { return writeZeros(f, n) }
