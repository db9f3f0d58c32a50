package detectors

import (
	"strings"

	"github.com/whosekey/whosekey/internal/coded"
	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/rules"
)

// codec finds credentials that stand in the text in an encoded form. The
// literals of all rules are searched for in that form too, so that a codec
// costs nothing until one of them is there.
type codec struct {
	name string
	// num and den say how much longer the encoded text is.
	num, den int
	// forms returns how a literal looks when it is encoded. phase is handed
	// back to decode.
	forms func(l rules.Literal) []encodedLiteral
	// decode decodes the text around the encoded literal at data[pos:], so
	// that before bytes in front of its start and after bytes from its start
	// on are decoded, or all that is encoded.
	decode func(data []byte, pos, phase, before, after int) (decoded, bool)
}

func (c *codec) reach(n int) int { return n*c.num/c.den + 8 }

// form is how a literal was encoded; the zero form is plain text.
type form struct {
	codec *codec
	phase int
}

type encodedLiteral struct {
	lit  prefilter.Literal
	form form
}

// decoded is decoded text, and where each byte of it came from.
type decoded struct {
	text []byte
	at   int // of the literal in text
	// start and end map the beginning and the end of a piece of text to
	// offsets in the encoded data.
	start, end func(int) int
	cut        bool // it goes on behind text
}

var codecs []*codec

func init() { codecs = []*codec{&base64Codec, &hexCodec, &utf16Codec, &escapeCodec} } // breaks an initialization cycle

// formsOf is how many forms a literal has, with itself, roughly.
const formsOf = 6

// forms appends the encoded forms of a literal.
func forms(out []encodedLiteral, l rules.Literal) []encodedLiteral {
	for _, c := range codecs {
		for _, f := range c.forms(l) {
			f.form.codec = c
			out = append(out, f)
		}
	}
	return out
}

var base64Codec = codec{name: "base64", num: 4, den: 3, forms: base64Forms, decode: decodeBase64}

// base64Forms returns the characters that a literal determines fully, for each
// of the three places in a group of three bytes where it can start. Shorter
// ones than four characters are no use.
func base64Forms(l rules.Literal) []encodedLiteral {
	if l.Fold {
		return nil
	}
	out := make([]encodedLiteral, 0, 3)
	for phase := range 3 {
		first, last := (8*phase+5)/6, 8*(phase+len(l.Text))/6 // the second is not whole any more
		if last-first < 4 {
			continue
		}
		std := make([]byte, 0, last-first)
		for i := first; i < last; i++ {
			std = append(std, coded.Chars[sextet(l.Text, 6*i-8*phase)])
		}
		text := string(std)
		out = append(out, encodedLiteral{prefilter.Literal{Text: text}, form{phase: phase}})
		if strings.ContainsAny(text, "+/") {
			url := strings.ReplaceAll(strings.ReplaceAll(text, "+", "-"), "/", "_")
			out = append(out, encodedLiteral{prefilter.Literal{Text: url}, form{phase: phase}})
		}
	}
	return out
}

// sextet returns the six bits of a text from one on; all are in it.
func sextet(text string, bit int) byte {
	two := uint(text[bit/8]) << 8
	if bit/8+1 < len(text) {
		two |= uint(text[bit/8+1])
	}
	return byte(two>>(10-bit%8)) & 63
}

// decodeBase64 decodes the run of base64 characters around pos. In a group of
// four characters the literal's first full one is number 0, 2 or 3.
func decodeBase64(data []byte, pos, phase, before, after int) (decoded, bool) {
	first := (8*phase + 5) / 6
	lo := pos
	for limit := pos - first - 4*(before/3+1); lo > 0 && lo > limit && coded.Sextet[data[lo-1]] != coded.None; {
		lo--
	}
	lo += (pos - first - lo) & 3 // to the start of a group
	if lo > pos-first {
		return decoded{}, false // a part of the literal's first group is missing
	}
	hi := pos
	for limit := pos + 4*(after/3+2); hi < len(data) && hi < limit && coded.Sextet[data[hi]] != coded.None; {
		hi++
	}
	text := coded.Decode64(make([]byte, 0, (hi-lo)*3/4), data[lo:hi])
	at := (pos-first-lo)/4*3 + phase
	return decoded{
		text: text, at: at,
		start: func(i int) int { return lo + i*8/6 },
		end:   func(i int) int { return lo + (i*8+5)/6 },
	}, at < len(text)
}

var hexCodec = codec{name: "hex", num: 2, den: 1, forms: hexForms, decode: decodeHex}

func hexForms(l rules.Literal) []encodedLiteral {
	if l.Fold || len(l.Text) < 4 {
		return nil
	}
	const digits = "0123456789abcdef"
	var b strings.Builder
	for i := range len(l.Text) {
		b.WriteByte(digits[l.Text[i]>>4])
		b.WriteByte(digits[l.Text[i]&15])
	}
	return []encodedLiteral{{prefilter.Literal{Text: b.String(), Fold: true}, form{}}}
}

func unhex(c byte) int { return coded.Unhex(c) }

func decodeHex(data []byte, pos, _, before, after int) (decoded, bool) {
	lo := pos
	for limit := pos - 2*before; lo-2 >= max(0, limit) && unhex(data[lo-2]) >= 0 && unhex(data[lo-1]) >= 0; {
		lo -= 2
	}
	text := make([]byte, 0, after)
	hi := lo
	for limit := pos + 2*after; hi+2 <= min(len(data), limit) && unhex(data[hi]) >= 0 && unhex(data[hi+1]) >= 0; hi += 2 {
		text = append(text, byte(unhex(data[hi])<<4|unhex(data[hi+1])))
	}
	return strided(text, pos, lo), true
}

var utf16Codec = codec{name: "utf-16", num: 2, den: 1, forms: wideForms, decode: decodeWide}

// wideForms spells a literal in 16-bit characters. The outer zero byte, which
// tells the byte orders apart, is left out.
func wideForms(l rules.Literal) []encodedLiteral {
	text := strings.Join(strings.Split(l.Text, ""), "\x00")
	return []encodedLiteral{{prefilter.Literal{Text: text, Fold: l.Fold}, form{}}}
}

// decodeWide decodes the run of 16-bit characters below 0x80 around pos, in
// either byte order. It is for text inside other data: whole files in UTF-16
// are decoded before they are searched.
func decodeWide(data []byte, pos, _, before, after int) (decoded, bool) {
	ascii := func(i int) bool { // is data[i] the low byte of an ASCII character?
		return i >= 0 && i < len(data) && data[i] != 0 && data[i] < 0x80 &&
			(i+1 < len(data) && data[i+1] == 0 || i > 0 && data[i-1] == 0)
	}
	lo := pos
	for limit := pos - 2*before; lo-2 >= limit && ascii(lo-2); {
		lo -= 2
	}
	var text []byte
	for hi := lo; hi < pos+2*after && ascii(hi); hi += 2 {
		text = append(text, data[hi])
	}
	t := strided(text, pos, lo)
	return t, t.at < len(text)
}

// strided describes text of which each byte takes two.
func strided(text []byte, pos, lo int) decoded {
	at := func(i int) int { return lo + 2*i }
	return decoded{text: text, at: (pos - lo) / 2, start: at, end: at}
}
