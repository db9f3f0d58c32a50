package tokensum

import (
	"encoding/binary"
	"math/bits"
)

// Marvin is the checksum Marvin32 of 64 bits, as SymCrypt and .NET compute it.
func Marvin(data []byte, seed uint64) uint64 {
	lo, hi := uint32(seed), uint32(seed>>32)
	mix := func(word uint32) {
		lo += word
		hi ^= lo
		lo = bits.RotateLeft32(lo, 20) + hi
		hi = bits.RotateLeft32(hi, 9) ^ lo
		lo = bits.RotateLeft32(lo, 27) + hi
		hi = bits.RotateLeft32(hi, 19)
	}
	for ; len(data) >= 4; data = data[4:] {
		mix(binary.LittleEndian.Uint32(data))
	}
	last := [4]byte{}
	last[copy(last[:], data)] = 0x80
	mix(binary.LittleEndian.Uint32(last[:]))
	mix(0)
	return uint64(hi)<<32 | uint64(lo)
}

// Marvin32 folds both halves into one: what Azure's keys hold.
func Marvin32(data []byte, seed uint64) uint32 {
	h := Marvin(data, seed)
	return uint32(h>>32) ^ uint32(h)
}

// marvinBytes is Marvin32 in the order in which keys hold it.
func marvinBytes(data []byte, seed uint64) []byte {
	return binary.LittleEndian.AppendUint32(nil, Marvin32(data, seed))
}

// Seed makes a seed of the eight characters that name a kind of key.
func Seed(name string) uint64 {
	var b [8]byte
	copy(b[:], name)
	return binary.BigEndian.Uint64(b[:])
}
