package detectors

import _ "embed"

// language has a byte for each of 27*27*27 texts of three characters, 0 for the
// edge of a word and 1 to 26 for the letters: -log2 of the probability of the third
// behind the first two, in sixteenths. scripts/language.go says how it was made.
//
//go:embed language.bin
var language string

// surprise is how little a text looks like words: the mean of -log2 of the
// probability of each of its letters, and of the ends of its runs of letters. Words
// and names of code have 3 to 4.5, letters by chance 5.5 to 8. Runs of fewer
// letters than least do not count. It returns how many letters did.
func surprise(v string, least int) (bits float64, letters int) {
	sum, n := 0, 0
	for i := 0; i < len(v); {
		if !isLetter(v[i]) {
			i++
			continue
		}
		to := i
		for to < len(v) && isLetter(v[to]) {
			to++
		}
		if to-i >= least {
			s, m := surpriseOf(v[i:to])
			sum, n, letters = sum+s, n+m, letters+to-i
		}
		i = to
	}
	if n == 0 {
		return 0, 0
	}
	return float64(sum) / 16 / float64(n), letters
}

// surpriseOf adds up the table for a run of letters, in any case.
func surpriseOf(run string) (sum, n int) {
	a, b := 0, 0
	for i := range len(run) {
		c := int(run[i]|0x20-'a') + 1
		sum, a, b = sum+int(language[(a*27+b)*27+c]), b, c
	}
	return sum + int(language[(a*27+b)*27]), len(run) + 1
}

// wordlike reports whether a text looks like words.
func wordlike(v string) bool {
	bits, _ := surprise(v, 2)
	return bits < 5
}

// named reports whether a value is letters that make words: defaultConfiguration has
// the length and the entropy of a key, and none has no digit by chance.
func named(v string) bool {
	for i := range len(v) {
		if !isLetter(v[i]) && v[i] != '_' && v[i] != '-' && v[i] != '.' {
			return false
		}
	}
	return wordlike(v)
}

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
