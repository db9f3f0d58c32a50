package inventory

import (
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestUntold: an inventory that does not name the keys of an account cannot say of
// one whose user is not known that it is nobody's.
func TestUntold(t *testing.T) {
	const key = "AKIA" + "AAAAAAAAAAAAAAAA"
	users := "identity_type,name,owner,provider,tenant\nservice_account,billing,b,aws,111122223333\nservice_account,search,s,aws,111122223333\n"
	for name, c := range map[string]struct {
		inventory, tenant, user string
		want                    bool
	}{
		"users without keys":         {users, "111122223333", "", true},
		"of another account":         {users, "999988887777", "", false},
		"a user who is not in it":    {users, "111122223333", "ghost", false},
		"a list of keys":             {"identity_type,name,owner,provider,tenant,key_id\nservice_account,billing,b,aws,111122223333,AKIA" + "BBBBBBBBBBBBBBBB\n", "111122223333", "", false},
		"an account of another kind": {"identity_type,name,owner,provider,tenant\nservice_account,billing,b,gcp,111122223333\n", "111122223333", "", false},
	} {
		r := &Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, c.inventory), nil }}
		q := &identity.Query{Finding: &leak.Finding{ID: "f", Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{
			{Class: leak.FromRule, Claim: leak.ClaimProvider, Value: "aws", Weight: 0.9},
			{Class: leak.FromStructure, Claim: leak.ClaimKeyID, Value: key, Weight: 0.99},
			{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: c.tenant, Weight: 0.97},
		}}
		if c.user != "" {
			q.Known = append(q.Known, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: c.user, Weight: 0.9})
		}
		a, err := r.Resolve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(a.Evidence) > 0; got != c.want {
			t.Errorf("%s: %+v", name, a.Evidence)
		}
	}
}
