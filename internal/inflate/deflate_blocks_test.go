package inflate

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"
)

// bitWriter writes as RFC 1951 says: values with their lowest bit first, words
// of codes with their highest.
type bitWriter struct {
	out []byte
	n   int
}

func (w *bitWriter) bits(v uint64, n int) {
	for i := range n {
		if w.n%8 == 0 {
			w.out = append(w.out, 0)
		}
		w.out[len(w.out)-1] |= byte(v>>i&1) << (w.n % 8)
		w.n++
	}
}

// word writes the word of a symbol: that of the code with the lengths lens.
func (w *bitWriter) word(lens []uint8, symbol int) {
	word := 0
	for s, l := range lens {
		if l > 0 && (l < lens[symbol] || l == lens[symbol] && s < symbol) {
			word += 1 << (15 - l)
		}
	}
	w.bits(uint64(bits.Reverse16(uint16(word<<1))), int(lens[symbol]))
}

// randomCode makes the lengths of a complete code of k of n symbols, of which
// must is one. Splitting one of the longest words makes them long quickly.
func randomCode(rng *rand.Rand, n, k, must int) []uint8 {
	lens := []uint8{1, 1}
	deep := rng.IntN(3)
	for len(lens) < k {
		i := rng.IntN(len(lens))
		for range deep * 4 {
			if j := rng.IntN(len(lens)); lens[j] > lens[i] && lens[j] < 15 {
				i = j
			}
		}
		if lens[i] < 15 {
			lens[i]++
			lens = append(lens, lens[i])
		}
	}
	all := make([]uint8, n)
	copy(all, lens)
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	if all[must] == 0 {
		i := slices.IndexFunc(all, func(l uint8) bool { return l > 0 })
		all[must], all[i] = all[i], 0
	}
	return all
}

// randomBlock makes a block with codes of its own, such as no compressor would
// choose, and symbols symbols. Few distances go to before the output's start.
func randomBlock(rng *rand.Rand, symbols int) []byte {
	w := &bitWriter{}
	nlit, ndist := 257+rng.IntN(30), 1+rng.IntN(30)
	switch rng.IntN(50) { // more than there may be
	case 0:
		nlit = 287 + rng.IntN(2)
	case 1:
		ndist = 31 + rng.IntN(2)
	}
	lit := randomCode(rng, nlit, 2+rng.IntN(nlit-2), 256)
	dist := make([]uint8, ndist)
	switch rng.IntN(5) {
	case 0: // none
	case 1:
		dist[rng.IntN(ndist)] = 1
	default:
		if ndist > 1 {
			dist = randomCode(rng, ndist, 2+rng.IntN(ndist-1), 0)
		}
	}
	w.bits(1|2<<1, 3)
	w.bits(uint64(nlit-257)|uint64(ndist-1)<<5|15<<10, 14)
	pre := make([]uint8, 19) // 13/16 + 6/32 is 1
	for i, s := range codeOrder {
		pre[s] = uint8(4 + i/13)
		w.bits(uint64(pre[s]), 3)
	}
	w.lengths(rng, pre, append(slices.Clone(lit), dist...))
	var used [2][]int
	for i, lens := range [][]uint8{lit, dist} {
		for s, l := range lens {
			if l > 0 && !(i == 0 && s == 256) {
				used[i] = append(used[i], s)
			}
		}
	}
	size := 0
	for range symbols {
		s := used[0][rng.IntN(len(used[0]))]
		if s < 256 {
			w.word(lit, s)
			size++
			continue
		}
		near := slices.DeleteFunc(slices.Clone(used[1]), func(d int) bool {
			return int(distEntry[d]>>16)+1<<(distEntry[d]&63) > size+1 && rng.IntN(1000) > 0
		})
		if len(near) == 0 {
			continue
		}
		w.word(lit, s)
		w.bits(rng.Uint64(), int(litEntry[s]&63))
		size += int(litEntry[s] >> 16) // or more
		s = near[rng.IntN(len(near))]
		w.word(dist, s)
		w.bits(rng.Uint64(), int(distEntry[s]&63))
	}
	w.word(lit, 256)
	return w.out
}

// lengths writes the lengths of codes, runs sometimes as such.
func (w *bitWriter) lengths(rng *rand.Rand, pre, lens []uint8) {
	i := 0
	if rng.IntN(50) == 0 { // a repetition of nothing
		w.word(pre, 16)
		w.bits(0, 2)
		i = 3
	}
	for i < len(lens) {
		n := 1
		for i+n < len(lens) && lens[i+n] == lens[i] {
			n++
		}
		if n = min(n, 1+rng.IntN(140)); lens[i] == 0 && n >= 11 {
			n = min(n, 138)
			w.word(pre, 18)
			w.bits(uint64(n-11), 7)
		} else if lens[i] == 0 && n >= 3 {
			w.word(pre, 17)
			w.bits(uint64(n-3), 3)
		} else if n = min(n, 6); n >= 3 && i > 0 && lens[i-1] == lens[i] {
			w.word(pre, 16)
			w.bits(uint64(n-3), 2)
		} else {
			n = 1
			w.word(pre, int(lens[i]))
		}
		i += n
	}
}

func TestDecoderReadsRandomBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	fine, long := 0, 0
	for i := range 2000 {
		blocks := randomBlock(rng, rng.IntN(400))
		if checkBlocks(t, blocks) {
			fine++
		}
		var d Decoder
		d.start(append(blocks, make([]byte, ahead)...), 0)
		if d.refill() && d.take(3) == 5 && d.dynamic() && slices.Max(d.h.lens[:d.h.n]) > litBits {
			long++
		}
		if i%3 == 0 {
			blocks[rng.IntN(len(blocks))] ^= byte(1 << rng.IntN(8))
			checkBlocks(t, blocks)
		}
	}
	if fine < 1000 || long < 1000 {
		t.Errorf("of 2000 blocks only %d can be read, and %d have codes of two levels", fine, long)
	}
}

func TestDecoderRefusesSymbolsThatAreNone(t *testing.T) {
	lens := bytes.Repeat([]byte{8}, 288)
	copy(lens[144:], bytes.Repeat([]byte{9}, 112))
	copy(lens[256:], bytes.Repeat([]byte{7}, 24))
	for s := range 288 {
		w := &bitWriter{}
		w.bits(1|1<<1, 3)
		w.word(lens, 'a')
		w.word(lens, s)
		if s > 256 {
			w.bits(0, int(litEntry[s]&63)+5) // as short as it may be, a distance of 1
		}
		w.word(lens, 256)
		w.bits(0, 64)
		if got := checkBlocks(t, w.out); got != (s < 286) {
			t.Errorf("symbol %d: %v", s, got)
		}
	}
}
