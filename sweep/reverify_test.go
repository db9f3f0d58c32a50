package sweep_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestReverify asks again about what is open, with the rules of its providers alone,
// once in a while, until it is fixed; the history has each change.
func TestReverify(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		for _, name := range []string{"/leaky", "/clean", "/dull"} {
			repository(t, dir+name)
		}
		now := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		s.Now = now.now
		var mu sync.Mutex
		var asked []string
		status := leak.Live
		logins := &sweep.Logins{}
		src, err := sweep.ParseSource("dir:"+dir, logins)
		if err != nil {
			t.Fatal(err)
		}
		pass := func() (sweep.Tally, []string) {
			t.Helper()
			asked = nil
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: "r1", Providers: map[string]string{"acme": "1", "other": "1"}, State: t.TempDir(), Logins: logins, Once: true, Reverify: 24 * time.Hour,
				Search: func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, fmt.Sprint(q.Name, q.Only))
					f := &leak.Finding{ID: "f of " + q.Name, Rule: leak.RuleInfo{ID: "acme-token", Provider: "acme"}, Verdict: leak.Verdict{Status: status},
						Locations: []leak.Location{{Kind: leak.KindBlob, Path: "a", Commit: "c"}}}
					switch q.Name {
					case "clean":
						return &sweep.Answer{Summary: report.Summary{}}, nil
					case "dull":
						f.Verdict.Status = leak.Unverifiable
					}
					return &sweep.Answer{Findings: []*leak.Finding{f}}, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			stop, err := w.Start(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Pass(t.Context()); err != nil {
				t.Fatal(err)
			}
			stop()
			slices.Sort(asked)
			return w.Done(), asked
		}
		if did, got := pass(); did.Full != 3 {
			t.Fatalf("the first pass did %+v, %q", did, got)
		}
		now.Time = now.Add(23 * time.Hour)
		if _, got := pass(); len(got) > 0 {
			t.Errorf("after 23 hours it asks for %q", got)
		}
		now.Time = now.Add(2 * time.Hour)
		if did, got := pass(); did.Verified != 1 || fmt.Sprint(got) != "[leaky[acme]]" {
			t.Errorf("after 25 hours it did %+v, %q", did, got)
		}
		if _, got := pass(); len(got) > 0 {
			t.Errorf("at once it asks again for %q", got)
		}
		now.Time, status = now.Add(25*time.Hour), leak.Dead
		pass()
		f, err := s.Finding(t.Context(), "f of leaky")
		if err != nil || f.State != store.StateFixed {
			t.Fatalf("what is dead is %v, %v", f, err)
		}
		h, err := s.History(t.Context(), f.ID)
		if err != nil || len(h) != 2 {
			t.Errorf("its history has %v, %v", h, err)
		}
		now.Time = now.Add(25 * time.Hour)
		if _, got := pass(); len(got) > 0 {
			t.Errorf("what is fixed is asked for again: %q", got)
		}
	})
}
