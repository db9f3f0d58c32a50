package detectors

import "github.com/whosekey/whosekey/internal/language"

// surprise is that of package language.
func surprise(v string, least int) (bits float64, letters int) { return language.Surprise(v, least) }

func wordlike(v string) bool { return language.Wordlike(v) }

// inWords counts the letters of a value that stand in pieces of three or more, as
// camelCase and dividers make them.
func inWords(v string) (n int) {
	for i := 0; i < len(v); {
		if !isLetter(v[i]) {
			i++
			continue
		}
		to := i + 1
		for to < len(v) && isLetter(v[to]) && isUpper(v[to]) && isUpper(v[i]) {
			to++
		}
		if to == i+1 || to < len(v) && isLetter(v[to]) && to-i == 1 {
			for to < len(v) && isLetter(v[to]) && !isUpper(v[to]) {
				to++
			}
		}
		if to-i >= 3 {
			n += to - i
		}
		i = to
	}
	return n
}

func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
