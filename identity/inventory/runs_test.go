package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// TestRuns: the surest record of an identity is kept, with what the others add.
func TestRuns(t *testing.T) {
	a := &record.Record{ID: "nhi:aws:service_account:1/deployer", Name: "deployer", Confidence: 0.95, Owner: "@acme/pay", Status: leak.KnownIdentity, Inventory: &record.Inventory{Matched: true},
		Repositories: []string{"acme/pay"}, Occurrences: 2, Permissions: []string{"s3:*"},
		Credentials: []record.Credential{{ID: "c1", Kind: "aws", State: leak.Unchecked, Exposure: "private", FirstExposedAt: "2026-03-01T00:00:00Z", FirstExposedRef: "b"}}}
	b := &record.Record{ID: "nhi:aws:service_account:1/hmac:c1", Confidence: 0.4, Owner: "@acme/bill", Status: leak.ShadowIdentity, Repositories: []string{"acme/bill"}, Occurrences: 3,
		Credentials: []record.Credential{
			{ID: "c1", Kind: "aws", State: leak.Live, StateEvidence: "whoami", StateAt: "2026-04-01T00:00:00Z", Exposure: "public", FirstExposedAt: "2026-01-01T00:00:00Z", FirstExposedRef: "a"},
			{ID: "c2", Kind: "aws", State: leak.Unchecked},
		}}
	c := &record.Record{ID: "nhi:x:bot:-/other", Confidence: 1}
	d := &record.Record{ID: "nhi:x:bot:-/renamed", Aliases: []string{b.ID}, Confidence: 0.1, Repositories: []string{"acme/web"}, Occurrences: 1}
	judged := 0
	for _, order := range [][]*record.Record{{a, b, c, d}, {d, c, b, a}, {b, d, a, c}} {
		runs := Runs{Judge: func(*record.Record) { judged++ }}
		for _, r := range order {
			copied := *r
			runs.Add(&copied)
		}
		out := runs.Joined()
		if len(out) != 2 {
			t.Fatalf("%d identities", len(out))
		}
		r := out[slices.IndexFunc(out, func(r *record.Record) bool { return r.ID == a.ID })]
		k := r.Credentials[0]
		if r.Name != "deployer" || r.Owner != "@acme/pay" || r.Status != leak.KnownIdentity || r.Occurrences != 6 || len(r.Credentials) != 2 ||
			strings.Join(r.Repositories, " ") != "acme/bill acme/pay acme/web" || strings.Join(r.Aliases, " ") != b.ID+" "+d.ID {
			t.Errorf("%+v", r)
		}
		if k.State != leak.Live || k.Exposure != "public" || k.FirstExposedRef != "a" {
			t.Errorf("credential %+v", k)
		}
	}
	if judged != 3 || a.Occurrences != 2 || len(a.Credentials) != 1 || a.Credentials[0].State != leak.Unchecked {
		t.Errorf("judged %d times; %+v", judged, a)
	}
}

// TestRunsTwice: a repository that was scanned twice has no more places.
func TestRunsTwice(t *testing.T) {
	var runs Runs
	for range 2 {
		runs.Add(&record.Record{ID: "nhi:x:bot:-/a", Repositories: []string{"acme/pay"}, Occurrences: 4, Aliases: []string{"nhi:x:bot:-/a"}})
	}
	if out := runs.Joined(); len(out) != 1 || out[0].Occurrences != 4 || len(out[0].Aliases) != 1 {
		t.Errorf("%+v", out[0])
	}
}

// TestRunsRisk: a credential that is in several repositories has the worse of what
// each run saw, and is not only in tests because one of them is.
func TestRunsRisk(t *testing.T) {
	factors := func(validity, privilege, exposure int) []record.Factor {
		return []record.Factor{{Name: "validity", Points: validity, Max: 25}, {Name: "privilege", Points: privilege, Max: 25}, {Name: "exposure", Points: exposure, Max: 20}}
	}
	fixture := record.Evidence{Kind: "name", Claim: leak.ClaimNote, Value: identity.NoteTestFixture, Weight: 0.3}
	env := func(name string, weight float64) record.Evidence {
		return record.Evidence{Kind: "name", Claim: leak.ClaimEnvironment, Value: name, Weight: weight}
	}
	a := record.Record{ID: "nhi:x:bot:-/a", Confidence: 0.9, Environment: "staging", Repositories: []string{"a"}, Evidence: []record.Evidence{fixture, env("staging", 0.3)},
		Credentials: []record.Credential{{ID: "c", Exposure: "private", Risk: &record.Risk{Score: 35, Cap: "44 points, but no more than 35: " + identity.NoteTestFixture, Factors: factors(12, 22, 10)}}}}
	b := record.Record{ID: "nhi:x:bot:-/a", Confidence: 0.8, Environment: "prod", Repositories: []string{"b"}, Evidence: []record.Evidence{env("prod", 0.3)},
		Credentials: []record.Credential{{ID: "c", Exposure: "public", Risk: &record.Risk{Score: 34, Factors: factors(12, 2, 20)}}}}
	for _, order := range [][]record.Record{{a, b}, {b, a}} {
		var runs Runs
		for i := range order {
			runs.Add(&order[i])
		}
		r := runs.Joined()[0]
		k := r.Credentials[0]
		if k.Risk.Factors[1].Points != 22 || k.Risk.Factors[2].Points != 20 || k.Risk.Cap != "" || k.Exposure != "public" {
			t.Errorf("%+v", k.Risk)
		}
		if r.Environment != "prod" || slices.Contains(r.Evidence, fixture) || !slices.Contains(r.Evidence, env("staging", 0.3)) {
			t.Errorf("%s; %+v", r.Environment, r.Evidence)
		}
	}
	if a.Credentials[0].Risk.Factors[2].Points != 10 || a.Credentials[0].Risk.Cap == "" {
		t.Error("the run's own record is changed")
	}
	sure := b
	sure.Environment, sure.Evidence = "test", []record.Evidence{env("test", 0.9)}
	var runs Runs
	for _, r := range []record.Record{b, sure} {
		runs.Add(&r)
	}
	if r := runs.Joined()[0]; r.Environment != "test" {
		t.Errorf("the credential's own word does not count: %s", r.Environment)
	}
}
