package dir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxInMemory is how much of standard input is kept in memory.
const maxInMemory = 64 << 20

// spool keeps what is written to it. Its Write never fails, so that a full disk
// does not end a scan: the error is kept for those who want the bytes back.
type spool struct {
	most int // in memory
	mem  []byte
	file *os.File // if it is more
	name string   // of file, if that could not be deleted yet
	size int64
	err  error
}

// Write implements io.Writer.
func (s *spool) Write(p []byte) (int, error) {
	if s.err == nil {
		s.err = s.keep(p)
	}
	return len(p), nil
}

func (s *spool) keep(p []byte) error {
	if s.file == nil && len(s.mem)+len(p) <= s.most {
		s.mem = append(s.mem, p...)
		return nil
	}
	if s.file == nil {
		if err := s.spill(); err != nil {
			return err
		}
	}
	n, err := s.file.Write(p)
	if s.size += int64(n); err != nil {
		return fmt.Errorf("write to a temporary file: %w", err)
	}
	return nil
}

// spill moves what is in memory to a file that only its owner may read.
func (s *spool) spill() error {
	f, err := os.CreateTemp("", "whosekey-")
	if err != nil {
		return fmt.Errorf("create a temporary file: %w", err)
	}
	s.file = f
	if os.Remove(f.Name()) != nil { // Windows: not while it is open
		s.name = f.Name()
	}
	n, err := f.Write(s.mem)
	if s.size, s.mem = int64(n), nil; err != nil {
		return fmt.Errorf("write to a temporary file: %w", err)
	}
	return nil
}

// open returns what was written.
func (s *spool) open() (io.ReadCloser, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.file != nil {
		return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
	}
	return io.NopCloser(bytes.NewReader(s.mem)), nil
}

var errClosed = errors.New("it has been closed")

func (s *spool) close() error {
	f, name := s.file, s.name
	*s = spool{err: errClosed}
	if f == nil {
		return nil
	}
	err := f.Close()
	if name != "" {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
