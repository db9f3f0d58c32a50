package detectors

import (
	"encoding/binary"
	"math/bits"
)

// starts is the set of bytes that a match of a pattern can start with, and a fast way to
// the next one of them, if they are few.
type starts struct {
	set  begin
	few  int              // pairs; 0 if there are too many for them
	fold [maxPairs]uint64 // the bits in which the two bytes of a pair differ, in each byte
	want [maxPairs]uint64 // the pair with these bits set, in each byte
}

// A pair is a letter in both cases, or one byte.
const maxPairs = 3

const eachByte = 0x0101010101010101

func startsOf(set begin) starts {
	s := starts{set: set}
	for c := range 256 {
		b := byte(c)
		if !set.has(b) || isLetter(b) && isUpper(b) && set.has(b|0x20) {
			continue
		}
		if s.few == maxPairs {
			s.few = 0
			return s
		}
		fold := uint64(0)
		if isLetter(b) && !isUpper(b) && set.has(b&^0x20) {
			fold = 0x20
		}
		s.fold[s.few], s.want[s.few] = fold*eachByte, (uint64(b)|fold)*eachByte
		s.few++
	}
	return s
}

// next is where the first such byte of data from i on is; len(data) if there is none.
func (s *starts) next(data []byte, i int) int {
	if s.few > 0 {
		for ; i+8 <= len(data); i += 8 {
			x, found := binary.LittleEndian.Uint64(data[i:]), uint64(0)
			for k := range s.few {
				// The lowest byte of y that is 0 has its top bit set, and none below it.
				y := (x | s.fold[k]) ^ s.want[k]
				found |= (y - eachByte) &^ y
			}
			if found &= 0x80 * eachByte; found != 0 {
				return i + bits.TrailingZeros64(found)/8
			}
		}
	}
	for ; i < len(data); i++ {
		if s.set.has(data[i]) {
			return i
		}
	}
	return i
}
