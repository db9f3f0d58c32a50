package prefilter_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/internal/prefilter"
)

// slow finds every occurrence of every literal, one literal at a time.
func slow(lits []prefilter.Literal, data []byte) []prefilter.Hit {
	var hits []prefilter.Hit
	for i, l := range lits {
		for pos := 0; l.Text != "" && pos+len(l.Text) <= len(data); pos++ {
			at := data[pos : pos+len(l.Text)]
			if string(at) == l.Text || l.Fold && foldEqual(at, l.Text) {
				hits = append(hits, prefilter.Hit{Pos: pos, Lit: int32(i)})
			}
		}
	}
	return hits
}

func foldEqual(b []byte, s string) bool {
	lower := func(c byte) byte {
		if 'A' <= c && c <= 'Z' {
			return c + 32
		}
		return c
	}
	for i := range b {
		if lower(b[i]) != lower(s[i]) {
			return false
		}
	}
	return true
}

func check(t *testing.T, lits []prefilter.Literal, data []byte) {
	t.Helper()
	byPos := func(a, b prefilter.Hit) int {
		if a.Pos != b.Pos {
			return a.Pos - b.Pos
		}
		return int(a.Lit - b.Lit)
	}
	got := prefilter.Compile(lits).Append(nil, data)
	want := slow(lits, data)
	slices.SortFunc(got, byPos)
	slices.SortFunc(want, byPos)
	if !slices.Equal(got, want) {
		t.Errorf("%+v in %q:\ngot  %v\nwant %v", lits, data, got, want)
	}
}

func FuzzAgainstIndex(f *testing.F) {
	f.Add([]byte("abc\x00bc\x00c\x01AB"), []byte("xxabcABCbcabab"))
	f.Add([]byte("\x00\xff\x01\xff\xff"), []byte("\xff\xff\xff"))
	f.Add([]byte("abc\x00\x01ca"), bytes.Repeat([]byte("abcabcaCabx"), 40)) // several streams
	f.Fuzz(func(t *testing.T, spec, data []byte) {
		var lits []prefilter.Literal
		for _, part := range bytes.FieldsFunc(spec, func(r rune) bool { return r == 0 }) {
			fold := part[0] == 1
			lits = append(lits, prefilter.Literal{Text: string(bytes.TrimPrefix(part, []byte{1})), Fold: fold})
		}
		check(t, lits, data)
	})
}

func TestSmallAlphabet(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func(n int) []byte {
		out := make([]byte, n)
		for i := range out {
			out[i] = "abAB_"[rng.IntN(5)]
		}
		return out
	}
	for range 300 {
		var lits []prefilter.Literal
		for range 1 + rng.IntN(12) {
			lits = append(lits, prefilter.Literal{Text: string(text(rng.IntN(6))), Fold: rng.IntN(2) == 0})
		}
		check(t, lits, text(rng.IntN(60)))
		check(t, lits, text(rng.IntN(3000))) // several streams
	}
	check(t, nil, []byte("anything"))
}

func TestAppendDoesNotAllocate(t *testing.T) {
	f := prefilter.Compile([]prefilter.Literal{{Text: "abc"}, {Text: "PassWord", Fold: true}})
	data := bytes.Repeat([]byte("xx abc password "), 100)
	hits := make([]prefilter.Hit, 0, 1000)
	if n := testing.AllocsPerRun(10, func() { hits = f.Append(hits[:0], data) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAppend(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	words := make([][]byte, 500)
	for i := range words {
		words[i] = make([]byte, 2+rng.IntN(9))
		for j := range words[i] {
			words[i][j] = byte('a' + rng.IntN(26))
		}
	}
	var text []byte
	for len(text) < 1<<20 {
		text = append(append(text, words[rng.IntN(len(words))]...), " ;=(\n\t."[rng.IntN(7)])
	}
	for _, n := range []int{100, 500, 2500} {
		var lits []prefilter.Literal
		for i := range n {
			lits = append(lits, prefilter.Literal{Text: fmt.Sprintf("%c%c_%d", 'a'+i%26, 'a'+i/26%26, i), Fold: i%4 == 0})
		}
		f := prefilter.Compile(lits)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var hits []prefilter.Hit
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				hits = f.Append(hits[:0], text)
			}
		})
	}
}
