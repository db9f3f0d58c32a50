package report

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestOwnerWhoHasLeft: what is said of the owner that is shown is of that one, not
// of the one before, who has left.
func TestOwnerWhoHasLeft(t *testing.T) {
	f := &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: "r", Title: "R"}, Identity: &leak.Identity{
		Name: "deploy", Type: leak.ServiceAccount, Confidence: 0.95, Owner: "@acme/payments",
		Owners: []leak.Owner{
			{Name: "Jo", Kind: "person", Source: "inventory", Reason: "the inventory says so", Confidence: 0.9, Gone: true},
			{Name: "@acme/payments", Kind: "team", Source: "codeowners_leaking", Reason: "owns config/*", Confidence: 0.65},
		},
	}}
	o := &Options{}
	for _, text := range []string{o.belongs(f), o.gist(f).why} {
		if !strings.Contains(text, "owns config/*") || strings.Contains(text, "inventory") {
			t.Error(text)
		}
	}
	if text := o.belongs(f); !strings.Contains(text, "(certain, 0.95)") || !strings.Contains(text, "possible, 0.65") {
		t.Error(text)
	}
	if g := o.gist(f); g.sure != "0.95" || g.ownerSure != "0.65" {
		t.Errorf("%+v", g)
	}
}
