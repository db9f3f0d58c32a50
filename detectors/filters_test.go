package detectors

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestMain(m *testing.M) {
	fewBytes = 0 // what is not about short texts is about long ones
	os.Exit(m.Run())
}

// What is found does not depend on which prefilter found its literals, nor on when a
// search went over to the fast one.
func TestShortTextsFindTheSame(t *testing.T) {
	ps, ds := shipped(t)
	defer func(old int64) { fewBytes = old }(fewBytes)
	text := glued(t, ps, 7)
	text = text[:min(len(text), 100_000)]
	found := func(few int64) (out []string) {
		fewBytes = few
		set := NewSet(append(ds, Builtin(nil)...)...)
		for from := 0; from < len(text); from += 5000 {
			set.Scan(&leak.Chunk{Data: []byte(text[from:min(from+5000, len(text))])}, func(m leak.Match) {
				out = append(out, fmt.Sprintf("%d %s %v", from, m.Rule, m.Span))
			})
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	fast := found(0)
	if len(fast) < 100 {
		t.Fatalf("only %d found", len(fast))
	}
	for _, few := range []int64{1 << 40, 30_000} {
		if got := found(few); !slices.Equal(got, fast) {
			t.Errorf("with a slow prefilter for %d bytes: %d found, with the fast one %d", few, len(got), len(fast))
		}
	}
}
