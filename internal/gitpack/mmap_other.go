//go:build !unix

package gitpack

import "io"

// mapFile reads the file: the build has no mmap.
func mapFile(name string) ([]byte, error) {
	f, err := openRegular(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func unmap([]byte) error { return nil }
