package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// lineAt is a line without the spaces around it.
type lineAt struct{ from, to int }

// columns joins lines that are pieces of one text: base64 and secrets cut at a
// column, one character a line, dumps in hex, and lines that something wrapped.
func (x *expander) columns(v, child *view, skip int) {
	text := v.text
	group := x.lines[:0]
	var last lineAt // the line before, with what is in front of it
	full := 0
	close := func() {
		if len(group) > 1 && group[len(group)-1].to >= skip {
			x.join(v, child, group)
		}
		group = group[:0]
	}
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n') + 1
		end := at + n
		if n == 0 {
			end = len(text)
		}
		l := trim(text, at, end)
		switch {
		case l.to == l.from:
			close()
		case dumped(text[l.from:l.to]):
			if len(group) > 0 && !dumped(text[group[0].from:group[0].to]) {
				close()
			}
			group = append(group, l)
		case bytes.IndexByte(text[l.from:l.to], ' ') < 0:
			if len(group) > 0 && !fits(text, group, l) {
				before := group[len(group)-1]
				close()
				if before.to-before.from == l.to-l.from { // the pieces begin with it
					group = append(group, before)
				}
			}
			group = append(group, l)
		default:
			close()
		}
		if w := l.to - at; full > 0 && w > 0 && last.to >= skip && wraps(full) && cut(text, last.to, l.from) && l.from == at {
			x.wrapped(v, child, last, l)
		}
		last, full = lineAt{at, l.to}, l.to-at
		at = end
	}
	close()
	x.lines = group[:0]
}

func trim(text []byte, from, to int) lineAt {
	for to > from && text[to-1] <= ' ' {
		to--
	}
	for from < to && (text[from] == ' ' || text[from] == '\t') {
		from++
	}
	return lineAt{from, to}
}

// fits reports whether a line can be the next piece of a group: all but the
// last are equally long. Of two, the second may be longer.
func fits(text []byte, group []lineAt, l lineAt) bool {
	first, last := group[0], group[len(group)-1]
	if dumped(text[first.from:first.to]) {
		return false
	}
	width := first.to - first.from
	return last.to-last.from == width && (l.to-l.from <= width || len(group) == 1 && l.to-l.from < 200)
}

// minJoined is the shortest text that is worth joining.
const minJoined = 16

func (x *expander) join(v, child *view, group []lineAt) {
	if dumped(v.text[group[0].from:group[0].to]) {
		x.dump(v, child, group)
		return
	}
	total := 0
	for _, l := range group {
		total += l.to - l.from
	}
	if total < minJoined || !x.room(child, total+2) {
		return
	}
	child.gap()
	for _, l := range group {
		child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(l.from), to: int64(l.to), encoding: "lines"})
		child.text = append(child.text, v.text[l.from:l.to]...)
	}
}

// wraps reports whether lines of a length were probably cut there: terminals
// that programs believe in, and the limits of services (16 KiB: Docker).
func wraps(n int) bool {
	switch n {
	case 80, 100, 120, 128, 132, 140, 160, 200, 240, 250, 256, 500, 512:
		return true
	}
	return n >= 1000
}

// cut reports whether what ends at one place goes on at another: both sides look
// like the middle of a token.
func cut(text []byte, end, start int) bool {
	const least = 4
	if end < least || start+least > len(text) {
		return false
	}
	for i := range least {
		if coded.Sextet[text[end-1-i]] == coded.None || coded.Sextet[text[start+i]] == coded.None {
			return false
		}
	}
	return true
}

// edge is how much on either side of a cut is joined.
const edge = 2048

func (x *expander) wrapped(v, child *view, a, b lineAt) {
	a.from, b.to = max(a.from, a.to-edge), min(b.to, b.from+edge)
	if !x.room(child, a.to-a.from+b.to-b.from+2) {
		return
	}
	child.gap()
	for _, l := range []lineAt{a, b} {
		child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(l.from), to: int64(l.to), encoding: "lines"})
		child.text = append(child.text, v.text[l.from:l.to]...)
	}
}

// dumped reports whether a line is one of xxd, hexdump or od: an offset in hex,
// then bytes.
func dumped(line []byte) bool {
	_, ok := dumpStart(line)
	return ok
}

// dumpStart returns where the bytes begin.
func dumpStart(line []byte) (int, bool) {
	n := 0
	for n < len(line) && n <= 16 && coded.Unhex(line[n]) >= 0 {
		n++
	}
	if n < 6 || n > 16 || n+4 > len(line) {
		return 0, false
	}
	if line[n] == ':' {
		n++
	}
	if line[n] != ' ' {
		return 0, false
	}
	for n < len(line) && line[n] == ' ' {
		n++
	}
	return n, n+1 < len(line) && coded.Unhex(line[n]) >= 0 && coded.Unhex(line[n+1]) >= 0
}

func (x *expander) dump(v, child *view, group []lineAt) {
	total := 0
	for _, l := range group {
		total += (l.to - l.from) / 2
	}
	if !x.room(child, total+2) {
		return
	}
	child.gap()
	for _, l := range group {
		dumpLine(v, child, l)
	}
}

// dumpLine appends the bytes of a line, of which there are at most 32. Two
// spaces, or what is no pair of digits, end them: xxd and hexdump -C repeat them
// as characters. Words of two bytes without a colon behind the offset are
// hexdump's own form, in which the second byte comes first.
func dumpLine(v, child *view, l lineAt) {
	line := v.text[l.from:l.to]
	i, ok := dumpStart(line)
	if !ok {
		return
	}
	swap := bytes.IndexByte(line[:i], ':') < 0
	for count := 0; count < 32 && i+1 < len(line); {
		n := 0
		for n < 8 && i+n < len(line) && coded.Unhex(line[i+n]) >= 0 {
			n++
		}
		if n%2 != 0 || n == 0 || i+n < len(line) && line[i+n] != ' ' {
			return
		}
		at := len(child.text)
		for j := 0; j < n; j += 2 {
			child.text = append(child.text, byte(coded.Unhex(line[i+j])<<4|coded.Unhex(line[i+j+1])))
		}
		s := seg{at: at, num: 2, den: 1, from: int64(l.from + i), to: int64(l.from + i + n), encoding: "hex dump"}
		if swap && n == 4 {
			child.text[at], child.text[at+1] = child.text[at+1], child.text[at]
			s.num, s.den = 0, 0
		}
		child.segs = append(child.segs, s)
		count += n / 2
		i += n
		spaces := 0
		for i < len(line) && line[i] == ' ' {
			i, spaces = i+1, spaces+1
		}
		if spaces > 2 || spaces == 2 && count != 8 {
			return
		}
	}
}
