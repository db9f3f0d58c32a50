package inventory

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestOktaOwners: Okta's list of tokens has the id of a user; who that is its list of users says.
func TestOktaOwners(t *testing.T) {
	const (
		tokens = `[{"id":"00Tabc1234567890AbC","name":"ci","clientName":"Okta API","userId":"00u1ab2cd3ef4gh5ij6k","tokenWindow":"P30D","created":"2025-01-01T00:00:00.000Z","_link":{}},
			{"id":"00Tabc1234567890AbD","name":"other","clientName":"Okta API","userId":"00uNobodyKnows000000","tokenWindow":"P30D","created":"2025-01-01T00:00:00.000Z","_link":{}}]`
		users = `[{"id":"00u1ab2cd3ef4gh5ij6k","status":"ACTIVE","created":"2024-01-01T00:00:00.000Z","profile":{"firstName":"Jane","lastName":"Roe","login":"jane.roe@acme.example","email":"jane.roe@acme.example"}}]`
	)
	for _, order := range [][2]string{{tokens, users}, {users, tokens}} {
		inv := New()
		defer inv.Close()
		for _, text := range order {
			if err := inv.Load("okta.json", strings.NewReader(text), Options{}); err != nil {
				t.Fatal(err)
			}
		}
		m, err := inv.Find(Query{Provider: "okta", Type: leak.APIKey, IDs: []string{"00Tabc1234567890AbC"}})
		if err != nil || m == nil {
			t.Fatal(m, err)
		}
		if e := m.Entry; e.Owner != "Jane Roe" || len(e.Owners) != 1 || e.Owners[0].Email != "jane.roe@acme.example" {
			t.Errorf("the owner is %q, %+v", e.Owner, e.Owners)
		}
		m, err = inv.Find(Query{Provider: "okta", Type: leak.APIKey, IDs: []string{"00Tabc1234567890AbD"}})
		if err != nil || m == nil || m.Entry.Owner != "00uNobodyKnows000000" {
			t.Errorf("of a user who is in no list: %+v, %v", m, err)
		}
	}
}
