package gitpack_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestOpenNamed: what is asked for by its name is what a store that lists all has.
func TestOpenNamed(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		dir := makeRepo(t, "--object-format="+format)
		git(t, dir, "repack", "-q", "-d")
		write(t, dir, "late", "loose")
		git(t, dir, "add", "-A")
		git(t, dir, "commit", "-q", "-m", "late")
		hash := map[string]int{"sha1": 20, "sha256": 32}[format]
		dirs := []string{filepath.Join(t.TempDir(), "none"), filepath.Join(dir, ".git", "objects")}
		all, _ := gitpack.Open(dirs, hash)
		named, problems := gitpack.OpenNamed(dirs, hash)
		if len(problems) > 0 {
			t.Error(problems)
		}
		var g sync.WaitGroup
		for line := range strings.Lines(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")) {
			g.Go(func() {
				id, _ := gitpack.ParseID(strings.TrimSpace(line))
				for range 2 {
					n, ok := named.Lookup(id)
					m, _ := all.Lookup(id)
					if !ok || named.ID(n) != id {
						t.Errorf("%s is not there", id)
						return
					}
					got, err := named.Read(n)
					want, _ := all.Read(m)
					if err != nil || got.Type != want.Type || !bytes.Equal(got.Data, want.Data) {
						t.Errorf("%s: %v", id, err)
					}
				}
			})
		}
		g.Wait()
		none, _ := gitpack.ParseID(strings.Repeat("1", 2*hash))
		if _, ok := named.Lookup(none); ok || named.Len() != all.Len() {
			t.Errorf("%d objects, want %d", named.Len(), all.Len())
		}
		all.Close()
		named.Close()
	}
}
