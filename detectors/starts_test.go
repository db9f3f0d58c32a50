package detectors

import (
	"math/rand/v2"
	"testing"
)

// TestStarts compares the way to the next byte of a set with looking at each.
func TestStarts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		var set begin
		for range rng.IntN(5) {
			c := byte(rng.IntN(256))
			if rng.IntN(2) == 0 {
				c = "aAzZ@[`{kK\xe1\xc1\x00\x80\x81"[rng.IntN(15)]
			}
			if set.add(c); rng.IntN(2) == 0 {
				set.add(c ^ 0x20)
			}
		}
		data := make([]byte, rng.IntN(40))
		for i := range data {
			data[i] = byte(rng.IntN(256))
			if rng.IntN(2) == 0 {
				data[i] = "aAzZ@[`{kK\xe1\xc1\x00\x80\x81"[rng.IntN(15)]
			}
		}
		s := startsOf(set)
		for i := 0; i <= len(data); i++ {
			want := i
			for want < len(data) && !set.has(data[want]) {
				want++
			}
			if got := s.next(data, i); got != want {
				t.Fatalf("%d, want %d from %d on in %q, of %d pairs", got, want, i, data, s.few)
			}
		}
	}
}
