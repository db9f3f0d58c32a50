package detectors

import "strings"

// chosen reports whether a value is what somebody has set as a password: where settings and
// source write one down, not where they compare or pass it.
func chosen(n *name, a *assigned) bool {
	return n.class == ofPassword && !a.loose && (a.quote != 0 || a.line)
}

// wordAndNumber reports whether a value is a word and a number that is no year, as in ncc-1701:
// the commonest passwords.
func wordAndNumber(v string) bool {
	word := strings.TrimRight(v, "0123456789")
	number := v[len(word):]
	if len(number) < 3 || len(number) > 6 || len(number) == 4 && (number[:2] == "19" || number[:2] == "20") || strings.Trim(number, "0") == "" {
		return false
	}
	word = strings.TrimRight(word, "-_@#.!")
	return len(v) >= 8 && len(word) >= 3 && len(word) <= 12 && isWord(word)
}
