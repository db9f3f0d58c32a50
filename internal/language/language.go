// Package language tells words from letters by chance, by how likely each letter of a
// text is behind the two before it.
package language

import _ "embed"

// trigrams has a byte for each of 27*27*27 texts of three characters, 0 for the
// edge of a word and 1 to 26 for the letters: -log2 of the probability of the third
// behind the first two, in sixteenths. scripts/language.go says how it was made.
//
//go:embed trigrams.bin
var trigrams string

// Surprise is how little a text looks like words: the mean of -log2 of the
// probability of each of its letters, and of the ends of its runs of letters. Words
// and names of code have 3 to 4.5, letters by chance 5.5 to 8. Runs of fewer
// letters than least do not count. It returns how many letters did.
func Surprise(v string, least int) (bits float64, letters int) {
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
		sum, a, b = sum+int(trigrams[(a*27+b)*27+c]), b, c
	}
	return sum + int(trigrams[(a*27+b)*27]), len(run) + 1
}

// Wordlike reports whether a text looks like words.
func Wordlike(v string) bool {
	bits, _ := Surprise(v, 2)
	return bits < 5
}

// Named reports whether a value is letters that make words: defaultConfiguration has
// the length and the entropy of a key, and none has no digit by chance.
func Named(v string) bool {
	for i := range len(v) {
		if !isLetter(v[i]) && v[i] != '_' && v[i] != '-' && v[i] != '.' {
			return false
		}
	}
	return Wordlike(v)
}

// maxWord is the longest of what Word takes for one.
const maxWord = 20

// Word reports whether a credential is a word, as a weak password is: one that stands in
// names of files, services and people that have nothing to do with it. To mask those
// would hide nothing, and say which word it is.
func Word(v string) bool {
	for i := range len(v) {
		if !isLetter(v[i]) {
			return false
		}
	}
	return v != "" && len(v) <= maxWord && Wordlike(v)
}

// InWords counts the letters of a value that stand in pieces of three or more, as
// camelCase and dividers make them.
func InWords(v string) (n int) {
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

// Numbered reports whether a text is a name in code that has numbers in it, as
// clientPrivateKeyPEM4096 has: words that case or dividers part, and digits in three
// places at most. It holds for none of 20,000 texts of twenty characters and more by chance.
func Numbered(v string) bool {
	if v == "" || !isLetter(v[0]) && v[0] != '_' {
		return false
	}
	letters, upper, numbers, dividers, last := 0, 0, 0, 0, byte(0)
	for i := range len(v) {
		switch c := v[i]; {
		case isLetter(c):
			if letters++; isUpper(c) {
				upper++
			}
		case isDigit(c):
			if !isDigit(last) {
				numbers++
			}
		case c != '_' && c != '-':
			return false
		default:
			dividers++
		}
		last = v[i]
	}
	parted := dividers > 0 || upper > 0 && upper < letters
	return parted && numbers <= 3 && InWords(v)*10 >= letters*9 && Wordlike(v)
}

func isUpper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
