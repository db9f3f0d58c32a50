package identity

import (
	"fmt"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestPaths: what is deployed now comes first, tests and what is gone last, and
// nothing twice.
func TestPaths(t *testing.T) {
	q := &Query{Finding: &leak.Finding{Locations: []leak.Location{
		{Path: "docs/setup.md", AtHead: true}, {Path: "old/prod/app.env"}, {Path: "src/app.go", AtHead: true},
		{Path: "k8s/prod/app.yaml", AtHead: true}, {Path: "src/app.go"}, {Path: "tests/a.go", AtHead: true}, {},
	}}}
	want := []string{"k8s/prod/app.yaml", "src/app.go", "docs/setup.md", "tests/a.go", "old/prod/app.env"}
	if got, all := q.Paths(); !slices.Equal(got, want) || all != len(want) {
		t.Errorf("%d: %q", all, got)
	}
	for i := range 2 * MaxPaths {
		q.Finding.Locations = append(q.Finding.Locations, leak.Location{Path: fmt.Sprint("f", i), AtHead: true})
	}
	if got, all := q.Paths(); len(got) != MaxPaths || all != len(want)+2*MaxPaths || got[0] != want[0] {
		t.Errorf("%d of %d: %q", len(got), all, got)
	}
}
