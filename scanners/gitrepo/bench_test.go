package gitrepo_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// BenchmarkHistory reads and attributes the repositories that the environment
// names, without detectors: each tenth blob with "password" in it is a hit.
func BenchmarkHistory(b *testing.B) {
	if os.Getenv("WHOSEKEY_REPOSITORIES") == "" {
		b.Skip("WHOSEKEY_REPOSITORIES names no repositories: see docs/benchmarks.md")
	}
	for _, dir := range filepath.SplitList(os.Getenv("WHOSEKEY_REPOSITORIES")) {
		b.Run(filepath.Base(dir), func(b *testing.B) {
			for b.Loop() {
				historyOnce(b, dir)
			}
		})
	}
}

func historyOnce(b *testing.B, dir string) {
	r, err := gitrepo.Open(dir, gitrepo.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	h := gitrepo.NewHistory(r)
	var mu sync.Mutex
	n := int64(0)
	matches := make([][]leak.Match, 1)
	_, err = h.Scan(context.Background(), 512, func(c *leak.Chunk) error {
		i := bytes.Index(c.Data, []byte("password"))
		mu.Lock()
		defer mu.Unlock()
		n += int64(len(c.Data))
		if i >= 0 && c.Ref%10 == 0 {
			start := c.Offset + int64(i)
			matches[0] = append(matches[0], leak.Match{Ref: c.Ref, Span: leak.Span{Start: start, End: start + 8}})
		}
		return nil
	})
	if err == nil {
		_, err = h.Locate(context.Background(), matches)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(n)
	b.ReportMetric(float64(len(matches[0])), "hits")
}
