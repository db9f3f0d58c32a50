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
	Err    error // what Read returns when it has stalled
}

// Read implements io.Reader.
func (b *Steady) Read(p []byte) (int, error) {
	t := time.AfterFunc(b.Within, func() { b.Cancel(b.Err) })
	n, err := b.ReadCloser.Read(p)
	t.Stop()
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
