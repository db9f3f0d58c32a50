package archive

import (
	"strconv"
	"unicode/utf8"
)

// rtfHidden are groups of an RTF file whose content is no text.
var rtfHidden = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "objdata": true, "themedata": true,
	"colorschememapping": true, "latentstyles": true, "datastore": true, "listtable": true, "rsidtbl": true,
}

// rtfSpace are control words that stand for white space.
var rtfSpace = map[string]string{
	"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t",
	"emdash": "—", "endash": "–", "lquote": "'", "rquote": "'", "ldblquote": `"`, "rdblquote": `"`,
}

// rtf is the state of a group.
type rtfGroup struct {
	hidden bool
	skip   int // characters after \u that stand for it
}

// rtfText returns the text of an RTF file: a credential in it may be cut by
// control words. See Rich Text Format Specification, 1.9.1.
func rtfText(b []byte) (out []byte) {
	now, stack := rtfGroup{skip: 1}, []rtfGroup(nil)
	pending := 0 // characters that are left out
	for i := 0; i < len(b); {
		c := b[i]
		i++
		switch c {
		case '{':
			if len(stack) < 1<<16 {
				stack = append(stack, now)
			}
		case '}':
			if n := len(stack); n > 0 {
				now, stack = stack[n-1], stack[:n-1]
			}
		case '\r', '\n':
		case '\\':
			out, i, pending = now.control(out, b, i, pending)
		default:
			if pending > 0 {
				pending--
			} else if !now.hidden {
				out = appendLatin1(out, c)
			}
		}
	}
	return out
}

// control reads what comes after a backslash.
func (g *rtfGroup) control(out, b []byte, i, pending int) ([]byte, int, int) {
	if i >= len(b) {
		return out, i, pending
	}
	if c := b[i]; !letter(c) {
		i++
		switch {
		case c == '*':
			g.hidden = true
		case c == '\'' && i+2 <= len(b):
			v, err := strconv.ParseUint(string(b[i:i+2]), 16, 8)
			if i += 2; pending > 0 {
				pending--
			} else if err == nil && !g.hidden {
				out = appendLatin1(out, byte(v))
			}
		case g.hidden:
		case c == '~':
			out = append(out, ' ')
		case c == '_':
			out = append(out, '-')
		case c == '\n', c == '\r':
			out = append(out, '\n')
		case c == '\\', c == '{', c == '}':
			out = append(out, c)
		}
		return out, i, pending
	}
	from := i
	for i < len(b) && letter(b[i]) {
		i++
	}
	word, at := string(b[from:min(i, from+32)]), i
	if i < len(b) && b[i] == '-' {
		i++
	}
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	num, err := strconv.Atoi(string(b[at:min(i, at+11)]))
	if i < len(b) && b[i] == ' ' {
		i++
	}
	switch {
	case rtfHidden[word]:
		g.hidden = true
	case word == "fldinst": // the address of a link
		g.hidden = false
	case word == "bin" && err == nil:
		i += min(max(0, num), len(b)-i)
	case word == "uc" && err == nil:
		g.skip = min(max(0, num), 16)
	case word == "u" && err == nil:
		if pending = g.skip; !g.hidden {
			out = utf8.AppendRune(out, rune(uint16(num)))
		}
	case !g.hidden:
		out = append(out, rtfSpace[word]...)
	}
	return out, i, pending
}

func letter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func appendLatin1(out []byte, c byte) []byte {
	if c == 0 {
		return out
	}
	return utf8.AppendRune(out, rune(c))
}
