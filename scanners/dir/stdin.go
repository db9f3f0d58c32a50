package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Stdin is a Source of what a reader returns, once, as a single blob. Text in
// UTF-16 and UTF-32 is converted.
//
// A large file is read again for Open. Anything else is kept for it until
// Close: up to 64 MiB in memory, more in a temporary file that has no name any
// more, where the system allows that.
type Stdin struct {
	r       io.Reader
	name    string
	workers int
	kept    spool
	file    *fileInput // if it is a large file
	begun   bool
	limits  archive.Limits
	archive archive.File   // the input, if it was looked into
	inner   *archive.Again // finds what is in it
	keep    *scanners.Keeper
	passing *archive.Passing // what is no archive by its beginning
}

// stdinRef is the only blob.
const stdinRef leak.Ref = 1

// NewStdin returns a Source of what r returns. The name is for messages. Scan
// searches on several goroutines; with workers 0, on one for each CPU.
func NewStdin(r io.Reader, name string, workers int) *Stdin {
	if name == "" {
		name = "standard input"
	}
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &Stdin{r: r, name: name, workers: workers, kept: spool{most: maxInMemory}}
}

// Archives has Scan look into an archive or a document, within limits. Without
// it none is opened.
func (s *Stdin) Archives(l archive.Limits) *Stdin {
	s.limits = l
	return s
}

// Scan implements scanners.Source. It can be called once. If ctx is done while
// a Read of the reader waits, that Read is left behind.
func (s *Stdin) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := new(scanners.Coverage)
	if s.begun {
		return cov, fmt.Errorf("read %s: it has been read already", s.name)
	}
	s.begun = true
	cov.Count("files", 1)
	var read int64
	var failed, err error // of the input, and of the scan
	if s.sniff(ctx); s.archive.R != nil {
		read, failed, err = s.lookInto(ctx, reach, cov, emit)
	} else if s.file = largeFile(s.r, reach); s.file != nil {
		err = s.file.scan(ctx, s.workers, emit)
		read, failed = s.file.read, s.file.err
	} else {
		read, failed, err = s.stream(ctx, reach, emit)
	}
	cov.Count("bytes", read)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return cov, err
	}
	if failed != nil {
		cov.Skip(fmt.Sprintf("standard input ended early (%v)", failed), "run again the command that writes it", s.name)
	}
	if s.passing != nil && s.passing.Passed() != "" {
		cov.Skip(s.passing.Passed(), "save it, and search the file", s.name)
	}
	if s.kept.err != nil {
		cov.Note(fmt.Sprintf("%s could not be kept, so lines cannot be shown: %v", s.name, s.kept.err))
	}
	return cov, nil
}

// stream has one goroutine read, and the workers search what it read.
func (s *Stdin) stream(ctx context.Context, reach int, emit func(*leak.Chunk) error) (read int64, failed, err error) {
	g, inner := errgroup.WithContext(ctx)
	in := newPump(inner, s.r, reach, s.workers)
	for range s.workers {
		g.Go(func() error {
			for {
				b, ok := in.next()
				if !ok {
					return inner.Err()
				}
				s.kept.keep(b.Offset+int64(b.seen), b.Data[b.seen:])
				if err := emit(&b.Chunk); err != nil {
					return err
				}
				in.empty <- b.buf
			}
		})
	}
	if err = g.Wait(); err == nil && ctx.Err() == nil {
		failed = in.failed
	}
	return in.read.Load(), failed, err
}

// Locate implements scanners.Source.
func (s *Stdin) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	if s.inner != nil {
		if err := s.inner.Find(ctx, archive.Inner(matches)); err != nil {
			return nil, err
		}
	}
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindStdin, Ref: m.Ref, Span: m.Span}
			if number, _, ok := archive.Split(m.Ref); ok && s.inner != nil && number == 0 {
				in, err := s.inner.Path(m.Ref)
				if archive.Place(&l, in); err != nil {
					l.Problem = err.Error()
				}
			} else if m.Ref != stdinRef {
				l.Problem = errNotStdin.Error()
			}
			out[i] = append(out[i], l)
		}
		out[i] = archive.Distinct(out[i])
	}
	return out, ctx.Err()
}

var errNotStdin = errors.New("standard input has only one blob, and this is not it")

// Open implements scanners.Source.
func (s *Stdin) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if number, _, ok := archive.Split(ref); ok && s.inner != nil && number == 0 {
		return s.openInner(ctx, ref)
	}
	if ref != stdinRef {
		return nil, errNotStdin
	}
	open := s.kept.open
	if s.archive.R != nil {
		open = s.rawText
	}
	if s.file != nil && s.kept.err == nil {
		open = s.file.open
	}
	r, err := open()
	if err != nil {
		return nil, fmt.Errorf("read %s again: %w", s.name, err)
	}
	return r, nil
}

// Close deletes what was kept. The reader stays open.
func (s *Stdin) Close() error { return s.kept.close() }
