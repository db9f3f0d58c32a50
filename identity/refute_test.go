package identity

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func iac(claim, value string, weight float64, ref string) leak.Evidence {
	e := ev(leak.FromIaC, claim, value, weight)
	e.Ref = ref
	return e
}

// TestInventoryRefutesGuesses: the record with the key's id says whose it is. That
// another user is the only one of the account in code was a guess.
func TestInventoryRefutesGuesses(t *testing.T) {
	guess := Answer{
		Evidence: append(aws(leak.ClaimTenant, "111122223333", .95), iac(leak.ClaimName, "uploader", .45, "infra/main.tf:2"), iac(leak.ClaimPermission, "admin", .45, "infra/main.tf:9"),
			ev(leak.FromInventory, leak.ClaimName, "legacy-batch", .95)),
		Declared:  []leak.Declaration{{Kind: "terraform", Address: "aws_iam_user.up", Ref: "infra/main.tf:2"}},
		Inventory: &leak.InventoryMatch{Source: "nhi.csv:3", By: "provider id"},
		Owners: []leak.Owner{{Name: "legacy", Source: OwnerInventory, Confidence: .9}, {Name: "media", Source: OwnerIaC, Of: "infra/main.tf:2", Confidence: .45},
			{Name: "infra", Source: OwnerDeclaring, Of: "infra/main.tf", Confidence: .75}},
	}
	add := func(a Answer) *leak.Identity {
		g := NewGraph(Options{Now: now})
		g.Add(finding("1"), a, Where{})
		return g.Finish()[0]
	}
	id := add(guess)
	if id.Name != "legacy-batch" || len(id.Declared) != 0 || len(id.Owners) != 1 || len(id.Permissions) != 0 {
		t.Errorf("%s, declared %+v, owners %+v, may %q", id.Name, id.Declared, id.Owners, id.Permissions)
	}
	if !strings.Contains(id.Conflict, "uploader") || id.Confidence < .9 {
		t.Errorf("conflict %q, %v sure", id.Conflict, id.Confidence)
	}
	guess.Evidence[3].Value = "arn:aws:iam::111122223333:user/x/legacy_batch"
	if id := add(guess); len(id.Declared) != 1 || id.Conflict != "" || len(id.Owners) != 3 {
		t.Errorf("the same name: %+v, %q", id.Declared, id.Conflict)
	}
}

// TestForeignKeysAreNotOurJobs: a key of somebody else's account is not what our
// job uses under a name that all such keys have.
func TestForeignKeysAreNotOurJobs(t *testing.T) {
	a := Answer{
		Evidence:  append(aws(leak.ClaimTenant, "999999999999", .95), iac(leak.ClaimEnvironment, "prod", .3, "ci.yml:3")),
		Consumers: []leak.Consumer{{Kind: "workflow", Ref: "ci.yml:3", Weak: true}, {Kind: "workflow", Ref: "ci.yml:9"}},
		Owners:    []leak.Owner{{Name: "devops", Source: OwnerConsuming, Confidence: MaybeConsuming}, {Name: "pay", Source: OwnerLeaking, Confidence: .75}},
	}
	for own, want := range map[string]int{"aws:111122223333": 1, "aws:999999999999": 2} {
		g := NewGraph(Options{Now: now, OwnTenants: []string{own}})
		g.Add(finding("1"), a, Where{})
		id := g.Finish()[0]
		if len(id.Consumers) != want || len(id.Owners) != want || (id.Environment == "prod") != (want == 2) || id.Owner != "pay" {
			t.Errorf("%s: used by %+v in %q, owners %+v", own, id.Consumers, id.Environment, id.Owners)
		}
	}
}
