package inventory

import (
	"context"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const signedSheet = `owner,id,name,identity type,provider,provider id,tenant,decision,reviewer,reviewed
@acme/pay,nhi:stripe:api_key:-/hmac:7d5b5ce506537298,,api_key,stripe,,,revoke,Pat,2026-01-01
@acme/pay,nhi:stripe:api_key:-/hmac:fae4c29fc2a98d34,,api_key,stripe,,,keep,Pat,2026-01-01
@acme/plat,nhi:doppler:service_account:-/prd,prd,service_account,doppler,,,not mine,Pat,2026-01-01
@acme/plat,nhi:vault:service_account:vault.acme.example/hmac:398699bbe1366934,,service_account,vault,,vault.acme.example,not mine,Pat,2026-01-01
@acme/plat,nhi:quay:registry_robot:acme/acme+payments,acme+payments,registry_robot,quay,,acme,not mine,Pat,2026-01-01
`

// What was signed for, or found before, is known again by its canonical id,
// however little is known of it.
func TestResolveByCanonicalID(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) {
		return load(t, Options{}, signedSheet, `identity_type,name,owner,provider
service_account,dev,team-d,doppler
`), nil
	}}
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, provider, finding string
		known                   []leak.Evidence
		by, state               string
		signed, denied          bool
	}{
		{"revoked, without a name", "stripe", "7d5b5ce506537298", evidence(leak.ClaimProvider, "stripe", leak.ClaimType, "api_key"), "canonical id", "retired", true, false},
		{"kept, without a name", "stripe", "fae4c29fc2a98d34", evidence(leak.ClaimProvider, "stripe", leak.ClaimType, "api_key"), "canonical id", "", true, false},
		{"another credential", "stripe", "0000000000000000", evidence(leak.ClaimProvider, "stripe", leak.ClaimType, "api_key"), "", "", false, false},
		{"not mine, only a name", "doppler", "aa", evidence(leak.ClaimProvider, "doppler", leak.ClaimType, "service_account", leak.ClaimName, "prd"), "canonical id", "", false, true},
		{"a name that nobody signed for", "doppler", "aa", evidence(leak.ClaimProvider, "doppler", leak.ClaimType, "service_account", leak.ClaimName, "dev"), "name", "", false, false},
		{"not mine, a server", "vault", "398699bbe1366934",
			evidence(leak.ClaimProvider, "vault", leak.ClaimType, "service_account", leak.ClaimTenant, "vault.acme.example"), "canonical id", "", false, true},
		{"not mine, a provider of a registry", "docker", "bb",
			evidence(leak.ClaimProvider, "docker", leak.ClaimType, "registry_robot", leak.ClaimServer, "quay.io", leak.ClaimName, "acme+payments", leak.ClaimTenant, "acme"), "canonical id", "", false, true},
	} {
		a, err := r.Resolve(context.Background(), &identity.Query{
			Finding: &leak.Finding{ID: c.finding, Rule: leak.RuleInfo{Provider: c.provider}}, Known: c.known, Now: now,
		})
		if err != nil {
			t.Fatal(err)
		}
		if a.Inventory == nil {
			if c.by != "" {
				t.Errorf("%s: it is not found", c.name)
			}
			continue
		}
		signed, denied := false, false
		for _, w := range a.Owners {
			signed, denied = signed || w.Signed, denied || w.Denied
		}
		if a.Inventory.By != c.by || a.Inventory.State != c.state || signed != c.signed || denied != c.denied {
			t.Errorf("%s: by %q, state %q, signed %v, denied %v", c.name, a.Inventory.By, a.Inventory.State, signed, denied)
		}
	}
}

// A guess does not become sure by being found again in a list of what was guessed.
func TestCanonicalIDIsNoWitness(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) {
		return load(t, Options{}, `{"entry":{"id":"nhi:stripe:api_key:-/hmac:abc","identity_type":"api_key","name":"orders","provider":"stripe"}}
`), nil
	}}
	known := append(evidence(leak.ClaimProvider, "stripe", leak.ClaimType, "api_key"), leak.Evidence{Class: leak.FromName, Claim: leak.ClaimName, Value: "orders", Weight: 0.3})
	a, err := r.Resolve(context.Background(), &identity.Query{Finding: &leak.Finding{ID: "abc", Rule: leak.RuleInfo{Provider: "stripe"}}, Known: known, Now: time.Now()})
	if err != nil || a.Inventory == nil {
		t.Fatalf("%+v %v", a, err)
	}
	if c := identity.Conclude(append(known, a.Evidence...)); c.Confidence >= identity.Possible {
		t.Errorf("confidence %.2f of a guess", c.Confidence)
	}
}

// The provider of a login is that of the identity: the rule knows only that it is
// a registry.
func TestResolveRegistries(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) {
		return load(t, Options{}, `identity_type,name,owner,provider,tenant
registry_robot,acme+deployer,team-q,quay.io,acme
registry_robot,robot$pay+ci,team-h,harbor,
service_account,builder,team-s,stripe,
`), nil
	}}
	for _, c := range []struct{ host, name, want string }{
		{"quay.io", "acme+deployer", "team-q"},
		{"harbor.acme.example", "robot$pay+ci", "team-h"},
		{"quay.io", "robot$pay+ci", ""}, // not of Quay
		{"harbor.acme.example", "builder", ""},
	} {
		a, err := r.Resolve(context.Background(), &identity.Query{Finding: &leak.Finding{ID: "x", Rule: leak.RuleInfo{Provider: "docker"}}, Now: time.Now(),
			Known: evidence(leak.ClaimProvider, "docker", leak.ClaimType, "registry_robot", leak.ClaimServer, c.host, leak.ClaimName, c.name)})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if len(a.Owners) > 0 {
			got = a.Owners[0].Name
		}
		if got != c.want {
			t.Errorf("%s at %s: %q, want %q", c.name, c.host, got, c.want)
		}
	}
}

// TestNotMineOfAGuess: who signed that a credential is not theirs, of which the identity
// was guessed, does not own it when it is guessed again; nor does that confirm the guess.
func TestNotMineOfAGuess(t *testing.T) {
	const guess = 0.59
	for decision, denied := range map[string]bool{"not mine": true, "keep": false} {
		r := Resolver{Load: func() (*Inventory, error) {
			return load(t, Options{}, "owner,id,name,identity type,provider,tenant,decision,reviewer,reviewed\nsearch,nhi:aws:service_account:111122223333/indexer,indexer,service_account,aws,111122223333,"+decision+",Zoe,2026-01-20\n"), nil
		}}
		known := append(evidence(leak.ClaimProvider, "aws", leak.ClaimType, "service_account", leak.ClaimTenant, "111122223333"), leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimName, Value: "indexer", Weight: guess})
		a, err := r.Resolve(context.Background(), &identity.Query{Finding: &leak.Finding{ID: "abc", Rule: leak.RuleInfo{Provider: "aws"}}, Known: known, Now: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil || a.Inventory == nil {
			t.Fatalf("%s: %+v %v", decision, a, err)
		}
		if got := len(a.Owners) == 1 && a.Owners[0].Denied; got != denied {
			t.Errorf("%s: owners %+v", decision, a.Owners)
		}
		if c := identity.Conclude(append(known, a.Evidence...)); denied && c.Confidence > guess+0.001 {
			t.Errorf("%s: confidence %.2f of a guess", decision, c.Confidence)
		}
	}
}
