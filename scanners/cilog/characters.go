package cilog

import "bytes"

// inQuotes finds text that is printed as a list of its characters in quotes: 't', 'o',
// 'k'; on one line or more, with keys or without.
func (x *expander) inQuotes(v, child *view, skip int, quote byte) {
	text, sewn := v.text, 0
	for i := 0; ; {
		n := bytes.IndexByte(text[i:], quote)
		if n < 0 {
			return
		}
		i += n
		if i >= sewn {
			sewn = x.pieces(v, child, skip, i)
		}
		if !quotedAt(text, i, quote) {
			i++
			continue
		}
		x.spots = x.spots[:0]
		at := i
		for quotedAt(text, at, quote) {
			if !isDigit(text[at+1]) || !colonNext(text[at+3:]) { // that is a key
				x.spots = append(x.spots, at+1)
			}
			gap := charGap(text[at+3:], quote)
			if gap < 0 {
				break
			}
			at += 3 + gap
		}
		i++
		if x.gather(v, child, skip) {
			i = x.spots[len(x.spots)-1] + 2
		}
	}
}

// quotedAt reports whether one character in quotes stands at an offset.
func quotedAt(text []byte, i int, quote byte) bool {
	return i+2 < len(text) && text[i+2] == quote && text[i] == quote && text[i+1] > ' ' && text[i+1] < 0x7f && text[i+1] != quote
}

// charGap is the length of what stands between two characters in quotes, up to one end
// of a line; -1 for more. Numbers are keys, with quotes or without.
func charGap(text []byte, quote byte) int {
	const most = 40
	lines := 0
	for n := 0; n < min(len(text), most); n++ {
		switch c := text[n]; {
		case c == quote:
			key := n + 1
			for key < len(text) && isDigit(text[key]) {
				key++
			}
			if key == n+1 || key == len(text) || text[key] != quote || !colonNext(text[key+1:]) {
				return n
			}
			n = key
		case c == '\n':
			if lines++; lines > 1 {
				return -1
			}
		case !isDigit(c) && bytes.IndexByte([]byte(" \t\r,;+.|&=>:()[]{}"), c) < 0:
			return -1
		}
	}
	return -1
}

// colonNext reports whether spaces and then a colon or an arrow come next.
func colonNext(text []byte) bool {
	text = bytes.TrimLeft(text[:min(len(text), 8)], " ")
	return len(text) > 0 && (text[0] == ':' || text[0] == '=')
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lineEnd takes the next line of those that may end with one character behind the same
// mark each, such as "- " or a number that counts: what YAML, PHP and nl print.
func (x *expander) lineEnd(v, child *view, l lineAt, skip int) {
	char, mark := -1, []byte(nil)
	if l.to-l.from <= maxMarked {
		char, mark = marked(v.text, l)
	}
	if len(x.spots) > 0 && (char < 0 || !sameMark(x.mark, mark)) {
		x.gather(v, child, skip)
		x.spots = x.spots[:0]
	}
	if char >= 0 {
		x.spots, x.mark = append(x.spots, char), mark
	}
}

// maxMarked is how long a line may be that ends with a character of a list.
const maxMarked = 64

// marked returns where the character stands that a line ends with, and the mark before
// it, which is never empty; -1 for none.
func marked(text []byte, l lineAt) (char int, mark []byte) {
	end := l.to
	if end > l.from && (text[end-1] == ',' || text[end-1] == ';') && end-2 > l.from && text[end-2] > ' ' {
		end--
	}
	char = end - 1
	from := char
	if end-3 >= l.from && quotedAt(text[:end], end-3, text[end-1]) && (text[end-1] == '\'' || text[end-1] == '"') {
		char, from = end-2, end-3
	}
	if from <= l.from || text[from-1] != ' ' && text[from-1] != '\t' {
		return -1, nil
	}
	mark = bytes.TrimRight(text[l.from:from], " \t")
	for _, c := range mark {
		if !isDigit(c) && bytes.IndexByte([]byte("-*[](){}=>:.#| \t\"'"), c) < 0 {
			return -1, nil
		}
	}
	return char, mark
}

// sameMark reports whether two marks differ in nothing but numbers and spaces.
func sameMark(a, b []byte) bool {
	next := func(s []byte) []byte {
		for len(s) > 0 && (isDigit(s[0]) || s[0] == ' ' || s[0] == '\t') {
			s = s[1:]
		}
		return s
	}
	for {
		if a, b = next(a), next(b); len(a) == 0 || len(b) == 0 {
			return len(a) == len(b)
		}
		if a[0] != b[0] {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

// gather appends the characters that spots says where they are, if they are enough.
func (x *expander) gather(v, child *view, skip int) bool {
	n := len(x.spots)
	if n < minJoined || x.spots[n-1] < skip || !x.room(child, n+2) {
		return false
	}
	child.gap()
	for _, at := range x.spots {
		child.one(v.text[at], int64(at), int64(at+1), "characters")
	}
	return true
}
