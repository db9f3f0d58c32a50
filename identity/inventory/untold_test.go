package inventory

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
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
		"a guess at the user":        {users, "111122223333", "?ghost", true},
		"without a tenant":           {"identity_type,name,owner,provider\nservice_account,billing,b,aws\n", "111122223333", "", true},
		"without a provider":         {"identity_type,name,owner\nservice_account,billing,b\n", "111122223333", "", true},
		"of another type":            {"identity_type,name,owner\napi_key,billing,b\n", "111122223333", "", false},
		"roles":                      {"identity_type,name,owner,provider,tenant\nmanaged_identity,billing,b,aws,111122223333\n", "111122223333", "", false},
		"no tenant is known":         {users, "", "", true},
		"an account of another kind": {"identity_type,name,owner,provider,tenant\nservice_account,billing,b,gcp,111122223333\n", "111122223333", "", false},
	} {
		r := &Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, c.inventory), nil }}
		q := &identity.Query{Finding: &leak.Finding{ID: "f", Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{
			{Class: leak.FromRule, Claim: leak.ClaimProvider, Value: "aws", Weight: 0.9},
			{Class: leak.FromRule, Claim: leak.ClaimType, Value: string(leak.ServiceAccount), Weight: 0.6},
			{Class: leak.FromStructure, Claim: leak.ClaimKeyID, Value: key, Weight: 0.99},
			{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: c.tenant, Weight: 0.97},
		}}
		if user, guess := strings.CutPrefix(c.user, "?"); guess {
			q.Known = append(q.Known, leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimName, Value: user, Weight: 0.6})
		} else if user != "" {
			q.Known = append(q.Known, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: user, Weight: 0.9})
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

// TestHinted: a profile, a prefix, a folder and a comment point to an entry that names
// no key.
func TestHinted(t *testing.T) {
	const list = "identity_type,name,owner,provider,tenant\nservice_account,payments-deployer,pay,aws,111122223333\nservice_account,billing-exporter,bill,aws,111122223333\nservice_account,search-indexer,s,aws,999988887777\n"
	for _, c := range []struct {
		what, inventory, path, text, want string
		sure                              float64
	}{
		{"a profile", list, ".aws/credentials", "[payments-deployer]\naws_secret_access_key = @\n", "payments-deployer", .65},
		{"a prefix", list, ".env", "PAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\r\n", "payments-deployer", .65},
		{"a part", list, ".env", "BILLING_AWS_SECRET_ACCESS_KEY=@\n", "billing-exporter", .58},
		{"two of them", list, "services/billing/x.env", "BILLING_AWS_SECRET_ACCESS_KEY=@\n", "billing-exporter", .706},
		{"of another account", list, "services/search-indexer/.env", "AWS_SECRET_ACCESS_KEY=@\n", "", 0},
		{"no account is listed", strings.NewReplacer(",tenant", "", ",111122223333", "", ",999988887777", "").Replace(list), "services/search-indexer/.env", "AWS_SECRET_ACCESS_KEY=@\n", "search-indexer", .58},
		{"nothing", list, ".env", "AWS_SECRET_ACCESS_KEY=@\n", "", 0},
	} {
		r := &Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, c.inventory), nil }}
		at := strings.IndexByte(c.text, '@')
		p := identity.Place{Text: []byte(c.text), Start: at, End: at + 1, FirstLine: 1}
		p.Path = c.path
		f := &leak.Finding{ID: "f", Rule: leak.RuleInfo{Provider: "aws"}, Locations: []leak.Location{p.Location}}
		q := &identity.Query{Finding: f, Places: []identity.Place{p}, Known: []leak.Evidence{
			{Class: leak.FromRule, Claim: leak.ClaimProvider, Value: "aws", Weight: 0.9},
			{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: "111122223333", Weight: 0.97},
		}}
		a, err := r.Resolve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, sure := "", 0.0
		for _, e := range a.Evidence {
			if e.Claim == leak.ClaimName {
				got, sure = e.Value, identity.Conclude(a.Evidence).Confidence
			}
		}
		if got != c.want || math.Abs(sure-c.sure) > .001 || (a.Inventory != nil) != (c.want != "") {
			t.Errorf("%s: %q %.3f, want %q %.3f", c.what, got, sure, c.want, c.sure)
		}
	}
}

