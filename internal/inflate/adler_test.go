package inflate

import (
	"bytes"
	"fmt"
	"hash/adler32"
	"math/rand/v2"
	"testing"
)

func checkAdler(t *testing.T, data []byte) {
	t.Helper()
	// What stands behind the data must not matter.
	if got, want := adler(append(data, "\xffbehind\xff"...), len(data)), adler32.Checksum(data); got != want {
		t.Errorf("%d bytes: %08x, want %08x", len(data), got, want)
	}
}

func TestAdlerIsThatOfTheLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	checkAdler(t, bytes.Repeat([]byte{0xff}, 9<<20))
	for n := range 1000 {
		checkAdler(t, bytes.Repeat([]byte{0xff}, n))
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		checkAdler(t, data)
	}
}

func TestAdlerOfMoreThanItsWordsHold(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 256 MB")
	}
	p := bytes.Repeat([]byte{0xff}, 1<<28+8)
	if got, want := adler(p, 1<<28), adler32.Checksum(p[:1<<28]); got != want {
		t.Errorf("%08x, want %08x", got, want)
	}
}

func FuzzAdler(f *testing.F) {
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, data []byte) { checkAdler(t, bytes.Repeat(data, 20)) })
}

func BenchmarkAdler(b *testing.B) {
	for _, size := range []int{60, 250, 1000, 100_000} {
		p := benchText(4, size+8)
		for _, way := range []struct {
			name string
			sum  func() uint32
		}{
			{"own", func() uint32 { return adler(p, size) }},
			{"stdlib", func() uint32 { return adler32.Checksum(p[:size]) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					way.sum()
				}
			})
		}
	}
}
