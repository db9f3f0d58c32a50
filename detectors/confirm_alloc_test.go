package detectors_test

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// decoding are the rules with one of some structures, or with any or a checksum: those whose candidates are decoded once all else of them is as it
// should be, which takes memory: keys in PEM, tokens of JSON.
func decoding(t *testing.T, structures ...string) (ids []string) {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for i := range p.Rules {
			if r := &p.Rules[i]; slices.Contains(structures, r.Structure) || len(structures) == 0 && r.Structure+r.Checksum != "" {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}

// TestConfirmAllocatesNothing asks what becomes of candidates that fail, as most do.
func TestConfirmAllocatesNothing(t *testing.T) {
	_, fail := candidates(t)
	decode := decoding(t, "pem", "jwt", "base64-json", "bedrock", "ecr")
	emit := func(detectors.Hit) { t.Error("a candidate passes") }
	asked := 0
	for _, c := range fail {
		id := c.d.Spec().Rule.ID
		if slices.Contains(decode, id) {
			continue
		}
		asked++
		c.d.Find(c.w, emit)
		if n := testing.AllocsPerRun(20, func() { c.d.Find(c.w, emit) }); n > 0 {
			t.Errorf("%s allocates %.0f times in a window of %d bytes for a candidate that fails", id, n, len(c.w.Data))
		}
	}
	if asked < 1000 {
		t.Errorf("%d candidates", asked)
	}
}

// TestHitAllocatesLittle bounds what a hit of a single part allocates: its map, its text,
// its place and what hides the text, and two texts for its entropy.
func TestHitAllocatesLittle(t *testing.T) {
	pass, _ := candidates(t)
	decode := decoding(t)
	asked, most := 0, 0.0
	for _, c := range pass {
		parts := 0
		c.d.Find(c.w, func(h detectors.Hit) { parts = max(parts, len(h.Parts)) })
		info := c.d.Spec().Rule
		if parts != 1 || info.Sure != leak.High || slices.Contains(decode, info.ID) {
			continue
		}
		asked++
		n := testing.AllocsPerRun(20, func() { c.d.Find(c.w, func(detectors.Hit) {}) })
		if most = max(most, n); n > 9 {
			t.Errorf("%s allocates %.0f times for a hit", c.d.Spec().Rule.ID, n)
		}
	}
	if asked < 300 {
		t.Errorf("%d candidates", asked)
	}
	t.Logf("%d candidates, %.0f allocations at most", asked, most)
}