// TestDiffUnknown: a key of which nothing says whose it is is no shadow of a list that
// does not name the keys of its users.
func TestDiffUnknown(t *testing.T) {
	key := record.Record{ID: "nhi:aws:service_account:111122223333/k", IdentityType: leak.ServiceAccount, Name: "k", Provider: "aws",
		Tenant: &record.Tenant{ID: "111122223333"}, Owner: "x", Confidence: .97, Credentials: []record.Credential{{KeyID: "k"}}}
	guess, named, other := key, key, key
	guess.Name, guess.Confidence = "ghost", .6
	named.Name = "ghost"
	other.Tenant = &record.Tenant{ID: "999988887777"}
	for what, c := range map[string]struct {
		list string
		now  record.Record
		want string
	}{
		"no user":            {"identity_type,name,owner,provider,tenant\nservice_account,pay,x,aws,111122223333\n", key, Unknown},
		"a guess":            {"identity_type,name,owner,provider,tenant\nservice_account,pay,x,aws,111122223333\n", guess, Unknown},
		"without a provider": {"identity_type,name,owner\nservice_account,pay,x\n", key, Unknown},
		"a user":             {"identity_type,name,owner,provider,tenant\nservice_account,pay,x,aws,111122223333\n", named, Shadow},
		"another account":    {"identity_type,name,owner,provider,tenant\nservice_account,pay,x,aws,111122223333\n", other, Shadow},
		"a list of keys":     {"identity_type,name,owner,provider,tenant,key_id\nservice_account,pay,x,aws,111122223333,AKIA" + "BBBBBBBBBBBBBBBB\n", key, Shadow},
	} {
		got, err := Diff(load(t, Options{}, c.list), each([]*record.Record{&c.now}), false, time.Now())
		if err != nil || len(got) != 1 || got[0].Kind != c.want {
			t.Errorf("%s: %+v, %v, want %s", what, got, err, c.want)
		}
	}
}

// TestVaultList: names alone are roles of Vault where the user says so, or where it
// looks as Vault writes it.
func TestVaultList(t *testing.T) {
	for text, dialect := range map[string]string{
		"[\"payments\", \"billing\"]\n":                                              "vault-list",
		"- payments\r\n- billing\r\n":                                                "vault-list",
		"Keys\n----\npayments\nbilling/\n":                                           "",
		"\ufeffKeys\r\n----\r\npayments\r\n\r\nbilling\r\n":                          "",
		"Keys        key_id\n----        ------\npayments    n/a\nbilling/    7c1\n": "",
		`{"request_id": "5a", "lease_id": "", "renewable": false, "data": {"keys": ["payments", "billing/"]}, "warnings": null}`: "",
		`{"data":{"keys":["payments","billing"]}}`: "",
		"{\n  \"data\": {\n    \"key_info\": {\"payments\": {\"id\": \"1\"}},\n    \"keys\": [\n      \"payments\",\n      \"billing\"\n    ]\n  }\n}\n": "",
		`{"key_info":{"payments":{"a":1},"billing":{}},"keys":["payments","billing"]}`:                                                                   "",
		`{"data":{"keys":[]}}{"data":{"keys":["payments","billing"]}}`:                                                                                   "",
	} {
		var got []string
		for _, e := range entries(t, load(t, Options{Dialect: dialect}, text)) {
			got = append(got, e.ID)
		}
		if want := []string{"nhi:vault:service_account:-/payments", "nhi:vault:service_account:-/billing"}; !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	for _, text := range []string{"Keys\npayments\n", `["payments"]`, `{"items":["payments"]}`} {
		for _, e := range entries(t, load(t, Options{}, text)) {
			if e.Provider == "vault" {
				t.Errorf("%q is of Vault", text)
			}
		}
	}
}
