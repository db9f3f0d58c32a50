package inventory

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const table1 = `identity_type,name,owner,expiration,permissions,risk_score,provider,provider_id,tenant,environment,status,email
service_account,payments@acme-prod.iam.gserviceaccount.com,Jane Doe <jane@acme.example>,2030-01-01,roles/editor,72,gcp,,acme-prod,prod,active,
service_account,deployer,platform-team,,,,aws,arn:aws:iam::111122223333:user/deployer,111122223333,prod,active,
service_account,deployer,other-team,,,,aws,arn:aws:iam::444455556666:user/deployer,444455556666,prod,active,
api_key,orders-mail,mail-team,2020-01-01,,,sendgrid,,,,,ops@acme.example
human_account,octocat,Octo,,,,github,,,,active,
api_key,shared,team-a,,,,stripe,,acct_1,,,
api_key,shared,team-b,,,,twilio,,AC2,,,
bot,acme-release,platform,,,,dockerhub,,,,,
service_account,jira-bot,ops,,,,atlassian,,acme,,,
bot,robot,ops,,,,,,,,,
service_account,java-deploy,builders,,,,nexus,,,,,
bot,mirror,forge-team,,,,gitlab,,git.acme.example,,,
bot,mirror,others,,,,gitlab,,git.other.example,,,
bot,lonely,others,,,,gitlab,,git.other.example,,,
`

func evidence(pairs ...string) (out []leak.Evidence) {
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, leak.Evidence{Class: leak.FromStructure, Claim: pairs[i], Value: pairs[i+1], Weight: 0.9})
	}
	return out
}

func TestResolve(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, table1), nil }}
	for _, c := range []struct {
		name, provider string
		known          []leak.Evidence
		want           string // source, by, owner
	}{
		{"address", "google", evidence(leak.ClaimName, "Payments@acme-prod.iam.gserviceaccount.com"), "f1:2 provider id Jane Doe"},
		{"ARN", "aws", evidence(leak.ClaimID, "arn:aws:iam::111122223333:user/deployer"), "f1:3 provider id platform-team"},
		{"name and account", "aws", evidence(leak.ClaimName, "deployer", leak.ClaimTenant, "444455556666"), "f1:4 name and tenant other-team"},
		{"a name that two have", "aws", evidence(leak.ClaimName, "deployer"), ""},
		{"a name of another account", "aws", evidence(leak.ClaimName, "deployer", leak.ClaimTenant, "999999999999"), ""},
		{"name", "sendgrid", evidence(leak.ClaimLabel, "Orders_Mail"), "f1:5 name mail-team"},
		{"name of another provider", "mailgun", evidence(leak.ClaimLabel, "orders-mail"), ""},
		{"another kind", "sendgrid", evidence(leak.ClaimName, "orders-mail", leak.ClaimType, "human_account"), ""},
		{"the account of a bot", "dockerhub", evidence(leak.ClaimName, "acme-release", leak.ClaimType, "human_account"), "f1:9 name platform"},
		{"a bot with a person's kind of token", "atlassian", evidence(leak.ClaimName, "jira-bot", leak.ClaimTenant, "acme", leak.ClaimType, "human_account"), "f1:10 name and tenant ops"},
		{"a bot of no service", "dockerhub", evidence(leak.ClaimName, "robot", leak.ClaimType, "human_account"), ""},
		{"a registry of packages", "maven", evidence(leak.ClaimName, "java-deploy"), "f1:12 name builders"},
		{"a server as the tenant", "gitlab", evidence(leak.ClaimName, "mirror", leak.ClaimServer, "git.acme.example:8443"), "f1:13 name and tenant forge-team"},
		{"another server than a list says", "gitlab", evidence(leak.ClaimName, "lonely", leak.ClaimServer, "git.third.example"), ""},
		{"another server", "gitlab", evidence(leak.ClaimName, "mirror", leak.ClaimServer, "git.third.example"), ""},
		{"login", "github", evidence(leak.ClaimName, "octocat", leak.ClaimType, "human_account"), "f1:6 provider id Octo"},
		{"the provider tells two apart", "stripe", evidence(leak.ClaimName, "shared"), "f1:7 name team-a"},
		{"contact", "sendgrid", evidence(leak.ClaimEmail, "ops@acme.example"), "f1:5 provider id mail-team"},
		{"nothing is known", "stripe", nil, ""},
		{"weak", "sendgrid", []leak.Evidence{{Claim: leak.ClaimName, Value: "orders-mail", Weight: 0.1}}, ""},
	} {
		a, err := r.Resolve(context.Background(), &identity.Query{
			Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: c.provider}}, Known: c.known, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if a.Inventory != nil {
			got = a.Inventory.Source + " " + a.Inventory.By + " " + a.Owners[0].Name
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		for _, e := range a.Evidence {
			if c.name == "a server as the tenant" && e.Claim == leak.ClaimTenant { // its id would change
				t.Errorf("%s: evidence %+v", c.name, e)
			}
			if e.Class != leak.FromInventory || e.Weight == 0 || e.Ref == "" || strings.Contains(e.Value+e.Reason, "jane@") {
				t.Errorf("%s: evidence %+v", c.name, e)
			}
		}
	}
}

