package gitpack

import (
	"context"
	"fmt"
	"io"
	"io/fs"
)

// exactly fails unless r yields as many bytes as it should.
type exactly struct {
	r     io.Reader
	left  int64
	whole bool // it yielded them, and has ended
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0:
		return 0, errCorrupt
	case err == io.EOF && e.left > 0:
		return n, io.ErrUnexpectedEOF
	}
	e.whole = err == io.EOF
	return n, err
}

// patch yields the result of a delta without making it as a whole.
type patch struct {
	ops   deltaReader
	base  []byte
	piece []byte // of base or delta, what is left of an instruction
	left  int    // bytes of the result
}

// patch returns a reader of the result. Base and delta must stay as they are
// while it is read.
func (r deltaReader) patch(base []byte) (*patch, error) {
	if r.Base != len(base) {
		return nil, fmt.Errorf("%w: a delta is for a base of %d bytes, it has %d", errCorrupt, r.Base, len(base))
	}
	return &patch{ops: r, base: base, left: r.Size}, nil
}

// Read implements io.Reader. Like applyDelta it fails unless the result has the
// size that the delta says.
func (d *patch) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(d.piece) == 0 {
			op, more, err := d.ops.next()
			switch {
			case err != nil:
				return n, err
			case !more && d.left > 0:
				return n, fmt.Errorf("%w: a delta's result is smaller than it says", errCorrupt)
			case !more:
				return n, io.EOF
			case op.Len > d.left:
				return n, fmt.Errorf("%w: a delta's result is larger than it says", errCorrupt)
			case op.Copy:
				d.piece = d.base[op.Off : op.Off+op.Len]
			default:
				d.piece = d.ops.delta[op.Off : op.Off+op.Len]
			}
			d.left -= op.Len
		}
		m := copy(p[n:], d.piece)
		d.piece = d.piece[m:]
		n += m
	}
	return n, nil
}

// lent reads what lies in an arena that it owns.
type lent struct {
	r     io.Reader
	arena *arena
}

func (l *lent) Read(p []byte) (int, error) {
	if l.arena == nil {
		return 0, fs.ErrClosed
	}
	return l.r.Read(p)
}

// Close implements io.Closer.
func (l *lent) Close() error {
	if l.arena != nil {
		l.arena.close()
		l.arena = nil
	}
	return nil
}

// failing remembers how a reader failed, and fails when ctx is done.
type failing struct {
	store *Store
	r     io.Reader
	ctx   context.Context // may be nil
	err   error
}

func (f *failing) Read(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	if f.ctx != nil && f.ctx.Err() != nil {
		f.err = f.ctx.Err()
		return 0, f.err
	}
	fault := f.store.guard(func() error {
		n, err = f.r.Read(p)
		return nil
	})
	if fault != nil {
		n, err = 0, fault
	}
	if err != nil && err != io.EOF {
		f.err = err
	}
	return n, err
}

// Close closes what was opened for the stream.
func (f *failing) Close() error {
	if c, ok := f.r.(io.Closer); ok {
		return c.Close()
	}
	return nil
}
