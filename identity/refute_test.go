package identity

import (
	"fmt"
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

// TestTokensRefuteTheirPlaces: a token's own claims say whose it is; that it stands in
// another one's Secret does not.
func TestTokensRefuteTheirPlaces(t *testing.T) {
	for inside, want := range map[string]string{"shop/deployer": "shop/deployer", "ci/deployer": "ci/deployer declared"} {
		g := NewGraph(Options{Now: now})
		g.Add(finding("1"), Answer{
			Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimProvider, "kubernetes", .97), ev(leak.FromStructure, leak.ClaimType, "service_account", .97), ev(leak.FromStructure, leak.ClaimName, inside, .97),
				iac(leak.ClaimName, "ci/deployer", .8, "sa.yaml:1"), iac(leak.ClaimPermission, "cluster-admin", .8, "sa.yaml:9")},
			Declared: []leak.Declaration{{Kind: "kubernetes", Address: "ServiceAccount/ci/deployer", Ref: "sa.yaml:1"}},
			Owners:   []leak.Owner{{Name: "platform", Source: OwnerIaC, Of: "sa.yaml:1", Confidence: .65}},
		}, Where{})
		id := g.Finish()[0]
		got := id.Name
		if len(id.Declared) > 0 && len(id.Owners) > 0 && len(id.Permissions) > 0 && id.Conflict == "" {
			got += " declared"
		}
		if got != want || want == inside && len(id.Declared)+len(id.Owners)+len(id.Permissions) > 0 {
			t.Errorf("%s: %s, declared %v, owners %v, may %q, conflict %q", inside, got, id.Declared, id.Owners, id.Permissions, id.Conflict)
		}
	}
}

// TestTagsOfHolders: what a credential stands in has a tag. That is the owner of what
// uses it, also where nothing says whose the credential is.
func TestTagsOfHolders(t *testing.T) {
	for conf, want := range map[float64]string{0: "consumer_tag 0.55", .9: "iac_tag 0.65"} {
		g := NewGraph(Options{Now: now})
		a := Answer{Evidence: []leak.Evidence{ev(leak.FromStructure, leak.ClaimProvider, "stripe", .9)}, Owners: []leak.Owner{{Name: "payments", Kind: "team", Source: OwnerIaC, Ref: "s.yaml:7", Confidence: .75, Holder: true}}}
		if conf > 0 {
			a.Evidence = append(a.Evidence, ev(leak.FromStructure, leak.ClaimName, "pay", conf))
		}
		g.Add(finding("1"), a, Where{})
		id := g.Finish()[0]
		if got := fmt.Sprintf("%s %.2f", id.Owners[0].Source, id.Owners[0].Confidence); got != want {
			t.Errorf("%v sure of the identity: %s, want %s", conf, got, want)
		}
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
