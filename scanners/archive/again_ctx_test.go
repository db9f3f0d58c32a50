package archive

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// TestAgainIsEnded ends what looks again while the file is opened, which may be on
// the other side of a network.
func TestAgainIsEnded(t *testing.T) {
	a := Again{Limits: Defaults(), Files: func(ctx context.Context, _ uint32) (File, io.Closer, error) {
		select {
		case <-ctx.Done():
			return File{}, nil, ctx.Err()
		case <-time.After(10 * time.Second):
			return File{}, nil, errors.New("nobody ended it")
		}
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if r, err := a.Open(ctx, Ref(1, 0)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Open = %v, %v", r, err)
	}
}