func TestResolveFacts(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, table1), nil }}
	q := &identity.Query{Finding: &leak.Finding{}, Known: evidence(leak.ClaimName, "payments@acme-prod.iam.gserviceaccount.com"), Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	a, err := r.Resolve(context.Background(), q)
	if err != nil || a.Inventory == nil || a.Inventory.Risk != 72 || a.Inventory.State != "active" {
		t.Fatalf("%+v %v", a.Inventory, err)
	}
	w := a.Owners[0]
	if w.Email != "jane@acme.example" || w.Confidence != 0.9*current || w.Source != identity.OwnerInventory {
		t.Errorf("owner %+v", w)
	}
	said := map[string]string{}
	for _, e := range a.Evidence {
		said[e.Claim] = e.Value
	}
	if said[leak.ClaimExpires] != "2030-01-01T00:00:00Z" || said[leak.ClaimPermission] != "roles/editor" || said[leak.ClaimEnvironment] != "prod" || said[leak.ClaimTenant] != "acme-prod" {
		t.Errorf("evidence %v", said)
	}
	q.Known = evidence(leak.ClaimLabel, "orders-mail")
	q.Finding.Rule.Provider = "sendgrid"
	if a, _ := r.Resolve(context.Background(), q); a.Inventory == nil || a.Inventory.State != "retired" {
		t.Errorf("what ended in 2020 is %+v", a.Inventory)
	}
}

// TestResolveIsNoSurerThanTheName: that there is a user of a name does not make a
// guess at the name better, and a name that only a service has is none.
func TestResolveIsNoSurerThanTheName(t *testing.T) {
	r := Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, table1), nil }}
	known := evidence(leak.ClaimTenant, "111122223333")
	known = append(known, leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimName, Value: "deployer", Weight: 0.5})
	q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: known}
	a, err := r.Resolve(context.Background(), q)
	if err != nil || a.Inventory == nil || a.Inventory.By != "name and tenant" {
		t.Fatalf("%+v, %v", a.Inventory, err)
	}
	if c := identity.Conclude(append(known, a.Evidence...)); c.Confidence != 0.5 {
		t.Errorf("the guess is %v sure now", c.Confidence)
	}
	if w := a.Owners[0]; w.Name != "platform-team" || w.Confidence != 0.5*current {
		t.Errorf("owner %+v", w)
	}
	for weight, found := range map[float64]bool{0.3: false, 0.4: true} {
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "sendgrid"}}, Known: []leak.Evidence{{Class: leak.FromIaC, Claim: leak.ClaimService, Value: "orders-mail", Weight: weight}}}
		if a, _ := r.Resolve(context.Background(), q); (a.Inventory != nil) != found {
			t.Errorf("a service of weight %v: %+v", weight, a.Inventory)
		}
		q.Finding.Rule.Provider = ""
		if a, _ := r.Resolve(context.Background(), q); a.Inventory != nil {
			t.Errorf("a service's key of any provider: %+v", a.Inventory)
		}
	}
}

