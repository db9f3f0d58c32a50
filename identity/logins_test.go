package identity

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// of is the value of a claim of each login of a file.
func claimsOf(t *testing.T, text, claim string, found ...*leak.Finding) (values []string) {
	t.Helper()
	logins, _, r := Logins(text, found, []byte("salt"), nil)
	for _, f := range logins {
		a, err := r.Resolve(context.Background(), &Query{Finding: f})
		if err != nil {
			t.Fatal(err)
		}
		value := ""
		for _, e := range a.Evidence {
			if e.Claim == claim && value == "" {
				value = e.Value
			}
		}
		values = append(values, f.Rule.ID+" "+value)
	}
	return values
}

func TestLoginsOfAFileAreToldApart(t *testing.T) {
	one, two := strings.Repeat("Zx81kqP0", 3), strings.Repeat("vbn2Lw7s", 3)
	found := &leak.Finding{Rule: leak.RuleInfo{ID: "second"}, Confidence: leak.High, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(two)}}
	kube := "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters:\n- name: acme-prod\n  cluster: {server: 'https://k8s.acme.io:6443'}\ncontexts:\n" +
		"- name: prod\n  context: {cluster: acme-prod, user: boss}\n- name: ci\n  context: {cluster: acme-prod, user: robot}\nusers:\n" +
		"- name: boss\n  user: {password: " + one + "}\n- name: robot\n  user: {token: " + two + "}\n"
	state := `{"version":4,"terraform_version":"1.9.0","resources":[{"mode":"managed","type":"datadog_api_key","name":"a","instances":[{"attributes":{"name":"boss","key":"` + one + `"}}]},` +
		`{"mode":"managed","type":"datadog_api_key","name":"b","instances":[{"attributes":{"name":"robot","key":"` + two + `"}}]}]}`
	for name, text := range map[string]string{
		".netrc":           "machine a.acme.io login boss password " + one + "\nmachine b.acme.io login robot password " + two + "\n",
		".git-credentials": "https://boss:" + one + "@a.acme.io\nhttps://robot:" + two + "@b.acme.io\n",
		".pypirc":          "[distutils]\nindex-servers = a\n[a]\nusername = boss\npass" + "word = " + one + "\n[b]\nusername = robot\npass" + "word = " + two + "\n",
		"kubeconfig":       kube,
		"state":            state,
		"state with for_each": `{"version":4,"terraform_version":"1.9.0","resources":[{"mode":"managed","type":"datadog_api_key","name":"a","instances":[{"index_key":"x","attributes":{"name":"boss","key":"` + one + `"}},` +
			`{"index_key":"y","attributes":{"name":"robot","key":"` + two + `"}}]}]}`,
		".npmrc": "//a.acme.io/:username=boss\n//a.acme.io/:_pass" + "word=" + base64.StdEncoding.EncodeToString([]byte(one)) + "\n//b.acme.io/:_auth=" + base64.StdEncoding.EncodeToString([]byte("robot:"+two)) + "\n",
		"credentials.xml": "<com.cloudbees.plugins.credentials.SystemCredentialsProvider><list><x.UsernamePasswordCredentialsImpl><id>one</id><username>boss</username><password>" + one +
			"</password></x.UsernamePasswordCredentialsImpl><x.UsernamePasswordCredentialsImpl><id>two</id><username>robot</username><password>" + two + "</password></x.UsernamePasswordCredentialsImpl></list></com.cloudbees.plugins.credentials.SystemCredentialsProvider>",
	} {
		if got, want := claimsOf(t, text, leak.ClaimName, found), []string{" boss", "second robot"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got, want := claimsOf(t, kube, leak.ClaimServer, found), []string{" k8s.acme.io:6443", "second k8s.acme.io:6443"}; !slices.Equal(got, want) {
		t.Errorf("servers are %q, want %q", got, want)
	}
}

// TestLoginsByWhatTheFileHas: a rule finds the base64 of a password, the file is
// read to the password itself, and both are one login.
func TestLoginsByWhatTheFileHas(t *testing.T) {
	coded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("Zx81kqP0", 3)))
	found := &leak.Finding{Rule: leak.RuleInfo{ID: "coded"}, Confidence: leak.High, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(coded)}}
	text := "//a.acme.io/:username=boss\n//a.acme.io/:_pass" + "word=" + coded + "\n"
	if got, want := claimsOf(t, text, leak.ClaimName, found), []string{"coded boss"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCargosRegistries: only one of them is the one that all use.
func TestCargosRegistries(t *testing.T) {
	text := "[registry]\ntoken = \"" + strings.Repeat("Zx81kqP0", 4) + "\"\n\n[registries.acme]\ntoken = \"" + strings.Repeat("vbn2Lw7s", 4) + "\"\n"
	for claim, want := range map[string][]string{
		leak.ClaimProvider: {" cratesio", " cargo"}, leak.ClaimLabel: {" ", " acme"},
	} {
		if got := claimsOf(t, text, claim); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", claim, got, want)
		}
	}
}

