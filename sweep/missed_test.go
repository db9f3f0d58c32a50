package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// TestFoldersThatCannotBeLookedAt: what may hold repositories and cannot be looked at is
// told, and the repositories beside it are listed.
func TestFoldersThatCannotBeLookedAt(t *testing.T) {
	deep := "1/2/3/4/5/6/7/8"
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string) error
		want string
	}{
		"shut": {func(t *testing.T, dir string) error {
			p := filepath.Join(dir, "shut")
			t.Cleanup(func() { os.Chmod(p, 0o700) })
			return os.Mkdir(p, 0)
		}, "shut may not be read"},
		"names only": {func(t *testing.T, dir string) error {
			p := filepath.Join(dir, "half")
			t.Cleanup(func() { os.Chmod(p, 0o700) })
			if err := os.MkdirAll(filepath.Join(p, ".git"), 0o700); err != nil {
				return err
			}
			return os.Chmod(p, 0o400)
		}, "half may not be read"},
		"shut .git": {func(t *testing.T, dir string) error {
			p := filepath.Join(dir, "inner", ".git")
			t.Cleanup(func() { os.Chmod(p, 0o700) })
			if err := os.MkdirAll(p, 0o700); err != nil {
				return err
			}
			return os.Chmod(p, 0)
		}, "inner is a repository that cannot be read"},
		"no HEAD": {func(t *testing.T, dir string) error {
			return os.MkdirAll(filepath.Join(dir, "b", ".git", "objects"), 0o700)
		}, "b is a repository that cannot be read"},
		"bare no HEAD": {func(t *testing.T, dir string) error {
			if err := os.MkdirAll(filepath.Join(dir, "b.git", "refs"), 0o700); err != nil {
				return err
			}
			return os.Mkdir(filepath.Join(dir, "b.git", "objects"), 0o700)
		}, "b.git is a repository that cannot be read"},
		"gitdir": {func(t *testing.T, dir string) error {
			if err := os.Mkdir(filepath.Join(dir, "w"), 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, "w", ".git"), []byte("gitdir: /nowhere/at/all\n"), 0o600)
		}, "w is a repository that cannot be read"},
		"deep":        {func(t *testing.T, dir string) error { return os.MkdirAll(filepath.Join(dir, deep, "9"), 0o700) }, "9 is more than 8 folders deep"},
		"not so deep": {func(t *testing.T, dir string) error { return os.MkdirAll(filepath.Join(dir, deep), 0o700) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if os.Getuid() == 0 && (name == "shut" || name == "names only" || name == "shut .git") {
				t.Skip("root may read everything")
			}
			dir := t.TempDir()
			if text, err := exec.Command("git", "init", "-q", filepath.Join(dir, "z")).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if err := c.make(t, dir); err != nil {
				t.Fatal(err)
			}
			var names []string
			err := (&dirSource{dir: dir}).List(t.Context(), func(rs []*store.Repository) error {
				for _, r := range rs {
					names = append(names, r.Name)
				}
				return nil
			})
			if got := strings.Join(names, " "); got != "z" {
				t.Errorf("listed: %s", got)
			}
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// TestLostAndFound: where fsck puts what it finds may not be read; if no folder is in it, no
// repository is.
func TestLostAndFound(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lost+found")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Lstat(dir); err != nil || foldersIn(st) != 0 {
		t.Skipf("this file system does not count folders: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "#12"), nil, 0o600); err != nil || !emptyLost(dir) {
		t.Errorf("one with a file alone may hold a repository, %v", err)
	}
	if err := os.Mkdir(filepath.Join(dir, "#13"), 0o700); err != nil || emptyLost(dir) {
		t.Errorf("one with a folder holds no repository, %v", err)
	}
	if other := filepath.Join(t.TempDir(), "other"); os.Mkdir(other, 0o700) != nil || emptyLost(other) {
		t.Error("any other folder is one")
	}
}
