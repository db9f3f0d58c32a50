package archive

import "bytes"

// pdfObject is the head of an object in a PDF file, as in "12 0 obj".
type pdfObject struct {
	num        int
	begin, end int // of the head
}

// objectAt reads the head whose " obj" stands at i.
func objectAt(b []byte, i int) (o pdfObject, ok bool) {
	end := i + len(" obj")
	if end < len(b) && (letter(b[end]) || isDigit(b[end]) || b[end] == '_') {
		return o, false
	}
	version := i
	for version > 0 && i-version < 5 && isDigit(b[version-1]) {
		version--
	}
	if version == i || version == 0 || b[version-1] != ' ' {
		return o, false
	}
	begin, unit := version-1, 1
	for ; begin > 0 && version-begin <= 9 && isDigit(b[begin-1]); begin-- {
		o.num += unit * int(b[begin-1]-'0')
		unit *= 10
	}
	o.begin, o.end = begin, end
	return o, begin < version-1
}

// nextObject is the first head that begins in b[from:].
func nextObject(b []byte, from int) (pdfObject, bool) {
	for at := from; ; {
		i := bytes.Index(b[at:], []byte(" obj"))
		if i < 0 {
			return pdfObject{}, false
		}
		at += i
		if o, ok := objectAt(b, at); ok && o.begin >= from {
			return o, true
		}
		at += len(" obj")
	}
}

// lastObject is the last head that stands wholly in b.
func lastObject(b []byte) (pdfObject, bool) {
	for {
		i := bytes.LastIndex(b, []byte(" obj"))
		if i < 0 {
			return pdfObject{}, false
		}
		if o, ok := objectAt(b, i); ok {
			return o, true
		}
		b = b[:i+len(" ob")]
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
