//go:build unix && !linux

package gitpack

import "os"

// openTemp opens a new file that only we can read.
func openTemp(dir string) (*os.File, error) { return createTemp(dir) }

// reserve gives a file n bytes of disk.
func reserve(f *os.File, n int64) error { return writeZeros(f, n) }

// tempFolder is where temporary files go. It is on a disk on these systems; how much is
// free shows when blocks are reserved.
func tempFolder() (dir string, free int64, inMemory bool) { return os.TempDir(), 2 * maxScratch, false }
