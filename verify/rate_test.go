package verify

import "testing"

// TestRateOfHosts: the user may have servers that the user allows asked as often as
// wanted, a provider's own less often only.
func TestRateOfHosts(t *testing.T) {
	for _, tt := range []struct {
		host        string
		wants, rate float64
	}{
		{"api.acme.com", 0, 2},
		{"api.acme.com", 20, 2},
		{"api.acme.com", 0.5, 0.5},
		{"slow.acme.com", 0, 1},
		{"slow.acme.com", 20, 1},
		{"fast.acme.com", 0, 5},
		{"fast.acme.com", 3, 3},
		{"git.acme.example:8443", 0, 2},
		{"git.acme.example:8443", 20, 20},
		{"git.acme.example:8443", 0.5, 0.5},
	} {
		g, err := NewDoor(DoorOptions{
			Hosts: []string{"api.acme.com", "slow.acme.com", "fast.acme.com"}, Rates: map[string]float64{"slow.acme.com": 1, "fast.acme.com": 5},
			Allow: []string{"git.acme.example:8443", "api.acme.com"}, Rate: tt.wants,
		})
		if err != nil {
			t.Fatal(err)
		}
		target, ok := parseTarget(tt.host, "443")
		if got := g.rate(target); !ok || got != tt.rate {
			t.Errorf("%s with --verify-rate %v: %v calls a second, want %v", tt.host, tt.wants, got, tt.rate)
		}
	}
}
