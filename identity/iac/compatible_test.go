package iac

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// beside is a credential with what stands beside it, in a repository of one file.
func beside(t *testing.T, provider, tf, text string, known ...leak.Evidence) identity.Answer {
	t.Helper()
	text += madeUp(1)
	q := &identity.Query{Finding: &leak.Finding{ID: "f", Rule: leak.RuleInfo{Provider: provider}}, Known: known, Repo: &tree{files: map[string]string{"infra/main.tf": tf}}}
	p := identity.Place{Text: []byte(text), Start: len(text) - len(madeUp(1)), End: len(text), FirstLine: 1}
	p.Path = "app/.env"
	q.Places = []identity.Place{p}
	return resolve(t, q)
}

func near(claim, value string) leak.Evidence {
	return leak.Evidence{Class: leak.FromNeighbour, Claim: claim, Value: value, Weight: .9}
}

// TestBareNamesOfOtherKinds: the name of a user beside a password is that of a
// user somewhere. A user of a cloud with the same name is another one.
func TestBareNamesOfOtherKinds(t *testing.T) {
	cloud := "resource \"aws_iam_user\" \"a\" {\n  name = \"admin\"\n}\nresource \"google_service_account\" \"b\" {\n  account_id = \"app\"\n  project = \"acme-prod\"\n}\n"
	role := "resource \"postgresql_role\" \"a\" {\n  name = \"app\"\n}\n"
	for _, c := range []struct {
		provider, tf, text string
		known              []leak.Evidence
		declared           int
	}{
		{"generic", cloud, "DB_PASSWORD=", []leak.Evidence{near(leak.ClaimName, "admin")}, 0},
		{"generic", cloud, "REDIS_PASSWORD=", []leak.Evidence{near(leak.ClaimName, "app")}, 0},
		{"generic", cloud, "KEY=", []leak.Evidence{near(leak.ClaimName, "arn:aws:iam::111122223333:user/admin")}, 1},
		{"generic", cloud, "KEY=", []leak.Evidence{near(leak.ClaimName, "app@acme-prod.iam.gserviceaccount.com")}, 1},
		{"aws", cloud, "KEY=", []leak.Evidence{near(leak.ClaimName, "admin")}, 1},
		{"smtp", role, "SMTP_PASSWORD=", []leak.Evidence{near(leak.ClaimName, "app")}, 0},
		{"generic", role, "SMTP_PASSWORD=", []leak.Evidence{near(leak.ClaimName, "app")}, 0},
		{"generic", role, "REDIS_PASSWORD=", []leak.Evidence{near(leak.ClaimName, "app")}, 0},
		{"mysql", role, "X=", []leak.Evidence{near(leak.ClaimName, "app")}, 0},
		{"generic", role, "PGPASSWORD=", []leak.Evidence{near(leak.ClaimName, "app")}, 1},
		{"postgresql", role, "X=", []leak.Evidence{near(leak.ClaimName, "app")}, 1},
	} {
		if a := beside(t, c.provider, c.tf, c.text, c.known...); len(a.Declared) != c.declared {
			t.Errorf("%s %s %v: declared by %+v", c.provider, c.text, c.known, a.Declared)
		}
	}
}

// TestDatabaseUsersOfOneServer: each server has a user called app.
func TestDatabaseUsersOfOneServer(t *testing.T) {
	tf := "resource \"aws_db_instance\" \"pay\" {\n  identifier = \"pay\"\n  username = \"app\"\n  tags = { owner = \"team-pay\" }\n}\n"
	role := "resource \"postgresql_role\" \"app\" {\n  name = \"app\"\n}\n"
	host := func(h string) []leak.Evidence {
		return []leak.Evidence{known(leak.ClaimName, "app"), known(leak.ClaimServer, "postgres://"+h+":5432")}
	}
	for _, c := range []struct {
		tf    string
		known []leak.Evidence
		most  float64
		links int
	}{
		{tf, host("pay.c9.eu-west-1.rds.amazonaws.com"), .8, 1},
		{tf, host("ship.c9.eu-west-1.rds.amazonaws.com"), 0, 0},
		{tf, host("localhost"), .4, 1}, // may be a tunnel to it
		{tf, host("pay.acme.example")[:1], .4, 1},
		{role, host("ship.c9.eu-west-1.rds.amazonaws.com"), .4, 1},
		{tf + role, host("ship.c9.eu-west-1.rds.amazonaws.com"), .4, 1},
	} {
		a := beside(t, "postgresql", c.tf, "X=", c.known...)
		if len(a.Declared) != c.links {
			t.Errorf("%v: declared by %+v", c.known, a.Declared)
		}
		for _, e := range a.Evidence {
			if e.Weight > c.most {
				t.Errorf("%v: %+v", c.known, e)
			}
		}
		if c.most <= .4 && (len(a.Owners) > 0 || c.links > 0 && !a.Declared[0].Weak) {
			t.Errorf("%v: owners %+v, declared %+v", c.known, a.Owners, a.Declared)
		}
	}
}

// TestThreeKeysOfAnAccount: a user has two keys at most, so that of three in one
// account nobody can say which are those of its only user in code.
func TestThreeKeysOfAnAccount(t *testing.T) {
	tf := "provider \"aws\" {\n  allowed_account_ids = [\"029608264753\"]\n}\nresource \"aws_iam_user\" \"u\" {\n  name = \"u\"\n}\n"
	r := &tree{files: map[string]string{"main.tf": tf}}
	var all []*identity.Query
	for i := range 4 {
		// Keys of one account begin alike: its number is in the first bytes.
		id := leak.NewSecret("AKIA" + "QNZGKIQY56JQ7W" + fmt.Sprintf("M%c", 'A'+i))
		if i == 3 {
			id = all[0].Finding.Parts["key_id"]
		}
		f := &leak.Finding{ID: fmt.Sprint(i), Rule: leak.RuleInfo{ID: "aws-access-key", Provider: "aws"}, Parts: leak.Parts{"key_id": id}}
		all = append(all, &identity.Query{Finding: f, Repo: r, Known: []leak.Evidence{known(leak.ClaimTenant, "029608264753")}})
	}
	for n, want := range map[int]int{1: 1, 2: 1, 3: 0} {
		q := *all[0]
		q.All = append(all[:n:n], all[3])
		if a := resolve(t, &q); len(a.Declared) != want {
			t.Errorf("%d keys: %+v", n, a.Declared)
		}
	}
}
