package cilog

import "bytes"

// lineAt is a line without the spaces around it.
type lineAt struct{ from, to int }

func (l lineAt) len() int { return l.to - l.from }

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
	last, multi := lineAt{}, false // the line before, with what is in front of it; whether it has several words
	x.pairs.reset(v)
	x.paired = x.paired[:0]
	for at := 0; at < len(text); {
		n := bytes.IndexByte(text[at:], '\n') + 1
		end := at + n
		if n == 0 {
			end = len(text)
		}
		l := trim(text, at, end)
		one := bytes.IndexByte(text[l.from:l.to], ' ') < 0
		switch {
		case l.to == l.from:
			close()
		case dumped(text, l):
			if len(group) > 0 && !dumped(text, group[0]) {
				close()
			}
			group = append(group, l)
		case one:
			if len(group) > 0 && (l.from-at != indent(text, last.from, last.to) || !fits(text, group, l)) {
				before := group[len(group)-1]
				close()
				if l.from-at == indent(text, last.from, last.to) && fits(text, []lineAt{before}, l) { // the pieces may begin with it
					group = append(group, before)
				}
			}
			if n := len(group); (n == 0 || n == 1 && group[0].to == last.to) && last.len() == l.len() && at == l.from && cut(text, last, l) {
				group = append(group[:0], last) // with what is in front of its last word
			}
			group = append(group, l)
		case len(group) > 0:
			if len(group) > 1 && l.from == at && l.len() <= group[0].len() && group[len(group)-1].len() == group[0].len() && cut(text, group[len(group)-1], l) {
				group = append(group, l) // its first word may be the last piece
			}
			close()
		}
		if at > 0 && at >= skip && (multi || !one || l.from-at != indent(text, last.from, last.to)) {
			if last.len() > 0 && l.len() > 0 && mixes[text[last.to-1]]|mixes[text[l.from]] < notToken && perhaps(text, last, l) {
				x.pair(v, at, last, l, one)
			} else {
				x.paired = x.paired[:0]
			}
		}
		x.next(v, child, last, lineAt{at, l.to}, skip)
		last, multi = lineAt{at, l.to}, !one
		x.lineEnd(v, child, l, skip)
		if done := w.add(at, l); len(done) > 1 && done[len(done)-1].to >= skip {
			lines = append(lines, done...)
			x.ends = append(x.ends, len(lines))
		}
		at = end
	}
	close()
	x.apiece(v, child, skip)
	x.gather(v, child, skip)
	if done := w.lines; len(done) > 1 {
		lines = append(lines, done...)
		x.ends = append(x.ends, len(lines))
	}
	x.lines, x.group, x.wrap = lines, group[:0], w.lines[:0]
	if len(x.pairs.text) > 0 {
		v.sortHits()
		if err := x.emit(&x.pairs); err != nil {
			return err
		}
	}
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
	for i, l := range group {
		if i > 0 {
			child.joints = append(child.joints, joint{at: len(child.text), from: group[i-1].from, end: group[i-1].to, next: l})
		}
		child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(l.from), to: int64(l.to), encoding: inLines})
		child.text = append(child.text, v.text[l.from:l.to]...)
	}
}
