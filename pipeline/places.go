package pipeline

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// elsewhere are the pieces that have another value in another place of the
// credential than in the first: a token beside two servers, a password of two users.
func (c *credential) elsewhere() (names []string) {
	first := c.matches[0].Hit
	last := first
	for _, m := range c.matches[1:] {
		if m.Hit == first || m.Hit == last || m.Rule != first.Rule {
			continue
		}
		last = m.Hit // thousands of versions of a file share one
		for name, value := range m.Parts {
			if other, ok := first.Parts[name]; ok && name != leak.SecretPart && !slices.Contains(names, name) && !other.Equal(value) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// maxOthers is how many places with other pieces are told of a credential.
const maxOthers = 16

// others are what stands beside the credential where some piece has another value than
// in the first place, once for each set of values. What belongs to it in one of the
// places that have them is not loose.
func (c *credential) others() (out []leak.Surroundings) {
	first := c.matches[0].Hit
	seen := map[*leak.Hit]bool{first: true}
	for _, m := range c.matches[1:] {
		if m.Rule != first.Rule || seen[m.Hit] {
			continue
		}
		seen[m.Hit] = true
		if !differs(first.Parts, m.Parts) {
			continue
		}
		i := slices.IndexFunc(out, func(o leak.Surroundings) bool {
			return !differs(o.Parts, m.Parts) && !differs(m.Parts, o.Parts) && len(o.Parts) == len(m.Parts)
		})
		switch {
		case i >= 0:
			out[i].Loose = slices.DeleteFunc(out[i].Loose, func(name string) bool { return !slices.Contains(m.Loose, name) })
		case len(out) == maxOthers:
			return nil // too many to ask about each
		default:
			out = append(out, leak.Surroundings{Parts: m.Parts, Loose: append([]string{}, m.Loose...)})
		}
	}
	slices.SortFunc(out, func(a, b leak.Surroundings) int { return strings.Compare(mark(a.Parts), mark(b.Parts)) })
	return out
}

// mark tells sets of pieces apart, and nothing about them.
func mark(parts leak.Parts) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		b.WriteString(name + parts[name].Fingerprint(nil, name))
	}
	return b.String()
}

// differs reports whether a piece has another value in b than in a.
func differs(a, b leak.Parts) bool {
	for name, value := range b {
		if other, ok := a[name]; ok && name != leak.SecretPart && !other.Equal(value) {
			return true
		}
	}
	return false
}
