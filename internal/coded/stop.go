package coded

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// Block is how many bytes Stop looks at together, and Lane a half of them.
const (
	Block = 32
	Lane  = Block / 2
)

// Stop returns the offset of the first block of a text that may be of a long run: one of its
// lanes is base64, or its first eight bytes have the mark of an escape (%, & or \). others has
// a bit for each byte of it that is not base64, the lowest of the first one; mark is where in
// the block the first mark is, -1 for nowhere in the first eight. Without such a block it
// returns where the last whole one ends.
func Stop(text []byte) (at int, others uint32, mark int) {
	var found uint64
	if haveStop {
		at, others, found = stop(unsafe.SliceData(text), len(text))
	} else {
		at, others, found = stopSlow(text)
	}
	if found == 0 {
		return at, others, -1
	}
	return at, others, bits.TrailingZeros64(found) / 8
}

// stopSlow is for processors that cannot do stop. found has bits in the bytes that are marks.
func stopSlow(text []byte) (at int, others uint32, found uint64) {
	for ; at+Block <= len(text); at += Block {
		first := Not64(text, at)
		if found = marksOf(binary.LittleEndian.Uint64(text[at:])); found == 0 && first|Not64(text, at+8) != 0 && Not64(text, at+16)|Not64(text, at+24) != 0 {
			continue
		}
		others = 0
		for i, c := range text[at : at+Block] {
			if Sextet[c] == None {
				others |= 1 << i
			}
		}
		if found != 0 || others&0xffff == 0 || others>>Lane == 0 {
			return at, others, found
		}
	}
	return at, 1<<32 - 1, 0
}

// marksOf has bits in those bytes of eight that are marks of escapes.
func marksOf(x uint64) (found uint64) {
	const ones, lows = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	for _, c := range []byte(`%&\`) {
		y := x ^ uint64(c)*ones
		found |= ^((y&lows + lows) | y | lows) // the highest bit of each byte that was c
	}
	return found
}
