package inventory

import (
	"fmt"
	"slices"
	"strings"
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

// TestAliasesWithoutProvider: circles and chains of aliases are one identity in a list
// that says no provider too, but not across tenants.
func TestAliasesWithoutProvider(t *testing.T) {
	for text, want := range map[string]int{
		"id,name,owner,aliases\nsvc-0001,alpha,o1,svc-0002\nsvc-0002,beta,o2,svc-0003\nsvc-0003,gamma,o3,svc-0001\n": 1,
		"id,name,owner,aliases\nsvc-0003,gamma,o3,\nsvc-0001,alpha,o1,svc-0002\nsvc-0002,beta,o2,svc-0003\n":         1,
		"id,name,owner,aliases\nsvc-0001,alpha,o1,svc-0001\nsvc-0002,beta,o2,svc-0002\n":                             2,
		"id,name,owner,tenant,aliases\nsvc-0001,alpha,o1,acme,svc-0002\nsvc-0002,beta,o2,other,svc-0001\n":           2,
		"id,name,owner,provider,aliases\nsvc-0001,alpha,o1,aws,svc-0002\nsvc-0002,beta,o2,gcp,svc-0001\n":            2,
		"id,name,owner\nsvc-0001,alpha,o1\nsvc-0002,beta,o2\n":                                                       2,
	} {
		if got := entries(t, load(t, Options{}, text)); len(got) != want {
			t.Errorf("%q: %d identities, want %d", text, len(got), want)
		}
	}
}

// TestDecisionsDiffer: two decisions of a review about one identity are told.
func TestDecisionsDiffer(t *testing.T) {
	head := "owner,id,name,why you,decision,reviewer,reviewed\n"
	row := "pay,nhi:aws:service_account:111122223333/pay,pay,x,%s,jo,2026-10-01\n"
	for second, want := range map[string]bool{"revoke": true, "keep": false} {
		inv := load(t, Options{}, head+fmt.Sprintf(row, "keep")+fmt.Sprintf(row, second))
		entries(t, inv)
		got := slices.ContainsFunc(inv.Problems, func(p Problem) bool { return strings.Contains(p.Why, `"revoke" is decided`) })
		if got != want {
			t.Errorf("%s: %+v", second, inv.Problems)
		}
	}
}
