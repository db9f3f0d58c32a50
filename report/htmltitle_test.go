package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestTitleOfAPart: of a page that has some of a store's findings it is not known in how many
// places all of them are.
func TestTitleOfAPart(t *testing.T) {
	for all, want := range map[int]string{1: "whosekey: 1 leaked credential in 2 places<", 10_000: "whosekey: 10,000 leaked credentials<"} {
		var b bytes.Buffer
		var o Options
		o.Page.Totals = &Totals{Findings: all}
		p := NewHTML(&b, o)
		f := &leak.Finding{ID: "f1", Locations: []leak.Location{{Path: "a"}, {Path: "b"}}}
		for _, err := range []error{p.Start(Run{Tool: "whosekey"}), p.Finding(f), p.Finish(Summary{Counts: map[string]int64{"repositories": 1}, Places: 2})} {
			if err != nil {
				t.Fatal(err)
			}
		}
		title, _, _ := strings.Cut(b.String()[strings.Index(b.String(), "<title>")+len("<title>"):], "/title>")
		if title != want {
			t.Errorf("%d findings: %s, want %s", all, title, want)
		}
	}
}
