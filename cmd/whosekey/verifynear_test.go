package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/verify"
)

// asked scans a text with --verify safe and returns verdicts and reasons by rule.
func asked(t *testing.T, text string, flags ...string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	_, stdout, stderr := whosekey(t, nil, append([]string{"dir", file, "--verify", "safe", "-f", "json"}, flags...)...)
	var run struct {
		Findings []struct {
			Rule, Verdict string
			Detail        struct{ Reason string } `json:"verdict_detail"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &run); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	out := map[string]string{}
	for _, f := range run.Findings {
		out[f.Rule] = f.Verdict + ": " + f.Detail.Reason
	}
	return out
}

// TestLoosePairIsUnknown: a client secret that is refused is dead with its own
// client id, and unknown with one that may be another's.
func TestLoosePairIsUnknown(t *testing.T) {
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":"invalid_client","error_description":"Client Authentication failed"}`)
	}))
	pair, _, err := makeToken("paypal-client-secret", 0, "a pair")
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := makeToken("paypal-client-secret", 0, "another pair")
	if err != nil {
		t.Fatal(err)
	}
	ids := func(s string) string { id, _, _ := strings.Cut(s, "\n"); return id + "\n" }
	const rule = "paypal-client-secret"
	if got := asked(t, pair)[rule]; !strings.HasPrefix(got, "dead: ") {
		t.Errorf("its own id: %s", got)
	}
	if got := asked(t, ids(other)+pair)[rule]; !strings.HasPrefix(got, "unknown: ") || !strings.Contains(got, "refused together with the client id near it") {
		t.Errorf("two ids: %s", got)
	}
	if got := asked(t, strings.NewReplacer("PAYPAL_", "", "\n", "\n\n").Replace(pair)+"\n# PayPal")[rule]; got != "" && !strings.HasPrefix(got, "unknown: ") {
		t.Errorf("divided: %s", got)
	}
}

// TestKubeconfigIsAsked: what a kubeconfig says of its server is enough to ask it,
// once the user allows that.
func TestKubeconfigIsAsked(t *testing.T) {
	token := ""
	n := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"kind":"Status","status":"Failure","reason":"Unauthorized","code":401}`)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"kind":"SelfSubjectReview","status":{"userInfo":{"username":"system:serviceaccount:shop:deployer"}}}`)
	}))
	doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial = n, n.Dial }
	const rule = "kubernetes-service-account-token"
	text, secret, err := makeToken(rule, 0, "a kubeconfig")
	if err != nil {
		t.Fatal(err)
	}
	token = secret
	with := strings.Replace(text, "    server:", "    certificate-authority-data: "+base64.StdEncoding.EncodeToString(n.CA())+"\n    server:", 1)
	if got := asked(t, with)[rule]; !strings.HasPrefix(got, "skipped: ") || len(n.Dialed()) > 0 {
		t.Errorf("not allowed: %s, dialed %v", got, n.Dialed())
	}
	const allow = "--allow-host=k8s.acme.example:6443"
	if got := asked(t, with, allow)[rule]; !strings.HasPrefix(got, "live: ") {
		t.Errorf("allowed: %s", got)
	}
	if got := asked(t, text, allow)[rule]; !strings.HasPrefix(got, "unknown: ") || !strings.Contains(got, "--verify-ca") {
		t.Errorf("without the authority: %s", got)
	}
	token = "another"
	if got := asked(t, with, allow)[rule]; !strings.HasPrefix(got, "dead: ") {
		t.Errorf("refused: %s", got)
	}
}

// TestKubeconfigOfSeveralClusters: a token is sent to the server of the cluster that its
// user's contexts name, however near another one stands, and to none if they do not say.
func TestKubeconfigOfSeveralClusters(t *testing.T) {
	n := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"kind":"Status","status":"Failure","reason":"Unauthorized","code":401}`)
	}))
	doorHook = func(o *verify.DoorOptions) { o.Resolver, o.Dial = n, n.Dial }
	const rule = "kubernetes-service-account-token"
	_, token, err := makeToken(rule, 0, "several clusters")
	if err != nil {
		t.Fatal(err)
	}
	ca := base64.StdEncoding.EncodeToString(n.CA())
	cluster := func(name string) string {
		return "- name: " + name + "\n  cluster:\n    certificate-authority-data: " + ca + "\n    server: https://k8s-" + name + ".acme.example:6443\n"
	}
	context := func(cluster, user string) string {
		return "- name: " + cluster + "\n  context:\n    cluster: " + cluster + "\n    user: " + user + "\n"
	}
	begin := "apiVersion: v1\nkind: Config\nclusters:\n" + cluster("prod") + cluster("stage") + "contexts:\n"
	user := "users:\n- name: deployer\n  user:\n    token: " + token + "\n"
	allow := []string{"--allow-host", "k8s-prod.acme.example:6443", "--allow-host", "k8s-stage.acme.example:6443"}
	for _, tt := range []struct{ name, text, want, host string }{
		{"the first", begin + context("prod", "deployer") + context("stage", "another") + user, "dead: ", "k8s-prod.acme.example"},
		{"the second", begin + context("prod", "another") + context("stage", "deployer") + user, "dead: ", "k8s-stage.acme.example"},
		{"in flow style", "{clusters: [{name: prod, cluster: {server: \"https://k8s-prod.acme.example:6443\", certificate-authority-data: " + ca + "}}, {name: stage, cluster: {server: \"https://k8s-stage.acme.example:6443\"}}],\n contexts: [{name: p, context: {cluster: prod, user: deployer}}], users: [{name: deployer, user: {token: " + token + "}}]}\n", "dead: ", "k8s-prod.acme.example"},
		{"far away, in none, and one authority", "clusters:\n- name: prod\n  cluster:\n    server: https://k8s-prod.acme.example:6443\n" + cluster("stage") + "contexts:\n" + context("stage", "another") + "#" + strings.Repeat(" far", 300) + "\n" + user, "unknown: ", ""},
		{"in both", begin + context("prod", "deployer") + context("stage", "deployer") + user, "unknown: not asked", ""},
		{"in none", begin + context("stage", "another") + user, "unknown: not asked", ""},
		{"broken behind it", begin + context("prod", "deployer") + user + "- {\n", "unknown: not asked", ""},
	} {
		before := len(n.Looked())
		if got := asked(t, tt.text, allow...)[rule]; !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if got := slices.Compact(slices.Clone(n.Looked()[before:])); !slices.Equal(got, strings.Fields(tt.host)) {
			t.Errorf("%s: asked %q, want %q", tt.name, got, tt.host)
		}
	}
}

// TestTwoServersBesideOneToken: where it is not sure which server a token belongs
// to, it is sent to none of them, whoever is allowed; the user can say which.
func TestTwoServersBesideOneToken(t *testing.T) {
	n := connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(401)
		fmt.Fprint(w, `{"message":"401 Unauthorized"}`)
	}))
	const rule = "gitlab-personal-access-token"
	_, token, err := makeToken(rule, 0, "two servers")
	if err != nil {
		t.Fatal(err)
	}
	allow := []string{"--allow-host", "gitlab.one.example", "--allow-host", "gitlab.two.example"}
	one := "GITLAB_URL=https://gitlab.one.example\n"
	two := "GITLAB_HOST=https://gitlab.two.example\n"
	for _, text := range []string{one + "GITLAB_TOKEN=" + token + "\n" + two, two + one + "GITLAB_TOKEN=" + token + "\n", "[a]\nurl = https://gitlab.one.example\n\n[b]\ntoken = " + token + "\n"} {
		if got := asked(t, text, allow...)[rule]; !strings.HasPrefix(got, "unknown: not asked: gitlab.") || !strings.Contains(got, "merely stands near it") || !strings.Contains(got, "endpoint of gitlab in your settings") {
			t.Errorf("%q: %s", text, got)
		}
	}
	if len(n.Dialed()) > 0 || len(n.Looked()) > 0 {
		t.Errorf("asked %v", n.Looked())
	}
	if got := asked(t, one+"GITLAB_TOKEN="+token+"\n", allow...)[rule]; !strings.HasPrefix(got, "dead: ") {
		t.Errorf("one server: %s", got)
	}
	// What the user names as an endpoint is asked, and so are all endpoints.
	settings := filepath.Join(t.TempDir(), "settings.toml")
	if err := os.WriteFile(settings, []byte("[verify.endpoints]\ngitlab = [\"https://gitlab.one.example\", \"https://gitlab.two.example\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := len(n.Looked())
	if got := asked(t, one+"GITLAB_TOKEN="+token+"\n"+two, "--config", settings)[rule]; !strings.HasPrefix(got, "unknown: ") && !strings.HasPrefix(got, "dead: ") {
		t.Errorf("endpoints: %s", got)
	}
	if got := strings.Join(n.Looked()[before:], " "); !strings.Contains(got, "gitlab.one.example") || !strings.Contains(got, "gitlab.two.example") {
		t.Errorf("endpoints: asked %s", got)
	}
}

// TestServersInTwoPlaces: the server that stands beside a token is asked in each place,
// and it is dead if all of them refuse it.
func TestServersInTwoPlaces(t *testing.T) {
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(401)
		fmt.Fprint(w, `{"message":"401 Unauthorized"}`)
	}))
	const rule = "gitlab-personal-access-token"
	_, token, err := makeToken(rule, 0, "two places")
	if err != nil {
		t.Fatal(err)
	}
	allow := []string{"--allow-host", "gitlab.one.example", "--allow-host", "gitlab.two.example"}
	at := func(server string) string { return "GITLAB_URL=https://" + server + "\nGITLAB_TOKEN=" + token + "\n" }
	far := strings.Repeat("# nothing to see in this line\n", 100)
	if got := asked(t, at("gitlab.one.example")+far+at("gitlab.one.example"), allow...)[rule]; !strings.HasPrefix(got, "dead: ") {
		t.Errorf("the same: %s", got)
	}
	if got := asked(t, at("gitlab.one.example")+far+at("gitlab.two.example"), allow...)[rule]; !strings.HasPrefix(got, "dead: ") || !strings.Contains(got, "in all its places") {
		t.Errorf("two: %s", got)
	}
}

// TestWhereARepositoryComesFrom: github.com's refusal of a token decides nothing in a
// clone of a company's own GitHub, as a scan, and as a report that is asked about again.
func TestWhereARepositoryComesFrom(t *testing.T) {
	connect(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Bad credentials","documentation_url":"https://docs.github.com/rest","status":"401"}`)
	}))
	text, _, err := makeToken("github-personal-access-token", 0, "where from")
	if err != nil {
		t.Fatal(err)
	}
	for remote, want := range map[string]string{
		"git@github.com:acme/app.git":               `"verdict": "dead"`,
		"https://code.corp.example/acme/app.git":    "code.corp.example, where this repository comes from",
		"ssh://git@code.corp.example:2222/acme/app": "code.corp.example, where this repository comes from",
	} {
		at := t.TempDir()
		if err := os.WriteFile(filepath.Join(at, "env"), []byte(text+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"init", "-q"}, {"remote", "add", "origin", remote}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "-m", "x"}} {
			if out, err := exec.Command("git", append([]string{"-C", at}, args...)...).CombinedOutput(); err != nil {
				t.Fatalf("git %v: %v: %s", args, err, out)
			}
		}
		kept := filepath.Join(t.TempDir(), "run.jsonl")
		_, stdout, stderr := whosekey(t, nil, "git", at, "--verify", "safe", "-f", "json", "-f", "jsonl="+kept)
		if !strings.Contains(stdout, want) {
			t.Errorf("%s: want %s:\n%s%s", remote, want, stdout, stderr)
		}
		_, stdout, stderr = whosekey(t, nil, "verify", "--report", kept, "--reread", at, "-f", "json")
		if !strings.Contains(stdout, want) {
			t.Errorf("%s, again: want %s:\n%s%s", remote, want, stdout, stderr)
		}
	}
}
