package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// expander finds what is encoded in a text, and lines that belong together, and
// makes further texts of them. Masking knows a secret only as it is, so what a
// job encoded stands in its log.
type expander struct {
	views [maxDepth]view
	// emit searches a view. made counts the bytes of a chunk's views, against
	// most; tooMuch is called where that ended it.
	emit    func(*view) error
	made    int
	most    int
	tooMuch func(what string)
	// lines are those of all groups that columns found, which end at ends.
	lines, group []lineAt
	ends         []int
	wrap         []lineAt
	short        view // joins that end before their group does
	pairs        view // lines that end and begin like the pieces of a token
	paired       []lineAt
	fronts       fronts
	// spots are where the characters of a list stand; mark is what is in front of the last.
	spots []int
	mark  []byte
}

// maxDepth bounds how often a text is decoded again: twice encoded text with
// lines cut both times needs four.
const maxDepth = 5

// all makes and searches all that is in v. What ends before skip was seen with
// the chunk before.
func (x *expander) all(v *view, skip int) error {
	x.made = 0
	return x.expand(v, 0, skip)
}

func (x *expander) expand(v *view, depth, skip int) error {
	if depth == maxDepth {
		return nil
	}
	child := &x.views[depth]
	child.reset(v)
	x.runs(v, child, skip)
	x.escapes(v, child, skip)
	x.unseen(v, child, skip)
	x.spaced(v, child, skip)
	x.lists(v, child, skip)
	x.inQuotes(v, child, skip, '\'')
	x.inQuotes(v, child, skip, '"')
	if err := x.columns(v, child, skip); err != nil {
		return err
	}
	if len(child.text) == 0 {
		return nil
	}
	x.made += len(child.text)
	if err := x.emit(child); err != nil {
		return err
	}
	return x.expand(child, depth+1, 0)
}

// room reports whether n more bytes may be made.
func (x *expander) room(child *view, n int) bool {
	if x.made+len(child.text)+n <= x.most {
		return true
	}
	x.tooMuch("text that was encoded in a log is too long")
	return false
}

// minRun is how long a run of base64 or hex must be to be decoded.
const minRun = 32

// minReversed is how long a word must be to be turned around.
const minReversed = 24

// runs decodes base64 and hex, and turns words around.
func (x *expander) runs(v, child *view, skip int) {
	text := v.text
	end := 0 // of the last run
	for i := nextRun(text, 0); i < len(text); i = nextRun(text, max(i+16, (end+15)&^15)) {
		lo, hi := i, i+8
		for lo > end && coded.Sextet[text[lo-1]] != coded.None {
			lo--
		}
		hi = runEnd(text, hi)
		end = hi
		switch {
		case hi < skip:
		case hi-lo >= minRun:
			x.run(v, child, lo, hi)
		case hi-lo >= minReversed:
			x.reversed(v, child, lo, hi)
		}
	}
}

func (x *expander) run(v, child *view, lo, hi int) {
	if x.hex(v, child, lo, hi) || x.base32(v, child, lo, hi) {
		return
	}
	// In front of the code there may be other characters of the alphabet.
	for _, at := range []int{lo, (lo + hi) / 2} {
		for phase := range 4 {
			from := at + phase
			if wide, ok := coded.Text64(v.text[from:hi]); ok {
				x.base64(v, child, lo+(from-lo)%4, hi, wide)
				return
			}
		}
	}
	if i := bytes.Index(v.text[lo:hi], []byte(coded.GzipHead)); i >= 0 {
		x.packed(v, child, lo+i, hi, "base64, gzip", coded.Gunzip)
		return
	}
	if i := coded.ZlibHead(v.text[lo:hi]); i >= 0 {
		x.packed(v, child, lo+i, hi, "base64, zlib", coded.Inflate)
	}
	x.reversed(v, child, lo, hi)
}

func (x *expander) base64(v, child *view, lo, hi int, wide bool) {
	if !x.room(child, (hi-lo)*3/4+2) {
		return
	}
	child.gap()
	at := len(child.text)
	child.text = coded.Decode64(child.text, v.text[lo:hi])
	s := seg{at: at, num: 4, den: 3, from: int64(lo), to: int64(hi), encoding: "base64"}
	if wide {
		narrow, _ := coded.Narrow(child.text[at:])
		child.text = child.text[:at+len(narrow)]
		s.num, s.encoding = 8, "base64, utf-16"
	}
	child.segs = append(child.segs, s)
}

