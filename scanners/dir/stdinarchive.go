package dir

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// sniff looks whether the input is an archive or a document. It waits for the
// first bytes of the input.
func (s *Stdin) sniff(ctx context.Context) {
	if s.limits.Depth <= 0 {
		return
	}
	if f, ok := s.r.(*os.File); ok {
		if fi, err := f.Stat(); err == nil && fi.Mode().IsRegular() && !madeUp(f) {
			head := make([]byte, archive.SniffLen)
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return
			}
			n, _ := f.ReadAt(head, at)
			if archive.SniffFile(head[:n], "", io.NewSectionReader(f, at, fi.Size()-at), fi.Size()-at) != archive.None {
				s.archive = archive.File{Name: s.name, Size: fi.Size() - at, R: f, At: io.NewSectionReader(f, at, fi.Size()-at)}
			}
			return
		}
	}
	in := newPatient(ctx, s.r)
	text := bufio.NewReaderSize(in, archive.SniffLen)
	head, _ := text.Peek(archive.SniffLen)
	s.r = text
	if archive.Sniff(head, "") != archive.None {
		s.archive = archive.File{Name: s.name, Size: -1, R: text}
		return
	}
	s.passing = new(archive.Passing).Reset(text)
	s.r = s.passing
}

// lookInto searches an archive. Its bytes are kept, so that they can be looked
// at again, unless they are in a file.
func (s *Stdin) lookInto(ctx context.Context, reach int, cov *scanners.Coverage, emit func(*leak.Chunk) error) (read int64, failed, err error) {
	f := s.archive
	tap := &tapped{r: f.R, to: &s.kept}
	if f.At == nil {
		f.R = tap
	}
	s.keep = new(scanners.Keeper)
	s.inner = &archive.Again{Limits: s.limits, Files: s.reopen, Keep: s.keep}
	split := scanners.Splitter{Size: chunkSize, Reach: reach}
	search := archive.Searcher{Limits: s.limits, Cov: cov, Split: split, Keep: s.keep}
	res, err := search.Search(ctx, f, 0, emit)
	if f.At != nil {
		read = f.Size
	} else {
		read, failed = tap.read, tap.err
	}
	if err != nil || res.Whole {
		return read, failed, err
	}
	raw, err := s.raw()
	if err != nil {
		return read, failed, nil // Scan notes it
	}
	defer raw.Close()
	var stopped error
	split.Split(scanners.Decode(raw), leak.Chunk{Ref: stdinRef}, func(c *leak.Chunk) error {
		stopped = emit(c)
		return stopped
	})
	return read, failed, stopped
}

// tapped keeps what it reads.
type tapped struct {
	r    io.Reader
	to   *spool
	read int64
	err  error // unless io.EOF
}

func (t *tapped) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.to.keep(t.read, p[:n])
	t.read += int64(n)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// raw returns the bytes of an archive again.
func (s *Stdin) raw() (io.ReadCloser, error) {
	if at := s.archive.At; at != nil {
		return io.NopCloser(io.NewSectionReader(at, 0, s.archive.Size)), nil
	}
	return s.kept.open()
}

// rawText returns the bytes of an archive again as they were searched.
func (s *Stdin) rawText() (io.ReadCloser, error) {
	r, err := s.raw()
	if err != nil {
		return nil, err
	}
	return scanners.DecodeCloser(r), nil
}

// reopen opens the input again that was looked into.
func (s *Stdin) reopen(context.Context, uint32) (archive.File, io.Closer, error) {
	f := s.archive
	if f.At != nil {
		return f, nil, nil
	}
	r, err := s.kept.open()
	f.R = r
	return f, r, err
}

// openInner opens a text in the input again.
func (s *Stdin) openInner(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	r, err := s.inner.Open(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("read %s again: %w", s.name, err)
	}
	return r, nil
}

// Kept implements scanners.Keeping, for texts in an archive.
func (s *Stdin) Kept(ref leak.Ref) []scanners.Stretch { return s.keep.Kept(ref) }
