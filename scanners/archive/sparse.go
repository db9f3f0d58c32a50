package archive

import (
	"archive/tar"
	"fmt"
	"io"
	"strings"
)

// Sparse reports whether a file has holes, which take no room in the tar file.
func Sparse(h *tar.Header) bool {
	if h.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// Solid reads a file of a tar file without its holes: a sparse file can have
// terabytes of them.
type Solid struct {
	R     io.Reader    // of the file
	Under func() int64 // how much of the tar file was read
	Holes *int64       // left of what may be read of holes in all files
}

// ErrHoles says that there are too many.
var ErrHoles = fmt.Errorf("its holes have more than %d GiB", MaxHoles>>30)

// MaxHoles is how much of holes is read in a tar file; smallHole is what is taken for
// a part of the file.
const (
	MaxHoles  = 16 << 30
	smallHole = 4 << 10
)

// Read implements io.Reader.
func (s *Solid) Read(p []byte) (int, error) {
	for {
		before := s.Under()
		n, err := s.R.Read(p)
		if n <= smallHole || s.Under() != before {
			return n, err
		}
		if *s.Holes -= int64(n); *s.Holes < 0 {
			return 0, ErrHoles
		}
		if err != nil {
			return 0, err
		}
	}
}
