package detectors

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestFinder compares with package regexp: all patterns of pieces nearby, on texts
// of their own literals, examples and noise.
func TestFinder(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	done := map[string]bool{}
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			for _, n := range r.Near {
				if done[n.Pattern] {
					continue
				}
				done[n.Pattern] = true
				f, re := newFinder(n.Pattern), regexp.MustCompile(n.Pattern)
				var pieces []string
				for _, l := range f.lits {
					pieces = append(pieces, l.Text, l.Text[:len(l.Text)-1])
				}
				for _, l := range r.Leaks {
					text, err := rules.Expand(l.Text, r.ID, Checksum(r.Checksum))
					if err != nil {
						t.Fatal(err)
					}
					pieces = append(pieces, text)
				}
				for range 40 {
					compareFinder(t, f, re, noise(rng, pieces))
				}
			}
		}
	}
}

func compareFinder(t *testing.T, f *finder, re *regexp.Regexp, text []byte) {
	t.Helper()
	var got [][]int
	f.all(text, new(finderRoom), func(loc []int) { got = append(got, slices.Clone(loc)) })
	want := re.FindAllSubmatchIndex(text, -1)
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Errorf("%s\nin %q\ngot  %v\nwant %v", re, text, got, want)
	}
}

// noise mixes pieces, some of them in upper case, with random bytes.
func noise(rng *rand.Rand, pieces []string) (out []byte) {
	for range 1 + rng.IntN(6) {
		if len(pieces) > 0 && rng.IntN(3) > 0 {
			piece := []byte(pieces[rng.IntN(len(pieces))])
			if cut := rng.IntN(8); cut < 2 && len(piece) > 4 {
				piece = piece[rng.IntN(3):]
			}
			for i, c := range piece {
				if 'a' <= c && c <= 'z' && rng.IntN(12) == 0 {
					piece[i] -= 'a' - 'A'
				}
			}
			out = append(out, piece...)
		}
		for range rng.IntN(12) {
			out = append(out, " =:\"'\n.-_/0aZ9@"[rng.IntN(15)])
		}
	}
	return out
}
