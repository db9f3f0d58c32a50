package cilog

import (
	"encoding/binary"

	"github.com/whosekey/whosekey/internal/coded"
)

// perhaps is the quick look before halves: most lines neither end nor begin with eight
// bytes that may all be in a token. Both have a byte at least, and what meets may be in one.
func perhaps(text []byte, a, b lineAt) bool {
	return a.len() >= 8 && coded.Not64(text, a.to-8) == 0 || b.len() >= 8 && coded.Not64(text, b.from) == 0
}

// pairEdge is how much of the first and of the last of two lines is joined, and maxPaired
// how many lines are.
const (
	pairEdge  = 256
	maxPaired = 4
)

// pair joins a line with the one before, and those before that, if one ends and the other
// begins as the pieces of a token would: something cut it, wherever it liked. At least one
// of the two has several words: others are gathered by their lengths.
func (x *expander) pair(v *view, at int, last, l lineAt, one bool) {
	if l.from > at && indent(v.text, last.from, last.to) != l.from-at || !halves(v.text, last, l) {
		x.paired = x.paired[:0]
		return
	}
	if n := len(x.paired); n == 0 || x.paired[n-1].to != last.to || !v.rest(l, false) { // or l is behind its end
		x.paired = append(x.paired[:0], lineAt{max(last.from, last.to-pairEdge), last.to})
	}
	x.paired = append(x.paired, lineAt{l.from, min(l.to, l.from+pairEdge)})
	for from := range x.paired[:len(x.paired)-1] {
		x.stitch(v, x.paired[from:])
	}
	if !one {
		x.paired = x.paired[:0]
	} else if len(x.paired) == maxPaired {
		x.paired = append(x.paired[:0], x.paired[1:]...)
	}
}

// indent is how many spaces a line begins with.
func indent(text []byte, from, to int) int {
	n := 0
	for from+n < to && (text[from+n] == ' ' || text[from+n] == '\t') {
		n++
	}
	return n
}

// stitch adds lines that may be pieces of a token to pairs.
func (x *expander) stitch(v *view, group []lineAt) {
	total := 0
	for _, l := range group {
		total += l.len()
	}
	if total < minJoined || !x.room(&x.pairs, total+2) {
		return
	}
	x.pairs.gap()
	for i, l := range group {
		if i > 0 {
			x.pairs.joints = append(x.pairs.joints, joint{at: len(x.pairs.text), from: group[i-1].from, end: group[i-1].to, next: l, weak: true})
		}
		x.pairs.segs = append(x.pairs.segs, seg{at: len(x.pairs.text), num: 1, den: 1, from: int64(l.from), to: int64(l.to), encoding: inLines})
		x.pairs.text = append(x.pairs.text, v.text[l.from:l.to]...)
	}
}

// halves reports whether the end of a line and the beginning of the next are like the
// pieces of a token: at least one is a mix of characters that is no word, number or hash.
func halves(text []byte, a, b lineAt) bool {
	if text[a.to-1] == '=' && text[b.from] != '=' && padded(text[max(a.from, a.to-maxWhole):a.to]) {
		return false
	}
	if !(mixedEnd(text, a) && !hashEnd(text, a)) && !mixedStart(text, b) {
		return false
	}
	from := a.to
	for from > max(a.from, a.to-maxWhole) && inToken(text[from-1]) {
		from--
	}
	one, other := text[from:a.to], firstWord(text, b)
	near, far := mixOf(one[max(0, len(one)-maxMixed):]), mixOf(other[:min(maxMixed, len(other))])
	return near.odd() || far.odd() || !near.hash() && !far.hash() && near.and(far).odd() ||
		len(one) > maxMixed && mixOf(one[:maxMixed]).odd() || len(other) > maxMixed && mixOf(other[len(other)-maxMixed:]).odd() ||
		hexTail(one) || hexHead(one, other)
}

// padded reports whether a text ends in base64 with its padding, behind which nothing goes
// on: sums of packages do. Their shortest, of MD5, has 22 characters.
func padded(text []byte) bool {
	const least = 22
	end := len(text)
	for end > 0 && text[end-1] == '=' {
		end--
	}
	n := 0
	for n < end && coded.Sextet[text[end-1-n]] != coded.None && text[end-1-n] != '-' && text[end-1-n] != '_' {
		n++
	}
	if n < least || (n+len(text)-end)%4 != 0 {
		return false
	}
	m := mixed8(text, end-8) + mixed8(text, end-16)
	return m&0xff > 0 && m&0xff00 > 0x100 && m&0xf0000 > 0x10000
}

// hashEnd reports whether a line ends in digits of hex that stand alone, or in a UUID.
func hashEnd(text []byte, l lineAt) bool {
	n := 0
	for n < l.len() && hexDigit[text[l.to-1-n]] != 0 {
		n++
	}
	if n < 8 {
		return false
	}
	return n == l.len() || mixes[text[l.to-1-n]] >= notToken || n == 12 && l.len() >= 36 && text[l.to-13] == '-' && text[l.to-18] == '-' && text[l.to-23] == '-' && text[l.to-28] == '-'
}

// firstWord is what a line begins with that may be in a token, without what is assigned.
func firstWord(text []byte, l lineAt) []byte {
	to, most := l.from, min(l.to, l.from+maxWhole)
	for to < most && inToken(text[to]) && (text[to] != '=' || to+1 == l.to || text[to+1] == '=' || !inToken(text[to+1])) {
		to++
	}
	return text[l.from:to]
}

