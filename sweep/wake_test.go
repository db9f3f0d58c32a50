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

// TestPassDoesNotWaitForOthers: what a process that stays tries meanwhile, and puts off for
// long, is not waited for; the store says that it was tried, and why.
func TestPassDoesNotWaitForOthers(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		repository(t, filepath.Join(dir, "login"))
		src, err := sweep.ParseSource("dir:"+dir, &sweep.Logins{})
		if err != nil {
			t.Fatal(err)
		}
		gone, err := sweep.ParseSource("dir:"+filepath.Join(dir, "x"), &sweep.Logins{})
		if err != nil {
			t.Fatal(err)
		}
		start := func(search func(context.Context, *sweep.Query) (*sweep.Answer, error)) *sweep.Sweep {
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src, gone}, Rules: "r1", State: t.TempDir(), Once: search == nil, Pause: time.Hour, Engine: sweep.EngineOptions{Retry: time.Hour}, Search: search,
			})
			if err != nil {
				t.Fatal(err)
			}
			if search == nil {
				return w // the other one gets all jobs
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			return w
		}
		start(func(context.Context, *sweep.Query) (*sweep.Answer, error) {
			return nil, fmt.Errorf("401: %w", gitrepo.ErrLogin)
		})
		w := start(nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		q, err := w.Pass(ctx)
		if err != nil || q.PutOff != 1 || q.Left() != 1 {
			t.Errorf("a pass ends with %+v, %v", q, err)
		}
		if r, err := s.Repositories(t.Context(), store.Failed); err != nil || len(r) != 1 {
			t.Errorf("%d repositories have failed, want 1, %v", len(r), err)
		}
		if k, err := s.TroubledSources(t.Context(), 9); err != nil || len(k) != 1 || k[0].Spec != gone.Spec() {
			t.Errorf("sources in trouble: %+v, %v", k, err)
		}
	})
}
