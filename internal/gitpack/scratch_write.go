//go:build unix && !linux

package gitpack

import "os"

// openTemp opens a new file that only we can read.
func openTemp(dir string) (*os.File, error) { return createTemp(dir) }

// reserve gives a file n bytes of disk.
func reserve(f *os.File, n int64) error { return writeZeros(f, n) }
