package detectors

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// escapeReach is how many bytes escapeEnds looks at.
const escapeReach = 14

// escapeEnds reports whether an escape sequence ends where data[at:] starts.
// Its last character is then no part of the word that follows: in "\nTOKEN" of
// a source file, in %3DTOKEN of a URL, behind \u0022 of JSON, behind the colour
// of a log.
func escapeEnds(data []byte, at int) bool {
	before := data[max(0, at-escapeReach):at]
	n := len(before)
	if n < 2 {
		return false
	}
	last := before[n-1]
	switch {
	case before[n-2] == '\\' && bytes.IndexByte([]byte("ntrbfvae0"), last) >= 0:
		return true
	case last == 'm':
		return colour(before[:n-1])
	case coded.Unhex(last) < 0 || coded.Unhex(before[n-2]) < 0:
		return false
	case n >= 3 && before[n-3] == '%':
		return true
	case n >= 4 && before[n-4] == '\\' && before[n-3] == 'x':
		return true
	}
	return n >= 6 && before[n-6] == '\\' && before[n-5] == 'u' && coded.Unhex(before[n-4]) >= 0 && coded.Unhex(before[n-3]) >= 0
}

// colour reports whether text ends in what stands before the m of an ANSI
// sequence: ESC [ and numbers. ESC may be written out.
func colour(text []byte) bool {
	text = bytes.TrimRight(text, "0123456789;")
	if text, ok := bytes.CutSuffix(text, []byte("[")); ok {
		for _, esc := range []string{"\x1b", `\x1b`, `\033`, `\e`, `\u001b`} {
			if bytes.HasSuffix(bytes.ToLower(text), []byte(esc)) {
				return true
			}
		}
	}
	return false
}
