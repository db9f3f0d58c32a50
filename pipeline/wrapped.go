package pipeline

import (
	"bytes"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// leastWrapped is the least length of a line of base64 that goes on in the next one, in
// bytes: PEM wraps at 64, OpenPGP and MIME at 76, Ruby at 60.
const leastWrapped = 56

// inWrapped reports whether text[at:end] is a part of a line of base64 beside others of the
// same length: a signature, a picture, a certificate. What has the form of a short token
// there has it by chance.
func inWrapped(text []byte, at, end int) bool {
	if at == 0 || end > len(text) || !joins(text[at-1]) && (end == len(text) || !joins(text[end])) {
		return false
	}
	lo, hi := max(0, at-around), min(len(text), end+around)
	from := lineStart(text, lo, at)
	to, _ := lineEnd(text, end, hi)
	own := body64(text[from:to])
	if own < leastWrapped {
		return false
	}
	if from > lo && body64(text[lineStart(text, lo, from-1):from-1]) == own {
		return true
	}
	if to == hi {
		return false
	}
	stop, _ := lineEnd(text, to+1, hi)
	return body64(text[to+1:stop]) == own
}

// joins reports whether a byte of base64 is none of a word, so that a token may seem to
// begin or end at it.
func joins(c byte) bool { return c == '+' || c == '/' }

// body64 is how long a line of base64 is without the blanks and the CR around it; 0 if it
// is something else.
func body64(line []byte) int {
	line = bytes.Trim(line, " \t\r")
	for _, c := range bytes.TrimRight(line, "=") {
		if !joins(c) && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			return 0
		}
	}
	return len(line)
}

// doubtWrapped makes findings that only stand in wrapped base64 ones of low confidence, if
// nothing proves them.
func doubtWrapped(set *detectors.Set, fs []*leak.Finding) {
	for _, f := range fs {
		if f.Confidence == leak.Low || set.Proven(f.Rule.ID) {
			continue
		}
		all := len(f.Locations) > 0
		for i := range f.Locations {
			all = all && f.Locations[i].Wrapped
		}
		if all {
			f.Confidence, f.Why = leak.Low, append(f.Why[:len(f.Why):len(f.Why)], "part of a longer base64 text")
		}
	}
}
