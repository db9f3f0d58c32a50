package cilog

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/coded"
)

// The first looks are compared with what looks at every byte.
func TestFirstLooksMissNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	alphabets := []string{coded.Chars + "-_", "0123456789abcdef, :-", "0x1F, ", " .:=\"\n\x80\xff", "a b.c"}
	for range 4000 {
		var b strings.Builder
		for range 1 + r.IntN(12) {
			chars := alphabets[r.IntN(len(alphabets))]
			for range r.IntN(90) {
				b.WriteByte(chars[r.IntN(len(chars))])
			}
		}
		text := []byte(b.String())
		runs := map[int]bool{} // by their end
		for i := nextRun(text, 0); i < len(text); i = nextRun(text, i+16) {
			hi := i
			for hi < len(text) && coded.Sextet[text[hi]] != coded.None {
				hi++
			}
			runs[hi] = true
		}
		for _, hi := range ends(text, minReversed, func(c byte) bool { return coded.Sextet[c] != coded.None }) {
			if !runs[hi] {
				t.Fatalf("nextRun misses the run that ends at %d of %q", hi, text)
			}
		}
		const stride = 3*minListed - 1
		for _, hi := range ends(text, stride, func(c byte) bool { return listed[c] != 0 }) {
			some := false
			for i := stride - 1; i < len(text); i += stride {
				some = some || i >= hi-stride && i < hi && listedAround(text, i)
			}
			if !some {
				t.Fatalf("listedAround misses the list that ends at %d of %q", hi, text)
			}
		}
	}
}

// ends returns where the longest runs of a kind of characters end that are not shorter
// than least.
func ends(text []byte, least int, is func(byte) bool) (out []int) {
	n := 0
	for i, c := range text {
		if is(c) {
			n++
		} else {
			n = 0
		}
		if n >= least && (i+1 == len(text) || !is(text[i+1])) {
			out = append(out, i+1)
		}
	}
	return out
}

func TestEightBytesAreComparedAsOne(t *testing.T) {
	for _, pattern := range []string{"0000-00-", "00-00-00", "00:00:00", ".0000000"} {
		p := newPattern8(pattern)
		for at := range 8 {
			for c := range 256 {
				text := []byte(strings.ReplaceAll(pattern, "0", "9"))
				text[at] = byte(c)
				if got, want := like8(eight(text, 0), p), like(text, pattern); got != want {
					t.Errorf("like8(%q, %q) = %v, want %v", text, pattern, got, want)
				}
			}
		}
	}
}
