// Package coded tells encoded text from other text, and decodes it: base64, hex,
// and the escapes of URLs, of strings in source code and of HTML. It knows
// nothing of where the text stands.
package coded

import (
	"bytes"
	"encoding/binary"
)

// None is what Sextet has for a character that is not of base64.
const None = 0xff

// Chars are the characters of base64 by value (RFC 4648, 4).
const Chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// Sextet maps characters of both base64 alphabets to six bits, others to None.
var Sextet = func() (v [256]byte) {
	for i := range v {
		v[i] = None
	}
	for i := range len(Chars) {
		v[Chars[i]] = byte(i)
	}
	v['-'], v['_'] = 62, 63
	return v
}()

// Not64 is not zero if the eight bytes at an offset cannot all be of base64: one is less
// than a plus (space, line break, quotes, brackets) or not ASCII. It is a first look that
// has no branch: most words of other text end within eight bytes.
func Not64(text []byte, at int) uint64 {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	x := binary.LittleEndian.Uint64(text[at:])
	return (x | (x - '+'*ones)) & highs
}

// Decode64 appends what a run of base64 characters means. Bits that make no whole
// byte are left out.
func Decode64(out, code []byte) []byte {
	for len(code) >= 4 {
		v := quad(code)
		out = append(out, byte(v>>16), byte(v>>8), byte(v))
		code = code[4:]
	}
	acc, bits := uint32(0), 0
	for _, c := range code {
		acc, bits = acc<<6|uint32(Sextet[c]&63), bits+6
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
		}
	}
	return out
}

// quad is what the first four characters mean: three bytes.
func quad(code []byte) uint32 {
	_ = code[3]
	return uint32(Sextet[code[0]]&63)<<18 | uint32(Sextet[code[1]]&63)<<12 | uint32(Sextet[code[2]]&63)<<6 | uint32(Sextet[code[3]]&63)
}

// tried is how many decoded bytes must make sense for a run to be text.
const tried = 12

// Tried64 is how many characters of base64 Text64 looks at.
const Tried64 = 4 * tried / 3

// Text64 reports whether base64 begins as that of text does, or of text in UTF-16,
// as PowerShell takes its commands. It may be told so of either byte order.
func Text64(code []byte) (wide, ok bool) {
	if len(code) < Tried64 {
		return false, false
	}
	narrow, zeros, odd := 0, 0, 0
	for i := 0; i < tried; i += 3 { // most fail at the first
		v := quad(code[4*i/3:])
		a, b, c := class[byte(v>>16)], class[byte(v>>8)], class[byte(v)]
		if a&b&c&known == 0 { // one branch: of noise each byte by itself is guessed wrong
			return false, false
		}
		narrow += int(a&1 + b&1 + c&1)
		zeros += int(a>>1&1 + b>>1&1 + c>>1&1)
		if i&1 == 0 {
			odd += int(b >> 1 & 1)
		} else {
			odd += int(a>>1&1 + c>>1&1)
		}
	}
	wide = zeros == tried/2 && (odd == 0 || odd == zeros)
	return wide, narrow == tried || wide
}

// class has 1 for what is plain, 2 for a zero, and known for both.
var class = func() (v [256]byte) {
	for i := range v {
		if plain(byte(i)) {
			v[i] = 1 | known
		}
	}
	v[0] = 2 | known
	return v
}()

const known = 4

func plain(c byte) bool { return c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c == '\r' }

// Narrow keeps one byte of each pair of UTF-16 in place, the one that is not zero, and
// returns the text and which byte of a pair it is.
func Narrow(text []byte) (out []byte, parity int) {
	zeros := [2]int{}
	for i, c := range text[:min(len(text), 64)] {
		if c == 0 {
			zeros[i&1]++
		}
	}
	if zeros[0] > zeros[1] {
		parity = 1
	}
	n := 0
	for i := parity; i < len(text); i += 2 {
		text[n] = text[i]
		n++
	}
	return text[:n], parity
}

