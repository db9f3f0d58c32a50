package leak

import (
	"slices"
	"strings"
)

// Mask is what stands in the place of a credential.
const Mask = "********"

// minRedact is the shortest value that a Redactor looks for: replacing every
// "abc" in a report would destroy it and hide nothing.
const minRedact = 6

// Redactor removes known secrets from text that is about to be printed, such
// as the name of a file that has a token in it.
type Redactor struct{ values []string }

// Add makes the pieces of a credential known.
func (r *Redactor) Add(p Parts) {
	for _, s := range p {
		if v := s.Reveal(); len(v) >= minRedact {
			r.values = append(r.values, v)
		}
	}
}

// Ready must be called after the last Add. The longest value goes first, so
// that one that contains another is replaced whole.
func (r *Redactor) Ready() {
	slices.SortFunc(r.values, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	r.values = slices.Compact(r.values)
}

// Clean returns text with every known secret masked.
func (r *Redactor) Clean(text string) string {
	for _, v := range r.values {
		if len(v) <= len(text) && strings.Contains(text, v) {
			text = strings.ReplaceAll(text, v, Mask)
		}
	}
	return text
}
