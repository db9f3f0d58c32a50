//go:build !unix

package gitpack

import (
	"io"
	"os"
)

// mapFile reads the file: the build has no mmap.
func mapFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := regularSize(f); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

func unmap([]byte) error { return nil }
