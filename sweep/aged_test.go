package sweep_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
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
		logins := &sweep.Logins{}
		src, err := sweep.ParseSource("dir:"+dir, logins)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []string
		pass := func(rules string) string {
			t.Helper()
			order = nil
			w, err := sweep.New(t.Context(), sweep.Config{
				Store: s, Sources: []sweep.Source{src}, Rules: rules, Providers: map[string]string{"acme": rules}, State: t.TempDir(), Logins: logins, Once: true, Workers: 1,
				Search: func(_ context.Context, q *sweep.Query) (*sweep.Answer, error) {
					mu.Lock()
					defer mu.Unlock()
					order = append(order, q.Name)
					return &sweep.Answer{Summary: report.Summary{}}, nil
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
		commitTo(t, filepath.Join(dir, "b"))
		if got := pass("r3"); got != "[b a c d]" { // the clock stood still in the pass before
			t.Errorf("with other rules and something new it searches in the order %s", got)
		}
		if got := pass("r3"); got != "[]" {
			t.Errorf("with nothing new it searches %s", got)
		}
	})
}

// commitTo adds a commit.
func commitTo(t *testing.T, dir string) {
	t.Helper()
	c := exec.Command("git", "-C", dir, "-c", "user.name=a", "-c", "user.email=a@acme.io", "commit", "-q", "--allow-empty", "-m", "more")
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
