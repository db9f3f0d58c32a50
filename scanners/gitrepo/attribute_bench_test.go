package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// benchCommits is the length of the history of the benchmarks.
const benchCommits = 4000

// historyOf makes a history in one well made pack: a main line on which each
// commit changes two of 1,000 files, and a branch of five commits that is
// merged every 25. Credential 0 is put in a file in the middle of it and removed
// ten commits later; the others come and go in every tenth version.
func historyOf(b testing.TB, commits int) (dir string) {
	b.Helper()
	dir = b.TempDir()
	rng := rand.New(rand.NewPCG(21, 22))
	var in strings.Builder
	change := func(file, at int) {
		var text strings.Builder
		for i := range 30 {
			fmt.Fprintf(&text, "line %d of file %d\n", i, file)
		}
		fmt.Fprintf(&text, "changed in %d\n", at)
		if at/10 == commits/20 {
			text.WriteString(secretOf(0))
		}
		if rng.IntN(10) == 0 {
			text.WriteString(secretOf(1 + file%20))
		}
		fmt.Fprintf(&in, "M 100644 inline src/%d/part%d/file%d.go\ndata %d\n%s\n", file/250, file/25, file, text.Len(), &text)
	}
	commit := func(branch string, n int, parents ...string) {
		fmt.Fprintf(&in, "commit refs/heads/%s\nmark :%d\ncommitter C <c@acme.example> %d +0000\ndata 8\nchange\n\n", branch, n+1, 1_600_000_000+n*600)
		for i, p := range parents {
			fmt.Fprintf(&in, "%s %s\n", []string{"from", "merge"}[i], p)
		}
	}
	main := ""
	for n := range commits {
		switch at := n % 25; {
		case n == 0:
			commit("main", n)
			for file := range 1000 {
				change(file, 0)
			}
		case n > 25 && at >= 10 && at < 15: // a branch that starts at the tip of main
			tip := fmt.Sprintf(":%d", n)
			if at == 10 {
				tip = main
			}
			commit("topic", n, tip)
			change(rng.IntN(1000), n)
			continue
		case n > 25 && at == 20:
			commit("main", n, main, fmt.Sprintf(":%d", n-20+15))
		default:
			commit("main", n, main)
		}
		change(rng.IntN(1000), n)
		change(rng.IntN(1000), n)
		main = fmt.Sprintf(":%d", n+1)
	}
	runGit(b, dir, "", "init", "-q", "--bare", "-b", "main")
	runGit(b, dir, in.String(), "fast-import", "--quiet", "--force")
	runGit(b, dir, "", "repack", "-adfq", "--depth=50", "--window=10")
	return dir
}

// scanFor scans for the first so many credentials.
func scanFor(b testing.TB, dir string, credentials int) (*History, [][]leak.Match) {
	b.Helper()
	r, err := Open(dir, Options{})
	if err != nil {
		b.Fatal(err)
	}
	h := NewHistory(r)
	matches := make([][]leak.Match, credentials)
	var mu sync.Mutex
	_, err = h.Scan(context.Background(), 64, func(c *leak.Chunk) error {
		if !bytes.Contains(c.Data, []byte("<cred ")) {
			return nil
		}
		for i := range matches {
			if at := bytes.Index(c.Data, []byte(secretOf(i))); at >= 0 {
				mu.Lock()
				span := leak.Span{Start: c.Offset + int64(at), End: c.Offset + int64(at+len(secretOf(i)))}
				matches[i] = append(matches[i], leak.Match{Ref: c.Ref, Span: span})
				mu.Unlock()
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return h, matches
}

// BenchmarkLocate finds out, after a scan that is not counted, who introduced
// one credential, and 21 of them.
func BenchmarkLocate(b *testing.B) {
	dir := historyOf(b, benchCommits)
	for _, credentials := range []int{0, 1, 21} {
		b.Run(fmt.Sprintf("%d-credentials", credentials), func(b *testing.B) {
			b.ReportAllocs()
			places, blobs := 0, 0
			for b.Loop() {
				b.StopTimer()
				h, matches := scanFor(b, dir, credentials)
				b.StartTimer()
				out, err := h.Locate(context.Background(), matches)
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				places, blobs = 0, 0
				for i := range out {
					places, blobs = places+len(out[i]), blobs+len(matches[i])
				}
				h.r.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchCommits, "ns/commit")
			b.ReportMetric(float64(blobs), "matches")
			b.ReportMetric(float64(places), "places")
		})
	}
}

// BenchmarkHistoryScan reads the same history, and searches for nothing.
func BenchmarkHistoryScan(b *testing.B) {
	dir := historyOf(b, benchCommits)
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(dir, Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := NewHistory(r).Scan(context.Background(), 64, func(*leak.Chunk) error { return nil }); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(r.cov.Counts()["bytes"])
		r.Close()
	}
}
