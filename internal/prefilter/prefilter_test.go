package prefilter_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/internal/tails"
)

// slow finds every occurrence of every literal that AppendIn is to find, one
// literal at a time.
func slow(lits []prefilter.Literal, data []byte, from, to int) []prefilter.Hit {
	var hits []prefilter.Hit
	for i, l := range lits {
		for pos := 0; l.Text != "" && pos+len(l.Text) <= len(data); pos++ {
			at, behind := data[pos:pos+len(l.Text)], data[pos+len(l.Text):]
			if n := l.Tail.Len(); len(behind) < n || !l.Tail.Holds(behind) {
				continue
			}
			if pos < to && pos+len(l.Text)+l.Tail.Len() > from && (string(at) == l.Text || l.Fold && foldEqual(at, l.Text)) {
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

func byPos(a, b prefilter.Hit) int { return cmp.Compare(a.Pos, b.Pos) }

// check compares with slow, in all of data and in data[from:to], each way to
// find windows.
func check(t *testing.T, lits []prefilter.Literal, data []byte, from, to int) {
	t.Helper()
	for name, compile := range prefilter.Compilers {
		checkOne(t, name, compile(lits), lits, data, from, to)
	}
}

func checkOne(t *testing.T, name string, f *prefilter.Filter, lits []prefilter.Literal, data []byte, from, to int) {
	t.Helper()
	before := []prefilter.Hit{{Pos: 1 << 30, Lit: -1}}
	for _, r := range [][2]int{{0, len(data)}, {from, to}} {
		got := f.AppendIn(slices.Clone(before), data, r[0], r[1])
		if got[0] != before[0] {
			t.Fatalf("what stood before the hits was changed")
		}
		got = got[1:]
		if !slices.IsSortedFunc(got, byPos) {
			t.Errorf("%s: %d literals in %.200q: not in order", name, len(lits), data)
		}
		want := slow(lits, data, r[0], r[1])
		for _, hits := range [][]prefilter.Hit{got, want} {
			slices.SortFunc(hits, func(a, b prefilter.Hit) int { return cmp.Or(byPos(a, b), cmp.Compare(a.Lit, b.Lit)) })
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d literals in %.200q[%d:%d]: %d hits, want %d; the first difference:", name, len(lits), data, r[0], r[1], len(got), len(want))
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("%v, want %v", got[min(i, len(got)):min(i+1, len(got))], want[min(i, len(want)):min(i+1, len(want))])
				}
			}
		}
	}
}

// literals reads what the fuzz tests search for: texts between zero bytes, of
// which those behind a byte 1 are folded. A byte 2 divides a text from a tail: a byte
// from '0' on is any of those between it and the next one.
func literals(spec []byte) (lits []prefilter.Literal) {
	for _, part := range bytes.FieldsFunc(spec, func(r rune) bool { return r == 0 }) {
		fold := part[0] == 1
		text, behind, _ := bytes.Cut(bytes.TrimPrefix(part, []byte{1}), []byte{2})
		lits = append(lits, prefilter.Literal{Text: string(text), Fold: fold, Tail: between(behind)})
	}
	return lits
}

func between(bounds []byte) tails.Tail {
	var sets []tails.Set
	for ; len(bounds) >= 2 && len(sets) < 20; bounds = bounds[2:] {
		var s tails.Set
		for c := int(bounds[0]); c <= int(bounds[1]); c++ {
			s.Add(byte(c))
		}
		sets = append(sets, s)
	}
	return tails.Of(sets)
}

func FuzzAgainstIndex(f *testing.F) {
	f.Add([]byte("abc\x00bc\x00c\x01AB"), []byte("xxabcABCbcabab"))
	f.Add([]byte("\x00\xff\x01\xff\xff"), []byte("\xff\xff\xff"))
	f.Add([]byte("abc\x02azaz\x00abc\x00b\x02ccaa\x00bca\x02bc"), []byte("xxabcABCbcababcabca%abc\\abcd"))
	f.Add([]byte("abc\x00\x01ca"), bytes.Repeat([]byte("abcabcaCabx"), 40)) // several blocks
	f.Fuzz(func(t *testing.T, spec, data []byte) {
		check(t, literals(spec), data, len(data)/3, len(data)/2)
	})
}

// FuzzAppendIn is for the edges of what AppendIn searches.
func FuzzAppendIn(f *testing.F) {
	f.Fuzz(func(t *testing.T, spec, data []byte, from, to uint16) {
		a, b := min(int(from), len(data)), min(int(to), len(data))
		check(t, literals(spec), data, min(a, b), max(a, b))
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
			lits = append(lits, prefilter.Literal{Text: string(text(rng.IntN(9))), Fold: rng.IntN(2) == 0, Tail: between(text(max(0, rng.IntN(12)-5)))})
		}
		for _, size := range []int{60, 3000} { // less than a block, several
			data := text(rng.IntN(size))
			from := rng.IntN(len(data) + 1)
			check(t, lits, data, from, from+rng.IntN(len(data)-from+1))
		}
	}
	check(t, nil, []byte("anything"), 2, 3)
}

// TestEveryPlace puts literals of all lengths at all places of texts of many
// lengths, so at all edges that there are inside.
func TestEveryPlace(t *testing.T) {
	const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	var lits []prefilter.Literal
	for n := 1; n <= 40; n++ {
		lits = append(lits, prefilter.Literal{Text: strings.Repeat(alphabet[n:n+1], n-1) + "$", Fold: n%2 == 0})
	}
	for name, compile := range prefilter.Compilers {
		for _, n := range []int{1, 3, 4, 5, 7, 16, 17, 40} {
			f := compile(lits[n-1 : n])
			for size := n; size < 600; size += 1 + size/10 {
				for pos := 0; pos+n <= size; pos++ {
					data := bytes.Repeat([]byte("."), size)
					copy(data[pos:], lits[n-1].Text)
					if hits := f.Append(nil, data); len(hits) != 1 || hits[0].Pos != pos {
						t.Fatalf("%s: %q at %d of %d bytes: %v", name, lits[n-1].Text, pos, size, hits)
					}
				}
			}
		}
	}
}

// TestEveryEdge has each literal alone, and all edges around it: the literals
// decide how far AppendIn looks.
func TestEveryEdge(t *testing.T) {
	for name, compile := range prefilter.Compilers {
		for n := 1; n <= 20; n++ {
			lits := []prefilter.Literal{{Text: "0123456789abcdefghij"[:n], Tail: between([]byte("..//..")[:n%4*2])}}
			f := compile(lits)
			for _, size := range []int{60 + n, 300} {
				data := bytes.Repeat([]byte("."), size)
				copy(data[30:], lits[0].Text)
				data[30+n+1] = '/'
				for from := 0; from <= 60; from++ {
					for to := from; to <= min(from+3, size); to++ {
						if got, want := f.AppendIn(nil, data, from, to), slow(lits, data, from, to); !slices.Equal(got, want) {
							t.Fatalf("%s: %q at 30 of %d, from %d to %d: %v, want %v", name, lits[0].Text, size, from, to, got, want)
						}
					}
				}
			}
		}
	}
}

// TestManyLiterals has thousands of literals that share their windows.
func TestManyLiterals(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	words := []string{"auth", "key", "token", "_", "-", "sk", "API", "x", "Pat", "\x00", "é", "secret", "9", "4b1d"}
	join := func(n int) (s string) {
		for range n {
			s += words[rng.IntN(len(words))]
		}
		return s
	}
	var lits []prefilter.Literal
	for range 3000 {
		text := join(1 + rng.IntN(5))
		lits = append(lits, prefilter.Literal{Text: text[:min(len(text), 1+rng.IntN(20))], Fold: rng.IntN(3) == 0, Tail: between([]byte("AZazaz__"[:2*rng.IntN(5)]))})
	}
	data := []byte(join(600))
	check(t, lits, data, 700, 900)
}

func TestAppendDoesNotAllocate(t *testing.T) {
	for name, compile := range prefilter.Compilers {
		f := compile([]prefilter.Literal{{Text: "abc"}, {Text: "PassWord", Fold: true}})
		data := bytes.Repeat([]byte("xx abc password "), 100)
		hits := make([]prefilter.Hit, 0, 1000)
		if n := testing.AllocsPerRun(10, func() { hits = f.Append(hits[:0], data) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
		if n := testing.AllocsPerRun(10, func() { hits = f.AppendIn(hits[:0], data, 50, 90) }); n != 0 {
			t.Errorf("%s: %v allocations in a part", name, n)
		}
	}
}
