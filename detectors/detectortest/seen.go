package detectortest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
)

// Seen fails t unless what d says that it depends on is all that it depends on:
// at each literal in text, the bytes beyond are changed, cut off and added to.
func Seen(t *testing.T, d detectors.Detector, text string) {
	t.Helper()
	spec := d.Spec()
	lower := strings.ToLower(text)
	for i, l := range spec.Literals {
		in := text
		if l.Fold {
			in = lower
		}
		for at := strings.Index(in, l.Text); at >= 0; {
			seenAt(t, d, text, i, at)
			next := strings.Index(in[at+1:], l.Text)
			if next < 0 {
				break
			}
			at += 1 + next
		}
	}
}

func seenAt(t *testing.T, d detectors.Detector, text string, lit, at int) {
	t.Helper()
	want, seen := find(d, text, lit, at)
	spec := d.Spec()
	if seen.Before < 0 || seen.Before > spec.Before || seen.After < 0 || seen.After > spec.After {
		t.Errorf("%s: saw %+v, reaches %d and %d", spec.Rule.ID, seen, spec.Before, spec.After)
		return
	}
	from, to := at-seen.Before, at+seen.After
	for _, filler := range []string{"A", "\n", "-", "\"", "0"} {
		front, back := "", ""
		if from > 0 {
			front = strings.Repeat(filler, from)
		}
		if to < len(text) {
			back = strings.Repeat(filler, len(text)-to)
		}
		for _, cut := range []bool{false, true} {
			if cut && (front == "" || back == "") {
				continue // that the text begins or ends there may matter
			}
			changed, by := front+text[max(0, from):min(len(text), to)]+back, 0
			if cut { // one byte is left on each side
				by = len(front) - 1
				changed = changed[by : len(changed)-len(back)+1]
			}
			if got, _ := find(d, changed, lit, at-by); !slices.Equal(got, want) {
				t.Errorf("%s: at %d of %q saw %+v, but in %q finds %v, not %v", spec.Rule.ID, at, text, seen, changed, got, want)
				return
			}
		}
	}
}

// find calls Find at a literal, and returns what it finds relative to that.
func find(d detectors.Detector, text string, lit, at int) (out []string, seen detectors.Seen) {
	spec := d.Spec()
	from, to := max(0, at-spec.Before), min(len(text), at+spec.After)
	w := detectors.Window{Data: bytes.Clone([]byte(text[from:to])), At: at - from, Lit: lit}
	seen = d.Find(w, func(h detectors.Hit) {
		var parts []string
		for name, s := range h.Parts {
			parts = append(parts, name+"="+s.Reveal())
		}
		slices.Sort(parts)
		out = append(out, fmt.Sprintf("%d %d %q", h.Start-w.At, h.End-w.At, parts))
	})
	return out, seen
}
