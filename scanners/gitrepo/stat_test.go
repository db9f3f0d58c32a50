//go:build linux

package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// agedRepo is a repository that nobody wrote to for a while. before is when.
func agedRepo(t *testing.T, inner string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, d := range []string{"objects", "refs/heads/team", "refs/tags"} {
		if err := os.MkdirAll(filepath.Join(dir, inner, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"HEAD": "ref: refs/heads/main\n", "refs/heads/main": strings.Repeat("1", 40) + "\n", "refs/heads/team/x": strings.Repeat("2", 40) + "\n",
		"packed-refs": strings.Repeat("3", 40) + " refs/tags/v1\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, inner, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// statNow is StatAt when everything has settled: nobody can set the time of a change
// back, so that the hash is made as of later.
func statNow(t *testing.T, dir string) (string, Stat) {
	t.Helper()
	mark, s, err := StatAt(dir)
	if err != nil || s != "" {
		t.Fatalf("a repository that was just written is remembered: %q, %v", s, err)
	}
	r, err := refsAt(dir)
	if err != nil {
		t.Fatal(err)
	}
	names, err := refFiles(dir, r.GitDir)
	if err != nil {
		t.Fatal(err)
	}
	sum, ok := statOf(dir, names, time.Now().Add(time.Hour))
	if !ok {
		t.Fatalf("nothing is remembered of %v", names)
	}
	return mark, Stat(sum + " " + mark + "\n" + strings.Join(names, "\n"))
}

// stillLater is Still an hour later.
func stillLater(s Stat, dir string) (string, bool) { return s.still(dir, time.Now().Add(time.Hour)) }

func TestAStatHoldsUntilARefChanges(t *testing.T) {
	for _, inner := range []string{"", ".git"} {
		base := agedRepo(t, inner)
		mark, s := statNow(t, base)
		if got, ok := stillLater(s, base); !ok || got != mark {
			t.Fatalf("Still = %q, %v; want %q of\n%s", got, ok, mark, s)
		}
	}
	id := strings.Repeat("4", 40) + "\n"
	for what, change := range map[string]func(dir string) error{
		"written in place":     func(d string) error { return os.WriteFile(filepath.Join(d, "refs/heads/main"), []byte(id), 0o644) },
		"a new branch":         func(d string) error { return os.WriteFile(filepath.Join(d, "refs/heads/new"), []byte(id), 0o644) },
		"a new branch, nested": func(d string) error { return os.WriteFile(filepath.Join(d, "refs/heads/team/y"), []byte(id), 0o644) },
		"a branch goes":        func(d string) error { return os.Remove(filepath.Join(d, "refs/heads/team/x")) },
		"a folder of refs":     func(d string) error { return os.Mkdir(filepath.Join(d, "refs/notes"), 0o755) },
		"packed anew":          func(d string) error { return os.WriteFile(filepath.Join(d, "packed-refs"), nil, 0o644) },
		"packed refs go":       func(d string) error { return os.Remove(filepath.Join(d, "packed-refs")) },
		"HEAD": func(d string) error {
			return os.WriteFile(filepath.Join(d, "HEAD"), []byte("ref: refs/heads/team/x\n"), 0o644)
		},
		"it goes":            func(d string) error { return os.RemoveAll(d) },
		"a linked work tree": func(d string) error { return os.MkdirAll(filepath.Join(d, "worktrees", "w"), 0o755) },
		"written and set back": func(d string) error {
			name := filepath.Join(d, "refs/heads/main")
			st, err := os.Stat(name)
			if err == nil {
				err = os.WriteFile(name, []byte(id), 0o644)
			}
			if err == nil {
				err = os.Chtimes(name, st.ModTime(), st.ModTime())
			}
			return err
		},
		"another in its place": func(d string) error {
			if err := os.WriteFile(d+".new", []byte(id), 0o644); err != nil {
				return err
			}
			return os.Rename(d+".new", filepath.Join(d, "refs/heads/main"))
		},
	} {
		dir := agedRepo(t, "")
		_, s := statNow(t, dir)
		time.Sleep(20 * time.Millisecond) // a tick of the clock
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		if mark, ok := stillLater(s, dir); ok {
			t.Errorf("%s: it still is %s", what, mark)
		}
	}
}

func TestWhatIsLinkedOrTooMuchIsNotRemembered(t *testing.T) {
	for what, change := range map[string]func(dir string) error{
		"a link to a ref":  func(d string) error { return os.Symlink("main", filepath.Join(d, "refs/heads/linked")) },
		"a link to refs":   func(d string) error { return os.Symlink("heads", filepath.Join(d, "refs/linked")) },
		"a line in a name": func(d string) error { return os.WriteFile(filepath.Join(d, "refs/heads/a\nb"), nil, 0o644) },
		"many refs": func(d string) error {
			for i := range maxStat {
				if err := os.WriteFile(filepath.Join(d, "refs/heads", strings.Repeat("x", i+1)), nil, 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		dir := agedRepo(t, "")
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		names, err := refFiles(dir, dir)
		if err == nil {
			if _, ok := statOf(dir, names, time.Now().Add(time.Hour)); ok {
				t.Errorf("%s is remembered: %q", what, names)
			}
		}
	}
	for _, s := range []Stat{"", "x", "x\ny", Stat(strings.Repeat("\n", 1000))} {
		if _, ok := s.Still(t.TempDir()); ok {
			t.Errorf("%q holds", s)
		}
	}
}
