package rules_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

var address = regexp.MustCompile(`[\w.+-]@[\w-]+\.\w`)

// TestProviderFiles runs every example of every provider file, and puts every
// leak through the test kit for detectors.
func TestProviderFiles(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		t.Run(p.ID, func(t *testing.T) {
			for i := range p.Rules {
				r := &p.Rules[i] // these are in every report, which has no address of anybody
				if all := r.Title + r.About + r.Rotate; address.MatchString(all) {
					t.Errorf("%s: an e-mail address in %q", r.ID, all)
				}
				t.Run(p.Rules[i].ID, func(t *testing.T) { testRule(t, p, &p.Rules[i]) })
			}
		})
	}
}

func testRule(t *testing.T, p *rules.Provider, r *rules.Rule) {
	ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{*r}}})
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(ds...)
	expand := func(text string, i int) string {
		out, err := rules.Expand(text, fmt.Sprint(r.ID, i), detectors.Checksum(r.Checksum))
		if err != nil {
			t.Fatalf("example %q: %v", text, err)
		}
		return out
	}
	for i, l := range r.Leaks {
		text := expand(l.Text, i)
		ms := find(set, text)
		if len(ms) == 0 {
			t.Errorf("leaks[%d]: found nothing in %q", i, text)
			continue
		}
		for part, want := range l.Want {
			if got := ms[0].Parts[part].Reveal(); got != want {
				t.Errorf("leaks[%d]: %s = %q, want %q", i, part, got, want)
			}
		}
		span := ms[0].Span
		if got, want := text[span.Start:span.End], ms[0].Parts[leak.SecretPart].Reveal(); ms[0].Encoding == "" && got != want {
			t.Errorf("leaks[%d]: the span covers %q, the secret is %q", i, got, want)
		}
		detectortest.Accept(t, ds[0], text)
	}
	for i, c := range r.Clean {
		text := expand(c.Text, i)
		if ms := find(set, text); len(ms) > 0 {
			t.Errorf("clean[%d] (%s): found %d in %q", i, c.Why, len(ms), text)
		}
	}
}

func find(set *detectors.Set, text string) []leak.Match {
	var ms []leak.Match
	set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) { ms = append(ms, m) })
	slices.SortStableFunc(ms, func(a, b leak.Match) int { return int(a.Span.Start - b.Span.Start) })
	return ms
}
