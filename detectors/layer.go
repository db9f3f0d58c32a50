package detectors

import (
	"github.com/whosekey/whosekey/internal/coded"
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
	places          []int // of the characters of the text, if they are known one by one
}

// below maps a place in the text to the data.
func (l *layer) below(start, end int) (from, to int) {
	if l.places != nil {
		last := len(l.places) - 1
		return l.places[min(start, last)], l.places[min(end, last)]
	}
	if l.den == 0 {
		return l.code.from, l.code.to
	}
	n := len(l.code.code)
	from = min(n-1, (start*l.num+l.shift)/l.den)
	to = min(n, (end*l.num+l.shift+l.den-1)/l.den)
	return l.code.place(from), l.code.place(max(from, to-1)) + 1
}

// layerOf says how code of a kind is decoded.
func layerOf(is kind, p packed) layer {
	switch is {
	case codeHex:
		return layer{code: p, encoding: "hex", num: 2, den: 1, text: func() ([]byte, bool) { return coded.DecodeHex(make([]byte, 0, len(p.code)/2), p.code), false }}
	case codeGzip:
		return layer{code: p, encoding: "base64, gzip", text: func() ([]byte, bool) {
			return coded.Gunzip(coded.Decode64(make([]byte, 0, len(p.code)*3/4), p.code), maxGzip)
		}}
	case codeZlib:
		return layer{code: p, encoding: "base64, zlib", text: func() ([]byte, bool) {
			return coded.Inflate(coded.Decode64(make([]byte, 0, len(p.code)*3/4), p.code), maxGzip)
		}}
	}
	return base64Layer(p, is == codeWide)
}

func base64Layer(p packed, wide bool) layer {
	l := layer{code: p, encoding: "base64", num: 4, den: 3}
	if wide {
		l.encoding, l.num = "base64, utf-16", 8
		if len(p.code) >= coded.Tried64 { // the zeros of its beginning tell
			_, l.shift = coded.Narrow(coded.Decode64(nil, p.code[:coded.Tried64]))
		}
	}
	l.text = func() ([]byte, bool) {
		text := coded.Decode64(make([]byte, 0, len(p.code)*3/4), p.code)
		if wide {
			text, _ = coded.Narrow(text)
		}
		return text, false
	}
	return l
}

// nearEdge is how near to the beginning of a chunk code may go on from the one before.
const nearEdge = 4

// search searches the text of a layer. It reports false if too much was unpacked.
func (sr *searcher) search(l layer) bool {
	text, more := l.text()
	if more {
		sr.c.Packed++
	}
	n := len(text)
	sr.c.Looks += 1 + n/lookBytes
	if sr.unpacked += n; sr.spent() {
		sr.c.Packed++
		return false
	}
	if n == 0 {
		return true
	}
	parent := sr.c
	c := &leak.Chunk{Ref: parent.Ref, Data: text}
	// What reaches the edge of the chunk goes on beyond it.
	c.More = parent.More && l.code.to == len(parent.Data)
	if parent.Offset > 0 && l.code.from < nearEdge {
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
	switch {
	case parent.Within != nil:
		c.Within = func(s leak.Span) leak.Span {
			from, to := l.below(int(s.Start-c.Offset), int(s.End-c.Offset))
			return parent.Within(leak.Span{Start: parent.Offset + int64(from), End: parent.Offset + int64(to)})
		}
	case l.den == 0 && l.places == nil:
		c.Within = func(s leak.Span) leak.Span { return s }
	}
	if parent.Takes != nil {
		c.Takes = func(s leak.Span, f leak.Form) bool {
			from, to := l.below(int(s.Start-c.Offset), int(s.End-c.Offset))
			return parent.Takes(leak.Span{Start: parent.Offset + int64(from), End: parent.Offset + int64(to)}, f)
		}
	}
	deeper := sr.set.searcher(c, sr.emit)
	deeper.depth = sr.depth + 1
	deeper.all()
	deeper.unpack(nil)
	deeper.release()
	parent.Found += c.Found
	parent.Packed += c.Packed
	return true
}
