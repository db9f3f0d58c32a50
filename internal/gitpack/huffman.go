package gitpack

import (
	"math/bits"
)

// Sizes of the first-level tables, in bits. Codes are up to 15 bits long;
// longer ones go on in a second level. Building a table costs as much as
// decoding a few hundred bytes, and most objects are small.
const (
	litBits  = 10
	distBits = 8
)

// A table entry packs what one code means:
//
//	bits 0-3    how many bits to consume (of this level)
//	bits 4-7    kind
//	bits 8-11   extra bits that follow
//	bits 12-15  second level: its size in bits
//	bits 16-31  literal, base of a length or distance, or where the second level starts
type entry uint32

const (
	kindLiteral = 0 << 4
	kindBase    = 1 << 4 // a length, or a distance
	kindEnd     = 2 << 4
	kindNext    = 4 << 4 // the second level
	kindBad     = 8 << 4
	kindMask    = 15 << 4
)

// tables are the decoding tables of a block.
type tables struct {
	lit  [1<<litBits + 1024]entry
	dist [1<<distBits + 512]entry
	lens [320]uint8
}

var fixed = func() *tables {
	t := new(tables)
	for i := range 288 {
		switch {
		case i < 144:
			t.lens[i] = 8
		case i < 256:
			t.lens[i] = 9
		case i < 280:
			t.lens[i] = 7
		default:
			t.lens[i] = 8
		}
	}
	build(t.lit[:], t.lens[:288], litBits, litEntry[:])
	for i := range 32 {
		t.lens[i] = 5
	}
	build(t.dist[:], t.lens[:32], distBits, distEntry[:])
	return t
}()

var litEntry = func() (e [288]entry) {
	base := 3
	for i := range e {
		switch {
		case i < 256:
			e[i] = kindLiteral | entry(i)<<16
		case i == 256:
			e[i] = kindEnd
		case i < 285:
			extra := max(0, (i-261)/4)
			e[i] = kindBase | entry(extra)<<8 | entry(base)<<16
			base += 1 << extra
		case i == 285:
			e[i] = kindBase | 258<<16
		default:
			e[i] = kindBad
		}
	}
	return e
}()

var distEntry = func() (e [32]entry) {
	base := 1
	for i := range e {
		if i >= 30 {
			e[i] = kindBad
			continue
		}
		extra := max(0, i/2-1)
		e[i] = kindBase | entry(extra)<<8 | entry(base)<<16
		base += 1 << extra
	}
	return e
}()

// build fills a table from the lengths of codes, of which symbols gives the
// meanings. It reports whether they form a prefix code. As in zlib, one that is
// not complete is allowed only if its longest code has one bit.
func build(table []entry, lens []uint8, width int, symbols []entry) bool {
	var count [16]int
	for _, l := range lens {
		count[l]++
	}
	longest := 15
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	left := 1
	for l := 1; l <= 15; l++ {
		if left = left<<1 - count[l]; left < 0 {
			return false
		}
	}
	if left > 0 {
		if longest > 1 {
			return false
		}
		for i := range 1 << width {
			table[i] = kindBad
		}
	}
	// Symbols in the order of their codes.
	var order [320]uint16
	var start [16]int
	for l := 1; l < 15; l++ {
		start[l+1] = start[l] + count[l]
	}
	n := 0
	for s, l := range lens {
		if l > 0 {
			order[start[l]] = uint16(s)
			start[l]++
			n++
		}
	}
	if n == 0 || left > 0 {
		for i := range n { // a single code of one bit
			for j := 0; j < 1<<width; j += 2 {
				table[j] = symbols[order[i]] | 1
			}
		}
		return true
	}
	f := filler{table: table, symbols: symbols, order: order[:n], count: &count, width: width}
	return f.fill()
}

// filler writes a complete code into a table. Code words are kept as they
// stand in the input, first bit lowest, and counted up in that form.
type filler struct {
	table, symbols []entry
	order          []uint16
	count          *[16]int
	width          int
}

// next returns the code word of the same length that follows w.
func nextWord(w, length int) int {
	bit := 1 << (bits.Len(uint(w^(1<<length-1))) - 1)
	return w&(bit-1) | bit
}

// fill writes each short code once and doubles what there is whenever the
// codes get longer, so that the table is mostly copied, not written.
func (f *filler) fill() bool {
	word, at := 0, 0
	end, length := 1, 0
	for length < f.width {
		length++
		copy(f.table[end:2*end], f.table[:end])
		end *= 2
		for range f.count[length] {
			f.table[word] = f.symbols[f.order[at]] | entry(length)
			at++
			if word == end-1 {
				for ; length < f.width; length++ {
					copy(f.table[end:2*end], f.table[:end])
					end *= 2
				}
				return true
			}
			word = nextWord(word, length)
		}
	}
	return f.long(word, at)
}

// long writes the codes that are longer than the first level.
func (f *filler) long(word, at int) bool {
	end, start, prefix := 1<<f.width, 0, -1
	length := f.width + 1
	for ; at < len(f.order); at++ {
		for f.count[length] == 0 {
			length++
		}
		if p := word & (1<<f.width - 1); p != prefix {
			prefix, start = p, end
			size := length - f.width
			for used := f.count[length]; used < 1<<size; {
				size++
				used = used<<1 + f.count[f.width+size]
			}
			if end += 1 << size; end > len(f.table) {
				return false
			}
			f.table[p] = kindNext | entry(f.width) | entry(size)<<12 | entry(start)<<16
		}
		e := f.symbols[f.order[at]] | entry(length-f.width)
		for j := start + word>>f.width; j < end; j += 1 << (length - f.width) {
			f.table[j] = e
		}
		f.count[length]--
		if word != 1<<length-1 {
			word = nextWord(word, length)
		}
	}
	return true
}
