package sweep_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestAFolderWithAnotherName is the repository that it was: it is not searched again, and
// no place is there twice.
func TestAFolderWithAnotherName(t *testing.T) {
	commit := func(dir, text string) {
		t.Helper()
		cmd := exec.Command("git", "-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", text)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	for _, k := range []struct {
		name  string
		do    func(dir string) error
		names string // of those that are there, with their numbers
		full  int
	}{
		{"another name", func(dir string) error { return os.Rename(dir+"/a", dir+"/z") }, "b2 z1", 0},
		{"another folder around it", func(dir string) error { os.Mkdir(dir+"/t", 0o755); return os.Rename(dir+"/a", dir+"/t/a") }, "b2 t/a1", 0},
		{"and a commit", func(dir string) error { commit(dir+"/a", "more"); return os.Rename(dir+"/a", dir+"/z") }, "b2 z1", 0},
		{"both at once", func(dir string) error { os.Rename(dir+"/b", dir+"/y"); return os.Rename(dir+"/a", dir+"/z") }, "y2 z1", 0},
		{"the name that another had", func(dir string) error { os.RemoveAll(dir + "/b"); return os.Rename(dir+"/a", dir+"/z") }, "z1", 0},
		{"a copy", func(dir string) error { return os.CopyFS(dir+"/z", os.DirFS(dir+"/a")) }, "a1 b2 z3", 1},
		{"another one in its place", func(dir string) error {
			os.RemoveAll(dir + "/a")
			repository(t, dir+"/z")
			commit(dir+"/z", "of its own")
			return exec.Command("git", "-C", dir+"/z", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--amend", "--allow-empty", "-m", "two").Run()
		}, "b2 z3", 1},
	} {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range []string{"/a", "/b"} {
				repository(t, dir+name)
				commit(dir+name, "of"+name)
			}
			s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			// One worker: the numbers are in the order of the names.
			passes(t, s, "dir:"+dir, func(c *sweep.Config) {})
			if err := k.do(dir); err != nil {
				t.Fatal(err)
			}
			did := passes(t, s, "dir:"+dir, func(c *sweep.Config) {})
			rs, err := s.Repositories(t.Context(), store.Done)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for i, r := range rs {
				if i > 0 {
					got += " "
				}
				got += fmt.Sprint(r.Name, r.ID)
			}
			if got != k.names || did.Full != k.full {
				t.Errorf("%q, searched whole: %d, want %q, %d", got, did.Full, k.names, k.full)
			}
		})
	}
}