// TestGcloudsOwnFile: what gcloud keeps of a person is one login, and names neither
// its client nor, for sure, the project that pays.
func TestGcloudsOwnFile(t *testing.T) {
	refresh := "1/" + "/0" + strings.Repeat("gZx81kqP0", 10)
	client := "764086051850-6qr4p6gpi6hn506pt8ejuq83di341hur.apps.googleusercontent.com"
	doc := `{"type":"authorized_user","client_id":"` + client + `","client_secret":"` + strings.Repeat("vbn2Lw7s", 3) + `","quota_project_id":"acme-prod","refresh_token":"` + refresh + `"}`
	var found []*leak.Finding
	for rule, secret := range map[string]string{"google-oauth-refresh-token": refresh, "google-oauth-client-secret-legacy": strings.Repeat("vbn2Lw7s", 3)} {
		found = append(found, &leak.Finding{Rule: leak.RuleInfo{ID: rule, Provider: "google"}, Confidence: leak.High, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}})
	}
	logins, others, r := Logins(doc, found, []byte("salt"), nil)
	if len(logins) != 1 || len(others) != 0 || logins[0].Rule.ID != "google-oauth-refresh-token" {
		t.Fatalf("%d logins, the first by %s, %d others", len(logins), logins[0].Rule.ID, len(others))
	}
	inFile, err := r.Resolve(t.Context(), &Query{Finding: logins[0]})
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(doc, refresh)
	p := Place{Location: leak.Location{Path: "adc.json"}, Text: []byte(doc), Start: at, End: at + len(refresh), FirstLine: 1}
	scanned, err := FromItself(nil).Resolve(t.Context(), &Query{Finding: &leak.Finding{Rule: leak.RuleInfo{ID: "google-oauth-refresh-token", Provider: "google"}, Parts: leak.Parts{
		leak.SecretPart: leak.NewSecret(refresh), "client_id": leak.NewSecret(client)}}, Places: []Place{p}})
	if err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]Answer{"identify": inFile, "scan": scanned} {
		c := Conclude(a.Evidence)
		if c.identityType() != leak.HumanAccount || c.get(leak.ClaimID, 0) != "" || c.get(leak.ClaimTenant, 0) != "acme-prod" || c.sure(leak.ClaimTenant) > Possible {
			t.Errorf("%s: %s, id %q, tenant %.2f sure", name, c.identityType(), c.get(leak.ClaimID, 0), c.sure(leak.ClaimTenant))
		}
	}
}

func TestTheFileAroundACredentialSaysWhoseItIs(t *testing.T) {
	key := strings.Repeat("Zx81kqP0", 8)
	doc := `{"type":"service_account","private_key_id":"` + strings.Repeat("0a", 20) + `","private_key":"` + key + `\n","client_email":"pay@acme-prod.iam.gserviceaccount.com","client_id":"112233445566778899001"}`
	coded := base64.StdEncoding.EncodeToString([]byte(doc))
	state := `{"version":4,"terraform_version":"1.9.0","resources":[{"mode":"managed","type":"aws_iam_access_key","name":"a","instances":[{"attributes":{"user":"deployer","secret":"` + key + `"}}]}]}`
	for _, c := range []struct{ rule, path, text, in, want string }{
		{"google-service-account-key", "a.json", doc, key, "pay@acme-prod.iam.gserviceaccount.com"},
		{"google-service-account-key", "a.env", "GCP_KEY=" + coded, coded, "pay@acme-prod.iam.gserviceaccount.com"},
		{"google-service-account-key", "a.yaml", "data:\n  key.json: " + coded + "\n", coded, "pay@acme-prod.iam.gserviceaccount.com"},
		{"aws-access-key", "terraform.tfstate", state, key, "deployer"},
		{"aws-access-key", "key.json", `{"AccessKey":{"AccessKeyId":"AKIA` + `RTV7SE6GX36MYABC","SecretAccessKey":"` + key + `","UserName":"deployer"}}`, key, "deployer"},
	} {
		at := strings.Index(c.text, c.in)
		p := Place{Location: leak.Location{Path: c.path}, Text: []byte(c.text), Start: at, End: at + len(c.in), FirstLine: 1}
		f := &leak.Finding{Rule: leak.RuleInfo{ID: c.rule}, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(key)}}
		a, err := FromItself(nil).Resolve(context.Background(), &Query{Finding: f, Places: []Place{p}})
		if err != nil || !slices.ContainsFunc(a.Evidence, func(e leak.Evidence) bool { return e.Claim == leak.ClaimName && e.Value == c.want }) {
			t.Errorf("%s: %v, %v; want the name %s", c.path, a.Evidence, err, c.want)
		}
	}
}
