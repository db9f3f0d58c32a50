package scanners

import (
	"context"
	"errors"
	"io"
	"time"
)

// Steady is a body that comes over the network, of which the next piece must come
// within some time. Cancel ends what it comes from, whose context Ctx is.
type Steady struct {
	io.ReadCloser
	Ctx    context.Context
	Cancel context.CancelCauseFunc
	Within time.Duration
	Least  int64 // bytes of a piece: who sends one now and then has stalled, too
	Err    error // what Read returns when it has stalled

	waited time.Duration // for the piece that comes now, in Read
	come   int64         // bytes of it
}

// Read implements io.Reader.
func (b *Steady) Read(p []byte) (int, error) {
	began := time.Now()
	t := time.AfterFunc(b.Within-b.waited, func() { b.Cancel(b.Err) })
	n, err := b.ReadCloser.Read(p)
	t.Stop()
	b.waited += time.Since(began)
	if b.come += int64(n); b.come >= b.Least {
		b.waited, b.come = 0, 0
	}
	if err != nil && err != io.EOF && errors.Is(context.Cause(b.Ctx), b.Err) {
		err = b.Err
	}
	return n, err
}

// Close implements io.Closer.
func (b *Steady) Close() error {
	defer b.Cancel(nil)
	return b.ReadCloser.Close()
}
