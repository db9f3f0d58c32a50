package cilog

import (
	"bytes"

	"github.com/whosekey/whosekey/internal/coded"
)

// lineAt is a line without the spaces around it.
type lineAt struct{ from, to int }

// columns joins lines that are pieces of one text: base64 and secrets cut at a
// column, one character a line, dumps in hex, and lines that something wrapped.
func (x *expander) columns(v, child *view, skip int) error {
	text := v.text
	x.ends = x.ends[:0]
	lines, group := x.lines[:0], x.group[:0]
	var last lineAt // the line before, with what is in front of it
	full := 0
	close := func() {
		if len(group) > 1 && group[len(group)-1].to >= skip {
			lines = append(lines, group...)
			x.ends = append(x.ends, len(lines))
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
		case dumped(text, l):
			if len(group) > 0 && !dumped(text, group[0]) {
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
		case len(group) > 0:
			close()
		}
		if w := l.to - at; full > 0 && w > 0 && last.to >= skip && wraps(full) && cut(text, last.to, l.from) && l.from == at {
			x.wrapped(v, child, last, l)
		}
		last, full = lineAt{at, l.to}, l.to-at
		at = end
	}
	close()
	x.lines, x.group = lines, group[:0]
	return x.joins(v, child)
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
	if dumped(text, first) {
		return false
	}
	width := first.to - first.from
	return last.to-last.from == width && (l.to-l.from <= width || len(group) == 1 && l.to-l.from < 200)
}

// minJoined is the shortest text that is worth joining.
const minJoined = 16

func (x *expander) join(v, child *view, group []lineAt) {
	if dumped(v.text, group[0]) {
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
