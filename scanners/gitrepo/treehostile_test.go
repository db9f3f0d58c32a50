package gitrepo

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
)

// TestTreeOfABombEnds: a few trees unfold to billions of files.
func TestTreeOfABombEnds(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q")
	line := "100644 blob " + strings.TrimSpace(runGit(t, dir, "x", "hash-object", "-w", "--stdin"))
	for range 9 {
		var b strings.Builder
		for i := range 16 {
			fmt.Fprintf(&b, "%s\t%02d\n", line, i)
		}
		line = "040000 tree " + strings.TrimSpace(runGit(t, dir, b.String(), "mktree"))
	}
	tree := strings.TrimPrefix(line, "040000 tree ")
	runGit(t, dir, "", "update-ref", "HEAD", strings.TrimSpace(runGit(t, dir, "x", "commit-tree", tree)))
	r := peopleOf(t, dir)
	files, err := r.Files(t.Context(), "")
	if len(files) != identity.MaxFiles || err != nil {
		t.Errorf("%d files, %v", len(files), err)
	}
	if _, err := r.Recent(t.Context(), strings.Repeat("00/", 8)+"00", time.Now().Add(-time.Hour)); err != nil {
		t.Error(err)
	}
}

// TestTreeOutOfOrder: git writes no such trees, but reads them.
func TestTreeOutOfOrder(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q")
	blob := strings.TrimSpace(runGit(t, dir, "text", "hash-object", "-w", "--stdin"))
	raw := ""
	for i := 0; i < len(blob); i += 2 {
		var c byte
		fmt.Sscanf(blob[i:i+2], "%02x", &c)
		raw += string([]byte{c})
	}
	data := "100644 z\x00" + raw + "120000 link\x00" + raw + "160000 sub\x00" + raw + "100644 a\x00" + raw + "100644 a\x00" + raw + "100644 x/y\x00" + raw
	tree := strings.TrimSpace(runGit(t, dir, data, "hash-object", "-t", "tree", "--literally", "-w", "--stdin"))
	runGit(t, dir, "", "update-ref", "HEAD", strings.TrimSpace(runGit(t, dir, "x", "commit-tree", tree)))
	r := peopleOf(t, dir)
	files, err := r.Files(t.Context(), "")
	if fmt.Sprint(files) != "[{a -1} {a -1} {z -1}]" || err != nil {
		t.Errorf("%v, %v", files, err)
	}
	if b, _, err := r.ReadFile(t.Context(), "", "z", 10); string(b) != "text" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
}

// TestTreeWithoutCommits: nothing is there, and nothing breaks.
func TestTreeWithoutCommits(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "empty")
	runGit(t, filepath.Dir(dir), "", "init", "-q", "--object-format=sha256", dir)
	r := peopleOf(t, dir)
	if files, err := r.Files(t.Context(), ""); len(files) > 0 || err != nil {
		t.Errorf("%v, %v", files, err)
	}
	if acts, err := r.Recent(t.Context(), "x", time.Time{}); len(acts) > 0 || err != nil {
		t.Errorf("%v, %v", acts, err)
	}
	if r.Name() != "empty" || !r.LastCommit(t.Context()).IsZero() {
		t.Errorf("%s, %v", r.Name(), r.LastCommit(t.Context()))
	}
	putFile(t, filepath.Join(dir, "a"), "x")
	id := commitAs(t, dir, "Jo <jo@acme.example>", "x")
	if c, err := peopleOf(t, dir).Commit(t.Context(), id); c.Author.Name != "Jo" || err != nil {
		t.Errorf("a SHA-256 repository: %+v, %v", c, err)
	}
}
