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
// terabytes of them. It is the same bytes whatever is asked for at once.
type Solid struct {
	R     io.Reader    // of the file
	Under func() int64 // how much of the tar file was read
	Holes *int64       // left of what may be read of holes in all files

	buf  []byte
	rest []byte // of buf, that is still to be read
	hole bool   // before what comes next
	err  error
}

// ErrHoles says that there are too many.
var ErrHoles = fmt.Errorf("its holes have more than %d GiB", MaxHoles>>30)

// MaxHoles is how much of holes is read in a tar file, which takes seconds; holePiece is
// how much at once. What has something of the file in it is kept.
const (
	MaxHoles  = 64 << 30
	holePiece = 16 << 10
)

// Read implements io.Reader.
func (s *Solid) Read(p []byte) (int, error) {
	if s.buf == nil {
		s.buf = make([]byte, holePiece)
	}
	for len(s.rest) == 0 {
		if s.err != nil {
			return 0, s.err
		}
		before := s.Under()
		n := 0
		for n < len(s.buf) && s.err == nil {
			var more int
			more, s.err = s.R.Read(s.buf[n:])
			n += more
		}
		if s.Under() == before {
			if *s.Holes -= int64(n); *s.Holes < 0 {
				s.err = ErrHoles
			}
			s.hole = s.hole || n > 0
			continue
		}
		s.rest = s.buf[:n]
		if s.hole && len(p) > 0 { // what stands before it and behind it is not one
			p[0], s.hole = 0, false
			return 1, nil
		}
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}
