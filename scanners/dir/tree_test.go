package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

var _ identity.Repository = (*Tree)(nil)

func put(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestTreeOfFolder(t *testing.T) {
	top := t.TempDir()
	put(t, filepath.Join(top, "repo/svc/pay/.env"), "x")
	put(t, filepath.Join(top, "repo/svc/pay/a/b"), "bb")
	put(t, filepath.Join(top, "repo/CODEOWNERS"), "* @a")
	put(t, filepath.Join(top, "repo/.git/config"), "secret")
	put(t, filepath.Join(top, "outside"), "no")
	if err := os.Symlink(filepath.Join(top, "outside"), filepath.Join(top, "repo/link")); err != nil {
		t.Skip(err)
	}
	if err := os.Symlink(top, filepath.Join(top, "repo/up")); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Paths: []string{filepath.Join(top, "repo/svc/pay")}})
	if err != nil {
		t.Fatal(err)
	}
	alone := s.Tree(nil, "")
	files, err := alone.Files(t.Context(), "")
	if fmt.Sprint(files) != "[{.env -1} {a/b -1}]" || err != nil || alone.Name() != "pay" {
		t.Errorf("files %v, %v of %s", files, err, alone.Name())
	}
	if p, ok := alone.Path("a/b"); p != "a/b" || !ok {
		t.Errorf("path %q", p)
	}
	in := s.Tree(alone, filepath.Join(top, "repo"))
	if p, ok := in.Path("a/b"); p != "svc/pay/a/b" || !ok {
		t.Errorf("path in the work tree %q", p)
	}
	if b, whole, err := in.ReadFile(t.Context(), "", "CODEOWNERS", 10); string(b) != "* @a" || !whole || err != nil {
		t.Errorf("above the folder: %q, %v", b, err)
	}
	for _, name := range []string{"link", "up/outside", "../outside", "/etc/passwd", "svc", "", "."} {
		if b, _, err := in.ReadFile(t.Context(), "", name, 10); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q: %q, %v", name, b, err)
		}
	}
	put(t, filepath.Join(top, "repo/wide"), "\xff\xfe*\x00 \x00@\x00a\x00")
	if b, whole, err := in.ReadFile(t.Context(), "", "wide", 10); string(b) != "* @a" || !whole || err != nil {
		t.Errorf("UTF-16: %q, %v, %v", b, whole, err)
	}
	if b, whole, err := in.ReadFile(t.Context(), "", "svc/pay/a/b", 1); string(b) != "b" || whole || err != nil {
		t.Errorf("a part: %q, %v, %v", b, whole, err)
	}
	if _, err := alone.Commit(t.Context(), "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("commit of a plain folder: %v", err)
	}
}

func TestTreeOfSeveralPaths(t *testing.T) {
	top := t.TempDir()
	put(t, filepath.Join(top, "a/x"), "x")
	put(t, filepath.Join(top, "b/c/y"), "y")
	put(t, filepath.Join(top, "z"), "z")
	t.Chdir(top)
	s, err := New(Options{Paths: []string{"a", "b/c/y"}})
	if err != nil {
		t.Fatal(err)
	}
	tree := s.Tree(nil, "")
	for shown, want := range map[string]string{"a/x": "a/x", "b/c/y": "b/c/y"} {
		if p, ok := tree.Path(shown); p != want || !ok {
			t.Errorf("path of %s is %q", shown, p)
		}
	}
	files, err := tree.Files(t.Context(), "")
	if fmt.Sprint(files) != "[{a/x -1} {b/c/y -1}]" || err != nil {
		t.Errorf("files %v, %v", files, err)
	}
}
