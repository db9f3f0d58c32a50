package detectors

import (
	"hash/maphash"

	"github.com/whosekey/whosekey/leak"
)

// layer is a text that was decoded.
type layer struct {
	text     func() (text []byte, more bool) // more: it was too long
	code     packed
	encoding string
	// num characters of code gave den of text; 0 if only the whole is known. shift
	// is of the first byte of text in what was decoded before every other was left
	// out.
	num, den, shift int
}

// below maps a place in the text to the data.
func (l *layer) below(start, end int) (from, to int) {
	if l.den == 0 {
		return l.code.from, l.code.to
	}
	n := len(l.code.code)
	from = min(n-1, (start*l.num+l.shift)/l.den)
	to = min(n, (end*l.num+l.shift+l.den-1)/l.den)
	return l.code.place(from), l.code.place(max(from, to-1)) + 1
}

// search searches the text of a layer, unless that is known to be in vain.
func (sr *searcher) search(l layer) {
	if sr.empty == nil {
		sr.empty, sr.seed = map[uint64]int{}, maphash.MakeSeed()
	}
	sum := maphash.Bytes(sr.seed, l.code.code)
	n, known := sr.empty[sum]
	var text []byte
	if !known {
		var more bool
		if text, more = l.text(); more {
			sr.c.Packed++
		}
		n = len(text)
	}
	sr.c.Looks += 1 + n/lookBytes
	if sr.unpacked += n; sr.unpacked > mostUnpacked+2*len(sr.c.Data) {
		sr.c.Packed++
		return
	}
	if known || n == 0 {
		return
	}
	parent := sr.c
	c := &leak.Chunk{Ref: parent.Ref, Data: text}
	// What reaches the edge of the chunk goes on beyond it.
	c.More = parent.More && l.code.to == len(parent.Data)
	if parent.Offset > 0 && l.code.from < 4 {
		c.Offset = 1
	}
	c.Place = func(s leak.Span) (leak.Span, string) {
		from, to := l.below(int(s.Start-c.Offset), int(s.End-c.Offset))
		in := leak.Span{Start: parent.Offset + int64(from), End: parent.Offset + int64(to)}
		if parent.Place == nil {
			return in, l.encoding
		}
		in, outer := parent.Place(in)
		if outer != "" {
			return in, outer + ", " + l.encoding
		}
		return in, l.encoding
	}
	deeper := sr.set.searcher(c, sr.emit)
	deeper.depth = sr.depth + 1
	deeper.all()
	deeper.unpack(nil)
	deeper.release()
	parent.Found += c.Found
	parent.Packed += c.Packed
	if c.Found == 0 && c.Packed == 0 && !c.More && c.Offset == 0 && len(sr.empty) < maxEmpty {
		sr.empty[sum] = n
	}
}
