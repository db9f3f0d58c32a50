package scanners

import (
	"testing"
	"unicode"
)

// TestPlausible compares the table with what it is made of.
func TestPlausible(t *testing.T) {
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if got, want := plausible(c), c == 0x85 || unicode.IsGraphic(c) || unicode.Is(unicode.Cf, c); got != want {
			t.Fatalf("plausible(%U) = %v", c, got)
		}
	}
}