// hex decodes a run of digits, if it is text.
func (x *expander) hex(v, child *view, lo, hi int) bool {
	n := coded.TextHex(v.text[lo:hi])
	if n < minRun || n < hi-lo-1 {
		return false
	}
	if n &^= 1; x.room(child, n/2+2) {
		child.gap()
		child.segs = append(child.segs, seg{at: len(child.text), num: 2, den: 1, from: int64(lo), to: int64(lo + n), encoding: "hex"})
		child.text = coded.DecodeHex(child.text, v.text[lo:lo+n])
	}
	return true
}

// escapes decodes words with percent escapes, \u00XX, \xXX and octal ones, the quotes
// of a shell's trace, and the character references of HTML.
func (x *expander) escapes(v, child *view, skip int) {
	text, end, sewn := v.text, max(0, skip-maxWord), 0
	for _, mark := range escapeMarks {
		for i := end; i < len(text); {
			n := bytes.IndexByte(text[i:], mark)
			if n < 0 {
				break
			}
			i += n
			if _, n := escaped(text[i:]); n == 0 {
				if i >= sewn && i+1 < len(text) && (text[i+1] == '\n' || text[i+1] == '\r') {
					sewn = x.pieces(v, child, skip, i)
				}
				i++
				continue
			}
			lo, hi := wordAround(text, i)
			if !x.room(child, hi-lo+2) {
				return
			}
			unescape(v, child, lo, hi)
			i = hi
		}
	}
}

// escapeMarks are how escapes begin.
var escapeMarks = []byte{'%', '\\', '&'}

func isEscapeMark(c byte) bool { return c == '%' || c == '\\' || c == '&' }

// maxWord bounds the word around an escape, to either side.
const maxWord = 4096

func wordAround(text []byte, i int) (lo, hi int) {
	for lo = i; lo > 0 && i-lo < maxWord && text[lo-1] > ' '; {
		lo--
	}
	for hi = i + 1; hi < len(text) && hi-i < maxWord && text[hi] > ' '; {
		hi++
	}
	return lo, hi
}

// quoted is the length of a quote in a shell's trace, without the one before it.
const quoted = 3

// escaped decodes an escape sequence at the start of text; n is 0 for none.
func escaped(text []byte) (c byte, n int) {
	if len(text) >= 4 && string(text[:3]) == `\''` { // 'it'\''s', as a shell prints it's
		return '\'', quoted
	}
	if len(text) > 0 && text[0] == '&' {
		return coded.Entity(text)
	}
	if c, n := coded.Escape(text); n > 0 {
		return c, n
	}
	return octal(text)
}

// octal decodes \164, and \0164 as printf %b and echo -e want it.
func octal(text []byte) (c byte, n int) {
	from := 1
	if len(text) >= 5 && text[1] == '0' && text[2] <= '1' {
		from = 2
	}
	for ; from >= 1; from-- {
		if len(text) < from+3 || text[0] != '\\' {
			continue
		}
		d := text[from : from+3]
		if d[0] < '0' || d[0] > '1' || d[1] < '0' || d[1] > '7' || d[2] < '0' || d[2] > '7' {
			continue
		}
		if c := (d[0]-'0')<<6 | (d[1]-'0')<<3 | (d[2] - '0'); c >= ' ' && c < 0x7f {
			return c, from + 3
		}
	}
	return 0, 0
}

func unescape(v, child *view, lo, hi int) {
	child.gap()
	for i := lo; i < hi; {
		c, n := byte(0), 0
		if isEscapeMark(v.text[i]) {
			c, n = escaped(v.text[i:hi])
		}
		if n == 0 {
			j := i + 1
			for j < hi && !isEscapeMark(v.text[j]) {
				j++
			}
			child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(i), to: int64(j), encoding: "escapes"})
			child.text = append(child.text, v.text[i:j]...)
			i = j
			continue
		}
		if n == quoted && c == '\'' && i > lo && v.text[i-1] == '\'' {
			child.text = child.text[:len(child.text)-1]
		}
		child.segs = append(child.segs, seg{at: len(child.text), from: int64(i), to: int64(i + n), encoding: "escapes"})
		child.text = append(child.text, c)
		i += n
	}
}
