package main

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestRelink: after asking again, an identity is what the report knows of it and
// what the provider says now; what it said before is gone.
func TestRelink(t *testing.T) {
	f := scanFlags{failOn: "new"}
	s, err := f.prepare()
	if err != nil {
		t.Fatal(err)
	}
	info := s.set.Rule("github-personal-access-token")
	evidence := []leak.Evidence{
		{Class: leak.FromIaC, Claim: leak.ClaimService, Value: "shop", Weight: 0.8, Reason: "declared"},
		{Class: leak.FromWhoami, Claim: leak.ClaimName, Value: "old-name", Weight: 0.99, Reason: "what api.github.com answered"},
	}
	owners := []leak.Owner{
		{Name: "team-shop", Kind: "team", Source: "inventory", Confidence: 0.9},
		{Name: "old-name", Kind: "person", Source: "whoami", Confidence: 0.9},
	}
	both := &leak.Identity{
		ID: "nhi:github:human_account:/old-name", Name: "old-name", Evidence: evidence, Owners: owners, Repositories: []string{"acme/shop"},
		Credentials: []leak.Credential{{ID: "a", State: leak.Live, StateBy: "whoami", KeyID: "key-a"}, {ID: "b", State: leak.Live, StateBy: "whoami", KeyID: "key-b"}},
	}
	finding := func(id string, v leak.Verdict, who *leak.Identity) *leak.Finding {
		return &leak.Finding{ID: id, Rule: info, Confidence: leak.High, Verdict: v, Identity: who,
			Parts: leak.Parts{leak.SecretPart: leak.NewSecret("made-up-" + id)}, Locations: []leak.Location{{Kind: leak.KindFile, Path: "a.env"}}}
	}
	has := func(id *leak.Identity, class leak.EvidenceClass, value string) bool {
		return slices.ContainsFunc(id.Evidence, func(e leak.Evidence) bool { return e.Class == class && e.Value == value })
	}
	dead := finding("a", leak.Verdict{Status: leak.Dead, Host: "api.github.com", Reason: "401 Unauthorized"}, both)
	live := finding("b", leak.Verdict{Status: leak.Live, Host: "api.github.com", Facts: map[string]string{leak.FactName: "new-name", leak.FactID: "7"}}, both)
	if err := s.relink(t.Context(), []*leak.Finding{dead, live}, []*leak.Finding{dead, live}); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*leak.Finding{dead, live} {
		id := f.Identity
		c := credentialOf(f)
		if id == nil || c == nil || c.State != f.Verdict.Status || c.KeyID != "key-"+f.ID {
			t.Fatalf("%s: %+v", f.ID, id)
		}
		if has(id, leak.FromWhoami, "old-name") || !has(id, leak.FromIaC, "shop") || id.Owner == "old-name" {
			t.Errorf("%s: %+v", f.ID, id.Evidence)
		}
		if !slices.Contains(id.Repositories, "acme/shop") {
			t.Errorf("%s: %v", f.ID, id.Repositories)
		}
	}
	if id := live.Identity; id.Name != "new-name" || !has(id, leak.FromWhoami, "new-name") {
		t.Errorf("%+v", id)
	}
	if c := credentialOf(dead); c.Risk.Score > 15 {
		t.Errorf("a dead one has the risk %d", c.Risk.Score)
	}

	// Who was not asked again keeps what was known.
	kept := &leak.Identity{ID: "x", Evidence: evidence, Credentials: []leak.Credential{{ID: "c"}}}
	gone := finding("c", leak.Verdict{Status: leak.Live}, kept)
	gone.Parts = nil
	if err := s.relink(t.Context(), []*leak.Finding{gone}, nil); err != nil || gone.Identity.Name != "old-name" {
		t.Errorf("%+v, %v", gone.Identity, err)
	}
	// A report without identities gets none.
	bare := finding("d", leak.Verdict{Status: leak.Live}, nil)
	if err := s.relink(t.Context(), []*leak.Finding{bare}, nil); err != nil || bare.Identity != nil {
		t.Errorf("%+v, %v", bare.Identity, err)
	}
}
