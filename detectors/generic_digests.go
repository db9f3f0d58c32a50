package detectors

import "bytes"

// amongDigests reports whether the n hexadecimal digits behind the name of a stand in a list of
// digests, as those of a lock file: two of the lines next to it have as many, behind names of
// nothing secret.
func (r *reader) amongDigests(a *assigned, n int) bool {
	if r.ofFile(a, n) {
		return true
	}
	if !a.line || a.quote != 0 || n < 32 || n > 128 || !isHex(view(r.data[a.at:a.at+n])) {
		return false
	}
	reach := 2 * (genericKey + genericGap + n)
	r.byte(a.start - reach - 1)
	r.byte(a.at + n + reach)
	before := r.data[max(0, a.start-reach):a.start]
	after := r.data[a.at+n : min(len(r.data), a.at+n+reach)]
	found := 0
	for range 2 {
		i := bytes.LastIndexByte(before, '\n')
		if i < 0 {
			break
		}
		before = before[:i]
		if !isDigestLine(before[bytes.LastIndexByte(before, '\n')+1:], n) {
			break
		}
		found++
	}
	for range 2 {
		_, rest, ok := bytes.Cut(after, []byte("\n"))
		if !ok {
			break
		}
		after = rest
		line, _, _ := bytes.Cut(after, []byte("\n"))
		if !isDigestLine(line, n) {
			break
		}
		found++
	}
	return found >= 2
}

// ofFile reports whether n hexadecimal digits are the digest of a file, whose name is the end
// of a path in front of them: "https://acme.test/token.ts": "...".
func (r *reader) ofFile(a *assigned, n int) bool {
	return r.byte(a.start-1) == '/' && n >= 32 && n <= 128 && n%8 == 0 && isHex(view(r.data[a.at:a.at+n]))
}

// isDigestLine reports whether a line is a name of nothing secret, a colon and n digits.
func isDigestLine(line []byte, n int) bool {
	name, value, ok := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
	if !ok || len(value) != n || !isHex(view(value)) {
		return false
	}
	var room shortRoom
	return wordsOfNames.in(lowered(view(name), room[:]), 0) == ""
}
