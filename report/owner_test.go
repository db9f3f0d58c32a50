package report

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity/record"
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

// TestOwnersEmails: --owners=emails shows them in every format that has owners, and
// without it none does.
func TestOwnersEmails(t *testing.T) {
	f := &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: "r", Title: "R", Severity: 8}, Confidence: leak.High, Identity: &leak.Identity{
		ID: "nhi:x:bot:-/deploy", Name: "deploy", Type: leak.Bot, Confidence: 0.95, Owner: "jane.roe",
		Owners: []leak.Owner{{Name: "jane.roe", Email: "jane.roe@acme.example", Kind: "person", Source: "inventory", Reason: "the inventory says so", Confidence: 0.9}},
	}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "x.env", AtHead: true, Commit: commitID(1), Position: leak.Position{Line: 3, Column: 1, EndLine: 3, EndColumn: 4}}}}
	for _, format := range []string{"text", "csv", "json", "jsonl", "markdown", "html", "sarif", "github", "gitlab", "azure"} {
		if out := render(t, format, Options{People: record.Emails}, Summary{}, f); !strings.Contains(out, "jane.roe@acme.example") {
			t.Errorf("%s: no address", format)
		}
		for _, p := range []record.People{"", record.Hash} {
			if out := render(t, format, Options{People: p}, Summary{}, f); strings.Contains(out, "@acme.example") {
				t.Errorf("%s with %q: an address", format, p)
			}
		}
	}
}
