package detectors

import (
	"strings"
	"testing"
)

// TestZeroBytes: a number of eight bytes in a token of 64 characters begins with A, and
// what is shorter, or goes on for longer, is a placeholder.
func TestZeroBytes(t *testing.T) {
	random := strings.Repeat("kQ7xZ2mW9pLr4TnB", 5)
	for _, tt := range []struct {
		run, length int
		c           string
		want        bool
	}{{11, 64, "A", false}, {12, 64, "A", true}, {8, 63, "A", true}, {8, 64, "B", true}, {7, 40, "A", false}, {30, 80, "A", false}} {
		v := random[:11] + strings.Repeat(tt.c, tt.run) + random[:tt.length-11-tt.run]
		if got := repeated(v); got != tt.want {
			t.Errorf("%d times %s in %d: %v", tt.run, tt.c, tt.length, got)
		}
	}
}
