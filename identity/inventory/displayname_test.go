package inventory

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const (
	guidOne = "11111111-aaaa-4bbb-8ccc-000000000001"
	guidTwo = "22222222-aaaa-4bbb-8ccc-000000000002"
)

// twins are two rows of a dialect with one display name and different ids.
var twins = []struct{ name, text string }{
	{"gcloud json", `[{"displayName":"deploy","email":"deploy@acme-a.iam.gserviceaccount.com","name":"projects/acme-a/serviceAccounts/deploy@acme-a.iam.gserviceaccount.com","projectId":"acme-a","uniqueId":"103"},
{"displayName":"deploy","email":"deploy2@acme-a.iam.gserviceaccount.com","name":"projects/acme-a/serviceAccounts/deploy2@acme-a.iam.gserviceaccount.com","projectId":"acme-a","uniqueId":"104","disabled":true}]`},
	{"gcloud json, default accounts", `[{"displayName":"Compute Engine default service account","email":"111111111111-compute@developer.gserviceaccount.com","name":"projects/acme-a/serviceAccounts/111111111111-compute@developer.gserviceaccount.com","projectId":"acme-a","uniqueId":"101"},
{"displayName":"Compute Engine default service account","email":"222222222222-compute@developer.gserviceaccount.com","name":"projects/acme-b/serviceAccounts/222222222222-compute@developer.gserviceaccount.com","projectId":"acme-b","uniqueId":"102"}]`},
	{"gcloud table", "DISPLAY NAME  EMAIL                                   DISABLED\ndeploy        deploy@acme-a.iam.gserviceaccount.com   False\ndeploy        deploy2@acme-a.iam.gserviceaccount.com  True\n"},
	{"gcloud csv", "display_name,email,disabled\ndeploy,deploy@acme-a.iam.gserviceaccount.com,\ndeploy,deploy2@acme-a.iam.gserviceaccount.com,True\n"},
	{"gcloud yaml", "- displayName: deploy\n  email: deploy@acme-a.iam.gserviceaccount.com\n  uniqueId: '103'\n- displayName: deploy\n  email: deploy2@acme-a.iam.gserviceaccount.com\n  uniqueId: '104'\n"},
	{"entra users", `{"value":[{"id":"` + guidOne + `","displayName":"Thomas Müller","userPrincipalName":"thomas.mueller@acme.example","accountEnabled":true},
{"id":"` + guidTwo + `","displayName":"Thomas Müller","userPrincipalName":"thomas.mueller2@acme.example","accountEnabled":false}]}`},
	{"entra users csv", "userPrincipalName,displayName,objectId,accountEnabled\nthomas.mueller@acme.example,Thomas Müller," + guidOne + ",True\nthomas.mueller2@acme.example,Thomas Müller," + guidTwo + ",False\n"},
	{"az sp list", `[{"appId":"` + guidOne + `","displayName":"deploy-production-2024","id":"a1111111-aaaa-4bbb-8ccc-000000000001","appOwnerOrganizationId":"c1111111-aaaa-4bbb-8ccc-000000000001"},
{"appId":"` + guidTwo + `","displayName":"deploy-production-2024","id":"a1111111-aaaa-4bbb-8ccc-000000000002","appOwnerOrganizationId":"c1111111-aaaa-4bbb-8ccc-000000000001","accountEnabled":false}]`},
	{"entra apps csv", "displayName,appId\ndeploy," + guidOne + "\ndeploy," + guidTwo + "\n"},
	{"okta apps", `[{"id":"0oa1gjh63g214q0Hq0g4","label":"deploy","name":"oidc_client","signOnMode":"OPENID_CONNECT"},{"id":"0oa2gjh63g214q0Hq0g5","label":"deploy","name":"oidc_client","signOnMode":"OPENID_CONNECT"}]`},
	{"okta tokens", `[{"id":"00T1f3dBnlVzrjOsq0h7","name":"deploy","userId":"u1","tokenWindow":"P30D","clientName":"Okta API"},{"id":"00T2f3dBnlVzrjOsq0h8","name":"deploy","userId":"u2","tokenWindow":"P30D","clientName":"Okta API"}]`},
	{"okta users", `[{"id":"00u1","status":"ACTIVE","profile":{"login":"jd1@acme.example","email":"jd1@acme.example","firstName":"J","lastName":"Doe","displayName":"J Doe"}},
{"id":"00u2","status":"DEPROVISIONED","profile":{"login":"jd2@acme.example","email":"jd2@acme.example","firstName":"J","lastName":"Doe","displayName":"J Doe"}}]`},
	{"servicenow", "sys_id,name,display_name,u_object,sys_class_name\n00000000000000000000000000000001,svc-one,Deployer,,cmdb_ci_service_account\n00000000000000000000000000000002,svc-two,Deployer,,cmdb_ci_service_account\n"},
	{"kubernetes", `{"items":[{"kind":"ServiceAccount","metadata":{"name":"default","namespace":"default","uid":"` + guidOne + `"}},{"kind":"ServiceAccount","metadata":{"name":"default","namespace":"default","uid":"` + guidTwo + `"}}]}`},
	{"aws users", `{"Users":[{"UserName":"deploy","UserId":"AIDA1111EXAMPLE00001","Arn":"arn:aws:iam::111122223333:user/deploy","CreateDate":"2024-01-01T00:00:00Z"},{"UserName":"deploy","UserId":"AIDA1111EXAMPLE00002","Arn":"arn:aws:iam::444455556666:user/deploy","CreateDate":"2024-01-01T00:00:00Z"}]}`},
	{"github pats", `[{"id":1,"token_id":1001,"token_name":"deploy","owner":{"login":"octo","id":1},"access_granted_at":"2024-01-01T00:00:00Z","repository_selection":"all"},{"id":2,"token_id":1002,"token_name":"deploy","owner":{"login":"hubot","id":2},"access_granted_at":"2024-01-01T00:00:00Z","repository_selection":"all"}]`},
	{"betterleaks", `{"identity":{"id":"u1","username":"u-one","name":"Deploy","account":"a"},"capabilities":["x"],"provider":"acme"}
{"identity":{"id":"u2","username":"u-two","name":"Deploy","account":"a"},"capabilities":["x"],"provider":"acme"}`},
	{"table, name and display name", "provider,name,display name,provider id\nacme,svc-one,Deploy,id-1\nacme,svc-two,Deploy,id-2\n"},
	{"table, display name alone", "provider,id,display name\nacme,id-1,Deploy\nacme,id-2,Deploy\n"},
	{"table, a display name like an id", "provider,id,display name\nacme,id-1,payments-service-20240101\nacme,id-2,payments-service-20240101\n"},
	{"table, AWS without accounts", "provider,name,provider id\naws,deploy,AIDA1111EXAMPLE00001\naws,deploy,AIDA1111EXAMPLE00002\n"},
	{"table, Google without addresses", "provider,name,provider id,tenant\ngcp,deploy,103,acme-a\ngcp,deploy,104,acme-a\n"},
	{"table, an application that several use", "provider,name,application,provider id\nacme,svc-one,billing,id-1\nacme,svc-two,billing,id-2\n"},
	{"table, a person behind several", "provider,name,user,provider id\nacme,svc-one,jane@acme.example,id-1\nacme,svc-two,jane@acme.example,id-2\n"},
	{"yaml", "- provider: acme\n  name: svc-one\n  display_name: Deploy\n  id: id-1\n- provider: acme\n  name: svc-two\n  display_name: Deploy\n  id: id-2\n"},
	{"json", `[{"provider":"acme","name":"svc-one","displayName":"Deploy","id":"id-1"},{"provider":"acme","name":"svc-two","displayName":"Deploy","id":"id-2"}]`},
}

