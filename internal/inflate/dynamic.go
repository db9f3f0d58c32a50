package inflate

import (
	"math/bits"
	"unsafe"
)

// blockHeader is what dynamic needs to read the header of a block. It has no
// data between calls, and is in the decoder since there it need not be cleared.
type blockHeader struct {
	mask  uint64              // of the index into table; at most 127
	table [1 << 7]lengthCode  // what the code-length codes mean
	n     int                 // how many lengths there are
	lens  [286 + 30 + 8]uint8 // the lengths, and 8 more that a step may write
	// used lists the symbols whose length is not 0, and count how many there are
	// of each length.
	used   [286 + 30 + 8]uint16
	count  [32]uint16
	sorted [288]entry // for code.build
}

// lengthCode packs what a code of a length means:
//
//	bits 0-7    how many bits to consume, those behind the code too
//	bits 8-15   how many bits the code has itself
//	bits 24-31  how many times the length is there, less what the bits behind it say
//	bits 48-55  31 if it is the length before that is repeated, or 0
//	bits 56-63  else the length
type lengthCode uint64

// noLength stands for the length before the first one.
const noLength = 16

var lengthCodes = func() (c [19]lengthCode) {
	for i := range 16 {
		c[i] = 1<<24 | lengthCode(i)<<56
	}
	c[16] = 2 | 3<<24 | 31<<48
	c[17] = 3 | 3<<24
	c[18] = 7 | 11<<24
	return c
}()

// codeOrder is the order in which the lengths of code-length codes stand.
var codeOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the header of a block with its own codes, of which the first
// three bits were taken behind a refill, and builds their tables.
func (d *Decoder) dynamic() bool {
	nlit, ndist, ncode := int(d.take(5))+257, int(d.take(5))+1, int(d.take(4))+4
	if nlit > 286 || ndist > 30 || !d.refill() {
		return false
	}
	var lens [19]uint8
	var count [8]uint8
	for i := range ncode {
		if i == 18 && !d.refill() { // 56 bits were there
			return false
		}
		l := uint8(d.take(3))
		lens[codeOrder[i]] = l
		count[l]++
	}
	d.h.n = nlit + ndist
	if !d.h.build(&lens, &count) {
		return false
	}
	used, ok := d.lengths()
	return ok && d.codes(nlit, used)
}

// build fills the table from the lengths of code-length codes, of which count
// says how many there are of each. It reports whether they form a prefix code
// that is complete. zlib allows a single code as well, but then fails: with all
// lengths the same no block can be read.
func (h *blockHeader) build(lens *[19]uint8, count *[8]uint8) bool {
	// A word has its first bit highest, of 8.
	var next [8]uint8
	word, longest := 0, 0
	for l := 1; l < 8; l++ {
		next[l] = uint8(word)
		word += int(count[l]) << (8 - l)
		if count[l] != 0 {
			longest = l
		}
	}
	if word != 1<<8 {
		return false
	}
	h.mask = 1<<longest - 1
	table := h.table[:1<<longest]
	for s, l := range lens {
		if l == 0 {
			continue
		}
		c := lengthCodes[s] + lengthCode(l)*perBit
		for i := int(bits.Reverse8(next[l&7])); i < len(table); i += 1 << l {
			table[i] = c
		}
		next[l&7] += 1 << (8 - l)
	}
	return true
}

// lengths reads the lengths of d.h.n symbols. It returns how many of them are
// not 0. A step has no branches, as none could be foreseen. It writes 8 lengths
// and 8 symbols: longer runs are of zeros, which stand there already and are
// not listed. It starts only below n, and no list is longer than i, so that all
// is in h.lens and h.used.
func (d *Decoder) lengths() (used int, ok bool) {
	h := &d.h
	clear(h.lens[:])
	clear(h.count[:])
	in, limit := d.bounds()
	bb, bn := d.bb, uint64(d.bn) // of bn only the low 6 bits count
	i, bytes, length := 0, 0, uint64(noLength)
	for i < h.n {
		if uintptr(in) > uintptr(limit) {
			if d.setIn(in); !d.room() {
				return 0, false
			}
			in, limit = d.bounds()
		}
		bb |= load(in, 0) << (bn & 63)
		in = unsafe.Add(in, 7-int(bn>>3&7))
		bn |= 56
		c := *(*lengthCode)(unsafe.Add(unsafe.Pointer(&h.table), 8*(bb&h.mask)))
		behind := bb & (1<<(c&63) - 1) >> (c >> 8 & 63)
		bb >>= c & 63
		bn -= uint64(c)
		times := int(c>>24&15) + int(behind)
		length = uint64(c>>56) | uint64(c>>48)&length
		store(unsafe.Pointer(&h.lens), i, length*0x0101010101010101)
		symbols := uint64(i) * 0x0001000100010001
		store(unsafe.Pointer(&h.used), bytes, symbols+0x0003000200010000)
		store(unsafe.Pointer(&h.used), bytes+8, symbols+0x0007000600050004)
		h.count[length&31] += uint16(times)
		i += times
		bytes += 2 * times & (int(-length) >> 63) // if length is not 0
	}
	d.setIn(in)
	d.bb, d.bn = bb, uint(bn&63)
	return bytes / 2, i == h.n && h.count[noLength] == 0
}

// codes builds the tables of a block with nlit symbols for literals and
// lengths, behind which those for distances stand. Of all of them used have
// codes.
func (d *Decoder) codes(nlit, used int) (ok bool) {
	h := &d.h
	dist := code{lens: h.lens[nlit:h.n], meaning: distEntry[:]}
	cut := used
	for ; cut > 0 && int(h.used[cut-1]) >= nlit; cut-- {
		s := h.used[cut-1] - uint16(nlit)
		h.used[cut-1] = s
		dist.count[dist.lens[s]&15]++
	}
	dist.used = h.used[cut:used]
	lit := code{lens: h.lens[:nlit], used: h.used[:cut], meaning: litEntry[:]}
	for l := 1; l < 16; l++ {
		lit.count[l] = h.count[l] - dist.count[l]
	}
	if d.t.litMask, ok = lit.build(d.t.lit[:], h.sorted[:], litBits); !ok {
		return false
	}
	d.t.distMask, ok = dist.build(d.t.dist[:], h.sorted[:], distBits)
	return ok
}
