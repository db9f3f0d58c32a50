package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity/inventory"
)

// addressed are files with credentials of identities that are named by addresses of
// people, at people.example, and one of a service account.
func addressed(t *testing.T) map[string]string {
	t.Helper()
	token := func(rule, seed string) string {
		_, secret, err := makeToken(rule, 0, seed)
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	pair := func(seed string) (string, string) {
		line, secret, err := makeToken("aws-access-key", 0, seed)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`AKIA[0-9A-Z]{16}`).FindString(line), secret
	}
	files := map[string]string{
		"CODEOWNERS": "* code.owner@people.example\n",
		"main.tf":    "resource \"aws_iam_user\" \"u\" {\n  name = \"hcl.user@people.example\"\n  tags = { owner = \"hcl.owner@people.example\" }\n}\n",
		"nhi.csv":    "name,owner,provider,tenant,email\nenv.user@people.example,inv.owner@people.example,aws,111122223333,a@people.example\n",
		"gone.csv":   "email\ncode.owner@people.example\n",
	}
	for name, text := range map[string]string{
		"app.env":           "AWS_ACCESS_KEY_ID=%[1]s\nAWS_SECRET_ACCESS_KEY=%[2]s\nAWS_IAM_USER=env.user@people.example\n",
		"accessKeys.csv":    "User name,Access key ID,Secret access key\ncsv.user@people.example,%[1]s,%[2]s\n",
		"arn.toml":          "# arn:aws:iam::111122223333:user/arn.user@people.example\naws_access_key_id = \"%[1]s\"\naws_secret_access_key = \"%[2]s\"\n",
		"hcl.env":           "AWS_ACCESS_KEY_ID=%[1]s\nAWS_SECRET_ACCESS_KEY=%[2]s\nAWS_IAM_USER=hcl.user@people.example\n",
		"terraform.tfstate": `{"version":4,"resources":[{"mode":"managed","type":"aws_iam_access_key","name":"k","instances":[{"attributes":{"id":"%[1]s","secret":"%[2]s","user":"tf.user@people.example"}}]}]}`,
	} {
		id, secret := pair(name)
		files[name] = fmt.Sprintf(text, id, secret)
	}
	files["jira.env"] = "JIRA_USER=jira.user@people.example\nJIRA_API_TOKEN=" + token("atlassian-api-token", "x") + "\n"
	files["db.txt"] = "postgres://db.user%40people.example:" + "Vq8zLr4" + "TwXn2" + "@db.acme.test:5432/pay\n"
	return files
}

// TestNoAddressesGetOut: no format shows the address of a person, whatever is named by
// it, to who did not ask for addresses.
func TestNoAddressesGetOut(t *testing.T) {
	r, out := newRepo(t), t.TempDir()
	files := addressed(t)
	for name, text := range files {
		r.write(name, text)
	}
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "all")
	inDir := func(name string) string { return filepath.Join(r.dir, name) }
	seen := map[string]bool{}
	check := func(what, text string) {
		t.Helper()
		for _, m := range regexp.MustCompile(`[A-Za-z.]{0,20}(?:@|%40|\\u0040|&#64;|&#x40;)people.example`).FindAllString(text, -1) {
			if !seen[what+m] {
				t.Errorf("%s: %s", what, m)
			}
			seen[what+m] = true
		}
		if !strings.Contains(text, "tf.user") && !strings.Contains(text, "person:") && strings.HasPrefix(what, "scan") && strings.Contains(what, "jsonl") {
			t.Errorf("%s: it does not say whose they are", what)
		}
	}
	runs := map[string]string{}
	for _, people := range []string{"handles", "hash", "emails"} {
		args := []string{"git", r.dir, "-v", "--owners", people, "--inventory", inDir("nhi.csv"), "--leavers", inDir("gone.csv"), "--log-level", "debug"}
		for _, f := range formatNames {
			args = append(args, "-f", f+"="+filepath.Join(out, people+"."+f))
		}
		code, stdout, stderr := whosekey(t, nil, args...)
		if code != exitFindings {
			t.Fatalf("%d %s", code, stderr)
		}
		runs[people] = filepath.Join(out, people+".jsonl")
		text := read(t, runs[people])
		if people == "emails" {
			for name := range files {
				if who := strings.TrimSuffix(strings.TrimSuffix(name, ".env"), ".txt"); !strings.Contains(text, who+".user@people.example") && strings.HasSuffix(name, ".env") && name != "app.env" {
					t.Errorf("%s: the run with addresses has no %s.user", name, who)
				}
			}
			continue
		}
		check("scan's messages", stdout+stderr)
		for _, f := range formatNames {
			check("scan -f "+f+" --owners "+people, read(t, filepath.Join(out, people+"."+f)))
		}
	}
	for people, run := range runs {
		for _, f := range inventory.Formats {
			_, stdout, stderr := whosekey(t, nil, "inventory", "export", run, "-f", f)
			check("export -f "+f+" of "+people, stdout+stderr)
		}
		for _, args := range [][]string{
			{"inventory", "attest", run}, {"inventory", "attest", run, "-f", "json"}, {"inventory", "attest", run, "-f", "html"}, {"inventory", "review", run}, {"inventory", "review", run, "-f", "markdown"},
			{"inventory", "import", run, "--owners", "handles"}, {"inventory", "export", run, "-f", "csv", "--names", "github"},
			{"inventory", "diff", inDir("nhi.csv"), run}, {"inventory", "diff", inDir("nhi.csv"), run, "-f", "json", "--gone"}, {"inventory", "diff", run, inDir("nhi.csv"), "-f", "csv", "--gone"},
		} {
			_, stdout, stderr := whosekey(t, nil, args...)
			check(strings.Join(args[:2], " ")+" of "+people, stdout+stderr)
			if len(stdout) < 100 {
				t.Errorf("%q: %s%s", args, stdout, stderr)
			}
		}
	}
	_, stdout, _ := whosekey(t, nil, "inventory", "import", inDir("nhi.csv"), "--owners", "handles")
	check("import of a table", stdout)
	for name := range files {
		if filepath.Ext(name) == ".tf" || filepath.Ext(name) == ".csv" && name != "accessKeys.csv" || name == "CODEOWNERS" {
			continue
		}
		for _, f := range []string{"text", "json"} {
			in, err := os.Open(inDir(name))
			if err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr := whosekey(t, in, "identify", "-", "-f", f)
			in.Close()
			check("identify -f "+f+" of "+name, stdout+stderr)
		}
	}
}
