package cilog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// spool keeps what can be read only once: the first part in memory, the rest in
// a file that only its owner can read, and that has no name where the system
// allows it.
type spool struct {
	r    io.Reader
	mem  []byte
	size int64
	file *os.File
	name string // of the file; empty if it has none
	err  error  // why it was not kept
	read bool
}

// inMemory is how much is kept without a file.
const inMemory = 8 << 20

func newSpool(r io.Reader) *spool { return &spool{r: r} }

// open returns a reader: the first keeps what it reads, later ones read that.
func (s *spool) open(context.Context) (io.ReadCloser, error) {
	if !s.read {
		s.read = true
		return io.NopCloser(s), nil
	}
	if s.err != nil {
		return nil, s.err
	}
	rs := []io.Reader{bytes.NewReader(s.mem)}
	if s.file != nil {
		rs = append(rs, io.NewSectionReader(s.file, 0, s.size-int64(len(s.mem))))
	}
	return io.NopCloser(io.MultiReader(rs...)), nil
}

// Read implements io.Reader.
func (s *spool) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.keep(p[:n])
	return n, err
}

func (s *spool) keep(p []byte) {
	if s.err != nil {
		return
	}
	s.size += int64(len(p))
	if room := inMemory - len(s.mem); room > 0 {
		m := min(room, len(p))
		s.mem, p = append(s.mem, p[:m]...), p[m:]
	}
	if len(p) == 0 {
		return
	}
	if s.file == nil {
		f, err := os.CreateTemp("", "whosekey-log-*")
		if err != nil {
			s.err = fmt.Errorf("keep standard input: %w", err)
			return
		}
		s.file, s.name = f, f.Name()
		if os.Remove(s.name) == nil {
			s.name = ""
		}
	}
	if _, err := s.file.Write(p); err != nil {
		s.err = fmt.Errorf("keep standard input: %w", err)
	}
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	err := s.file.Close()
	if s.name != "" {
		err = errors.Join(err, os.Remove(s.name))
	}
	s.file, s.err = nil, errors.New("what was kept is deleted")
	return err
}
