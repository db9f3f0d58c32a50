package sweep_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestPassDoesNotWait: what a process that stayed put off, or wanted to try again later,
// is tried at once by a pass, for which somebody waits.
func TestPassDoesNotWait(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		repository(t, filepath.Join(dir, "login"))
		repository(t, filepath.Join(dir, "broken"))
		src, err := sweep.ParseSource("dir:"+dir, &sweep.Logins{})
		if err != nil {
			t.Fatal(err)
		}
		var good atomic.Bool
		var tried atomic.Int64
		start := func(once bool) (*sweep.Sweep, func()) {
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Credentials: "one", Once: once, Pause: time.Hour,
				Engine: sweep.EngineOptions{Retry: time.Hour},
				Search: func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					tried.Add(1)
					switch {
					case good.Load():
						return &sweep.Answer{}, nil
					case q.Name == "login":
						return nil, fmt.Errorf("401: %w", gitrepo.ErrLogin)
					}
					return nil, fmt.Errorf("502")
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return w, stop
		}
		w, stop := start(false)
		if err := w.Want(t.Context(), src.Spec()); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if q, err := w.Engine().Queue(t.Context()); err == nil && q.Retry == 2 {
				break
			}
			if time.Now().After(end) {
				t.Fatal("they do not wait")
			}
		}
		stop()
		good.Store(true)
		w, stop = start(true)
		defer stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := w.Pass(ctx); err != nil || tried.Load() != 4 {
			t.Errorf("a pass ends with %v after %d tries, want 4", err, tried.Load())
		}
	})
}
