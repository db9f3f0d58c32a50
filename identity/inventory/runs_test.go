package inventory

import (
	"slices"
	"strings"
	"testing"

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
