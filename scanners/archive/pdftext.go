package archive

import (
	"encoding/hex"
	"strconv"
	"unicode/utf16"
)

// pdfLexer reads the tokens of content streams and maps.
type pdfLexer struct {
	b []byte
	i int
}

// token is a string, a number or a word.
type token struct {
	kind byte // 's' string, 'n' number, '/' name, 'w' word, '[' and ']'; 0 at the end
	text []byte
}

func pdfSpace(c byte) bool { return c <= ' ' }

func pdfDelimiter(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return pdfSpace(c)
}

func (l *pdfLexer) next() token {
	for l.i < len(l.b) {
		c := l.b[l.i]
		l.i++
		switch {
		case pdfSpace(c):
		case c == '%':
			for l.i < len(l.b) && l.b[l.i] != '\n' && l.b[l.i] != '\r' {
				l.i++
			}
		case c == '(':
			return token{'s', l.literal()}
		case c == '<' && l.i < len(l.b) && l.b[l.i] == '<': // of a dictionary
			l.i++
		case c == '<':
			return token{'s', l.hex()}
		case c == '[' || c == ']':
			return token{c, nil}
		case c == '/':
			return token{'/', l.word(l.i)}
		case pdfDelimiter(c):
		default:
			w := l.word(l.i - 1)
			if c == '-' || c == '.' || '0' <= c && c <= '9' {
				return token{'n', w}
			}
			return token{'w', w}
		}
	}
	return token{}
}

func (l *pdfLexer) word(from int) []byte {
	for l.i < len(l.b) && !pdfDelimiter(l.b[l.i]) {
		l.i++
	}
	return l.b[from:l.i]
}

func (l *pdfLexer) hex() []byte {
	var digits []byte
	for l.i < len(l.b) {
		c := l.b[l.i]
		l.i++
		if c == '>' {
			break
		}
		if letter(c) || '0' <= c && c <= '9' {
			digits = append(digits, c)
		}
	}
	if len(digits)%2 == 1 {
		digits = append(digits, '0')
	}
	out := make([]byte, len(digits)/2)
	n, _ := hex.Decode(out, digits)
	return out[:n]
}

// literal reads a string in parentheses, which may nest.
func (l *pdfLexer) literal() (out []byte) {
	for depth := 1; l.i < len(l.b); {
		c := l.b[l.i]
		l.i++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return out
			}
		case '\\':
			if c = l.escape(); c == 0 {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// escape reads what comes after a backslash; 0 for nothing.
func (l *pdfLexer) escape() byte {
	if l.i >= len(l.b) {
		return 0
	}
	c := l.b[l.i]
	l.i++
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '\n', '\r', 'b', 'f':
		return 0
	}
	if c < '0' || c > '7' {
		return c
	}
	v := c - '0'
	for range 2 {
		if l.i < len(l.b) && '0' <= l.b[l.i] && l.b[l.i] <= '7' {
			v = v<<3 | (l.b[l.i] - '0')
			l.i++
		}
	}
	return v
}

// text returns what a content stream shows. A new line begins where the place
// of the text is set.
func (p *pdfFonts) text(b []byte) (out []byte) {
	l := &pdfLexer{b: b}
	var font pdfMap
	var name string
	var shown [][]byte
	var nums []float64
	line, glyph := -1.0, false // where it stands, and whether the last string was a character
	for {
		t := l.next()
		switch t.kind {
		case 0:
			return out
		case '/':
			name = string(t.text)
		case 's':
			shown = append(shown, t.text)
		case 'n':
			v, _ := strconv.ParseFloat(string(t.text), 64)
			if nums = append(nums, v); len(shown) > 0 && v < -200 { // a gap as wide as a space, in a list
				shown = append(shown, nil)
			}
		case 'w':
			switch string(t.text) {
			case "Tf":
				font = p.of(name)
			case "Tj", "TJ", "'", `"`:
				if c := t.text[0]; c == '\'' || c == '"' {
					out = append(out, '\n')
				}
				for _, s := range shown {
					if s == nil {
						out = append(out, ' ')
					}
					out = font.decode(out, s)
				}
				glyph = len(shown) == 1 && len(shown[0]) <= 2
			case "Td", "TD", "Tm":
				same := len(nums) >= 2 && nums[len(nums)-1] == 0
				if t.text[1] == 'm' {
					same = len(nums) >= 6 && nums[len(nums)-1] == line
				}
				switch {
				case !same:
					out = append(out, '\n')
				case t.text[1] != 'm' && !glyph: // some place every character, spaces too
					out = append(out, ' ')
				}
				if t.text[1] == 'm' && len(nums) > 0 {
					line = nums[len(nums)-1]
				}
			case "T*":
				out = append(out, '\n')
			}
			shown, nums = shown[:0], nums[:0]
		}
		if len(shown) > 1<<16 || len(nums) > 1<<16 {
			shown, nums = nil, nil
		}
	}
}

// maxCodes bounds the memory for a map: the codes have two bytes.
const maxCodes = 1 << 17

// parseMap reads what the codes of a font mean. See Adobe Technical Note 5411.
func parseMap(b []byte) pdfMap {
	m, l := pdfMap{}, &pdfLexer{b: b}
	var args []token
	for {
		t := l.next()
		if t.kind == 0 {
			return m
		}
		if t.kind != 'w' {
			if args = append(args, t); len(args) > 1<<16 {
				args = nil
			}
			continue
		}
		switch string(t.text) {
		case "endbfchar":
			for ; len(args) >= 2; args = args[2:] {
				m.set(args[0].text, 0, utf16Text(args[1].text, 0))
			}
		case "endbfrange":
			m.ranges(args)
		}
		args = args[:0:0]
	}
}

func (m pdfMap) ranges(args []token) {
	for len(args) >= 3 && len(m) < maxCodes {
		lo, hi := codeOf(args[0].text), codeOf(args[1].text)
		if args[2].kind == '[' {
			list := args[3:]
			for i := 0; len(list) > 0; i++ {
				t := list[0]
				if list = list[1:]; t.kind == ']' {
					break
				}
				m.set(args[0].text, i, utf16Text(t.text, 0))
			}
			args = list
			continue
		}
		for i := 0; lo+i <= hi && i < 1<<16 && len(m) < maxCodes; i++ {
			m.set(args[0].text, i, utf16Text(args[2].text, i))
		}
		args = args[3:]
	}
}

func (m pdfMap) set(code []byte, plus int, text string) {
	if len(m) < maxCodes && (len(code) == 1 || len(code) == 2) {
		m[codeOf(code)+plus] = text
	}
}

// codeOf is the key of a code in a map.
func codeOf(b []byte) int {
	switch len(b) {
	case 1:
		return int(b[0])
	case 2:
		return twoBytes + int(b[0])<<8 + int(b[1])
	}
	return 0
}

// utf16Text is a text in UTF-16, the last character of which is so many later.
func utf16Text(b []byte, plus int) string {
	u := make([]uint16, 0, 2)
	for ; len(b) >= 2 && len(u) < 16; b = b[2:] {
		u = append(u, uint16(b[0])<<8|uint16(b[1]))
	}
	if len(u) > 0 {
		u[len(u)-1] += uint16(plus)
	}
	return string(utf16.Decode(u))
}
