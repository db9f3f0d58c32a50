package gitrepo

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
)

// treeOf makes a tree of bytes, two an entry, in git's order; false if a name is
// there twice.
func treeOf(raw []byte) ([]byte, bool) {
	var es []gitpack.TreeEntry
	names := map[string]bool{}
	for ; len(raw) >= 2; raw = raw[2:] {
		name := []string{"a", "a-b", "a.b", "a0", "b", "ab"}[int(raw[0]>>2)%6]
		e := gitpack.TreeEntry{Mode: 0o100644, Name: []byte(name), ID: slices.Repeat([]byte{raw[1]%5 + 1}, 20)}
		switch raw[0] & 3 {
		case 1:
			e.Mode = gitpack.ModeTree
		case 2:
			e.Mode = gitpack.ModeGitlink
		}
		if names[name] {
			return nil, false
		}
		names[name] = true
		es = append(es, e)
	}
	slices.SortFunc(es, inOrder)
	var out []byte
	for _, e := range es {
		out = append(fmt.Appendf(out, "%o %s\x00", e.Mode, e.Name), e.ID...)
	}
	return out, true
}

// told is what rows lead to, sorted.
func told(rows []row) (out []string) {
	d := &treeDiff{r: &Repo{cov: new(scanners.Coverage)}, left: 1000}
	for _, r := range rows {
		d.differ = func(c change) { out = append(out, fmt.Sprint("file 1 ", c.path, c.new, c.olds, c.link)) }
		if d.entry(&r, "") {
			s := fmt.Sprint("folder ", r.name, asTree(r.now))
			for _, old := range r.olds {
				s += fmt.Sprint(asTree(old))
			}
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(out, func(s string) bool { return !strings.ContainsAny(s, "12345") })
}

// FuzzMergeTrees compares going through trees side by side with looking every
// name up in all of them.
func FuzzMergeTrees(f *testing.F) {
	f.Add([]byte("\x00\x01\x05\x02"), []byte("\x00\x01\x05\x03"), []byte("\x01\x01"), uint8(3))
	f.Add([]byte("\x00\x01"), []byte("\x01\x01\x08\x00"), []byte(""), uint8(2))
	f.Add([]byte("\x01\x01\x04\x01\x08\x01\x0c\x01"), []byte("\x00\x01\x05\x01\x09\x01\x0d\x01"), []byte("\x02\x01"), uint8(3))
	f.Fuzz(func(t *testing.T, a, b, c []byte, n uint8) {
		var trees [][]byte
		for _, raw := range [][]byte{a, b, c}[:1+n%3] {
			data, ok := treeOf(raw)
			if !ok {
				return
			}
			trees = append(trees, data)
		}
		fast, ok := mergeTrees(trees, 20)
		if !ok {
			t.Fatalf("trees in order are refused: %q", trees)
		}
		d := &treeDiff{r: &Repo{cov: new(scanners.Coverage), store: emptyStore(t)}}
		if got, want := told(fast), told(d.anyOrder(trees)); !slices.Equal(got, want) {
			t.Errorf("side by side %q, by name %q, of %q", got, want, trees)
		}
	})
}

func emptyStore(t *testing.T) *gitpack.Store {
	s, _ := gitpack.Open([]string{t.TempDir()}, 20)
	t.Cleanup(s.Close)
	return s
}

// TestDisorder checks that a tree that git would not write is not gone through
// side by side.
func TestDisorder(t *testing.T) {
	entry := func(name string) string { return "100644 " + name + "\x00" + strings.Repeat("i", 20) }
	for text, want := range map[string]bool{
		entry("a") + entry("b"):                 true,
		entry("b") + entry("a"):                 false,
		entry("a") + entry("a"):                 false,
		entry("a")[:12]:                         false,
		"40000 a\x00" + strings.Repeat("i", 20): true,
	} {
		if _, ok := mergeTrees([][]byte{[]byte(text), nil}, 20); ok != want {
			t.Errorf("%q: %v", text, ok)
		}
	}
}