func TestResolveLoadsLate(t *testing.T) {
	n := 0
	r := Resolver{Load: func() (*Inventory, error) { n++; return nil, errors.New("no such file") }}
	if n != 0 || r.Close() != nil {
		t.Error("loaded before it was asked")
	}
	for range 2 {
		if _, err := r.Resolve(context.Background(), &identity.Query{}); err == nil {
			t.Error("no error")
		}
	}
	if n != 1 {
		t.Errorf("loaded %d times", n)
	}
}

// TestResolveReviews: who signed for an identity lately is its owner without the
// doubt that all inventories have, and who signed that it is not theirs is not.
func TestResolveReviews(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	const heading = "identity_type,name,owner,provider,provider_id,tenant,decision,reviewer,reviewed\n"
	for _, tt := range []struct {
		name, decision string
		day            string
		signed, denied bool
	}{
		{"kept", "keep", "2026-10-30", true, false},
		{"to be revoked", "revoke", "2026-10-30", true, false},
		{"kept long ago", "keep", "2025-01-30", false, false},
		{"kept in the future", "keep", "2027-01-30", false, false},
		{"not theirs", "not mine", "2026-10-30", false, true},
		{"not theirs, long ago", "not mine", "2025-01-30", false, false},
	} {
		inv := load(t, Options{}, heading+"service_account,deployer,pay-team,aws,arn:aws:iam::111122223333:user/deployer,111122223333,"+tt.decision+",Lee,"+tt.day+"\n")
		r := Resolver{Load: func() (*Inventory, error) { return inv, nil }}
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: evidence(leak.ClaimID, "arn:aws:iam::111122223333:user/deployer"), Now: now}
		a, err := r.Resolve(context.Background(), q)
		if err != nil || a.Inventory == nil {
			t.Fatalf("%s: %+v, %v", tt.name, a, err)
		}
		var signed, denied bool
		for _, o := range a.Owners {
			signed, denied = signed || o.Signed, denied || o.Denied
			if o.Signed != (o.Confidence == 0.9) && !o.Denied {
				t.Errorf("%s: %+v", tt.name, o)
			}
		}
		if signed != tt.signed || denied != tt.denied {
			t.Errorf("%s: %+v", tt.name, a.Owners)
		}
	}
}

// TestAnyDatabase: a user of a database of no known kind is that of any kind on the
// same server, and of no other.
func TestAnyDatabase(t *testing.T) {
	inv := load(t, Options{}, "identity_type,name,owner,provider,tenant\ndatabase_user,app_rw,dba-team,postgresql,db.acme.example\nservice_account,app_rw,x,aws,111122223333\n")
	for tenant, want := range map[string]bool{"db.acme.example": true, "other.acme.example": false} {
		m, err := inv.Find(Query{Provider: identity.AnyDatabase, Type: leak.DatabaseUser, Names: []string{"app_rw"}, Tenants: []string{tenant}})
		if err != nil || (m != nil) != want {
			t.Errorf("%s: %+v %v", tenant, m, err)
		}
	}
}

func TestEndedIsNotCalledRetired(t *testing.T) {
	list := "name,provider,provider_id,status,expiration\na,stripe,id-of-one-a,active,2022-01-01\nb,stripe,id-of-one-b,retired,2022-01-01\n"
	r := Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, list), nil }}
	for id, want := range map[string]string{"id-of-one-a": "it ended on 2022-01-01", "id-of-one-b": ""} {
		a, err := r.Resolve(context.Background(), &identity.Query{
			Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "stripe"}}, Known: evidence(leak.ClaimID, id), Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil || a.Inventory == nil || a.Inventory.State != string(Retired) || a.Inventory.Why != want {
			t.Errorf("%s: %+v, %v", id, a.Inventory, err)
		}
	}
}
