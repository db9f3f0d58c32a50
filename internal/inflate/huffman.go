package inflate

import (
	"bytes"
	"math/bits"
)

// Sizes of the first-level tables, in bits. Codes are up to 15 bits long;
// longer ones go on in a second level. A table is only as wide as its longest
// code: to build one costs as much as decoding a few hundred bytes, and most
// objects are small.
const (
	litBits  = 11
	distBits = 9
)

// A table entry packs what one code means:
//
//	bits 0-5    how many bits to consume, those of the extra bits too
//	bits 6-7    how many literals it stands for; 0 if it is none
//	bits 8-11   how many bits the code has without its extra bits;
//	            of isNext: the size of the second level, in bits
//	bits 13-15  isEnd, isNext, isSpecial
//	bits 16-31  literals, base of a length or distance, or where the second level starts
//
// Codes of the second level have the bits there, without those of the first.
type entry uint32

const (
	isLiteral = 1 << 7
	isEnd     = 1 << 13 // of the block
	isNext    = 1 << 14 // the second level
	isSpecial = 1 << 15 // end, second level, or no code at all
	isBad     = isSpecial

	perBit = 1 + 1<<8 // what a bit of code adds to an entry
)

// tables are the decoding tables of a block.
type tables struct {
	// Second levels of 286 codes behind 10 bits have 308 entries at most, those
	// of 30 codes behind 8 bits 146: zlib's examples/enough.c.
	lit               [1<<litBits + 512]entry
	dist              [1<<distBits + 256]entry
	litMask, distMask uint64 // for the index into the first levels; at most 1<<litBits-1, 1<<distBits-1
}

var litEntry = func() (e [288]entry) {
	base := 3
	for i := range e {
		switch {
		case i < 256:
			e[i] = isLiteral | entry(i)<<16
		case i == 256:
			e[i] = isSpecial | isEnd
		case i < 285:
			extra := max(0, (i-261)/4)
			e[i] = entry(extra) | entry(base)<<16
			base += 1 << extra
		case i == 285:
			e[i] = 258 << 16
		default:
			e[i] = isBad
		}
	}
	return e
}()

var distEntry = func() (e [32]entry) {
	base := 1
	for i := range e {
		if i >= 30 {
			e[i] = isBad
			continue
		}
		extra := max(0, i/2-1)
		e[i] = entry(extra) | entry(base)<<16
		base += 1 << extra
	}
	return e
}()

var fixed = func() *tables {
	t := new(tables)
	lens := make([]uint8, 288)
	for i := range lens {
		switch {
		case i < 144, i >= 280:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		default:
			lens[i] = 7
		}
	}
	sorted := make([]entry, 288)
	lit := codeOf(lens, litEntry[:])
	t.litMask, _ = lit.build(t.lit[:], sorted, litBits)
	dist := codeOf(bytes.Repeat([]byte{5}, 32), distEntry[:])
	t.distMask, _ = dist.build(t.dist[:], sorted, distBits)
	return t
}()

// code is a prefix code, as deflate describes one: by the lengths of its words.
type code struct {
	lens    []uint8    // of the words of all symbols; 0 for those without one
	used    []uint16   // the symbols that have a word, rising
	count   [16]uint16 // how many words there are of each length; not for 0
	meaning []entry    // of each symbol
}

func codeOf(lens []uint8, meaning []entry) *code {
	c := &code{lens: lens, meaning: meaning}
	for s, l := range lens {
		if l > 0 {
			c.used = append(c.used, uint16(s))
			c.count[l]++
		}
	}
	return c
}

