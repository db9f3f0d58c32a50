package tails

import (
	"math/rand/v2"
	"testing"
)

// A tail holds where each byte is in its set, up to the first that an escape
// sequence can begin with.
func TestHolds(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	bytes := []byte("ab01\x00\x80\xff\\%&z")
	for range 3000 {
		sets := make([]Set, rng.IntN(5))
		for i := range sets {
			for _, c := range bytes {
				if rng.IntN(3) > 0 {
					sets[i].Add(c)
				}
			}
			if i > 0 && rng.IntN(2) == 0 {
				sets[i] = sets[i-1]
			}
		}
		tail := Of(sets)
		if tail.Len() != len(sets) {
			t.Fatalf("%q for %d sets", tail, len(sets))
		}
		n := rng.IntN(len(sets) + 1)
		text := make([]byte, len(sets)+rng.IntN(2))
		for i := range text {
			text[i] = bytes[rng.IntN(len(bytes))]
		}
		if got, want := tail.Cut(n).Holds(text), slow(sets[:n], text); got != want {
			t.Fatalf("%d of %v holds for %q: %v, want %v", n, sets, text, got, want)
		}
		if got, want := tail.Begins(text), begins(sets, text); got != want {
			t.Fatalf("%v begins %q: %v, want %v", sets, text, got, want)
		}
		if tail.Cut(n).Len() != n {
			t.Fatalf("%d of %v has %d", n, sets, tail.Cut(n).Len())
		}
	}
	if Of([]Set{All, All}) != "" || Of([]Set{{1}, All}).Len() != 1 {
		t.Error("what can be anything at the end of a tail says nothing")
	}
}

func begins(sets []Set, text []byte) bool {
	for i := range sets {
		if !sets[i].Has(text[i]) {
			return false
		}
	}
	return true
}

func slow(sets []Set, text []byte) bool {
	for i := range sets {
		if text[i] == '\\' || text[i] == '%' || text[i] == '&' {
			return true
		}
		if !sets[i].Has(text[i]) {
			return false
		}
	}
	return true
}
