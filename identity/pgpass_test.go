package identity_test

import (
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// A user of a database is one, whether a URL or a .pgpass has its password.
func TestPgpassIsOfPostgreSQL(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rs := []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps)}
	g := identity.NewGraph(identity.Options{Now: now})
	for _, f := range []*leak.Finding{
		{ID: "a", Rule: leak.RuleInfo{ID: "pgpass-password", Provider: "logins"}, Parts: leak.Parts{
			leak.SecretPart: leak.NewSecret("q7Tz1xLw0Pv4"), "user": leak.NewSecret("app_rw"), "host": leak.NewSecret("db.acme.example"), "database": leak.NewSecret("pay")}},
		{ID: "b", Rule: leak.RuleInfo{ID: "postgres-url", Provider: "postgresql"}, Parts: leak.Parts{
			leak.SecretPart: leak.NewSecret("postgres://app_rw:" + "q7Tz1xLw0Pv5@db.acme.example/pay")}},
	} {
		g.Add(f, resolve(t, rs, f), identity.Where{Repository: "r"})
	}
	ids := g.Finish()
	if len(ids) != 1 || ids[0].ID != "nhi:postgresql:database_user:db.acme.example/app_rw" {
		for _, id := range ids {
			t.Errorf("%s, aliases %q", id.ID, id.Aliases)
		}
	}
}
