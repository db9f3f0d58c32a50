package inventory

import (
	"fmt"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestKeyDates: what a list says of a key by its id is said of that key, and of no other.
func TestKeyDates(t *testing.T) {
	const key, other = "AKIA" + "QNZGKIQY56JQ7WML", "AKIA" + "QNZGKIQY56JQ7WMK"
	r := Resolver{Load: func() (*Inventory, error) {
		return load(t, Options{}, "name,provider,tenant,key_id,last_rotated,secret-issued-date\ndeployer,aws,029608264753,"+key+",2022-02-03,2021-01-02\n"), nil
	}}
	for _, c := range []struct{ key, want string }{{key, "map[issued:2021-01-02T00:00:00Z rotated:2022-02-03T00:00:00Z]"}, {other, "map[]"}} {
		a, err := r.Resolve(t.Context(), &identity.Query{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}},
			Known: evidence(leak.ClaimProvider, "aws", leak.ClaimKeyID, c.key, leak.ClaimName, "deployer", leak.ClaimTenant, "029608264753")})
		if err != nil || a.Inventory == nil {
			t.Fatal(a, err)
		}
		got := map[string]string{}
		for _, e := range a.Evidence {
			if e.Claim == leak.ClaimIssued || e.Claim == leak.ClaimRotated {
				got[e.Claim] = e.Value
			}
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.key, got, c.want)
		}
	}
}
