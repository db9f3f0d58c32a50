package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/internal/language"
)

// Passwords with signs in them often look like something that points elsewhere.

// ofSymbols reports whether a value is made of characters of all kinds by chance, so that
// a $ in front or two signs side by side mean nothing.
func ofSymbols(v string, c *classes) bool {
	return len(v) >= 16 && c.spaces == 0 && c.digits > 1 && c.upper > 1 && c.lower > 1 && c.symbols > 2 && Entropy(v) >= 3.8 && language.InWords(v)*5 < c.letters*3 &&
		plainPointers.in(v, 0) == "" && strings.IndexByte("{<~.[:?", v[0]) < 0
}

// scrambled reports whether a password is long and so mixed that a dot in front, or what is a
// verb of formats, is there by chance. In names, patterns and templates the letters stand in words.
func scrambled(v string, c *classes) bool {
	return len(v) >= 16 && c.spaces+c.other == 0 && c.upper > 0 && c.lower > 1 && c.symbols > 1 && c.digits+c.symbols > 3 && Entropy(v) >= 3.6 &&
		2*kindsIn(v) > len(v) && language.InWords(v)*5 < c.letters*4 && verbsIn(v) < 2 && strings.IndexByte("{<[/", v[0]) < 0 && surePointers.in(v, 0) == ""
}

// kindsIn counts the runs of characters of one kind: small letters, large ones, digits, signs.
func kindsIn(v string) (n int) {
	kind := func(b byte) int {
		switch {
		case 'a' <= b && b <= 'z':
			return 1
		case isUpper(b):
			return 2
		case isDigit(b):
			return 3
		}
		return 4
	}
	for i := range len(v) {
		if i == 0 || kind(v[i]) != kind(v[i-1]) {
			n++
		}
	}
	return n
}

// verbsIn counts what is a verb of formats.
func verbsIn(v string) (n int) {
	for i := 1; i < len(v); i++ {
		if v[i-1] == '%' && strings.IndexByte("sdvqxfc%", v[i]) >= 0 {
			n++
		}
	}
	return n
}

// surePointers are pointers that a password of 16 characters and more does not have.
var surePointers = newWordSet([]string{
	"...", "://", "${", "[A-Z", "[a-z", "[0-9", "(?=", "(?:", "(?!", "(?<", "(?P", "(?i", "{{", "#{", "%{", "<%", "$2a$", "$2b$", "$2y$", "$argon2", "ENC[", "ENC(", "\\d", "\\w",
})

// plainPointers are pointers that nobody makes by chance.
var plainPointers = newWordSet([]string{"...", "://", "${", "[A-Z", "[a-z", "[0-9", "(?", "{{", "%(", "%s", "%v", "#{", "<%", "\\d", "$2a$", "$2b$", "$2y$", "$argon2", "ENC[", "ENC(", "()", "/"})
