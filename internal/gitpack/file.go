package gitpack

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// openRegular opens a file without waiting for anything: what should be an
// object may be a FIFO.
func openRegular(name string) (*os.File, error) {
	f, _, err := openSized(name)
	return f, err
}

// openSized is openRegular, and the size of the file.
func openSized(name string) (*os.File, int64, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, 0, err
	}
	size, err := regularSize(f)
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, size, nil
}

// regularSize returns the size of f, which must be a regular file.
func regularSize(f *os.File) (int64, error) {
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if !st.Mode().IsRegular() {
		return 0, fmt.Errorf("%s is not a regular file", f.Name())
	}
	return st.Size(), nil
}

// ReadFile reads a regular file of at most limit bytes. It never blocks. Its
// errors hold the file's name and nothing of its content.
func ReadFile(name string, limit int64) ([]byte, error) {
	f, size, err := openSized(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
	}
	// It may grow or shrink while it is read.
	b := make([]byte, 0, size+1)
	for int64(len(b)) <= limit {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		n, err := f.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%s is larger than %d bytes", name, limit)
}

// readDir lists a folder, sorted. A FIFO in its place does not block it.
func readDir(name string) ([]os.DirEntry, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}
