package cilog

import (
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// view is a text that was made of another one: a log without its decoration, or
// what is encoded in it. It knows where each of its bytes came from.
type view struct {
	text   []byte
	segs   []seg    // in the order of at
	up     *view    // what it was made of; nil for the log itself
	hits   []ending // what was found in it
	joints []joint  // where lines were joined, in the order of at
}

// seg says that the text from at on came from what it was made of from from on,
// den bytes of it for num bytes there, up to to. If den is 0 only the whole is
// known. Of the num bytes the last pad are between two characters, and part of
// none. back says that it runs from to to from.
type seg struct {
	at       int
	num, den int32
	pad      int32
	back     bool
	from, to int64
	encoding string // the decoder that it came through; empty for none
}

func (v *view) reset(up *view) {
	v.text, v.segs, v.hits, v.joints, v.up = v.text[:0], v.segs[:0], v.hits[:0], v.joints[:0], up
}

// add appends text that stands at an offset of what the view is made of.
func (v *view) add(text []byte, from int64) {
	if len(text) == 0 {
		return
	}
	v.segs = append(v.segs, seg{at: len(v.text), num: 1, den: 1, from: from, to: from + int64(len(text))})
	v.text = append(v.text, text...)
}

// gap separates what is appended next from what is there: it is another text.
func (v *view) gap() {
	if len(v.text) > 0 {
		v.text = append(v.text, "\n\n"...)
	}
}

// at returns the segment that a byte is in. A gap belongs to what is before it.
func (v *view) at(i int) *seg {
	n, ok := slices.BinarySearchFunc(v.segs, i, func(s seg, i int) int { return s.at - i })
	if !ok {
		n--
	}
	return &v.segs[max(n, 0)]
}

// below maps a piece of the text to one of what it was made of, and says what
// decoder lies between.
func (v *view) below(start, end int) (from, to int64, encoding string) {
	if len(v.segs) == 0 {
		return 0, 0, ""
	}
	first, last := v.at(start), v.at(max(start, end-1))
	if first.back && first == last {
		return max(first.from, first.to-int64(end-first.at)), first.to - int64(start-first.at), first.encoding
	}
	from, _ = first.maps(start, start)
	_, to = last.maps(end, end)
	if a, _ := last.maps(last.at, last.at); last != first && a < from { // they were put in another order
		from = a
	}
	if _, b := first.maps(start, start+1); b > to {
		to = b
	}
	return from, to, first.encoding
}

// maps maps the start and the end of a piece.
func (s *seg) maps(start, end int) (from, to int64) {
	if s.den == 0 {
		return s.from, s.to
	}
	from = s.from + int64(start-s.at)*int64(s.num)/int64(s.den)
	to = s.from + (int64(end-s.at)*int64(s.num)+int64(s.den)-1)/int64(s.den)
	if end > start || end > s.at {
		to -= int64(s.pad)
	}
	return min(from, s.to), min(to, s.to)
}

// place maps a piece to the log, through all that lies between, and to the
// lowest view, whose lines are those of the log.
func (v *view) place(start, end int) (in leak.Span, root *view, at int, encoding string) {
	for {
		from, to, enc := v.below(start, end)
		encoding = join(enc, encoding)
		if v.up == nil {
			return leak.Span{Start: from, End: max(from, to)}, v, start, encoding
		}
		v, start, end = v.up, int(from), int(max(from, to))
	}
}

// join names decoders, the outer one first.
func join(outer, inner string) string {
	if outer == "" || inner == "" {
		return outer + inner
	}
	return outer + ", " + inner
}

// drop removes the first n bytes.
func (v *view) drop(n int) {
	if n <= 0 {
		return
	}
	v.text = v.text[:copy(v.text, v.text[n:])]
	v.hits = slices.DeleteFunc(v.hits, func(e ending) bool { return e.at < n })
	for i := range v.hits {
		v.hits[i].at -= n
	}
	i := 0
	for i+1 < len(v.segs) && v.segs[i+1].at <= n {
		i++
	}
	v.segs = v.segs[:copy(v.segs, v.segs[i:])]
	for i := range v.segs {
		s := &v.segs[i]
		if s.at -= n; s.at < 0 { // only segments that map one to one are cut
			s.from, s.at = s.from-int64(s.at), 0
		}
	}
}
