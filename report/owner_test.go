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

// TestNameThatIsItsKind: one that is called by its number is not called so twice.
func TestNameThatIsItsKind(t *testing.T) {
	for name, want := range map[string]string{"bot 7918": " It belongs to the bot 7918 (certain, 0.95).", "deploy": " It belongs to the bot deploy (certain, 0.95).", "botany": " It belongs to the bot botany (certain, 0.95)."} {
		f := &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: "r", Title: "R"}, Identity: &leak.Identity{Name: name, Type: leak.Bot, Confidence: 0.95}}
		if text := new(Options).belongs(f); !strings.HasPrefix(text, want) {
			t.Errorf("%q", text)
		}
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

// TestOwnersOfHistory: what CI servers publish names nobody whom only git's history
// names, unless it was asked how people are shown; teams are named.
func TestOwnersOfHistory(t *testing.T) {
	find := func(owners ...leak.Owner) *leak.Finding {
		return &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: "r", Title: "R", Severity: 8}, Confidence: leak.High, Identity: &leak.Identity{
			ID: "nhi:x:bot:-/deploy", Name: "deploy", Type: leak.Bot, Confidence: 0.95, Owner: owners[0].Name, Owners: owners,
		}, Locations: []leak.Location{{Kind: leak.KindBlob, Path: "x.env", AtHead: true, Commit: commitID(1), Author: "Jane Roe", Position: leak.Position{Line: 3, Column: 1, EndLine: 3, EndColumn: 4}}}}
	}
	author := leak.Owner{Name: "Jane Roe", Kind: "person", Source: "git_introducer", Reason: "made the commit", Confidence: 0.5}
	recent := leak.Owner{Name: "Joe Doe", Kind: "person", Source: "git_recent", Reason: "works on it", Confidence: 0.4}
	team := leak.Owner{Name: "@acme/payments", Kind: "team", Source: "codeowners_leaking", Reason: "owns it", Confidence: 0.75}
	names := func(out string) bool { return strings.Contains(out, "Roe") || strings.Contains(out, "Doe") }
	for _, format := range []string{"sarif", "junit", "gitlab", "gitlab-codequality", "github", "azure", "bitbucket"} {
		if out := render(t, format, Options{}, Summary{}, find(author, recent)); names(out) {
			t.Errorf("%s: an author's name:\n%s", format, out)
		}
		out := render(t, format, Options{}, Summary{}, find(author, recent, team))
		if names(out) || format != "gitlab-codequality" && format != "junit" && !strings.Contains(out, "acme/payments") {
			t.Errorf("%s: the team, and nobody else, is named:\n%s", format, out)
		}
		if asked := render(t, format, Options{People: record.Handles}, Summary{}, find(author)); format != "gitlab-codequality" && !names(asked) {
			t.Errorf("%s: it was asked for:\n%s", format, asked)
		}
	}
	if out := render(t, "markdown", Options{}, Summary{}, find(author)); !names(out) {
		t.Errorf("the summary names nobody:\n%s", out)
	}
	if out := render(t, "markdown", Options{Unnamed: true}, Summary{}, find(author)); names(out) {
		t.Errorf("a comment names an author:\n%s", out)
	}
}
