package policy

import (
	"fmt"
	"slices"
)

// Lapsed counts the entries of the baseline that are expired or stale.
func (g *Ignores) Lapsed(whole bool) (n int) {
	g.lapsed(whole, func(*Entry, bool) { n++ })
	return n
}

// Notes are remarks for people on those entries.
func (g *Ignores) Notes(whole bool) (out []string) {
	g.lapsed(whole, func(e *Entry, expired bool) {
		if expired {
			out = append(out, "baseline: expired on "+e.Expires+": "+e.Title())
		} else {
			out = append(out, "baseline: stale, nothing like it was found: "+e.Title())
		}
	})
	return shortened(out)
}

// maxNotes is how many entries are named one by one.
const maxNotes = 20

func shortened(notes []string) []string {
	slices.Sort(notes)
	if n := len(notes) - maxNotes; n > 0 {
		notes = append(notes[:maxNotes:maxNotes], fmt.Sprintf("baseline: and %d more entries are expired or stale; \"whosekey baseline prune\" takes them out", n))
	}
	return notes
}
