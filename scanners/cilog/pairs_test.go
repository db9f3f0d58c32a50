package cilog

import (
	"strings"
	"testing"
)

// TestPadded ends nothing but base64: what is assigned, and padding that goes on, does not.
func TestPadded(t *testing.T) {
	sum := strings.Repeat("Ab3+/Yz9qR0Z", 8)[:86]
	for _, c := range []struct {
		line, next string
		want       bool
	}{
		{"integrity sha512-" + sum + "==", "Ab3dEf6hIj9", false},
		{"h1:" + sum[:43] + "=", "Ab3dEf6hIj9", false},
		{"AccountKey=" + sum + "=", "=", true},
		{"AccountKey=" + sum[:80], sum[80:] + "==", true},
		{"SHARED_ACCESS_KEY_FOR_PROD1=", "Ab3dEf6hIj9", true},
		{"token=", "Ab3dEf6hIj9", true},
		{"id 0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f", "added", false},
		{"id 0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3d4e5f", "Ab3dEf6hIj9", true},
		{"id 0a1b2c3d-0a1b-4c3d-8e4f-0a1b2c3Q4e5f", "added", true},
	} {
		text := []byte(c.line + "\n" + c.next + "\n")
		a, b := lineAt{0, len(c.line)}, lineAt{len(c.line) + 1, len(text) - 1}
		if got := perhaps(text, a, b) && halves(text, a, b); got != c.want {
			t.Errorf("%q and %q: %v", c.line, c.next, got)
		}
	}
}
