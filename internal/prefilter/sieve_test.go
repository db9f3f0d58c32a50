package prefilter

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// FuzzSieve compares sieve with sieveSlow. What is not written must stay.
func FuzzSieve(f *testing.F) {
	f.Add([]byte("abc_def\x00four\x00six"), []byte("xxabc_defg six four"), byte(200))
	if !haveSieve {
		f.Skip("the processor does not have AVX-512 with VBMI2")
	}
	f.Fuzz(func(t *testing.T, spec, data []byte, n byte) {
		var lits []Literal
		for text := range bytes.SplitSeq(spec, []byte{0}) {
			lits = append(lits, Literal{Text: string(text), Fold: len(text)%2 == 0})
		}
		compareSieves(t, compile(lits, true), data, int(n)+1)
	})
}

func compareSieves(t *testing.T, f *Filter, data []byte, n int) {
	t.Helper()
	d := make([]byte, places+behind)
	copy(d, data)
	for _, most := range []int{fewPlaces, places} {
		n, stride := min(n, most), most+behind
		fast, slow := bytes.Repeat([]byte{'!'}, 3*stride+1), bytes.Repeat([]byte{'!'}, 3*stride+1)
		var got [3]int
		got[0], got[1], got[2] = sieve(f.sifter.first(), &d[0], n, &fast[0], stride)
		want := sieveSlow(f.sifter, d, n, slow, stride)
		if got != want {
			t.Fatalf("%d places: found %v, want %v", n, got, want)
		}
		for kind, n := range got {
			if x, y := fast[kind*stride:][:n], slow[kind*stride:][:n]; !bytes.Equal(x, y) {
				t.Errorf("%d places: kind %d at %d, want %d", n, kind, x, y)
			}
		}
		if fast[3*stride] != '!' {
			t.Errorf("%d places: wrote behind the end", n)
		}
	}
}

// TestSieveFull has places that all pass.
func TestSieveFull(t *testing.T) {
	if !haveSieve {
		t.Skip("the processor does not have AVX-512 with VBMI2")
	}
	f := compile([]Literal{{Text: "aaa"}, {Text: "aaaa"}, {Text: "aaaaaa"}}, true)
	rng := rand.New(rand.NewPCG(1, 1))
	for n := 1; n <= places; n++ {
		data := bytes.Repeat([]byte("a"), places+behind)
		compareSieves(t, f, data, n)
		for range n / 10 {
			data[rng.IntN(len(data))] = 'b'
		}
		compareSieves(t, f, data, n)
	}
}
