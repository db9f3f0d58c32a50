package detectors

import (
	"github.com/whosekey/whosekey/internal/coded"
)

// Where every character is written as an escape (\u0067\u0068, %67%68, &#103;&#104;), no
// literal has a form that the prefilter could know without as many forms again. Such
// runs are decoded whole, as those of base64 are.

// escaped is a run of escapes, each behind the one before.
type escaped struct {
	from, to int
	text     []byte
	places   []int // of each character in the data, and the end
}

// widest is the longest escape of a run, in bytes: every eight of a run have the
// beginning of one.
const widest = 8

// pairOfEscapes reports whether what begins at a mark may be an escape with another one behind it.
// In source code there are many marks, of formats and line breaks.
func pairOfEscapes(data []byte, at int) bool {
	if at+2*widest > len(data) {
		return true
	}
	switch c := data[at+1]; {
	case data[at] == '%':
		return marks[data[at+3]] && coded.Unhex(c) >= 0
	case c == 'u':
		return marks[data[at+6]]
	case c == 'x':
		return marks[data[at+4]]
	case data[at] == '\\':
		return false
	}
	for i := at + 3; i < at+widest; i++ {
		if data[i] == ';' {
			return marks[data[i+1]]
		}
	}
	return false
}

// escapeWidth is how long the escape of a character is that begins at an offset, 0 for
// none.
func escapeWidth(data []byte, at int) int {
	if !marks[data[at]] {
		return 0
	}
	_, n := escape(data[at:min(len(data), at+widest)])
	if n == 2 { // of a slash, which is escaped alone
		return 0
	}
	return n
}

// escapedAround returns the run of escapes of which one begins at an offset.
func escapedAround(data []byte, at int) (from, to int, ok bool) {
	w := 0
	for from, to = at, at; to < len(data); to += w {
		if w = escapeWidth(data, to); w == 0 {
			break
		}
	}
	if to == at {
		return 0, 0, false
	}
	for w = 3; w <= widest && w <= from; w++ {
		if escapeWidth(data, from-w) == w {
			from, w = from-w, 2
		}
	}
	return from, to, to-from >= minPacked
}

// decodeEscaped decodes a run.
func decodeEscaped(data []byte, from, to int) *escaped {
	e := &escaped{from: from, to: to, text: make([]byte, 0, (to-from)/3), places: make([]int, 0, (to-from)/3+1)}
	for at := from; at < to; {
		c, n := escape(data[at:min(to, at+widest)])
		e.text, e.places = append(e.text, c), append(e.places, at)
		at += n
	}
	e.places = append(e.places, to)
	return e
}

// layer is the text of the run. Near an edge of a chunk an escape can be cut, so that
// the run goes on there.
func (e *escaped) layer(data []byte) layer {
	p := packed{code: e.text, from: e.from, to: e.to}
	if p.from < widest {
		p.from = 0
	}
	if len(data)-p.to < widest {
		p.to = len(data)
	}
	return layer{code: p, encoding: escapeCodec.name, places: e.places, text: func() ([]byte, bool) { return e.text, false }}
}

// escapedAt looks at the run of escapes of which one begins at an offset. It reports
// false if there is none.
func (sr *searcher) escapedAt(at int) bool {
	data := sr.c.Data
	if !pairOfEscapes(data, at) {
		return false
	}
	from, to, ok := escapedAround(data, at)
	if !ok || from < sr.past || sr.c.Cut() {
		return false
	}
	sr.past, sr.escapes = to, [2]int{from, to}
	if sr.depth == maxPacked {
		sr.c.Packed++
		return true
	}
	if sr.tracing {
		sr.blocks = append(sr.blocks, int32(from))
	}
	sr.searchLayers(from, to, 0, func(yield func(layer) bool) { yield(decodeEscaped(data, from, to).layer(data)) })
	return true
}
