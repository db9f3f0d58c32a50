package gitpack_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestManyParents: a merge may have tens of thousands of parents, as git takes them; who
// reads one that has more is told.
func TestManyParents(t *testing.T) {
	tree := "tree " + strings.Repeat("1", 40) + "\n"
	parent := "parent " + strings.Repeat("2", 40) + "\n"
	end := "committer A <a@x.example> 1600000000 +0000\n\noctopus\n"
	for n, ok := range map[int]bool{0: true, 10_000: true, 100_000: true, 200_000: false} {
		text := []byte(tree + strings.Repeat(parent, n) + end)
		c, err := gitpack.ParseCommit(text)
		if (err == nil) != ok || ok && len(c.Parents) != n {
			t.Errorf("%d parents: %d and %v", n, len(c.Parents), err)
		}
		var l gitpack.Links
		if err := l.Parse(text, 20); (err == nil) != ok || ok && len(l.Parents) != 20*n {
			t.Errorf("%d parents: links to %d and %v", n, len(l.Parents)/20, err)
		}
		if !ok && !strings.Contains(err.Error(), "more than") {
			t.Errorf("%d parents: %v", n, err)
		}
	}
}
