package verifytest

import "testing"

// TestFreePort: no two servers are given one port while either may use it.
func TestFreePort(t *testing.T) {
	seen := map[string]bool{}
	for range 500 {
		port := FreePort(t)
		if seen[port] {
			t.Fatalf("port %s is given twice", port)
		}
		seen[port] = true
	}
}
