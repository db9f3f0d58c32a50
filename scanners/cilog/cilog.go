// Package cilog scans the logs of CI services: saved ones, and those that it
// asks the services for. It knows how services decorate, cut and mask text, and
// which job printed it; it does not know what is searched for.
package cilog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Options says what to scan.
type Options struct {
	// Paths are files and folders: logs as text or in gzip, zip archives and JSON
	// as the services export them. Symbolic links are followed only if they are
	// named here.
	Paths []string
	// Stdin is a log too, if it is not nil.
	Stdin   io.Reader
	Workers int   // that search at once; 0: one per CPU
	MaxFile int64 // leave out larger files; 0: no limit
	// Workflows is a folder with the workflow files that printed the logs, such as
	// a checkout; empty for none.
	Workflows string
	// Archives bound what is unpacked of an archive; the zero value:
	// archive.Defaults().
	Archives archive.Limits
}

// Source is a Source of logs.
//
// What is searched is not the bytes of a log but its text, without what the
// service added, and then what is encoded in it: chunks have a Place. Open gives
// the log as it is, and lines count there.
type Source struct {
	opts Options
	live *live // nil for saved logs

	mu    sync.Mutex
	blobs []*blob
	inner map[leak.Ref]*blob // logs in archives, with findings
	spots map[sighting]seen
	parts folders             // with parts of runs
	own   map[leak.Ref]*facts // what a log with findings says of its job
	jobs  map[string]*facts   // what the logs of one job say, by jobKey
	stdin *spool
	kept  string // file with the archive that came on standard input
	again *archive.Again
	keep  *scanners.Keeper
	cov   *scanners.Coverage
}

// blob is a log.
type blob struct {
	ref   leak.Ref
	path  string
	name  string // the part of path that is searched; "" for none
	only  bool   // it has no more than a name
	inner string // the last part of path, if it is in an archive
	// folder is what the logs of one run have in common; empty for a log by itself.
	folder string
	about  leak.Log // what is known before it is read
	open   func(context.Context) (io.ReadCloser, error)
	packed bool      // it costs much to open it again
	disk   *diskFile // of an archive that is searched with all that is in it
	hits   atomic.Int64
	judged bool   // settle has said what it is
	key    string // that a log of a service is remembered by; empty for none
	// done is told when it was searched, how many hits there were, and whether it
	// could not be read to its end; nil for nobody.
	done func(hits int64, failed bool)
}

// sighting is a place that a match was seen at.
type sighting struct {
	ref leak.Ref
	at  int64
}

// seen is what was going on there.
type seen struct {
	*spot
	printed string
}

// New returns a Source of saved logs.
func New(o Options) (*Source, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if len(o.Paths) == 0 && o.Stdin == nil {
		return nil, fmt.Errorf("no log to scan: name a file or a folder")
	}
	for _, p := range o.Paths {
		if _, err := os.Stat(p); err != nil {
			return nil, fmt.Errorf("open %s: %w", p, errors.Unwrap(err))
		}
	}
	return &Source{opts: o}, nil
}

// Scan implements scanners.Source.
func (s *Source) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	s.mu.Lock()
	s.blobs, s.spots, s.cov = nil, map[sighting]seen{}, new(scanners.Coverage)
	s.inner, s.parts = map[leak.Ref]*blob{}, folders{of: map[string]holds{}, whole: map[string]bool{}}
	s.own, s.jobs = map[leak.Ref]*facts{}, map[string]*facts{}
	s.keep = new(scanners.Keeper)
	s.again = &archive.Again{Limits: s.opts.limits(), Files: s.archived, Keep: s.keep}
	s.mu.Unlock()
	g, inner := errgroup.WithContext(ctx)
	todo, folder := make(chan *blob), ""
	g.Go(func() error {
		defer close(todo)
		return s.list(inner, func(b *blob) error {
			if !b.only {
				b.name, folder = newPart(b.path, folder)
			}
			s.mu.Lock()
			s.blobs = append(s.blobs, b)
			b.ref = leak.Ref(len(s.blobs))
			s.mu.Unlock()
			select {
			case todo <- b:
				return nil
			case <-inner.Done():
				return inner.Err()
			}
		})
	})
	for range s.opts.Workers {
		g.Go(func() error {
			w := newSearch(s, reach, emit)
			for b := range todo {
				failed, err := w.search(inner, b)
				if err != nil {
					return err
				}
				if b.done != nil {
					b.done(b.hits.Load(), failed)
				}
			}
			return nil
		})
	}
	err := g.Wait()
	if err == nil {
		err = ctx.Err()
	}
	return s.cov, err
}

