package gitrepo

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestTreesAlongDeltas compares what is noted of trees that copy from another
// one, at any offsets, with what is noted of them alone.
func TestTreesAlongDeltas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "objects")
	store, _ := gitpack.Open([]string{dir}, 20) // nothing is in it: each entry is a missing one, and so noted
	reader := func() *treeReader {
		return &treeReader{table: store.Table(), hash: 20, shared: &interner{ids: map[string]int32{}}, local: map[string]int32{}}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		base := randomTree(rng, 1+rng.IntN(60))
		keep := &treeTrace{}
		one := reader()
		if err := one.entries(&gitpack.Object{Data: base}, keep); err != nil {
			t.Fatal(err)
		}
		keep.starts, keep.noted = append(keep.starts, int32(len(base))), one.noted
		var copies []gitpack.Copy
		var target []byte
		for range 1 + rng.IntN(6) {
			switch {
			case rng.IntN(3) == 0:
				target = append(target, randomTree(rng, rng.IntN(3))...)
			default:
				// Whole entries, but cut from the base with some bytes more or
				// less at the edges, which the inserts before and after mend.
				i, j := rng.IntN(len(keep.starts)), rng.IntN(len(keep.starts))
				from, to := int(keep.starts[min(i, j)]), int(keep.starts[max(i, j)])
				less := min(rng.IntN(12), to-from)
				target = append(target, base[from:from+less]...)
				if to-from > less {
					copies = append(copies, gitpack.Copy{From: from + less, To: len(target), Len: to - from - less})
				}
				target = append(target, base[from+less:to]...)
			}
		}
		alone, along := reader(), reader()
		o := &gitpack.Object{Data: target}
		if err := alone.entries(o, &treeTrace{}); err != nil {
			t.Fatal(err)
		}
		o.Base, o.Copies = keep, copies
		along.drop(&treeTrace{starts: []int32{3, 1}, noted: []noted{{at: 1}}})
		traceA, traceB := &treeTrace{}, along.trace()
		if err := along.entries(o, traceB); err != nil {
			t.Fatal(err)
		}
		if err := alone.entries(&gitpack.Object{Data: target}, traceA); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(alone.noted) != fmt.Sprint(along.noted) || !slices.Equal(traceA.starts, traceB.starts) {
			t.Fatalf("base %q\ncopies %v\ntarget %q\nalone %v\nalong %v", base, copies, target, alone.noted, along.noted)
		}
	}
}

func randomTree(rng *rand.Rand, entries int) []byte {
	var out []byte
	for range entries {
		mode := []string{"100644", "40000", "100755"}[rng.IntN(3)]
		out = append(out, fmt.Sprintf("%s f%d\x00", mode, rng.IntN(1000))...)
		for range 20 {
			out = append(out, []byte("\x00 140f\x00\xff")[rng.IntN(8)])
		}
	}
	return out
}
