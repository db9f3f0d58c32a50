package detectors

// byPolicy reports whether a value is what people make up where a password must have a
// capital letter, a digit and a symbol: a name or word, and one to four digits behind or
// before one of the symbols that a keyboard has first (Kestrel@123, Osprey2031!).
func byPolicy(v string) bool {
	word := 0
	for word < len(v) && isLetter(v[word]) {
		if upper := v[word] < 'a'; upper != (word == 0) {
			return false
		}
		word++
	}
	rest := v[word:]
	if word < 3 || len(rest) < 2 || len(rest) > 5 {
		return false
	}
	first, last := rest[0], rest[len(rest)-1]
	switch {
	case ofPolicy(first):
		return digitsOnly(rest[1:])
	case ofPolicy(last):
		return digitsOnly(rest[:len(rest)-1])
	}
	return false
}

func ofPolicy(c byte) bool { return c == '@' || c == '#' || c == '!' || c == '$' }

func digitsOnly(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}
