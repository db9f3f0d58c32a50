package archive

import "bytes"

// pdfObject is the head of an object in a PDF file, as in "12 0 obj".
type pdfObject struct {
	num, gen   int
	begin, end int // of the head
}

// objectAt reads the head whose " obj" stands at i.
func objectAt(b []byte, i int) (o pdfObject, ok bool) {
	end := i + len(" obj")
	if end < len(b) && (letter(b[end]) || isDigit(b[end]) || b[end] == '_') {
		return o, false
	}
	version := i
	for unit := 1; version > 0 && i-version < 5 && isDigit(b[version-1]); unit *= 10 {
		version--
		o.gen += unit * int(b[version]-'0')
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

// maxNames is how many entries of one dictionary are read.
const maxNames = 256

// nextNamed is the first entry of a dictionary that names another object, as in
// "/F1 12 0 R", and what is behind it; nil if there is none.
func nextNamed(b []byte) (name []byte, num int, rest []byte) {
	for {
		i := bytes.IndexByte(b, '/')
		if i < 0 || i+1 == len(b) {
			return nil, 0, nil
		}
		b = b[i+1:]
		if !letter(b[0]) {
			continue
		}
		n := 1
		for n < len(b) && n <= 40 && nameByte(b[n]) {
			n++
		}
		num, m := number(b[n:], 9)
		_, v := number(b[n+m:], 5)
		if end := n + m + v; m > 0 && v > 0 && bytes.HasPrefix(b[end:], []byte(" R")) {
			return b[:n], num, b[end+len(" R"):]
		}
	}
}

func nameByte(c byte) bool {
	return letter(c) || isDigit(c) || c == '_' || c == '.' || c == '+' || c == '-'
}

// number reads a space and a number of so many digits at most, and says in how many
// bytes; none if there is something else.
func number(b []byte, most int) (num, n int) {
	if len(b) < 2 || b[0] != ' ' || !isDigit(b[1]) {
		return 0, 0
	}
	for n = 1; n < len(b) && n <= most && isDigit(b[n]); n++ {
		num = num*10 + int(b[n]-'0')
	}
	return num, n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