// build fills a table, with a first level of at most width bits, and returns
// the mask of the index into that level. It reports whether the lengths form a
// prefix code. As in zlib, one that is not complete is allowed only if its
// longest word has one bit. sorted is room for an entry of each word.
func (c *code) build(table, sorted []entry, width int) (mask uint64, ok bool) {
	left, longest := 1, 0
	var start [16]uint16
	sum := uint16(0)
	for l := 1; l <= 15; l++ {
		n := c.count[l]
		start[l] = sum
		sum += n
		left = left<<1 - int(n)
		if n != 0 {
			longest = l
		}
		if left < 0 {
			return 0, false
		}
	}
	if left > 0 {
		if longest > 1 {
			return 0, false
		}
		table[0], table[1] = isBad, isBad
		if longest == 1 {
			table[0] = c.meaning[c.used[0]] + perBit
		}
		return 1, true
	}
	sorted = sorted[:len(c.used)]
	c.sort(sorted, &start)
	f := filler{table: table, words: sorted, count: &c.count, width: min(width, longest)}
	return 1<<f.width - 1, f.fill()
}

// sort lists the entries of all words by length, then by symbol. start is where
// those of each length start. From both ends at once, since what takes time is
// to read from start what was just written there.
func (c *code) sort(sorted []entry, start *[16]uint16) {
	lens, meaning := c.lens, c.meaning[:len(c.lens)]
	var end [16]uint16
	for l := range end {
		end[l] = start[l] + c.count[l]
	}
	i, j := 0, len(c.used)-1
	for ; i < j; i, j = i+1, j-1 {
		s := c.used[i]
		l := lens[s] & 15
		to := start[l]
		start[l] = to + 1
		sorted[to] = meaning[s] + entry(l)*perBit
		s = c.used[j]
		l = lens[s] & 15
		to = end[l] - 1
		end[l] = to
		sorted[to] = meaning[s] + entry(l)*perBit
	}
	if i == j {
		s := c.used[i]
		l := lens[s] & 15
		sorted[start[l]] = meaning[s] + entry(l)*perBit
	}
}

// filler writes the words of a complete code into a table. A word stands in
// the input with its first bit lowest; counted up, it has its first bit highest
// of 16.
type filler struct {
	table []entry
	words []entry // by length, then by symbol
	count *[16]uint16
	width int // of the first level
}

// fill writes each short word once and doubles what there is whenever words
// get longer, so that the table is mostly copied, not written.
func (f *filler) fill() bool {
	word, at, have := uint16(0), 0, 0
	for l := 1; l <= f.width; l++ {
		n := int(f.count[l])
		if n == 0 {
			continue
		}
		if at > 0 {
			f.double(have, l)
		}
		have = l
		table, step := f.table[:1<<l], uint16(1)<<(16-l)
		for _, e := range f.words[at : at+n] {
			table[bits.Reverse16(word)] = e
			word += step
		}
		at += n
	}
	if at < len(f.words) {
		if at > 0 {
			f.double(have, f.width)
		}
		return f.long(word, at)
	}
	return true
}

// double repeats the first 1<<have entries until there are 1<<want.
func (f *filler) double(have, want int) {
	for ; have < want; have++ {
		copy(f.table[1<<have:2<<have], f.table[:1<<have])
	}
}

// long writes the words that are longer than the first level: the one at
// index at of f.words is word.
func (f *filler) long(word uint16, at int) bool {
	end, start, prefix := 1<<f.width, 0, -1
	for l := f.width + 1; l <= 15; l++ {
		for n := int(f.count[l]); n > 0; n-- {
			w := int(bits.Reverse16(word))
			if p := w & (1<<f.width - 1); p != prefix {
				prefix, start = p, end
				size := l - f.width
				for used := n; used < 1<<size; {
					size++
					used = used<<1 + int(f.count[f.width+size])
				}
				if end += 1 << size; end > len(f.table) {
					return false
				}
				f.table[p] = isSpecial | isNext | entry(f.width) | entry(size)<<8 | entry(start)<<16
			}
			e := f.words[at] - entry(f.width)*perBit
			for j := start + w>>f.width; j < end; j += 1 << (l - f.width) {
				f.table[j] = e
			}
			word += 1 << (16 - l)
			at++
		}
	}
	return true
}
