package dir

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// Stdin is a Source of what a reader returns, once, as a single blob. Text in
// UTF-16 and UTF-32 is converted.
//
// What was read is kept for Open until Close: up to 64 MiB in memory, more in
// a temporary file that has no name any more, where the system allows that.
type Stdin struct {
	r     io.Reader
	name  string
	kept  spool
	begun bool
}

// stdinRef is the only blob.
const stdinRef leak.Ref = 1

// NewStdin returns a Source of what r returns. The name is for messages.
func NewStdin(r io.Reader, name string) *Stdin {
	if name == "" {
		name = "standard input"
	}
	return &Stdin{r: r, name: name, kept: spool{most: maxInMemory}}
}

// Scan implements scanners.Source. It can be called once. If ctx is done while
// a Read of the reader waits, that Read is left behind.
func (s *Stdin) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	cov := new(scanners.Coverage)
	if s.begun {
		return cov, fmt.Errorf("read %s: it has been read already", s.name)
	}
	s.begun = true
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in := newPump(ctx, s.r)
	var emitErr error
	split := scanners.Splitter{Size: chunkSize, Reach: reach}
	err := split.Split(io.TeeReader(scanners.Decode(in), &s.kept), leak.Chunk{Ref: stdinRef}, func(c *leak.Chunk) error {
		if emitErr = emit(c); emitErr == nil {
			emitErr = ctx.Err()
		}
		return emitErr
	})
	cov.Count("files", 1)
	cov.Count("bytes", in.read)
	switch {
	case emitErr != nil:
		return cov, emitErr
	case ctx.Err() != nil:
		return cov, ctx.Err()
	case err != nil:
		cov.Skip(fmt.Sprintf("standard input ended early (%v)", err), "run again the command that writes it", s.name)
	}
	if s.kept.err != nil {
		cov.Note(fmt.Sprintf("%s could not be kept, so lines cannot be shown: %v", s.name, s.kept.err))
	}
	return cov, nil
}

// Locate implements scanners.Source.
func (s *Stdin) Locate(ctx context.Context, matches [][]leak.Match) ([][]leak.Location, error) {
	out := make([][]leak.Location, len(matches))
	for i, ms := range matches {
		for _, m := range ms {
			l := leak.Location{Kind: leak.KindStdin, Ref: m.Ref, Span: m.Span}
			if m.Ref != stdinRef {
				l.Problem = errNotStdin.Error()
			}
			out[i] = append(out[i], l)
		}
	}
	return out, ctx.Err()
}

var errNotStdin = errors.New("standard input has only one blob, and this is not it")

// Open implements scanners.Source.
func (s *Stdin) Open(_ context.Context, ref leak.Ref) (io.ReadCloser, error) {
	if ref != stdinRef {
		return nil, errNotStdin
	}
	r, err := s.kept.open()
	if err != nil {
		return nil, fmt.Errorf("read %s again: %w", s.name, err)
	}
	return r, nil
}

// Close deletes what was kept.
func (s *Stdin) Close() error { return s.kept.close() }

// pump reads ahead on a goroutine of its own, since nothing else can end a Read
// that waits for somebody to type.
type pump struct {
	ctx   context.Context
	full  chan block
	empty chan []byte
	rest  []byte // of the block at hand
	last  block
	read  int64
}

type block struct {
	data []byte // a part of buf
	buf  []byte
	err  error
}

const (
	pumpLen  = 256 << 10
	maxNones = 100 // Reads that return nothing
)

func newPump(ctx context.Context, r io.Reader) *pump {
	p := &pump{ctx: ctx, full: make(chan block), empty: make(chan []byte, 2)}
	p.empty <- make([]byte, pumpLen)
	p.empty <- make([]byte, pumpLen)
	go p.run(r)
	return p
}

func (p *pump) run(r io.Reader) {
	for nones := 0; ; {
		var b block
		select {
		case b.buf = <-p.empty:
		case <-p.ctx.Done():
			return
		}
		n, err := r.Read(b.buf)
		b.data, b.err = b.buf[:n], err
		if nones++; n > 0 {
			nones = 0
		}
		if nones > maxNones && err == nil {
			b.err = io.ErrNoProgress
		}
		select {
		case p.full <- b:
		case <-p.ctx.Done():
			return
		}
		if b.err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (p *pump) Read(to []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.last.err != nil {
			return 0, p.last.err
		}
		if p.last.buf != nil {
			p.empty <- p.last.buf
			p.last.buf = nil
		}
		select {
		case p.last = <-p.full:
			p.rest = p.last.data
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
	}
	n := copy(to, p.rest)
	p.rest, p.read = p.rest[n:], p.read+int64(n)
	return n, nil
}
