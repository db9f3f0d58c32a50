package identity

import (
	"math"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestWeighOwners: who agrees makes an owner surer, who contradicts less sure, and
// files of one folder, or pieces that rest on one link, are never as good as two
// that know of each other nothing.
func TestWeighOwners(t *testing.T) {
	team := func(name, source string, sure float64) leak.Owner {
		return leak.Owner{Name: name, Kind: "team", Source: source, Confidence: sure}
	}
	ref := func(o leak.Owner, at string) leak.Owner { o.Ref = at; return o }
	wide := func(o leak.Owner) leak.Owner { o.Wide = true; return o }
	pay := team("@acme/payments", OwnerLeaking, 0.68)
	for _, tt := range []struct {
		name string
		link float64
		want float64 // of the first
		list []leak.Owner
	}{
		{"alone", 1, 0.65, []leak.Owner{pay}},
		{"the inventory and the folder agree", 1, 0.9424, []leak.Owner{team("payments-team", OwnerInventory, 0.82), pay}},
		{"they do not", 1, 0.5412, []leak.Owner{team("data-team", OwnerInventory, 0.82), pay}},
		{"the inventory alone", 1, 0.65, []leak.Owner{team("payments", OwnerInventory, 0.86)}},
		{"the inventory, signed for", 1, 0.95, []leak.Owner{{Name: "payments", Kind: "team", Source: OwnerInventory, Confidence: 0.95, Signed: true}}},
		{"signed for, of an identity that is not likely", 0.5, 0.69, []leak.Owner{{Name: "payments", Kind: "team", Source: OwnerInventory, Confidence: 0.5, Signed: true}, pay}},
		{"the provider", 0.99, 0.9, []leak.Owner{team("payments", OwnerWhoami, 0.9)}},
		{"the inventory and a rule for everything", 1, 0.65, []leak.Owner{team("payments", OwnerInventory, 0.86), team("payments", OwnerEverything, 0.62)}},
		{"two, of an identity that is not likely", 0.6, 0.69, []leak.Owner{team("payments", OwnerInventory, 0.63), pay}},
		{"a key in two places with two owners", 1, 0.4488, []leak.Owner{ref(pay, "CODEOWNERS:1"), ref(team("@acme/data", OwnerLeaking, 0.68), "CODEOWNERS:2")}},
		{"two owners of one rule", 1, 0.65, []leak.Owner{ref(pay, "CODEOWNERS:1"), ref(team("@acme/data", OwnerLeaking, 0.68), "CODEOWNERS:1")}},
		{"two declarations of one name with two owners", 1, 0.65 * (1 - 0.65/2), []leak.Owner{ref(team("prod", OwnerIaC, 0.65), "prod/main.tf:1"), ref(team("dev", OwnerIaC, 0.65), "dev/main.tf:1")}},
		{"two tags of one declaration", 1, 0.65, []leak.Owner{ref(team("prod", OwnerIaC, 0.65), "prod/main.tf:1"), ref(team("dev", OwnerIaC, 0.65), "prod/main.tf:1")}},
		{"two lists for the folder", 1, 0.69, []leak.Owner{team("payments", OwnerCatalog, 0.8), pay}},
		{"three", 1, 0.69, []leak.Owner{team("payments", OwnerCatalog, 0.8), team("Payments", OwnerConsumerTag, 0.55), pay}},
		{"the same file twice", 1, 0.65, []leak.Owner{team("payments", OwnerConsuming, 0.68), pay}},
		{"two by a weak link", 0.5, 0.5, []leak.Owner{team("payments", OwnerInventory, 0.45), team("payments", OwnerIaC, 0.5)}},
		{"two for the whole repository", 1, 0.65, []leak.Owner{team("platform", OwnerRepository, 0.7), team("@acme/platform", OwnerEverything, 0.62)}},
		{"a rule for everything names others", 1, 0.65, []leak.Owner{pay, team("@acme/platform", OwnerEverything, 0.62)}},
		{"and the inventory", 1, 0.65, []leak.Owner{team("data", OwnerInventory, 0.82), team("platform", OwnerRepository, 0.6)}},
		{"two, and a rule for everything names others", 1, 0.9424 * (1 - 0.1*0.62), []leak.Owner{team("payments", OwnerInventory, 0.82), team("payments", OwnerCatalog, 0.68), team("@acme/everyone", OwnerEverything, 0.62)}},
		{"two, and a rule for an ending names others", 1, 0.9424 * (1 - 0.1*0.62), []leak.Owner{team("payments", OwnerInventory, 0.82), team("payments", OwnerCatalog, 0.68), wide(team("@acme/everyone", OwnerDeclaring, 0.62))}},
		{"two, and a rule for the place of the declaration", 1, 0.9424 * (1 - 0.5*0.62), []leak.Owner{team("payments", OwnerInventory, 0.82), team("payments", OwnerCatalog, 0.68), team("@acme/everyone", OwnerDeclaring, 0.62)}},
		{"a guess contradicts", 1, 0.65, []leak.Owner{pay, team("@acme/platform", OwnerEverything, 0.35)}},
		{"a rule beside it", 1, 0.65, []leak.Owner{pay, team("@acme/data", OwnerLeaking, 0.68)}},
		{"a person is no other team", 1, 0.65, []leak.Owner{team("payments", OwnerCatalog, 0.8), {Name: "Ann Lee", Kind: "person", Source: OwnerMaintains, Confidence: 0.55}}},
		{"the settings' default is no witness", 1, 0.65, []leak.Owner{pay, team("security", OwnerDefault, 0.6)}},
	} {
		weighOwners(tt.list, tt.link)
		if got := tt.list[0].Confidence; math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		for i, o := range tt.list[1:] {
			if o.Confidence >= Likely && squad(o.Name) == squad(tt.list[0].Name) {
				t.Errorf("%s: piece %d by itself claims %v", tt.name, i+1, o.Confidence)
			}
		}
		if last := tt.list[len(tt.list)-1]; len(tt.list) > 1 && squad(last.Name) == "payments" && squad(tt.list[0].Name) == "payments" && last.Source == OwnerLeaking && last.Confidence != 0.68 {
			t.Errorf("%s: the evidence itself changed to %v", tt.name, last.Confidence)
		}
	}
}

func TestSquad(t *testing.T) {
	for _, s := range []string{"@acme/payments", "payments-team", "Team Payments", "@acme/teams/payments", "@@payments", "payments"} {
		if got := squad(s); got != "payments" {
			t.Errorf("%s: %q", s, got)
		}
	}
	if squad("team") != "team" || squad("@a/") != "" {
		t.Errorf("%q, %q", squad("team"), squad("@a/"))
	}
}
