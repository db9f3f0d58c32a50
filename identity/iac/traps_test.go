package iac

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

func TestTraps(t *testing.T) {
	r := load(t, "traps")
	ask := func(name, provider, path string, n int, k ...leak.Evidence) {
		t.Run(name, func(t *testing.T) { check(t, r.query(t, provider, path, n, k...)) })
	}
	ask("the project decides", "google", "", 0, known(leak.ClaimName, "api@acme-staging.iam.gserviceaccount.com"))
	ask("another project", "google", "", 0, known(leak.ClaimName, "web@acme-prod.iam.gserviceaccount.com"))
	ask("another provider", "stripe", "", 0, known(leak.ClaimName, "fine-user"))
	ask("two users of the account", "aws", "", 0, known(leak.ClaimTenant, "111122223333"))
	ask("the only user of the account", "aws", "", 0, known(leak.ClaimTenant, "444455556666"))
	ask("a user of another account", "aws", "", 0, known(leak.ClaimName, "only"), known(leak.ClaimTenant, "999999999999"))
	ask("a person", "aws", "", 0, known(leak.ClaimName, "storage-one"))
	ask("the server decides", "postgresql", "", 0, known(leak.ClaimName, "app"), known(leak.ClaimServer, "postgres://orders.c1.eu-west-1.rds.amazonaws.com:5432"))
	ask("the server is not known", "postgresql", "", 0, known(leak.ClaimName, "app"))
	ask("only the server is declared", "postgresql", "", 0, known(leak.ClaimName, "reader"), known(leak.ClaimServer, "users.c1.eu-west-1.rds.amazonaws.com"))
	ask("a variable of another folder", "", "svc/one/.env", 0)
	ask("a Secret of another namespace", "", "k8s/a.yaml", 1)
	ask("after a broken document", "kubernetes", "", 0, known(leak.ClaimName, "system:serviceaccount:tools:robot"))
	ask("before a syntax error", "aws", "", 0, known(leak.ClaimName, "fine-user"))
	ask("beside a syntax error", "aws", "", 0, known(leak.ClaimName, "after-user"))
}

// TestOnlyUserOfAnotherService: the only user of an account that code declares is
// no guess for a key in the folder of another service.
func TestOnlyUserOfAnotherService(t *testing.T) {
	tf := "provider \"aws\" {\n  allowed_account_ids = [\"111122223333\"]\n}\nresource \"aws_iam_user\" \"u\" {\n  name = \"mailer\"\n}\n"
	for path, want := range map[string]int{"services/mailer/.env": 1, "services/orders/.env": 0, "deploy/.env": 1} {
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{known(leak.ClaimTenant, "111122223333")}}
		q.Repo = &tree{files: map[string]string{"services/mailer/infra/main.tf": tf}}
		p := identity.Place{Text: []byte("KEY=" + madeUp(1)), Start: 4, End: 4 + len(madeUp(1)), FirstLine: 1}
		p.Path = path
		q.Places = []identity.Place{p}
		if a := resolve(t, q); len(a.Declared) != want {
			t.Errorf("%s: %+v", path, a.Declared)
		}
	}
}

// TestNoSurerThanTheName: that code declares a user of a name does not make a
// guess at the name better.
func TestNoSurerThanTheName(t *testing.T) {
	guess := leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimName, Value: "fine-user", Weight: .5}
	q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{guess}, Repo: load(t, "traps")}
	a := resolve(t, q)
	if c := identity.Conclude(append(a.Evidence, guess)); len(a.Declared) == 0 || c.Confidence != .5 {
		t.Errorf("%+v: %v sure", a.Declared, c.Confidence)
	}
}

func TestSyntaxErrorsAreNoted(t *testing.T) {
	var lost []string
	q := &identity.Query{Finding: &leak.Finding{}, Repo: load(t, "traps"), Lose: func(s string) { lost = append(lost, s) }}
	resolve(t, q)
	want := "broken/main.tf: line 5: a syntax error\nk8s/broken.yaml: line 1 is no YAML"
	if got := strings.Join(lost, "\n"); got != want {
		t.Errorf("notes\n%s\nwant\n%s", got, want)
	}
}

// A file that HEAD no longer has is known by the place alone.
func TestDeletedFile(t *testing.T) {
	r := load(t, "payments")
	q := r.query(t, "postgresql", "k8s/base/secret.yaml", 3)
	delete(r.files, "k8s/base/secret.yaml")
	q.Places[0].AtHead = false
	check(t, q)
}

func TestNoRepository(t *testing.T) {
	q := load(t, "payments").query(t, "aws", "docker-compose.yml", 7)
	q.Repo = nil
	check(t, q)
}

// Nothing is read twice, whatever is asked.
func TestReadsOnce(t *testing.T) {
	r := load(t, "payments")
	q := r.query(t, "postgresql", "k8s/base/secret.yaml", 3)
	res := New()
	for range 3 {
		if _, err := res.Resolve(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if r.reads > len(r.files) {
		t.Errorf("%d reads of %d files", r.reads, len(r.files))
	}
}

// TestBrokenIsTold: what ends in the middle, or is no text, is told; what is empty is not.
func TestBrokenIsTold(t *testing.T) {
	for path, c := range map[string]struct{ text, want string }{
		"a/terraform.tfstate": {`{"version":4,"resources":[{"type":"aws_iam_user","instances":[{"attributes":{"name":"pay"`, "line 1: the state of Terraform ends here, in the middle"},
		"b/terraform.tfstate": {"{\"version\":4,\n\"outputs\":{\"x", "line 2: the state of Terraform ends here, in the middle"},
		"c/terraform.tfstate": {"\n", ""},
		"d/terraform.tfstate": {`{"version":4,"resources":[]}`, ""},
		"main.bicep":          {"param a string\nresource x 'Microsoft.Storage/storageAccounts@2021-01-01' = {\n name: 'a'\n properties: {\n", "line 2: 1 resources are not understood"},
		"whole.bicep":         {"resource x 'Microsoft.Storage/storageAccounts@2021-01-01' = {\n name: 'a'\n}\n", ""},
		"bomb.yaml":           {"kind: Deployment\nmetadata: &m\n  name: x\n  annotations: *m\n", "document at line 1: its aliases unfold without end"},
		"binary.tf":           {"resource \x00\x01\x02", "no text: not read for declarations"},
	} {
		var lost []string
		ix := newIndex(func(s string) { lost = append(lost, s) })
		ix.parse(formatOf(path), path, []byte(c.text))
		want := ""
		if c.want != "" {
			want = path + ": " + c.want
		}
		if got := strings.Join(lost, "\n"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
