package sweep

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// Repositories are found behind links; a folder without any is not searched in vain.
func TestFoldersBehindLinks(t *testing.T) {
	dir, out := t.TempDir(), t.TempDir()
	for _, r := range []string{filepath.Join(dir, "a"), filepath.Join(dir, "b", "c"), filepath.Join(out, "d")} {
		if text, err := exec.Command("git", "init", "-q", r).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
	}
	links := t.TempDir()
	for name, to := range map[string]string{
		filepath.Join(links, "root"):     dir,
		filepath.Join(dir, "e"):          filepath.Join(out, "d"),
		filepath.Join(dir, "inside"):     filepath.Join(dir, "a"),
		filepath.Join(dir, "nowhere"):    filepath.Join(dir, "none"),
		filepath.Join(dir, "b", "loop"):  dir,
		filepath.Join(dir, "b", "other"): out,
	} {
		if err := os.Symlink(to, name); err != nil {
			t.Skip(err)
		}
	}
	for _, root := range []string{dir, filepath.Join(links, "root")} {
		var names []string
		err := (&dirSource{dir: root}).List(t.Context(), func(rs []*store.Repository) error {
			for _, r := range rs {
				names = append(names, r.Name)
			}
			return nil
		})
		slices.Sort(names)
		if got := strings.Join(names, " "); err != nil || got != "a b/c e" {
			t.Errorf("%s: %s, %v", root, got, err)
		}
	}
	err := (&dirSource{dir: t.TempDir()}).List(t.Context(), func([]*store.Repository) error { return nil })
	if err == nil || !strings.Contains(err.Error(), "no repository") {
		t.Errorf("an empty folder: %v", err)
	}
}