// Unhex is the value of a hexadecimal digit, -1 for another character.
func Unhex(c byte) int { return int(digits[c]) }

var digits = func() (v [256]int8) {
	for i := range v {
		switch c := byte(i); {
		case '0' <= c && c <= '9':
			v[i] = int8(c - '0')
		case 'a' <= c && c <= 'f':
			v[i] = int8(c-'a') + 10
		case 'A' <= c && c <= 'F':
			v[i] = int8(c-'A') + 10
		default:
			v[i] = -1
		}
	}
	return v
}()

// pair is the byte that two hexadecimal digits at the start of text mean.
func pair(text []byte) (byte, bool) {
	if len(text) < 2 || Unhex(text[0]) < 0 || Unhex(text[1]) < 0 {
		return 0, false
	}
	return byte(Unhex(text[0])<<4 | Unhex(text[1])), true
}

// TextHex returns how many characters at the start of a run are hexadecimal
// digits, 0 if what they begin with is no text.
func TextHex(run []byte) int {
	if len(run) < 2*tried {
		return 0
	}
	for i := 0; i < 2*tried; i += 2 {
		if c, ok := pair(run[i:]); !ok || !plain(c) {
			return 0
		}
	}
	return HexLen(run)
}

// HexLen returns how many characters at the start of a run are hexadecimal digits.
func HexLen(run []byte) int {
	n := 0
	for n < len(run) && Unhex(run[n]) >= 0 {
		n++
	}
	return n
}

// DecodeHex appends what pairs of hexadecimal digits mean.
func DecodeHex(out, digits []byte) []byte {
	for i := 0; i+1 < len(digits); i += 2 {
		out = append(out, byte(Unhex(digits[i])<<4|Unhex(digits[i+1])))
	}
	return out
}

// Escape decodes an escape sequence for a printable ASCII character, a tab or a line
// break at the start of text: of a URL (%3d) or of a string in source code (\x3d, \u003d). n is its
// length, 0 for none.
func Escape(text []byte) (c byte, n int) {
	at := 0
	switch {
	case len(text) < 3:
		return 0, 0
	case text[0] == '%':
		at = 1
	case text[0] != '\\':
		return 0, 0
	case text[1] == 'x':
		at = 2
	case text[1] == 'u' && len(text) >= 6 && text[2] == '0' && text[3] == '0':
		at = 4
	default:
		return 0, 0
	}
	c, ok := pair(text[at:])
	if !ok || !plain(c) {
		return 0, 0
	}
	return c, at + 2
}

// entities are the named ones that stand for what divides keys from values.
var entities = []struct {
	name string
	c    byte
}{
	{"&quot;", '"'}, {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&apos;", '\''}, {"&equals;", '='}, {"&colon;", ':'},
	{"&sol;", '/'}, {"&plus;", '+'}, {"&commat;", '@'},
}

// Entity decodes a character reference of HTML (&quot; &#61; &#x3d;) for a printable
// ASCII character, a tab or a line break at the start of text. n is its length, 0 for none.
func Entity(text []byte) (c byte, n int) {
	if len(text) < 4 || text[0] != '&' {
		return 0, 0
	}
	if text[1] != '#' {
		for _, e := range entities {
			if bytes.HasPrefix(text, []byte(e.name)) {
				return e.c, len(e.name)
			}
		}
		return 0, 0
	}
	i, base := 2, 10
	if text[2]|0x20 == 'x' {
		i, base = 3, 16
	}
	v, first := 0, i
	for ; i < len(text) && i < first+5; i++ {
		d := Unhex(text[i])
		if d < 0 || d >= base {
			break
		}
		v = v*base + d
	}
	if i == first || i >= len(text) || text[i] != ';' || v >= 0x7f || !plain(byte(v)) {
		return 0, 0
	}
	return byte(v), i + 1
}
