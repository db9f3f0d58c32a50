package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// spaced finds text with the same one to three characters behind every character,
// such as a space, which is a known way around masking, and takes them out.
func (x *expander) spaced(v, child *view, skip int) {
	text := v.text
	const stride = 24
	for i := max(0, skip-maxWord); i+3*maxPeriod+maxPeriod < len(text); i += stride {
		// Of four bytes at least two stand between: in other text that is rare.
		if between[text[i]]+between[text[i+1]]+between[text[i+2]]+between[text[i+3]] < 2 {
			continue
		}
		lo, period := periodic(text, i)
		if period == 0 {
			continue
		}
		sep := text[lo+1 : lo+period]
		hi := lo + 1
		for lo-period >= 0 && bytes.Equal(text[lo-period+1:lo], sep) && text[lo-period] > ' ' {
			lo -= period
		}
		for hi+period <= len(text) && bytes.Equal(text[hi:hi+period-1], sep) && text[hi+period-1] > ' ' {
			hi += period
		}
		if sep[0] == ' ' && period == 2 { // a longer word at either end is none of it
			if lo > 0 && word(text[lo-1]) {
				lo += period
			}
			if hi < len(text) && word(text[hi]) {
				hi -= period
			}
		}
		i = max(i, hi-stride)
		n := (hi - lo + period - 1) / period
		if n < minJoined || !x.room(child, n+2) {
			continue
		}
		child.gap()
		child.segs = append(child.segs, seg{at: len(child.text), num: int32(period), den: 1, pad: int32(period - 1), from: int64(lo), to: int64(hi + period - 1), encoding: "spaces"})
		for j := lo; j < hi; j += period {
			child.text = append(child.text, text[j])
		}
	}
}

// between has 1 for what can stand between characters.
var between = func() (v [256]byte) {
	for c := byte(1); c < 0x7f; c++ {
		if !word(c) && c != '\n' && c != '\r' {
			v[c] = 1
		}
	}
	return v
}()

// maxPeriod is how far apart characters may be: 't','o','k'.
const maxPeriod = 4

// periodic returns a character at or behind an offset that is followed by another
// twice, period bytes apart, with the same between them; period is 0 for none.
func periodic(text []byte, i int) (at, period int) {
	for period := maxPeriod; period > 1; period-- { // 't','o' is not a comma after each
	phases:
		for at := i; at < i+period; at++ {
			for k := range period - 1 {
				c := text[at+1+k]
				if between[c] == 0 || c != text[at+1+k+period] || c != text[at+1+k+2*period] {
					continue phases
				}
			}
			sep := text[at+1]
			one, two, three := text[at], text[at+period], text[at+2*period]
			if one > ' ' && two > ' ' && three > ' ' && (one != sep || two != sep || three != sep) {
				return at, period
			}
		}
	}
	return 0, 0
}

// base32 decodes a run of base32 (RFC 4648, 6), if it is text.
func (x *expander) base32(v, child *view, lo, hi int) bool {
	text := v.text
	for i := lo; i < hi; i++ {
		if base32Value(text[i]) < 0 {
			return false
		}
	}
	n := (hi - lo) * 5 / 8
	if n < minJoined || !x.room(child, n+2) {
		return false
	}
	size, at := len(child.text), 0
	child.gap()
	at = len(child.text)
	acc, bits := uint32(0), 0
	for _, c := range text[lo:hi] {
		acc, bits = acc<<5|uint32(base32Value(c)), bits+5
		if bits >= 8 {
			bits -= 8
			child.text = append(child.text, byte(acc>>bits))
		}
	}
	for _, c := range child.text[at : at+12] {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' || c >= 0x7f {
			child.text = child.text[:size]
			return false
		}
	}
	child.segs = append(child.segs, seg{at: at, num: 8, den: 5, from: int64(lo), to: int64(hi), encoding: "base32"})
	return true
}

func base32Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= '2' && c <= '7':
		return int(c-'2') + 26
	}
	return -1
}

// reversed turns a run around that is no text, no number and no path: it may be a
// token that was printed with rev.
func (x *expander) reversed(v, child *view, lo, hi int) {
	const most = 4096
	run := v.text[lo:hi]
	kinds, hashed := uint32(0), byte(1)
	for _, c := range run[:minReversed] {
		kinds += kind[c]
	}
	for _, c := range run[:8] {
		hashed &= hexDigit[c]
	}
	digits, other := kinds&0xff, kinds>>8
	letters := minReversed - digits - other
	if hashed != 0 || summed(v.text, lo) || digits < 2 || letters < 4 || other > 1 || len(run) > most || !x.room(child, len(run)+2) {
		return // hashes, of which logs have many, too
	}
	child.gap()
	child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, back: true, from: int64(lo), to: int64(hi), encoding: "reversed"})
	for i := len(run) - 1; i >= 0; i-- {
		child.text = append(child.text, run[i])
	}
}

// summed reports whether a run is the sum of something, as lists of packages have it:
// https://www.w3.org/TR/SRI/#the-integrity-attribute, https://go.dev/ref/mod#go-sum-files
func summed(text []byte, lo int) bool {
	run := text[lo:]
	return run[0] == 's' && run[1] == 'h' && run[2] == 'a' && (run[4] == '-' || run[6] == '-') || lo >= 3 && string(text[lo-3:lo]) == "h1:"
}

// kind has 1 for digits, 0x100 for slashes and pluses; hexDigit has 1 for those.
var kind, hexDigit = func() (kind [256]uint32, hexDigit [256]byte) {
	for c := range 256 {
		switch {
		case c >= '0' && c <= '9':
			kind[c] = 1
		case c == '/' || c == '+':
			kind[c] = 0x100
		}
		if coded.Unhex(byte(c)) >= 0 {
			hexDigit[c] = 1
		}
	}
	return kind, hexDigit
}()
