package sweep_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// both runs a test on both databases, with a store whose clock the test sets.
func both(t *testing.T, run func(t *testing.T, s *store.Store)) {
	open := func(t *testing.T, name string) *store.Store {
		s, err := store.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	t.Run("SQLite", func(t *testing.T) { run(t, open(t, filepath.Join(t.TempDir(), "x.db"))) })
	t.Run("PostgreSQL", func(t *testing.T) {
		verifytest.Program(t, "postgres")
		run(t, open(t, verifytest.NewPostgreSQL(t).Database("sweep")))
	})
}

// repository makes one with a commit.
func repository(t *testing.T, dir string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main", dir}, {"-C", dir, "commit", "-q", "--allow-empty", "-m", "one"}} {
		cmd := exec.Command("git", args...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
}

// clock is one that a test moves.
type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }
