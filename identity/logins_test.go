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
	} {
		if got, want := claimsOf(t, text, leak.ClaimName, found), []string{" boss", "second robot"}; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got, want := claimsOf(t, kube, leak.ClaimServer, found), []string{" k8s.acme.io:6443", "second k8s.acme.io:6443"}; !slices.Equal(got, want) {
		t.Errorf("servers are %q, want %q", got, want)
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
