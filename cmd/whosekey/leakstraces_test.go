package main

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTraces compares traces.in, which leaves out nearly all places of an output, with
// asking for every piece everywhere.
func TestTraces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	letters := "ab01\n" // few, so that pieces begin as others do, and often
	text := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = letters[rng.IntN(len(letters))]
		}
		return string(b)
	}
	hits := 0
	for range 600 {
		x := newTraces()
		var all []planted
		for _, rule := range []string{"one", "two", "three"}[:1+rng.IntN(3)] {
			n := 7 + rng.IntN(40)
			p := planted{rule: rule, secret: text(n)}
			shared := rng.IntN(n)
			p.other = p.secret[:shared] + text(n-shared)
			x.plant(p)
			all = append(all, p)
		}
		for range 20 {
			output := text(rng.IntN(60))
			for range rng.IntN(4) { // pieces of all lengths, at the start, inside and at the end
				s := all[rng.IntN(len(all))].secret
				from := rng.IntN(len(s))
				output += s[from:from+rng.IntN(len(s)-from+1)] + text(rng.IntN(3))
			}
			var want []string
			for piece, name := range x.pieces {
				if strings.Contains(output, piece) && !slices.Contains(want, name) {
					want = append(want, name)
				}
			}
			var got []string
			for _, found := range x.in(output) {
				name, _, _ := strings.Cut(found, ": ...")
				got = append(got, name)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Fatalf("in(%q) finds %q, want %q", output, got, want)
			}
			hits += len(want)
		}
	}
	if hits < 1000 {
		t.Errorf("only %d pieces were there to be found", hits)
	}
}
