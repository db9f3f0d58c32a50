package sweep_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestChangedRulesBeginWithTheOldestScan: what is new comes first, then those for which
// only the rules have changed, in the order of their last scans and not of their names.
func TestChangedRulesBeginWithTheOldestScan(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		now := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
		s.Now = now.now
		var mu sync.Mutex
		var order []string
		pass := func(rules string) string {
			t.Helper()
			order = nil
			passes(t, s, "dir:"+dir, func(c *sweep.Config) {
				c.Rules, c.Providers, c.Once, c.Workers = rules, map[string]string{"acme": rules}, true, 1
				c.Search = func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, q.Name)
					return &sweep.Answer{Summary: report.Summary{}}, nil
				}
			})
			now.Time = now.Add(time.Hour)
			return fmt.Sprint(order)
		}
		for _, name := range []string{"c", "a", "d", "b"} {
			repository(t, filepath.Join(dir, name))
			if got := pass("r1"); got != "["+name+"]" {
				t.Fatalf("with %s it searches %s", name, got)
			}
		}
		if got := pass("r2"); got != "[c a d b]" {
			t.Errorf("with other rules it searches in the order %s", got)
		}
		repository(t, filepath.Join(dir, "b"))     // one more commit
		if got := pass("r3"); got != "[b a c d]" { // the clock stood still in the pass before
			t.Errorf("with other rules and something new it searches in the order %s", got)
		}
		if got := pass("r3"); got != "[]" {
			t.Errorf("with nothing new it searches %s", got)
		}
	})
}
