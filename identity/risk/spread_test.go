package risk

import (
	"slices"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestSpread: more repositories add their points and NHI9, whatever lowered the
// risk lowers it still, and a second time changes nothing.
func TestSpread(t *testing.T) {
	a := New(nil, nil, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	for _, tt := range []struct {
		name  string
		state leak.Status
		old   leak.Risk
		want  int
	}{
		{"unchecked", leak.Unchecked, leak.Risk{Score: 40}, 43},
		{"dead", leak.Dead, leak.Risk{Score: 15, Cap: "40 points, but no more than 15: the provider refused it"}, 15},
	} {
		tt.old.Factors = []leak.RiskFactor{{Name: Validity, Points: 25, Max: 25}, {Name: Governance, Points: 0, Max: 10}, {Name: Exposure, Points: 15, Max: 20}, {Name: Reach, Max: 10}}
		id := &leak.Identity{Owner: "@acme/pay", Declared: []leak.Declaration{{Kind: "terraform"}}, Repositories: []string{"acme/bill", "acme/pay"},
			Credentials: []leak.Credential{{ID: "c1", State: tt.state, Risk: tt.old}}}
		for range 2 {
			a.Spread(id)
			if id.Risk.Score != tt.want || !slices.ContainsFunc(id.Controls, func(c leak.Control) bool { return c.ID == "NHI9" }) {
				t.Errorf("%s: %+v, %+v", tt.name, id.Risk, id.Controls)
			}
		}
		if tt.old.Factors[3].Points != 0 {
			t.Error("the old factors are changed")
		}
	}
}

// TestSpreadEnvironments: what is production's in one repository and staging's in
// another shows that they are not apart.
func TestSpreadEnvironments(t *testing.T) {
	a := New(nil, nil, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	env := func(name string) leak.Evidence {
		return leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: name, Weight: 0.3}
	}
	for _, tt := range []struct {
		evidence []leak.Evidence
		state    leak.Status
		points   int
		want     string
	}{
		{[]leak.Evidence{env("prod")}, leak.Unchecked, 3, ""},
		{[]leak.Evidence{env("prod"), env("staging")}, leak.Unchecked, 7, "an identity of production where something says staging"},
		{[]leak.Evidence{env("prod"), env("staging")}, leak.Canary, 7, ""},
	} {
		id := &leak.Identity{Owner: "@acme/pay", Environment: "prod", Evidence: tt.evidence, Repositories: []string{"acme/bill", "acme/pay"},
			Credentials: []leak.Credential{{ID: "c1", State: tt.state, Risk: leak.Risk{Factors: []leak.RiskFactor{{Name: Validity, Points: 12, Max: 25}, {Name: Reach, Max: 10}}}}}}
		a.Spread(id)
		why := ""
		for _, c := range id.Controls {
			if c.ID == "NHI8" {
				why = c.Why
			}
		}
		if why != tt.want || id.Credentials[0].Risk.Factors[1].Points != tt.points {
			t.Errorf("%v: %q, %+v", tt.evidence, why, id.Credentials[0].Risk)
		}
	}
}
