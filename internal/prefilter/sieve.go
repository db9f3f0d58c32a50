package prefilter

import (
	"encoding/binary"
	"unsafe"
)

// sifter is what sieve needs. asm/main.go knows where its fields are.
type sifter struct {
	sets sets
	// The bytes w of a window of a kind are hashed as w&key[kind] | fold[kind].
	key, fold [3]uint64
	bloom     *uint64 // the first one of Filter.bloom
	shift     uint64  // Filter.bloomShift
}

// first is what sieve takes in place of t, as avo knows no types of ours.
func (t *sifter) first() *byte { return &t.sets[0][0] }

// sets are what bytes are looked up in: for the six bytes of a window of kind
// six, the four of kind four and the three of kind head, the buckets of that
// kind, perKind for each, which have a window with that byte there. Bytes from
// 0x80 up are taken for those without the first bit.
type sets = [6 + 4 + 3][128]byte

// setOf is where the sets of a kind begin.
var setOf = [...]int{six: 0, four: 6, head: 10}

const (
	perKind   = 8   // buckets
	places    = 256 // that sieve takes at once: their numbers are bytes
	fewPlaces = 128 // most that a history has to be searched in has no more
	behind    = 64  // what sieve reads and writes behind the places
)

// sieveSlow does what sieve does, and is there to say what that is, to test it
// by, and for tests on processors that do not have it.
//
// It looks up n places of data, at most 256, in the sets, and the windows that
// may begin there in the bloom filter. A place is where a window may begin, and
// it needs the seven bytes behind it. The places that are left are written to
// out, counted from the beginning of data, those of the second and the third
// kind stride and twice stride bytes behind those of the first. It returns how
// many of each there are.
func sieveSlow(t *sifter, data []byte, n int, out []byte, stride int) (found [3]int) {
	for i := range n {
		w := binary.LittleEndian.Uint64(data[i:])
		for kind, at := range setOf {
			in := byte(0xff)
			for k := range known[kind].to {
				in &= t.sets[at+k][data[i+k]&0x7f]
			}
			bit := (w&t.key[kind] | t.fold[kind]) * hashFactor >> t.shift
			// shift leaves so many bits as there are in the bloom filter.
			word := *(*uint64)(unsafe.Add(unsafe.Pointer(t.bloom), bit/64*8))
			if in != 0 && word>>(bit%64)&1 != 0 {
				out[kind*stride+found[kind]] = byte(i)
				found[kind]++
			}
		}
	}
	return found
}

// inSets finds the literals with a window that begins in data[lo:hi].
func (s *search) inSets(lo, hi int) {
	if hi-lo <= fewPlaces { // there is less to clear
		var out [3 * (fewPlaces + behind)]byte
		s.sift(out[:], fewPlaces, lo, hi)
		return
	}
	var out [3 * (places + behind)]byte
	s.sift(out[:], places, lo, hi)
}

// sift is inSets for so many places at once as out has room for.
func (s *search) sift(out []byte, most, lo, hi int) {
	t, stride := s.f.sifter, most+behind
	for at := lo; at < hi; at += most {
		n, d := min(most, hi-at), s.data[at:]
		if len(d) < (n+63)&^63+8 { // there is not enough behind the places
			var padded [places + behind]byte
			copy(padded[:], d)
			d = padded[:]
		}
		var found [3]int
		if haveSieve {
			// It reads up to the next 64 places and 7 bytes more, which d has. It
			// writes at most n places to each list and 64 bytes behind them.
			found[0], found[1], found[2] = sieve(t.first(), &d[0], n, &out[0], stride)
		} else {
			found = sieveSlow(t, d, n, out, stride)
		}
		for kind := range found {
			for _, p := range out[kind*stride:][:found[kind]] {
				w := binary.LittleEndian.Uint64(d[p:])
				s.window((w&t.key[kind]|t.fold[kind])*hashFactor, kind, at+int(p))
			}
		}
	}
}
