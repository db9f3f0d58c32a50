package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestNotify: of several processes that tell, one does, once all searches are done; what
// could not be told stands in the store, and is told again, until it could. The next
// round begins where the last ended.
func TestNotify(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		for i := range 6 {
			repository(t, fmt.Sprint(dir, "/r", i))
		}
		var mu sync.Mutex
		searched := 0
		var told []time.Time
		var sawAll, fail []bool
		start := func(notifies bool) (*sweep.Sweep, func()) {
			logins := &sweep.Logins{}
			src, err := sweep.ParseSource("dir:"+dir, logins)
			if err != nil {
				t.Fatal(err)
			}
			cfg := sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Logins: logins, Rounds: true, Pause: 50 * time.Millisecond, Engine: sweep.EngineOptions{Retry: 50 * time.Millisecond},
				Search: func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					mu.Lock()
					defer mu.Unlock()
					searched++
					f := &leak.Finding{ID: "f of " + q.Name, Rule: leak.RuleInfo{ID: "acme-token", Provider: "acme"}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "a", Commit: "c"}}}
					return &sweep.Answer{Findings: []*leak.Finding{f}}, nil
				},
			}
			if notifies {
				cfg.Notify = func(_ context.Context, since time.Time) error {
					mu.Lock()
					defer mu.Unlock()
					sawAll = append(sawAll, searched == 6)
					if len(fail) > 0 {
						breaks := fail[0]
						fail = fail[1:]
						if breaks {
							panic("a fault of ours")
						}
						return errors.New("nobody listens")
					}
					told = append(told, since)
					return nil
				}
			}
			w, err := sweep.New(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return w, stop
		}
		fail = []bool{false, true}
		_, stop0 := start(false)
		w1, stop1 := start(true)
		w2, stop2 := start(true)
		round := func(n int) {
			t.Helper()
			for _, w := range []*sweep.Sweep{w1, w2} {
				if err := w.Want(t.Context(), "dir:"+dir); err != nil {
					t.Fatal(err)
				}
			}
			for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
				mu.Lock()
				done := len(told) >= n
				mu.Unlock()
				if at, err := s.Notified(t.Context()); err != nil || done && !at.IsZero() {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("round %d is not told", n)
				}
			}
		}
		round(1)
		time.Sleep(200 * time.Millisecond) // a second one would be told by now
		if troubles, err := s.TroubledSources(t.Context(), 9); err != nil || len(troubles) != 0 {
			t.Errorf("it could be told, and there is %+v, %v", troubles, err)
		}
		before, err := s.Notified(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		round(2)
		stop0()
		stop1()
		stop2()
		for i, all := range sawAll {
			if !all {
				t.Errorf("telling %d began before all was searched", i)
			}
		}
		if len(told) != 2 || !told[0].IsZero() || !told[1].Equal(before) || len(fail) != 0 {
			t.Errorf("told since %v, want since the beginning and since %v; %d failures are left", told, before, len(fail))
		}
	})
}

// TestGivenUpJobs: what was given up leaves the status once it is done, or gone.
func TestGivenUpJobs(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		for _, name := range []string{"/good", "/bad", "/worse"} {
			repository(t, dir+name)
		}
		bad := map[string]bool{"bad": true, "worse": true}
		logins := &sweep.Logins{}
		src, err := sweep.ParseSource("dir:"+dir, logins)
		if err != nil {
			t.Fatal(err)
		}
		pass := func() int {
			t.Helper()
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: "r1", State: t.TempDir(), Logins: logins, Once: true, Engine: sweep.EngineOptions{Attempts: 1},
				Search: func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					if bad[q.Name] {
						return nil, errors.New("no")
					}
					return &sweep.Answer{}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			q, err := w.Pass(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			stop()
			return q.Lost
		}
		if n := pass(); n != 2 {
			t.Errorf("%d jobs are given up, want 2", n)
		}
		if n := pass(); n != 2 {
			t.Errorf("%d jobs are given up again, want 2", n)
		}
		delete(bad, "bad")
		if n := pass(); n != 1 {
			t.Errorf("one is done since: %d are given up, want 1", n)
		}
		if err := os.RemoveAll(dir + "/worse"); err != nil {
			t.Fatal(err)
		}
		if n := pass(); n != 0 {
			t.Errorf("the other is gone: %d are given up, want 0", n)
		}
	})
}
