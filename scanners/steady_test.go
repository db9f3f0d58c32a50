package scanners

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"
)

// dripping sends a byte now and then, until its context ends.
type dripping struct {
	ctx   context.Context
	every time.Duration
	left  int
}

func (d *dripping) Read(p []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(d.every):
	}
	if d.left--; d.left < 0 {
		return 0, io.EOF
	}
	return copy(p, "x"), nil
}

func (d *dripping) Close() error { return nil }

// TestSteady: what comes in pieces that are too small has stalled, unless that is allowed;
// who is slow to read has all the time.
func TestSteady(t *testing.T) {
	wrong := errors.New("stalled")
	read := func(least int64, every time.Duration, left int, rest time.Duration) ([]byte, error) {
		ctx, cancel := context.WithCancelCause(t.Context())
		b := &Steady{ReadCloser: &dripping{ctx, every, left}, Ctx: ctx, Cancel: cancel, Within: 300 * time.Millisecond, Least: least, Err: wrong}
		defer b.Close()
		var out bytes.Buffer
		_, err := io.Copy(&out, &resting{b, rest})
		return out.Bytes(), err
	}
	if got, err := read(0, 20*time.Millisecond, 30, 0); err != nil || len(got) != 30 {
		t.Errorf("a byte now and then, where that is enough: %d bytes, %v", len(got), err)
	}
	if got, err := read(100, 20*time.Millisecond, 30, 0); !errors.Is(err, wrong) || len(got) > 20 {
		t.Errorf("a byte now and then: %d bytes, %v", len(got), err)
	}
	if got, err := read(100, 0, 30, 20*time.Millisecond); err != nil || len(got) != 30 {
		t.Errorf("a reader that is slow: %d bytes, %v", len(got), err)
	}
	if _, err := read(0, time.Hour, 1, 0); !errors.Is(err, wrong) {
		t.Errorf("nothing at all: %v", err)
	}
}

// resting takes its time between pieces.
type resting struct {
	io.Reader
	rest time.Duration
}

func (r *resting) Read(p []byte) (int, error) {
	time.Sleep(r.rest)
	return r.Reader.Read(p)
}
