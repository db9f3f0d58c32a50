package detectors

import (
	"cmp"
	"slices"
	"testing"
)

// The first occurrence at or behind an offset is found from wherever it is looked
// for.
func TestFirstOccurrence(t *testing.T) {
	tr := &trace{}
	for i := range 40 {
		tr.hits = append(tr.hits, traced{pos: int32(i / 3 * 5)})
		for at := int32(-1); at < 75; at++ {
			want, _ := slices.BinarySearchFunc(tr.hits, at, func(h traced, at int32) int { return cmp.Compare(h.pos, at) })
			for near := range len(tr.hits) + 1 {
				if got := tr.first(at, near); got != want {
					t.Fatalf("first(%d) of %d from %d on = %d, want %d", at, len(tr.hits), near, got, want)
				}
			}
		}
	}
}