// TestDisplayNamesDoNotJoin: rows that have a display name in common and not the id are
// two identities, in every dialect, and after they were written and read again.
func TestDisplayNamesDoNotJoin(t *testing.T) {
	for _, c := range twins {
		t.Run(c.name, func(t *testing.T) {
			inv := load(t, Options{}, c.text)
			all := entries(t, inv)
			if len(all) != 2 || inv.Joined != 0 || inv.Lost != 0 {
				for _, e := range all {
					t.Log(line(e), e.Aliases, e.Names)
				}
				t.Fatalf("%d identities, %d joined, problems %v", len(all), inv.Joined, inv.Problems)
			}
			var b strings.Builder
			for _, e := range all {
				fmt.Fprintf(&b, "%s\n", ownLine(t, e))
			}
			if again := entries(t, load(t, Options{}, b.String())); len(again) != 2 {
				t.Errorf("%d identities when it is read again", len(again))
			}
		})
	}
}

// TestScanByDisplayName: a credential is that of the entry with its id, whatever the others
// are called; without such an entry it is none's. A display name alone finds an entry.
func TestScanByDisplayName(t *testing.T) {
	gcloud, users, apps := twins[0].text, twins[5].text, twins[7].text
	alone := `[{"displayName":"deploy","email":"deploy2@acme-a.iam.gserviceaccount.com","name":"projects/acme-a/serviceAccounts/deploy2@acme-a.iam.gserviceaccount.com","projectId":"acme-a","uniqueId":"104","disabled":true}]`
	const table = "provider,name,display name,provider id,tenant,owner,state\naws,svc-deploy,deploy,arn:aws:iam::111122223333:user/svc-deploy,111122223333,team-b,retired\n"
	google := func(address string) []leak.Evidence {
		return evidence(leak.ClaimProvider, "google", leak.ClaimType, "service_account", leak.ClaimName, address, leak.ClaimName, strings.Split(address, "@")[0], leak.ClaimID, address, leak.ClaimTenant, "acme-a")
	}
	for _, c := range []struct {
		name, list string
		known      []leak.Evidence
		want       string // source, state
	}{
		{"the active one", gcloud, google("deploy@acme-a.iam.gserviceaccount.com"), "f1:1 active"},
		{"the disabled one", gcloud, google("deploy2@acme-a.iam.gserviceaccount.com"), "f1:2 retired"},
		{"a stranger called so", alone, google("deploy@acme-a.iam.gserviceaccount.com"), ""},
		{"the name alone", alone, evidence(leak.ClaimProvider, "google", leak.ClaimName, "deploy", leak.ClaimTenant, "acme-a"), "f1:1 retired"},
		{"a person", users, evidence(leak.ClaimProvider, "azure", leak.ClaimType, "human_account", leak.ClaimEmail, "thomas.mueller@acme.example"), "f1:1 active"},
		{"a person by what two are called", users, evidence(leak.ClaimProvider, "azure", leak.ClaimType, "human_account", leak.ClaimName, "Thomas Müller"), ""},
		{"an application", apps, evidence(leak.ClaimProvider, "azure", leak.ClaimID, guidTwo, leak.ClaimName, "deploy-production-2024"), "f1:2 retired"},
		{"another application", apps, evidence(leak.ClaimProvider, "azure", leak.ClaimID, "33333333-aaaa-4bbb-8ccc-000000000003", leak.ClaimName, "deploy-production-2024"), ""},
		{"another user", table, evidence(leak.ClaimProvider, "aws", leak.ClaimID, "arn:aws:iam::111122223333:user/deploy", leak.ClaimName, "deploy", leak.ClaimTenant, "111122223333"), ""},
		{"the user, by a name", table, evidence(leak.ClaimProvider, "aws", leak.ClaimName, "deploy", leak.ClaimTenant, "111122223333"), "f1:2 retired"},
	} {
		r := Resolver{Load: func() (*Inventory, error) { return load(t, Options{}, c.list), nil }}
		a, err := r.Resolve(context.Background(), &identity.Query{
			Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: c.known[0].Value}}, Known: c.known, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if a.Inventory != nil {
			// Lines of JSON that is not indented are those of the elements.
			got = a.Inventory.Source + " " + first(a.Inventory.State, "active")
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestDiffByDisplayName: what a run found is not what the list calls by the same name.
func TestDiffByDisplayName(t *testing.T) {
	inv := load(t, Options{}, twins[0].text)
	m, err := inv.Find(Query{Provider: "google", IDs: []string{"deploy3@acme-a.iam.gserviceaccount.com"}, Names: []string{"deploy"}, Tenants: []string{"acme-a"}, Sure: []string{"deploy3@acme-a.iam.gserviceaccount.com"}})
	if err != nil || m != nil {
		t.Errorf("%+v %v", m, err)
	}
}

// ownLine is an entry as the line of an inventory.
func ownLine(t *testing.T, e *Entry) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]*Entry{"entry": e})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
