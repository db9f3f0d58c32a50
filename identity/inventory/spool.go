package inventory

import (
	"bufio"
	"bytes"
	"io"
	"os"
)

// spool keeps text in memory, and in a temporary file when there is much.
type spool struct {
	mem  bytes.Buffer
	file *os.File
	w    *bufio.Writer
	size int64

	ahead   []byte // of the file, from aheadAt on
	aheadAt int64
	end     int64 // of the last read
}

func (s *spool) Write(p []byte) (int, error) {
	if s.file == nil && s.mem.Len()+len(p) > inMemory {
		f, err := os.CreateTemp("", "whosekey-inventory-*")
		if err != nil {
			return 0, err
		}
		// Where that can be, nobody else sees it, and nothing is left of it.
		os.Remove(f.Name())
		s.file, s.w = f, bufio.NewWriterSize(f, 1<<20)
		if _, err := s.w.Write(s.mem.Bytes()); err != nil {
			return 0, err
		}
		s.mem = bytes.Buffer{}
	}
	s.size += int64(len(p))
	if s.file != nil {
		return s.w.Write(p)
	}
	return s.mem.Write(p)
}

func (s *spool) flush() error {
	if s.w == nil {
		return nil
	}
	return s.w.Flush()
}

func (s *spool) ReadAt(p []byte, at int64) (int, error) {
	if s.file != nil {
		return s.readFile(p, at)
	}
	b := s.mem.Bytes()
	if at < 0 || at+int64(len(p)) > int64(len(b)) {
		return 0, io.ErrUnexpectedEOF
	}
	return copy(p, b[at:]), nil
}

// readFile reads ahead where one read follows another.
func (s *spool) readFile(p []byte, at int64) (int, error) {
	inOrder := at == s.end
	s.end = at + int64(len(p))
	if at >= s.aheadAt && s.end <= s.aheadAt+int64(len(s.ahead)) {
		return copy(p, s.ahead[at-s.aheadAt:]), nil
	}
	if !inOrder {
		return s.file.ReadAt(p, at)
	}
	if cap(s.ahead) == 0 {
		s.ahead = make([]byte, 1<<20)
	}
	n, err := s.file.ReadAt(s.ahead[:cap(s.ahead)], at)
	s.ahead, s.aheadAt = s.ahead[:n], at
	if n < len(p) {
		return s.file.ReadAt(p, at)
	}
	if err != nil && err != io.EOF {
		return 0, err
	}
	return copy(p, s.ahead), nil
}

func (s *spool) close() error {
	if s.file == nil {
		return nil
	}
	name := s.file.Name()
	err := s.file.Close()
	os.Remove(name) // where an open file cannot be removed
	return err
}
