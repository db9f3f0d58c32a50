package detectors_test

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// decoding are the rules whose candidates are decoded once all else of them is as it
// should be, which takes memory: keys in PEM, tokens of JSON.
func decoding(t *testing.T) (ids []string) {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for i := range p.Rules {
			if r := &p.Rules[i]; slices.Contains([]string{"pem", "jwt", "base64-json"}, r.Structure) {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}

// TestConfirmAllocatesNothing asks what becomes of candidates that fail, as most do.
func TestConfirmAllocatesNothing(t *testing.T) {
	_, fail := candidates(t)
	decode := decoding(t)
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
