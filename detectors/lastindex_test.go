package detectors

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestLastIndex compares the search through pieces with the one of the library.
func TestLastIndex(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := []byte("\n---")
	for range 2000 {
		data := make([]byte, rng.IntN(9000))
		for i := range data {
			data[i] = "ab\n--"[rng.IntN(3+2*rng.IntN(2))]
		}
		for range rng.IntN(3) {
			if len(data) > 4 {
				copy(data[rng.IntN(len(data)-3):], text)
			}
		}
		if got, want := lastIndex(data, text), bytes.LastIndex(data, text); got != want {
			t.Fatalf("%d, want %d in %d bytes", got, want, len(data))
		}
	}
}
