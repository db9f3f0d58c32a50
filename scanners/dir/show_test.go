package dir

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestShow: a folder of a repository is reported, and matched, as the repository names it.
func TestShow(t *testing.T) {
	top := t.TempDir()
	for _, name := range []string{"sub/a.sh", "sub/gen/b.sh", "sub/in/c.sh"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(top, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, name), []byte("x\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	s, err := New(Options{Paths: []string{filepath.Join(top, "sub")}, Show: "sub", Exclude: []string{"/sub/gen/"}, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	var refs [][]leak.Match
	if _, err := s.Scan(context.Background(), 10, func(c *leak.Chunk) error {
		refs = append(refs, []leak.Match{{Ref: c.Ref}})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := s.Locate(context.Background(), refs)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, ls := range all {
		got[ls[0].Path] = true
	}
	if len(got) != 2 || !got["sub/a.sh"] || !got["sub/in/c.sh"] {
		t.Errorf("paths: %v", got)
	}
}
