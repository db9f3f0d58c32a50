package detectors

import (
	"math/rand/v2"
	"testing"
)

// slowLineAt is lineAt, byte by byte.
func slowLineAt(r *reader, i, n int) int {
	step, at, last := 1, i, min(len(r.data), i+genericFar)
	if n < 0 {
		step, n, at, last = -1, -n, i-1, max(-1, i-sectionFar)
	}
	blank := false
	for edge := i; ; at += step {
		switch {
		case at == last && at > 0 && at < len(r.data):
			r.byte(at)
			return edge
		case at == last:
			r.byte(at)
			return max(0, min(at, len(r.data)))
		case r.byte(at) == '\n' && (blank || n == 0):
			if blank {
				return edge
			}
			return max(at, at-step)
		case r.data[at] == '\n':
			n, blank, edge = n-1, true, at
		case r.data[at] > ' ':
			blank = false
		}
	}
}

func TestLineAtIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		data := make([]byte, rng.IntN(1500)>>rng.IntN(9))
		rare := 1 + rng.IntN(300)
		for i := range data {
			switch data[i] = 'a'; {
			case rng.IntN(rare) == 0:
				data[i] = '\n'
			case rng.IntN(3) == 0:
				data[i] = ' '
			}
		}
		i, n := rng.IntN(len(data)+1), linesBehind
		if rng.IntN(2) == 0 {
			n = -linesBefore
		}
		fast, slow := reader{data: data, lo: i, hi: i}, reader{data: data, lo: i, hi: i}
		if got, want := fast.lineAt(i, n), slowLineAt(&slow, i, n); got != want || fast.lo != slow.lo || fast.hi != slow.hi {
			t.Fatalf("%q at %d, %d lines: %d, looked at %d to %d; want %d, %d to %d", data, i, n, got, fast.lo, fast.hi, want, slow.lo, slow.hi)
		}
	}
}
