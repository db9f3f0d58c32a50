package archive

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// rtfHidden are groups of an RTF file whose content is no text.
var rtfHidden = map[string]bool{
	"fonttbl": true, "colortbl": true, "stylesheet": true, "pict": true, "themedata": true,
	"colorschememapping": true, "latentstyles": true, "listtable": true, "rsidtbl": true,
}

// rtfSpace are control words that stand for white space.
var rtfSpace = map[string]string{
	"par": "\n", "line": "\n", "row": "\n", "sect": "\n", "page": "\n", "tab": "\t", "cell": "\t",
	"emdash": "—", "endash": "–", "lquote": "'", "rquote": "'", "ldblquote": `"`, "rdblquote": `"`,
}

// rtf is the state of a group.
type rtfGroup struct {
	hidden bool
	aside  bool // only readers that know it show it
	object bool // what it has is an object in hex, or in bytes
	skip   int  // characters after \u that stand for it
}

// rtfShown are groups that readers which do not know them leave out, but that hold what
// people wrote.
var rtfShown = map[string]bool{"fldinst": true, "annotation": true, "footnote": true, "docvar": true, "userprops": true, "xmlopen": true, "shptxt": true}

// rtf emits the text of an RTF file, and the objects in it.
func (w *walker) rtf(in *input, data []byte, depth int) error {
	text, aside, objects, whole := rtfText(data)
	for i, part := range [][]byte{text, aside} {
		if len(bytes.TrimSpace(part)) > 0 {
			if err := w.text(join(in.path, [...]string{"text", "text in unknown groups"}[i]), bytes.NewReader(part)); err != nil {
				return err
			}
		}
	}
	for i, o := range objects {
		at := join(in.path, fmt.Sprintf("object %d", i+1))
		class, o := oleNative(o)
		if class == "Package" {
			if name, file, ok := olePackage(o); ok {
				at, o = at+"!"+name, file
			}
		}
		if err := w.visitBytes(at, o, depth); err != nil {
			return err
		}
	}
	if !whole {
		return fmt.Errorf("RTF file: %w", errDamaged)
	}
	return nil
}

// oleNative is what an embedded object of OLE 1.0 has, and the name of its class. What
// is none stays as it is. See [MS-OLEDS], 2.2.5.
func oleNative(b []byte) (class string, native []byte) {
	if len(b) < 12 || le32(b[4:]) != 2 {
		return "", b
	}
	rest := b[8:]
	for i := range 3 { // class, topic, item
		if len(rest) < 4 || uint64(le32(rest)) > uint64(len(rest)-4) {
			return "", b
		}
		n := 4 + int(le32(rest))
		if i == 0 {
			class = string(bytes.TrimRight(rest[4:n], "\x00"))
		}
		rest = rest[n:]
	}
	if len(rest) < 4 {
		return "", b
	}
	return class, rest[4 : 4+min(uint64(le32(rest)), uint64(len(rest)-4))]
}

// rtfText returns the text of an RTF file: a credential in it may be cut by
// control words. See Rich Text Format Specification, 1.9.1. An object is in hex. aside is
// what stands in groups with \*, which readers that do not know them leave out, \ud of \upr
// among them: each begins a line.
func rtfText(b []byte) (text, aside []byte, objects [][]byte, whole bool) {
	now, stack := rtfGroup{skip: 1}, []rtfGroup(nil)
	var digits []byte
	end := func() {
		if raw, _ := io.ReadAll(hex.NewDecoder(&onlyHex{r: bytes.NewReader(digits)})); len(raw) > 0 {
			objects = append(objects, raw)
		}
		digits = nil
	}
	pending := 0 // characters that are left out
	for i := 0; i < len(b); {
		c := b[i]
		i++
		out := &text
		if now.aside {
			out = &aside
		}
		switch c {
		case '{':
			if len(stack) < 1<<16 {
				stack = append(stack, now)
			}
		case '}':
			if n := len(stack); n > 0 {
				was := now.object
				apart := now.aside
				if now, stack = stack[n-1], stack[:n-1]; was && !now.object {
					end()
				}
				if apart && !now.aside {
					aside = append(aside, '\n')
				}
			}
		case '\r', '\n':
		case '\\':
			was := i
			*out, i, pending = now.control(*out, b, i, pending)
			if now.object && i-was > 4 && bytes.HasPrefix(b[was:], []byte("bin")) {
				_, raw, _ := bytes.Cut(b[was:i], []byte(" "))
				digits = hex.AppendEncode(digits, raw)
			}
		default:
			if now.object {
				digits = append(digits, c)
			} else if pending > 0 {
				pending--
			} else if !now.hidden {
				*out = appendLatin1(*out, c)
			}
		}
	}
	end()
	return text, aside, objects, len(stack) == 0
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
			g.aside = true
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
	case word == "objdata", word == "datastore":
		g.hidden, g.object = true, true
	case rtfShown[word]:
		g.hidden, g.aside = false, false
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
