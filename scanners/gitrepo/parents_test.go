package gitrepo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestParentsAreBounded: commits whose parents are too many in all are told, and take no
// more memory than the bound. 820 KB of deltas said 32 million parents that are missing:
// 1.1 GB and minutes.
func TestParentsAreBounded(t *testing.T) {
	defer func(most int64) { maxEdges = most }(maxEdges)
	dir := t.TempDir()
	runGit(t, dir, "", "init", "-q")
	tree := strings.TrimSpace(runGit(t, dir, "", "mktree"))
	there := strings.TrimSpace(runGit(t, dir, "", "commit-tree", "-m", "x", tree))
	for i := range 20 {
		text := "tree " + tree + "\nparent " + there + "\n"
		for j := range 100 {
			text += fmt.Sprintf("parent %040x\n", 1+i*1000+j)
		}
		text += strings.Repeat("parent "+there+"\n", 50) + "committer A <a@x.example> 1600000000 +0000\n\nx\n"
		runGit(t, dir, text, "hash-object", "-t", "commit", "-w", "--stdin")
	}
	for most, told := range map[int64]bool{1 << 20: false, 4000: true, 2500: true, 0: true} {
		maxEdges = most
		r, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := NewHistory(r)
		cov, err := h.Scan(context.Background(), 64, func(*leak.Chunk) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		gone, parents := 0, 0
		for _, c := range h.commits {
			if parents += len(c.parents); c.gone != nil {
				gone += len(c.gone.parents)
			}
		}
		if most := 2*20 + int(most)/(missingCost-1); gone > min(most, 2000) || !told && gone != 2000 || parents != 20 {
			t.Errorf("%d parents that are there, %d that are not, want 20 and at most %d", parents, gone, most)
		}
		if got := strings.Contains(fmt.Sprint(gaps(cov)), "more parents than whosekey follows"); got != told {
			t.Errorf("for %d: told %v, want %v: %v", most, got, told, gaps(cov))
		}
		r.Close()
	}
}

// TestOnce compares once with a search of the list.
func TestOnce(t *testing.T) {
	for n := range 40 {
		list := make([]int32, n)
		for i := range list {
			list[i] = rand.Int32N(12)
		}
		var want []int32
		for _, x := range list {
			if !slices.Contains(want, x) {
				want = append(want, x)
			}
		}
		if got := once(slices.Clone(list)); !slices.Equal(got, want) {
			t.Errorf("%v became %v, want %v", list, got, want)
		}
	}
}
