package detectors

// byPolicy reports whether a value is what people make up where a password must have
// letters, digits and a symbol: words and years, joined or ended by one of the symbols
// that a keyboard has first (Kestrel@123, Osprey2031!, QT@2031#Plover). Nothing in code
// looks like this: what a symbol begins is a reference, and a dollar alone may be one. One
// that is a sign of arithmetic too counts beside letters of both cases only (Kestrel*123).
func byPolicy(v string) bool {
	if len(v) < 5 || len(v) > 24 || !isLetter(v[0]) {
		return false
	}
	var letters, upper, digits, symbols, dollars, signs int
	for i := range len(v) {
		switch c := v[i]; {
		case isLetter(c):
			letters++
			if c <= 'Z' {
				upper++
			}
		case isDigit(c):
			digits++
		case c == '$':
			dollars++
		case c == '@' || c == '#' || c == '!':
			symbols++
		case c == '*' || c == '^' || c == '?' || c == '%' && !escapedAt(v, i):
			signs++
		default:
			return false
		}
	}
	switch {
	case signs > 0 && (signs > 1 || upper == 0 || upper == letters):
		return false
	case symbols+signs == 0 && (dollars != 1 || v[0] > 'Z'):
		return false
	}
	return letters >= 3 && digits > 0 && symbols+signs+dollars <= 4
}

// escapedAt reports whether the percent sign at i begins an escape of a URL.
func escapedAt(v string, i int) bool {
	return i+2 < len(v) && unhex(v[i+1]) >= 0 && unhex(v[i+2]) >= 0
}
