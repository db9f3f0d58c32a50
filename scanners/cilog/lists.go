package cilog

import "github.com/whosekey/whosekey/internal/coded"

// minListed is how many bytes a list must have to be decoded.
const minListed = 20

// listed says which characters lists of bytes are made of: digits, x, and what
// stands between them.
var listed = func() (v [256]byte) {
	for _, c := range "0123456789abcdefABCDEFxX ,:-\t\n\r" {
		v[c] = 1
	}
	return v
}()

// lists decodes bytes that are written one by one, in hex (74:6f:6b, 0x74, 0x6f) or
// as decimal numbers (116, 111), also over several lines. Dumps have an offset, and
// are left to columns.
func (x *expander) lists(v, child *view, skip int) {
	text := v.text
	const stride = 3*minListed - 1
	end := 0
	for i := stride - 1; i < len(text); i += stride {
		if !listedAround(text, i) {
			continue
		}
		lo, hi := i, i+1
		for lo > end && listed[text[lo-1]] != 0 {
			lo--
		}
		for hi < len(text) && listed[text[hi]] != 0 {
			hi++
		}
		if hi-lo >= stride && (hi >= skip || skip == 0) {
			x.list(v, child, lo, hi, true)
			x.list(v, child, lo, hi, false)
		}
		end = hi
		i += (hi - i) / stride * stride
	}
}

// listedAround reports whether there may be a list around an offset that has 28 bytes
// before it: of a list, at least half is to one side. It has one branch, which other
// text mostly does not take.
func listedAround(text []byte, i int) bool {
	before := text[i-28 : i+1]
	n := listed[before[0]] & listed[before[7]] & listed[before[14]] & listed[before[21]]
	if i+28 < len(text) {
		after := text[i : i+29]
		n |= listed[after[28]] & listed[after[21]] & listed[after[14]] & listed[after[7]]
	}
	return n&listed[text[i]] != 0
}

// list decodes the lists in a piece of text.
func (x *expander) list(v, child *view, lo, hi int, hex bool) {
	text := v.text
	for i := lo; i < hi; {
		n, to := 0, i // items, and the end of the last
		for at := i; at < hi; {
			_, size := listItem(text[at:hi], hex)
			if size == 0 || n == 0 && at > lo && !separates(text[at-1]) {
				break
			}
			n, to = n+1, at+size
			between := listGap(text[to:hi])
			if between == 0 {
				break
			}
			at = to + between
		}
		if n >= minListed && plainList(text[i:to], hex) && x.room(child, n+2) {
			child.gap()
			for at := i; at < to; {
				b, size := listItem(text[at:to], hex)
				child.one(b, int64(at), int64(at+size), listName(hex))
				at += size + listGap(text[at+size:to])
			}
		}
		for i = max(to, i+1); i < hi && !separates(text[i-1]); i++ {
		}
	}
}

func listName(hex bool) string {
	if hex {
		return "hex"
	}
	return "decimal"
}

func separates(c byte) bool {
	return c == ' ' || c == ',' || c == ':' || c == '-' || c == '\t' || c == '\n' || c == '\r'
}

// listItem reads a byte, and returns how long it is; 0 for none.
func listItem(text []byte, hex bool) (b byte, size int) {
	if hex {
		if len(text) > 3 && text[0] == '0' && text[1]|0x20 == 'x' {
			size = 2
		}
		if len(text) < size+2 || coded.Unhex(text[size]) < 0 || coded.Unhex(text[size+1]) < 0 {
			return 0, 0
		}
		b = byte(coded.Unhex(text[size])<<4 | coded.Unhex(text[size+1]))
		size += 2
	} else {
		n := 0
		for size < len(text) && size < 3 && text[size] >= '0' && text[size] <= '9' {
			n = n*10 + int(text[size]-'0')
			size++
		}
		if size == 0 || n > 255 {
			return 0, 0
		}
		b = byte(n)
	}
	if size < len(text) && !separates(text[size]) {
		return 0, 0
	}
	return b, size
}

// listGap is the length of what stands between two bytes: a character, a comma with
// a space, the end of a line with what the next is indented by.
func listGap(text []byte) int {
	n, lines := 0, 0
	for n < len(text) && n < 24 && separates(text[n]) {
		if text[n] == '\n' {
			lines++
		}
		n++
	}
	if lines > 1 || lines == 0 && n > 3 {
		return 0
	}
	return n
}

// plainList reports whether a list begins as text does.
func plainList(list []byte, hex bool) bool {
	for n := 0; n < 12; n++ {
		b, size := listItem(list, hex)
		if size == 0 || b < ' ' && b != '\n' && b != '\t' && b != '\r' || b >= 0x7f {
			return false
		}
		list = list[size:]
		list = list[listGap(list):]
	}
	return true
}
