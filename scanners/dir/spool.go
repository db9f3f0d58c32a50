package dir

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// maxInMemory is how much of standard input is kept in memory.
const maxInMemory = 64 << 20

// spool keeps a text of which it gets the parts in any order, from several
// goroutines. That never fails, so that a full disk does not end a scan: the
// error is kept for those who want the bytes back.
type spool struct {
	most int64 // in memory

	mu   sync.Mutex
	mem  []part
	file *os.File // if it is more
	name string   // of file, if that could not be deleted yet
	size int64
	err  error
}

// part is a run of bytes at an offset.
type part struct {
	at   int64
	data []byte
}

// keep takes a copy of the bytes at an offset.
func (s *spool) keep(at int64, p []byte) {
	f := s.inMemory(at, p)
	if f == nil {
		return
	}
	if _, err := f.WriteAt(p, at); err != nil {
		s.fail(fmt.Errorf("write to a temporary file: %w", err))
	}
}

// inMemory keeps the bytes in memory, or returns the file that they belong in.
func (s *spool) inMemory(at int64, p []byte) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size += int64(len(p)); s.err != nil {
		return nil
	}
	if s.file == nil && s.size <= s.most {
		s.mem = append(s.mem, part{at, bytes.Clone(p)})
		return nil
	}
	if s.file == nil {
		s.err = s.spill()
	}
	return s.file
}

func (s *spool) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
	}
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
	for _, p := range s.mem {
		if _, err := f.WriteAt(p.data, p.at); err != nil {
			return fmt.Errorf("write to a temporary file: %w", err)
		}
	}
	s.mem = nil
	return nil
}

// open returns the text. Nothing may be kept any more.
func (s *spool) open() (io.ReadCloser, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.file != nil {
		return io.NopCloser(io.NewSectionReader(s.file, 0, s.size)), nil
	}
	slices.SortFunc(s.mem, func(a, b part) int { return cmp.Compare(a.at, b.at) })
	all := make([]io.Reader, len(s.mem))
	for i, p := range s.mem {
		all[i] = bytes.NewReader(p.data)
	}
	return io.NopCloser(io.MultiReader(all...)), nil
}

var errClosed = errors.New("it has been closed")

// close deletes what was kept.
func (s *spool) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, name := s.file, s.name
	s.file, s.name, s.mem, s.err = nil, "", nil, errClosed
	if f == nil {
		return nil
	}
	err := f.Close()
	if name != "" {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}
