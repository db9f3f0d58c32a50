package cilog

import "bytes"

// lineAt is a line without the spaces around it.
type lineAt struct{ from, to int }

// columns joins lines that are pieces of one text: base64 and secrets cut at a
// column, one character a line, dumps in hex, and lines that something wrapped.
func (x *expander) columns(v, child *view, skip int) error {
	text := v.text
	x.ends = x.ends[:0]
	lines, group := x.lines[:0], x.group[:0]
	w := wrapping{text: text, lines: x.wrap[:0]}
	x.spots = x.spots[:0]
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
				if fits(text, []lineAt{before}, l) { // the pieces may begin with it
					group = append(group, before)
				}
			}
			group = append(group, l)
		case len(group) > 0:
			close()
		}
		x.lineEnd(v, child, l, skip)
		if done := w.add(at, l); len(done) > 1 && done[len(done)-1].to >= skip {
			lines = append(lines, done...)
			x.ends = append(x.ends, len(lines))
		}
		at = end
	}
	close()
	x.gather(v, child, skip)
	if done := w.lines; len(done) > 1 {
		lines = append(lines, done...)
		x.ends = append(x.ends, len(lines))
	}
	x.lines, x.group, x.wrap = lines, group[:0], w.lines[:0]
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
