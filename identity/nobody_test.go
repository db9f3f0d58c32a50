package identity

import "testing"

// TestNobody: what makes resources owns none of them; teams do.
func TestNobody(t *testing.T) {
	for owner, want := range map[string]bool{
		"terraform": true, "Terraform": true, "github-actions[bot]": true, "admin": true, "CI": true, "automation": true, "ci/cd": true, "root": true, "OpenTofu": true, "dependabot": true,
		"payments": false, "platform-team": false, "terraform-team": false, "ci-platform": false, "jane@acme.example": false, "@acme/automation": false, "": false, "Adminah Ci": false,
	} {
		if got := Nobody(owner); got != want {
			t.Errorf("%q: %v", owner, got)
		}
	}
}
