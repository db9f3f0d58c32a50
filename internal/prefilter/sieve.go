package prefilter

import (
	"encoding/binary"
	"math/bits"
	"unsafe"
)

// sifter is what sieve needs. asm/main.go knows where its fields are.
type sifter struct {
	// Bytes are looked up in sets: which buckets have a window with that byte
	// there. Bytes from 0x80 up are taken for those without the first bit.
	sets [4 + 3][128]byte
	// Hashes of the first three bytes are looked up in mixes tables for each
	// kind: which buckets have a window with that hash.
	mixed  [2 * mixes][128]byte
	matrix [2 * 3]uint64 // makes two hashes of three bytes: see affine
	bloom  *uint32
	index  *uint32 // of a slot in slots, by the first bits of a hash
	slots  *slot
	word   uint64 // shift from a hash to its word in bloom
	slot   uint64 // shift from a hash to its place in index
}

// first is what sieve takes in place of t, as avo knows no types of ours.
func (t *sifter) first() *byte { return &t.sets[0][0] }

// There are two kinds of windows, of four bytes and of three. widths are how
// many they are, and setOf is where their sets begin.
var (
	widths = [...]int{4, 3}
	setOf  = [...]int{0, 4}
)

const (
	perKind   = 8    // buckets
	mixes     = 4    // hashes of a window that are looked up
	places    = 2048 // most that sieve takes
	somewhat  = 512
	fewPlaces = 128 // most that a history has to be searched in has no more
	before    = 8   // what sieve reads before the first place, and behind the last 64
	headBit   = 15  // of what sieve writes: set if the window is one of three bytes
)

// sieveSlow does what sieve does, and is there to say what that is, to test it
// by, and for tests on processors that do not have it.
//
// It looks at n places of data, at most 2,048, which begin behind the first
// eight bytes: at the sets and the hashes, at the bloom filter, and whether the
// slot of a window's hash has the bytes around it. The places that are left are
// written to out, those of the second kind with headBit and behind those of the
// first one. out needs room for two for each place. It returns how many they are.
func sieveSlow(t *sifter, data []byte, n int, out []uint16) (found int) {
	for kind := range widths {
		for i := range n {
			w := binary.LittleEndian.Uint32(data[before+i:])
			h := windowHash(w, kind)
			// word and slot leave so many bits as there are words, and places in index.
			word := *(*uint32)(unsafe.Add(unsafe.Pointer(t.bloom), h>>t.word*4))
			at := *(*uint32)(unsafe.Add(unsafe.Pointer(t.index), h>>t.slot*4))
			s := (*slot)(unsafe.Add(unsafe.Pointer(t.slots), uintptr(at)*unsafe.Sizeof(slot{})))
			text := [2]uint64{binary.LittleEndian.Uint64(data[i:]), binary.LittleEndian.Uint64(data[i+8:])}
			if t.looked(kind, data[before+i:]) && word>>bloomBit(w)&1 != 0 && s.has(text) {
				out[found] = uint16(i | kind<<headBit)
				found++
			}
		}
	}
	return found
}

// looked reports whether a bucket may have the window that data begins with.
func (t *sifter) looked(kind int, data []byte) bool {
	in := byte(0xff)
	for k := range widths[kind] {
		in &= t.sets[setOf[kind]+k][data[k]&0x7f]
	}
	for i, x := range mix(data) {
		in &= t.mixed[kind*mixes+i][x]
	}
	return in != 0
}

// matrices are any that take no notice of case.
var matrices = func() (m [2 * 3]uint64) {
	x := uint64(hashFactor)
	for i := range m {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		m[i] = x * 0x2545f4914f6cdd1d &^ fold
	}
	return m
}()

// affine multiplies a byte by a matrix of 8 by 8 bits, as GF2P8AFFINEQB does.
func affine(matrix uint64, x byte) (y byte) {
	for i := range 8 {
		y |= byte(bits.OnesCount8(byte(matrix>>(8*(7-i)))&x)&1) << i
	}
	return y
}

// mixOf is what each of three bytes adds to the two hashes.
var mixOf = func() (m [3][256]uint16) {
	for k := range m {
		for c := range m[k] {
			m[k][c] = uint16(affine(matrices[k], byte(c))) | uint16(affine(matrices[3+k], byte(c)))<<8
		}
	}
	return m
}()

// mix returns where in mixed a window stands.
func mix(w []byte) [mixes]byte {
	h := mixOf[0][w[0]] ^ mixOf[1][w[1]] ^ mixOf[2][w[2]]
	u, v := byte(h), byte(h>>8)
	return [...]byte{u & 0x7f, v & 0x7f, (u ^ v) & 0x7f, (u>>1 ^ v) & 0x7f}
}

// windowHash is the hash of the four bytes of w, or of the first three.
func windowHash(w uint32, kind int) uint32 {
	return (w | fold&(1<<32-1)) << (8 * kind) * (hashFactor >> 32)
}

// bloomBit is the bit of a window in its word of the bloom filter.
func bloomBit(w uint32) uint32 { return (w | fold&0xff) & 31 }

// inSets finds the literals with a window that begins in data[lo:hi].
func (s *search) inSets(lo, hi int) {
	switch n := hi - lo; {
	case n <= fewPlaces: // there is less to clear
		var out [2 * fewPlaces]uint16
		s.sift(out[:], lo, hi)
	case n <= 4*somewhat:
		var out [2 * somewhat]uint16
		s.sift(out[:], lo, hi)
	default:
		var out [2 * places]uint16
		s.sift(out[:], lo, hi)
	}
}

// sift is inSets for so many places at once as out has room for.
func (s *search) sift(out []uint16, lo, hi int) {
	t := s.f.sifter
	for at := lo; at < hi; {
		n := min(len(out)/2, hi-at)
		var d []byte // begins before the first place
		if at >= before && at+(n+63)&^63+before <= len(s.data) {
			d = s.data[at-before:]
		} else {
			d, n = s.edge(new([before + 64 + before]byte), at, n)
		}
		var found int
		if haveSieve {
			// It reads eight bytes less and more than up to the next 64 places,
			// which d has.
			found = sieve(t.first(), &d[before], n, &out[0])
		} else {
			found = sieveSlow(t, d, n, out)
		}
		s.merge(out[:found], d, at)
		at += n
	}
}

// merge looks at what sieve left of places from at on, in order of the places:
// each hit would have to move past all of the other kind otherwise. d begins
// eight bytes before at.
func (s *search) merge(found []uint16, d []byte, at int) {
	four := 0
	for four < len(found) && found[four]>>headBit == 0 {
		four++
	}
	a, b := found[:four], found[four:]
	for len(a)+len(b) > 0 {
		var i, kind int
		if len(b) == 0 || len(a) > 0 && a[0] <= b[0]&(1<<headBit-1) {
			i, a = int(a[0]), a[1:]
		} else {
			i, kind, b = int(b[0]&(1<<headBit-1)), 1, b[1:]
		}
		s.found(d[i:], kind, at+i)
	}
}

// edge returns data from the eighth byte before at on, and for how many places,
// at most n, that does. At the ends of data it is a copy in padded, with zeros
// around it.
func (s *search) edge(padded *[before + 64 + before]byte, at, n int) ([]byte, int) {
	if whole := (len(s.data) - at - before) &^ 63; at >= before && whole > 0 {
		return s.data[at-before:], min(n, whole)
	}
	copy(padded[before-min(at, before):], s.data[max(0, at-before):])
	return padded[:], min(n, 64)
}
