package cilog

import "bytes"

// pieces finds words that are written in pieces, as a shell joins them, and joins them:
// quotes that close and open within a word ('a”b', a""b), and a backslash at the end of
// a line. Logs have them where they echo commands (2.2 and 2.6 of
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html).
// i is where a quote or such a backslash stands. It returns where the word ends, or i+1.
func (x *expander) pieces(v, child *view, skip, i int) int {
	text := v.text
	from := i
	for from > 0 && i-from < maxSeam && text[from-1] == '\\' {
		from--
	}
	if seam(text, from) == 0 {
		return i + 1
	}
	lo, hi := sewn(text, from)
	if hi < skip || hi-lo < minJoined || !x.room(child, hi-lo+2) {
		return hi
	}
	child.gap()
	for at, next := lo, lo; next <= hi; next++ {
		n := 0
		if next < hi {
			if n = seam(text, next); n == 0 {
				continue
			}
		}
		if next > at {
			child.segs = append(child.segs, seg{at: len(child.text), num: 1, den: 1, from: int64(at), to: int64(next), encoding: "quotes"})
			child.text = append(child.text, text[at:next]...)
		}
		if n == 0 {
			break
		}
		at, next = next+n, next+n-1
	}
	return hi
}

// maxSeam bounds what stands between two pieces: quotes may be escaped, in JSON twice.
const maxSeam = 16

// seam is the length of what joins two letters at an offset: quotes, with or without
// backslashes, or a backslash and the end of a line; 0 for anything else.
func seam(text []byte, at int) int {
	if at == 0 || at+1 >= len(text) || !inToken(text[at-1]) {
		return 0
	}
	n := 0
	if text[at] == '\\' {
		switch rest := text[at+1:]; {
		case rest[0] == '\n':
			n = 2
		case len(rest) > 1 && rest[0] == '\r' && rest[1] == '\n':
			n = 3
		}
	}
	if n == 0 {
		for k := at; k < min(len(text), at+maxSeam) && (text[k] == '\\' || text[k] == '"' || text[k] == '\''); k++ {
			if text[k] != '\\' {
				n = k + 1 - at // a backslash behind it belongs to what follows
			}
		}
	}
	if n == 0 || at+n >= len(text) || !inToken(text[at+n]) {
		return 0
	}
	return n
}

// sewn returns where the word around an offset begins and ends, lines that go on included.
func sewn(text []byte, i int) (lo, hi int) {
	for lo = i; lo > 0 && i-lo < maxWord; lo-- {
		if c := text[lo-1]; c <= ' ' && c != '\r' && (c != '\n' || !bytes.HasSuffix(bytes.TrimSuffix(text[:lo-1], []byte{'\r'}), []byte{'\\'})) {
			break
		}
	}
	for hi = i + 1; hi < len(text) && hi-i < maxWord && (text[hi] > ' ' || text[hi-1] == '\\' || text[hi] == '\n' && text[hi-1] == '\r'); {
		hi++
	}
	return lo, hi
}
