package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/whosekey/whosekey/scanners"
)

// Limits are what a server may take of who reads from it.
type Limits struct {
	Stall time.Duration // without a byte; 0: no limit
	// Room is asked after each Step bytes whether there is room for more, with how many came
	// so far; its error ends the rest. nil: no limit.
	Room func(came int64) error
	Step int64
}

// ErrStalled says that Mirror gave up waiting.
var ErrStalled = errors.New("the server has said nothing for too long")

// budget is what is left of limits. It goes to the transport in the context: go-git
// has no other way.
type budget struct {
	Limits
	used    atomic.Int64
	reached atomic.Pointer[error]
}

type budgetKey struct{}

func (l Limits) in(ctx context.Context) (context.Context, *budget) {
	b := &budget{Limits: l}
	return context.WithValue(ctx, budgetKey{}, b), b
}

func (b *budget) end(err error) error {
	b.reached.CompareAndSwap(nil, &err)
	return err
}

// why says that a limit was the reason of an error: go-git makes a text of it.
func (b *budget) why(err error, address string) error {
	if reached := b.reached.Load(); err != nil && reached != nil {
		return fmt.Errorf("fetch %s: %w", withoutCredentials(address), *reached)
	}
	return err
}

// bounded is the transport of Mirror.
type bounded struct{}

// RoundTrip implements http.RoundTripper.
func (bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	b, ok := req.Context().Value(budgetKey{}).(*budget)
	if !ok || b.Stall == 0 && b.Room == nil {
		return http.DefaultTransport.RoundTrip(req)
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	within := b.Stall
	if within == 0 {
		within = 1 << 62
	}
	t := time.AfterFunc(within, func() { cancel(b.end(ErrStalled)) })
	res, err := http.DefaultTransport.RoundTrip(req.WithContext(ctx))
	t.Stop()
	if err != nil {
		cancel(nil)
		return nil, err
	}
	res.Body = &boundedBody{scanners.Steady{ReadCloser: res.Body, Ctx: ctx, Cancel: cancel, Within: within, Err: ErrStalled}, b}
	return res, nil
}

type boundedBody struct {
	scanners.Steady
	b *budget
}

// Read implements io.Reader.
func (r *boundedBody) Read(p []byte) (int, error) {
	n, err := r.Steady.Read(p)
	if errors.Is(err, ErrStalled) {
		return n, r.b.end(err)
	}
	if r.b.Room == nil {
		return n, err
	}
	if used, step := r.b.used.Add(int64(n)), max(r.b.Step, 1); used/step > (used-int64(n))/step {
		if err := r.b.Room(used); err != nil {
			return 0, r.b.end(err)
		}
	}
	return n, err
}

var _ io.ReadCloser = (*boundedBody)(nil)

// watched is how often watch looks.
const watched = 200 * time.Millisecond

// watch asks for room as boundedBody does, for servers of ssh and git, of which we do not
// read ourselves: it looks at what was written, and ends the context that it returns. stop
// ends the looking.
func (b *budget) watch(ctx context.Context, dir string) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var looking sync.WaitGroup
	looking.Go(func() {
		tick := time.NewTicker(watched)
		defer tick.Stop()
		before, asked := packed(dir), int64(0)
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			came := packed(dir) - before
			if came-asked < max(b.Step, 1) {
				continue
			}
			if err := b.Room(came); err != nil {
				b.end(err)
				cancel()
				return
			}
			asked = came
		}
	})
	return ctx, func() { cancel(); looking.Wait() }
}

// packed is how many bytes of packs there are in a mirror, and in what becomes one.
func packed(dir string) (n int64) {
	for _, dir := range []string{dir, dir + ".part"} {
		files, _ := os.ReadDir(filepath.Join(dir, "objects", "pack")) // which may not be there yet
		for _, f := range files {
			if st, err := f.Info(); err == nil {
				n += st.Size()
			}
		}
	}
	return n
}
