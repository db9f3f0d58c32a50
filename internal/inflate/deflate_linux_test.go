package inflate

import (
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
)

// guarded returns size bytes that end at the end of a page, or start at the
// start of one, next to a page that nobody may touch.
func guarded(t *testing.T, size int, atEnd bool) []byte {
	t.Helper()
	page := os.Getpagesize()
	room := (size + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, room+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, p := range [][]byte{all[:page], all[page+room:]} {
		if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	if atEnd {
		return all[page+room-size : page+room : page+room]
	}
	return all[page : page+size : page+size]
}

// TestDecoderStaysInBounds puts input and output next to pages that may not be
// touched: the fault would end the test.
func TestDecoderStaysInBounds(t *testing.T) {
	src, _ := os.ReadFile("deflate.go")
	rng := rand.New(rand.NewPCG(7, 8))
	const most = 1 << 12
	for _, atEnd := range []bool{true, false} {
		inputs, output := guarded(t, most, atEnd), guarded(t, most+Slack, atEnd)
		for i := range 2000 {
			z := append([]byte{0x78, 0x9c}, randomBlock(rng, rng.IntN(300))...)
			if i%2 == 0 {
				z = compress(mixed(rng, src, rng.IntN(most-100)), []int{-2, 0, 1, 6, 9}[i%5])
			}
			if z = z[:min(len(z), most)]; i%3 > 0 {
				z[2+rng.IntN(len(z)-2)] ^= byte(1 << rng.IntN(8))
			}
			size := rng.IntN(most)
			in, out := inputs[:len(z)], output[:size+Slack]
			if atEnd {
				in, out = inputs[most-len(z):], output[most-size:]
			}
			copy(in, z)
			var d Decoder
			d.Zlib(out, in, size)
		}
	}
}
