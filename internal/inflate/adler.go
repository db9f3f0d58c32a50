package inflate

import "encoding/binary"

// adler returns the Adler-32 checksum (RFC 1950, 8.2) of the first n bytes of
// p, which must have n+8: the sum a of all bytes plus one, and the sum b of
// what that was after each byte, both modulo 65521. It adds eight bytes at
// once, in lanes of 16 bits. TestAdler compares it with hash/adler32.
func adler(p []byte, n int) uint32 {
	a, b := uint64(1), uint64(0)
	for ; n >= 8*group; n -= 8 * group {
		var s sums
		for i := 0; i < 8*group; i += 32 {
			q := (*[32]byte)(p[i:])
			s = s.add(binary.LittleEndian.Uint64(q[:]))
			s = s.add(binary.LittleEndian.Uint64(q[8:]))
			s = s.add(binary.LittleEndian.Uint64(q[16:]))
			s = s.add(binary.LittleEndian.Uint64(q[24:]))
		}
		a, b = s.fold(a, b, 8*group)
		if b >= 1<<60 {
			a, b = a%mod, b%mod
		}
		p = p[8*group:]
	}
	// What is left, up to a full word with zeros. They add nothing to a, and a
	// to b each.
	var s sums
	i := 0
	for ; i < n&^7; i += 8 {
		s = s.add(binary.LittleEndian.Uint64(p[i:]))
	}
	s = s.add(binary.LittleEndian.Uint64(p[i:]) & (1<<(8*(n&7)) - 1))
	a, b = s.fold(a, b, i+8)
	b -= a * uint64(8-n&7)
	return uint32(b%mod)<<16 | uint32(a%mod)
}

// group is how many words sums has room for, one less: 21 fill a lane of
// evenBefore to 255*(0+1+...+20) = 53550, and one of even to 255*21 = 5355.
const group = 20

// sums are those of the bytes at even and at odd places of words, in four
// lanes, and of what these sums were before each word.
type sums struct{ even, odd, evenBefore, oddBefore uint64 }

func (s sums) add(w uint64) sums {
	s.evenBefore += s.even
	s.oddBefore += s.odd
	s.even += w & evenBytes
	s.odd += w >> 8 & evenBytes
	return s
}

// fold adds n bytes to a and b. A byte counts in b once for itself and once
// for each one behind it: eight times for each later word, and by its place in
// its own, which is 8, 6, 4, 2 times for even ones and 7, 5, 3, 1 for odd ones.
func (s sums) fold(a, b uint64, n int) (uint64, uint64) {
	before := s.evenBefore&evenLanes + s.evenBefore>>16&evenLanes + s.oddBefore&evenLanes + s.oddBefore>>16&evenLanes
	b += a*uint64(n) + 8*(before&0xffffffff+before>>32) + 2*(s.even*falling>>48+s.odd*falling>>48) - s.odd*ones>>48
	return a + (s.even+s.odd)*ones>>48, b
}

const (
	mod       = 65521
	evenBytes = 0x00ff00ff00ff00ff
	evenLanes = 0x0000ffff0000ffff
	// As factors these leave in the highest lane the sum of the four lanes, and
	// that of 4, 3, 2 and 1 times a lane. No lane overflows: 5355*10 < 65536.
	ones    = 0x0001000100010001
	falling = 0x0004000300020001
)
