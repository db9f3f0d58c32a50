package prefilter

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzSieve compares sieve with sieveSlow.
func FuzzSieve(f *testing.F) {
	f.Add([]byte("abc_def\x00four\x00six"), []byte("xxabc_defg six four"), byte(200))
	if !haveSieve {
		f.Skip("the processor does not have AVX-512 with VBMI2 and GFNI")
	}
	f.Fuzz(func(t *testing.T, spec, data []byte, n byte) {
		var lits []Literal
		for text := range bytes.SplitSeq(spec, []byte{0}) {
			lits = append(lits, Literal{Text: string(text), Fold: len(text)%2 == 0})
		}
		compareSieves(t, compile(lits, true), data, int(n)+1)
	})
}

// compareSieves looks at the first n places.
func compareSieves(t *testing.T, f *Filter, data []byte, n int) {
	t.Helper()
	d := make([]byte, before+(n+63)&^63+before)
	copy(d[before:], data)
	fast, slow := make([]uint16, 2*n+1), make([]uint16, 2*n)
	fast[2*n] = 0xffff
	got, want := sieve(f.sifter.first(), &d[before], n, &fast[0]), sieveSlow(f.sifter, d, n, slow)
	if !slices.Equal(fast[:got], slow[:want]) {
		t.Errorf("%d places: %d, want %d", n, fast[:got], slow[:want])
	}
	if fast[2*n] != 0xffff {
		t.Errorf("%d places: wrote behind the end", n)
	}
}

// TestSieveFull has places that all pass.
func TestSieveFull(t *testing.T) {
	if !haveSieve {
		t.Skip("the processor does not have AVX-512 with VBMI2 and GFNI")
	}
	f := compile([]Literal{{Text: "aaa"}, {Text: "aaaa"}, {Text: "aaaaaa"}}, true)
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= places; n += 1 + n/50 {
		data := bytes.Repeat([]byte("a"), n+before)
		compareSieves(t, f, data, n)
		for range n / 10 {
			data[rng.IntN(len(data))] = 'b'
		}
		compareSieves(t, f, data, n)
	}
}

// TestSieveText has literals by the thousand, and all bytes.
func TestSieveText(t *testing.T) {
	if !haveSieve {
		t.Skip("the processor does not have AVX-512 with VBMI2 and GFNI")
	}
	rng := rand.New(rand.NewPCG(2, 1))
	var lits []Literal
	for range 3000 {
		text := make([]byte, 3+rng.IntN(14))
		for i := range text {
			text[i] = "aeinorstAEINORST_-09\x00\xff"[rng.IntN(22)]
		}
		lits = append(lits, Literal{Text: string(text), Fold: rng.IntN(2) == 0})
	}
	f := compile(lits, true)
	for n := 1; n <= places; n += 1 + n/3 {
		var data []byte
		for len(data) < n+before {
			data = append(data, lits[rng.IntN(len(lits))].Text...)
			data = append(data, byte(rng.IntN(256)))
		}
		compareSieves(t, f, data, n)
	}
}