// list calls visit for each log.
func (s *Source) list(ctx context.Context, visit func(*blob) error) error {
	if s.opts.Stdin != nil {
		if err := s.standardInput(ctx, visit); err != nil {
			return err
		}
	}
	if s.live != nil {
		return s.live.list(ctx, s, visit)
	}
	return s.files(ctx, visit)
}

func (s *Source) blobOf(ref leak.Ref) (*blob, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ref == 0 || ref > leak.Ref(len(s.blobs)) {
		return nil, fmt.Errorf("there is no log %d", ref)
	}
	return s.blobs[ref-1], nil
}

// outer is the Ref of the log, or of the archive that a text is in.
func outer(ref leak.Ref) leak.Ref {
	if file, _, ok := archive.Split(ref); ok {
		return leak.Ref(file)
	}
	return ref
}

// archived opens an archive again.
func (s *Source) archived(_ context.Context, number uint32) (archive.File, io.Closer, error) {
	b, err := s.blobOf(leak.Ref(number))
	if err != nil {
		return archive.File{}, nil, err
	}
	f, err := b.disk.open()
	if err != nil {
		return archive.File{}, nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return archive.File{}, nil, err
	}
	return archive.File{Name: b.path, Size: st.Size(), At: f}, f, nil
}

// Open implements scanners.Source.
func (s *Source) Open(ctx context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if _, _, ok := archive.Split(ref); ok {
		return s.openInside(ctx, ref)
	}
	b, err := s.blobOf(ref)
	if err != nil {
		return nil, err
	}
	r, err := b.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("open %s again: %w", b.path, err)
	}
	return scanners.DecodeCloser(r), nil
}

// Kept implements scanners.Keeping, for logs that are packed.
func (s *Source) Kept(ref leak.Ref) []scanners.Stretch { return s.keep.Kept(ref) }

// Locate implements scanners.Source. Services write the same log twice, whole
// and by steps: of two places of a credential in the same step one is told.
func (s *Source) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	flows := s.workflows()
	if err := s.again.Find(ctx, archive.Inner(matches)); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.parts.conclude()
	s.mu.Unlock()
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for _, m := range ms {
			out[i] = append(out[i], s.locate(m, flows))
		}
		out[i] = s.once(out[i])
	}
	return out, nil
}

func (s *Source) locate(m leak.Match, flows *workflows) leak.Location {
	l := leak.Location{Kind: leak.KindLog, Ref: m.Ref, Span: m.Span}
	b, err := s.blobOf(outer(m.Ref))
	if err != nil {
		l.Problem = err.Error()
		return l
	}
	l.Path, l.InArchive = b.path, b.inner
	if outer(m.Ref) != m.Ref {
		b, _ = s.logOf(m.Ref)
		inner, err := s.again.Path(m.Ref)
		if err != nil {
			l.Problem = err.Error()
		}
		archive.Place(&l, inner)
	}
	s.mu.Lock()
	s.settle(b)
	about := b.about
	spot, known := s.spots[sighting{m.Ref, m.Span.Start}]
	f := s.jobOf(b)
	s.mu.Unlock()
	if f != nil && known {
		f = f.of(spot.who)
	}
	if f != nil {
		about = merge(about, f)
	}
	if known {
		if about.Step == "" {
			about.Step = spot.step
		}
		if b.about.Job == "" && spot.job != "" {
			about.Job = spot.job // the log is of several
		}
		about.Printed = spot.printed
		flows.find(&about, spot.spot)
	}
	l.Log = &about
	return l
}

// Close deletes what was kept of standard input and of live logs.
func (s *Source) Close() error {
	var err error
	if s.stdin != nil {
		err = s.stdin.close()
	}
	if s.kept != "" {
		err = errors.Join(err, os.Remove(s.kept))
		s.kept = ""
	}
	if s.live != nil {
		err = errors.Join(err, s.live.journal.close())
	}
	return err
}
