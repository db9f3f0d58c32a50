package gitrepo

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// TestLooks has a repository with more places to look at than there may be: its
// other files are searched to their end all the same, and the gap is named.
func TestLooks(t *testing.T) {
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q", "-b", "main")
	for i := range 8 {
		writeFile(t, dir, fmt.Sprintf("plain%d", i), fmt.Sprintf("%d %s x end", i, strings.Repeat("some words ", 100)))
		writeFile(t, dir, fmt.Sprintf("dense%d", i), fmt.Sprintf("%d %s", i, strings.Repeat("x ", 1000)))
	}
	runGit(t, dir, "", "add", "-A")
	runGit(t, dir, "", "commit", "-q", "-m", "first")
	for _, most := range []int64{0, 3000} {
		r, err := Open(dir, Options{looks: most})
		if err != nil {
			t.Fatal(err)
		}
		var plain, dense, looked atomic.Int64
		cov, err := NewHistory(r).Scan(t.Context(), 16, func(c *leak.Chunk) error {
			c.Looks = bytes.Count(c.Data, []byte("x"))
			if c.Cut() {
				c.Looks = c.MaxLooks + 1 // where a search ends
			}
			switch looked.Add(int64(c.Looks)); {
			case c.Cut():
			case c.Looks == 1:
				plain.Add(1)
			case c.Looks == 1000:
				dense.Add(1)
			}
			return nil
		})
		r.Close()
		if err != nil || plain.Load() != 8 {
			t.Errorf("%d plain files, %v", plain.Load(), err)
		}
		gap := strings.Contains(gaps(cov), "little but words that rules look for")
		if most == 0 && (gap || dense.Load() != 8) {
			t.Errorf("%d dense files, %s", dense.Load(), gaps(cov))
		}
		if most > 0 && (!gap || dense.Load() < 3 || dense.Load() > 5 || looked.Load() > 2*most) {
			t.Errorf("%d dense files, %d looks, %s", dense.Load(), looked.Load(), gaps(cov))
		}
	}
}

// gaps are all messages of a coverage.
func gaps(c *scanners.Coverage) string {
	var out []string
	for _, g := range append(c.Skipped(), c.LeftOut()...) {
		out = append(out, g.String()+" ("+g.Fix+")")
	}
	return strings.Join(append(out, c.Notes()...), "\n")
}