// maxMixed is how much of an end of a word is looked at, and maxWhole how long a word is.
const (
	maxMixed = 24
	maxWhole = 256
)

// odd reports whether one of the ends of a word is as in no language.
func odd(word []byte) bool {
	return mixOf(word[:min(maxMixed, len(word))]).odd() || len(word) > maxMixed && mixOf(word[len(word)-maxMixed:]).odd()
}

// minHex is how many digits of hex are none by chance.
const minHex = 16

// hexTail reports whether a word ends in digits of hex and begins with a name, such as
// dop_v1_: a hash mostly stands alone.
func hexTail(word []byte) bool {
	n := len(word)
	for n > 0 && hexDigit[word[n-1]] != 0 {
		n--
	}
	return len(word)-n >= 8 && n > 0 && (word[n-1] == '_' || word[n-1] == '-') && nameLike(word[:n])
}

// hexHead reports whether a word that is a name, with some digits of hex or none, goes on
// in those of the next line, which are no hash by their number.
func hexHead(word, rest []byte) bool {
	n := 0
	for n < len(rest) && (hexDigit[rest[n]] != 0 || rest[n] == '_') {
		n++
	}
	return n >= minHex && (n != 40 && n != 64 || word[len(word)-1] == '_') && nameLike(word)
}

// nameLike reports whether a name has what is no digit of hex, and nothing but letters, digits,
// dashes and underscores at its end.
func nameLike(name []byte) bool {
	const most = 16
	other := false
	for _, c := range name[max(0, len(name)-most):] {
		switch {
		case hexDigit[c] != 0 || c == '-' || c == '_':
		case word(c):
			other = true
		default:
			other = false
		}
	}
	return other
}

// mixedStart is a quick look at the first 16 bytes of a line, and mixedEnd at its last 16.
func mixedStart(text []byte, l lineAt) bool {
	if l.len() < 8 || coded.Not64(text, l.from) != 0 { // most
		return false
	}
	n := mixed8(text, l.from)
	return mixture(n) || n < notToken && l.len() >= 16 && mixture(mixed8(text, l.from+8))
}

func mixedEnd(text []byte, l lineAt) bool {
	if l.len() < 8 || coded.Not64(text, l.to-8) != 0 { // most
		return false
	}
	n := mixed8(text, l.to-8)
	return mixture(n) || n < notToken && l.len() >= 16 && mixture(mixed8(text, l.to-16))
}

// mixed8 is the sum of mixes of the eight bytes at an offset. Most are nothing but small
// letters, which is seen at once: they have two bits that digits and capitals lack.
func mixed8(text []byte, at int) uint32 {
	const small = 0x6060606060606060
	b := text[at : at+8]
	if binary.LittleEndian.Uint64(b)&small == small {
		return 8 * 0x10000
	}
	t := &mixes
	return t[b[0]] + t[b[1]] + t[b[2]] + t[b[3]] + t[b[4]] + t[b[5]] + t[b[6]] + t[b[7]]
}

// mixture reports whether eight bytes may be in a token, and are digits and letters, and no
// path or version, or digits, or letters of both cases.
func mixture(n uint32) bool {
	return n < notToken && (n < inPaths && n&0xff != 0 && n&0xfff00 != 0 || n&0xff > 5 || n&0xff00 > 0x100 && n&0xf0000 > 0x10000)
}

const inPaths, notToken = 1 << 20, 1 << 24

// mixes has 1 for digits, 0x100 for capitals, 0x10000 for small letters, inPaths, and notToken for
// what is in no token.
var mixes = func() (v [256]uint32) {
	for c := range 256 {
		switch b := byte(c); {
		case isDigit(b):
			v[c] = 1
		case b >= 'A' && b <= 'Z':
			v[c] = 0x100
		case b >= 'a' && b <= 'z':
			v[c] = 0x10000
		case b == '/' || b == '.':
			v[c] = inPaths
		case !inToken(b):
			v[c] = notToken
		}
	}
	return v
}()

// mix counts the characters of a word: digits, capitals, small letters, those that are no
// digits of hex, and how often it goes from one class to another, other than as a Word or
// a wordOfMany does.
type mix struct{ digits, capitals, small, other, changes int }

func mixOf(word []byte) (m mix) {
	last := 0
	for _, c := range word {
		class := 0
		switch {
		case isDigit(c):
			m.digits++
			class = 1
		case c >= 'A' && c <= 'Z':
			m.capitals++
			class = 2
		case c >= 'a' && c <= 'z':
			m.small++
			class = 3
		default:
			continue
		}
		if hexDigit[c] == 0 {
			m.other++
		}
		if last != 0 && class != last && (last != 2 || class != 3) {
			m.changes++
		}
		last = class
	}
	return m
}

func (m mix) and(o mix) mix {
	return mix{m.digits + o.digits, m.capitals + o.capitals, m.small + o.small, m.other + o.other, m.changes + o.changes}
}

// hash reports whether there is nothing but digits of hex, and not few.
func (m mix) hash() bool { return m.other == 0 && m.digits+m.capitals+m.small >= 8 }

// odd reports whether no language, number or hash is mixed like that.
func (m mix) odd() bool {
	n := m.digits + m.capitals + m.small
	switch {
	case n < 8 || m.other == 0 && (m.capitals == 0 || m.small == 0):
		return false
	case m.digits == 0:
		return n >= 12 && 3*m.capitals >= n && 3*m.small >= n
	}
	return m.changes >= 3 && 5*m.changes >= n
}
