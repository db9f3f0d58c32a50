package cilog

import (
	"bytes"
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
	lines   []lineAt
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
	x.spaced(v, child, skip)
	x.columns(v, child, skip)
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

// How long a run of base64 or hex must be to be decoded, and how much of it
// must make sense.
const (
	minRun = 32
	tried  = 12
)

// runs decodes base64 and hex. It looks at every 32nd byte: a run of minRun
// covers one.
func (x *expander) runs(v, child *view, skip int) {
	text := v.text
	const stride = minRun
	end := 0 // of the last run
	for i := stride - 1; i < len(text); i += stride {
		if sextet[text[i]] == none {
			continue
		}
		lo, hi := i, i+1
		for lo > end && sextet[text[lo-1]] != none {
			lo--
		}
		for hi < len(text) && sextet[text[hi]] != none {
			hi++
		}
		end = hi
		if hi-lo >= minRun && (hi >= skip || skip == 0) {
			x.run(v, child, lo, hi)
		}
		i += (hi - i) / stride * stride
	}
}

const none = 0xff

// sextet maps characters of both base64 alphabets to six bits.
var sextet = func() (v [256]byte) {
	for i := range v {
		v[i] = none
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		v[c] = byte(i)
	}
	v['-'], v['_'] = 62, 63
	return v
}()

func (x *expander) run(v, child *view, lo, hi int) {
	if x.hex(v, child, lo, hi) {
		return
	}
	// In front of the code there may be other characters of the alphabet.
	for _, at := range []int{lo, (lo + hi) / 2} {
		for phase := range 4 {
			from := at + phase
			if wide, ok := sensible(v.text[from:hi]); ok {
				x.base64(v, child, lo+(from-lo)%4, hi, wide)
				return
			}
		}
	}
	if i := bytes.Index(v.text[lo:hi], []byte("H4sI")); i >= 0 {
		x.gzip(v, child, lo+i, hi)
	}
}

// sensible reports whether base64 is that of text, or of text in UTF-16, as
// PowerShell takes its commands.
func sensible(code []byte) (wide, ok bool) {
	if len(code) < 4*tried/3 {
		return false, false
	}
	var b [tried]byte
	decode64(b[:0], code[:4*tried/3])
	narrow, zeros := 0, 0
	for i, c := range b {
		switch {
		case c >= ' ' && c < 0x7f || c == '\n' || c == '\t' || c == '\r':
			narrow++
		case c == 0 && i%2 == 1:
			zeros++
		default:
			return false, false
		}
	}
	return zeros == tried/2, narrow == tried || zeros == tried/2
}

// decode64 appends what a run of base64 means.
func decode64(out, code []byte) []byte {
	acc, bits := uint32(0), 0
	for _, c := range code {
		acc, bits = acc<<6|uint32(sextet[c]&63), bits+6
		if bits >= 8 {
			bits -= 8
			out = append(out, byte(acc>>bits))
		}
	}
	return out
}

func (x *expander) base64(v, child *view, lo, hi int, wide bool) {
	if !x.room(child, (hi-lo)*3/4+2) {
		return
	}
	child.gap()
	at := len(child.text)
	child.text = decode64(child.text, v.text[lo:hi])
	s := seg{at: at, num: 4, den: 3, from: int64(lo), to: int64(hi), encoding: "base64"}
	if wide {
		n := at
		for i := at; i < len(child.text); i += 2 {
			child.text[n] = child.text[i]
			n++
		}
		child.text = child.text[:n]
		s.num, s.encoding = 8, "base64, utf-16"
	}
	child.segs = append(child.segs, s)
}

// hex decodes a run of digits, if it is text.
func (x *expander) hex(v, child *view, lo, hi int) bool {
	code := v.text[lo:hi]
	n := 0
	for n < len(code) && unhex(code[n]) >= 0 {
		n++
	}
	if n < minRun || n < len(code)-1 {
		return false
	}
	for i := 0; i < 2*tried; i += 2 {
		if c := unhex(code[i])<<4 | unhex(code[i+1]); c < ' ' && c != '\n' && c != '\t' && c != '\r' || c >= 0x7f {
			return false
		}
	}
	if x.room(child, n/2+2) {
		child.gap()
		child.segs = append(child.segs, seg{at: len(child.text), num: 2, den: 1, from: int64(lo), to: int64(lo + n/2*2), encoding: "hex"})
		for i := 0; i+1 < n; i += 2 {
			child.text = append(child.text, byte(unhex(code[i])<<4|unhex(code[i+1])))
		}
	}
	return true
}

// escapes decodes words with percent escapes, \u00XX and \xXX, and the quotes
// of a shell's trace.
func (x *expander) escapes(v, child *view, skip int) {
	text, end := v.text, max(0, skip-maxWord)
	for _, mark := range []byte{'%', '\\'} {
		for i := end; i < len(text); {
			n := bytes.IndexByte(text[i:], mark)
			if n < 0 {
				break
			}
			i += n
			if _, n := escaped(text[i:]); n == 0 {
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
	pair := func(i int) (byte, bool) {
		if len(text) < i+2 || unhex(text[i]) < 0 || unhex(text[i+1]) < 0 {
			return 0, false
		}
		return byte(unhex(text[i])<<4 | unhex(text[i+1])), true
	}
	at := 0
	switch {
	case text[0] == '%':
		at = 1
	case text[0] != '\\' || len(text) < 4:
		return 0, 0
	case text[1] == 'x':
		at = 2
	case text[1] == 'u' && text[2] == '0' && text[3] == '0':
		at = 4
	case text[1] == '\'' && text[2] == '\'': // 'it'\''s', as a shell prints it's
		return '\'', quoted
	default:
		return 0, 0
	}
	c, ok := pair(at)
	if !ok || c < ' ' || c >= 0x7f {
		return 0, 0
	}
	return c, at + 2
}

func unescape(v, child *view, lo, hi int) {
	child.gap()
	for i := lo; i < hi; {
		c, n := byte(0), 0
		if v.text[i] == '%' || v.text[i] == '\\' {
			c, n = escaped(v.text[i:hi])
		}
		if n == 0 {
			j := i + 1
			for j < hi && v.text[j] != '%' && v.text[j] != '\\' {
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

// spaced finds text with a space behind every character, which is a known way
// around masking, and takes the spaces out.
func (x *expander) spaced(v, child *view, skip int) {
	text := v.text
	const stride, least = 24, 32
	for i := max(0, skip-maxWord); i+8 < len(text); i += stride {
		p := i
		if text[p] != ' ' {
			p++
		}
		if text[p] != ' ' || text[p+2] != ' ' || text[p+4] != ' ' || text[p+1] <= ' ' || text[p+3] <= ' ' {
			continue
		}
		lo, hi := p+1, p+2
		for lo-2 >= 0 && text[lo-1] == ' ' && text[lo-2] > ' ' && (lo < 3 || text[lo-3] <= ' ') {
			lo -= 2
		}
		for hi+1 < len(text) && text[hi] == ' ' && text[hi+1] > ' ' && (hi+2 == len(text) || text[hi+2] <= ' ') {
			hi += 2
		}
		i = max(i, hi-stride)
		if hi-lo < least || !x.room(child, (hi-lo)/2+2) {
			continue
		}
		child.gap()
		child.segs = append(child.segs, seg{at: len(child.text), num: 2, den: 1, from: int64(lo), to: int64(hi), encoding: "spaces"})
		for j := lo; j < hi; j += 2 {
			child.text = append(child.text, text[j])
		}
	}
}
