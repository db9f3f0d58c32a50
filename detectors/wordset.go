package detectors

import "strings"

// wordSet is texts by their first byte, to find which of many stand in a short one.
type wordSet [128][]string

func newWordSet(words []string) *wordSet {
	s := &wordSet{}
	for _, w := range words {
		s[w[0]&127] = append(s[w[0]&127], w)
	}
	return s
}

// in returns the first of the texts that stands in text, from a place on; "" if none does.
func (s *wordSet) in(text string, from int) string {
	for i := from; i < len(text); i++ {
		for _, w := range s[text[i]&127] {
			if strings.HasPrefix(text[i:], w) {
				return w
			}
		}
	}
	return ""
}

// longestAt returns the longest that stands in text at a place.
func (s *wordSet) longestAt(text string, at int) (best string) {
	for _, w := range s[text[at]&127] {
		if len(w) > len(best) && strings.HasPrefix(text[at:], w) {
			best = w
		}
	}
	return best
}
