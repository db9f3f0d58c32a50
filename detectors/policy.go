package detectors

// byPolicy reports whether a value is what people make up where a password must have
// letters, digits and a symbol: words and years, joined or ended by one of the symbols
// that a keyboard has first (Kestrel@123, Osprey2031!, QT@2031#Plover). Nothing in code
// looks like this: what a symbol begins is a reference, and a dollar alone may be one.
func byPolicy(v string) bool {
	if len(v) < 5 || len(v) > 24 || !isLetter(v[0]) {
		return false
	}
	var letters, digits, symbols, dollars int
	for i := range len(v) {
		switch c := v[i]; {
		case isLetter(c):
			letters++
		case isDigit(c):
			digits++
		case c == '$':
			dollars++
		case c == '@' || c == '#' || c == '!':
			symbols++
		default:
			return false
		}
	}
	if symbols == 0 && (dollars != 1 || v[0] > 'Z') {
		return false
	}
	return letters >= 3 && digits > 0 && symbols+dollars <= 4
}
