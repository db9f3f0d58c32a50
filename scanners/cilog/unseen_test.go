package cilog

import (
	"testing"
	"unicode"
	"unicode/utf8"
)

// TestInvisible has all characters there are.
func TestInvisible(t *testing.T) {
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		is := unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) || unicode.Is(unicode.Variation_Selector, r)
		if got := invisible(utf8.AppendRune(nil, r)) > 0; got != is && utf8.ValidRune(r) {
			t.Errorf("invisible(%U) = %v", r, got)
		}
	}
}
