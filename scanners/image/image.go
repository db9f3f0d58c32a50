// Package image scans container images: every layer's files, those included that
// later layers delete or replace, and all that an image says of itself. It pulls
// from registries, reads archives, layouts and the local daemon, and writes
// nothing to disk. It knows nothing of what is searched for.
package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
)

// Options says what to scan.
type Options struct {
	// Refs are images: a reference as docker pull takes it, or a prefix and a path.
	// docs/images.md lists the forms.
	Refs []string
	// Platform of indexes: "all", or "os/arch" or "os/arch/variant". Empty is
	// linux/amd64, and the first one where there is none: never that of this machine,
	// on which the result must not depend.
	Platform string
	// SkipBase leaves out the layers of a base image: of the one it names, or "auto".
	SkipBase string
	Workers  int   // layers that are read and searched at once; 0: one per CPU
	MaxFile  int64 // leave out larger files; 0: no limit
	Login    Login // instead of what docker login has kept
	// Pace bounds how often registries are asked; nil for no bound.
	Pace  *rate.Limiter
	Stdin io.Reader
	// Seen returns what Searched said after an earlier scan of a layer with a digest,
	// which is then not opened; nil if it has to be searched. Optional.
	Seen func(digest string) (*Seen, error)
	// Archives are the limits of what is unpacked of files in layers. The zero value
	// opens none.
	Archives archive.Limits
}

// Source is a Source of the images that Options names. A layer that several of
// them have is searched once, and reported with each.
//
// The Path of a location in a layer is that of the file in the image, without a
// slash before it.
type Source struct {
	opts    Options
	targets []target
	net     *network

	mu      sync.Mutex
	parts   []*part // of the last Scan; a Ref begins with an index
	images  []*picture
	kept    kept
	keep    *scanners.Keeper
	nested  archive.Numbers // of the files that were looked into
	inner   *archive.Again  // finds what is in those
	ahead   []*reread       // layers that are read again, the oldest first
	closers []io.Closer
}

// New returns a Source. A reference that cannot be understood, or a file that does
// not exist, is an error. Nothing is asked of a network yet.
func New(o Options) (*Source, error) {
	if len(o.Refs) == 0 {
		return nil, errors.New("no image to scan: name one, such as alpine:3.22")
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if err := checkPlatform(o.Platform); err != nil {
		return nil, err
	}
	s := &Source{opts: o, net: newNetwork(o)}
	for _, ref := range o.Refs {
		t, err := parseTarget(ref)
		if err != nil {
			return nil, err
		}
		s.targets = append(s.targets, t)
	}
	if o.SkipBase != "" && o.SkipBase != "auto" {
		if _, err := parseTarget(o.SkipBase); err != nil {
			return nil, fmt.Errorf("the base image: %w", err)
		}
	}
	return s, nil
}

// Close closes the files that were opened.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	for _, l := range s.ahead {
		errs = append(errs, l.ends())
	}
	s.closers, s.ahead = nil, nil
	return errors.Join(errs...)
}

// Scan implements scanners.Source. If none of the images can be read, that is an
// error.
func (s *Source) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	s.Close()
	s.parts, s.images, s.kept = nil, nil, kept{}
	s.nested.Reset()
	s.keep = new(scanners.Keeper)
	s.inner = &archive.Again{Limits: s.opts.Archives, Files: s.outer, Keep: s.keep}
	r := &run{source: s, cov: new(scanners.Coverage), emit: emit, reach: reach}
	if err := ctx.Err(); err != nil {
		return r.cov, err
	}
	if err := r.plan(ctx); err != nil {
		return r.cov, err
	}
	g, inner := errgroup.WithContext(ctx)
	queue := make(chan *part)
	g.Go(func() error {
		defer close(queue)
		for _, p := range r.queue() {
			select {
			case queue <- p:
			case <-inner.Done():
				return inner.Err()
			}
		}
		return nil
	})
	for range s.opts.Workers {
		g.Go(func() error {
			w := newWorker(r)
			for p := range queue {
				if err := w.search(inner, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := g.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	r.count()
	return r.cov, err
}

// run is one scan.
type run struct {
	source *Source
	cov    *scanners.Coverage
	emit   func(*leak.Chunk) error
	reach  int

	byBlob map[string]*part // by digest, so that each layer is searched once
	base   map[string]bool  // digests of the layers that are not to be searched
}

func (r *run) count() {
	r.cov.Count("images", int64(len(r.source.images)))
	for _, p := range r.source.parts {
		switch {
		case p.leftOut():
			r.cov.LeaveOut(ofBase.reason, ofBase.fix, p.name)
		case p.role == roleLayer && p.searched:
			r.cov.Count("layers", 1)
		}
	}
}

// skip notes what should have been searched.
func (r *run) skip(what remark, name string) { r.cov.Skip(what.reason, what.fix, name) }

func (r *run) leaveOut(what remark, name string) { r.cov.LeaveOut(what.reason, what.fix, name) }
