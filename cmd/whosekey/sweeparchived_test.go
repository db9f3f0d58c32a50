package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestSweepArchived: what the forge says is archived has nobody who looks after what
// it declares.
func TestSweepArchived(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	line, _, err := makeToken("postgresql-url", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	tf := "resource \"aws_db_instance\" \"main\" {\n  username = \"app\"\n  address  = \"db.acme.io\"\n}\n"
	newBareRepo(t, filepath.Join(dir, "acme", "old.git")).commit(map[string]string{"app.env": line + "\n", "db.tf": tf})
	f := newFakeForge(t, dir)
	f.archived = map[string]bool{"acme/old": true}
	for forge, args := range map[string][]string{
		"github": {"--github", "acme", "--github-url", f.URL},
		"gitlab": {"--gitlab", "acme", "--gitlab-url", f.URL},
		"gitea":  {"--gitea", "acme", "--gitea-url", f.URL},
	} {
		code, out, errs := runSweep(t, append(args, "--state", t.TempDir(), "--archived")...)
		if code != exitFindings || !strings.Contains(out, "the repository that declares it is archived") {
			t.Errorf("%s: exit code %d: %s\n%s", forge, code, out, errs)
		}
	}
}
