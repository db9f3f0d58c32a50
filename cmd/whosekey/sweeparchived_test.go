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

// TestSweepChoices: who has more listed of a forge has nothing found twice, and who has
// less listed keeps what was found. That there is no page in a wiki is as usual.
func TestSweepChoices(t *testing.T) {
	t.Parallel()
	for forge, args := range map[string][]string{"github": {"--github", "acme"}, "gitlab": {"--gitlab", "acme"}, "gitea": {"--gitea", "acme"}} {
		t.Run(forge, func(t *testing.T) {
			t.Parallel()
			dir, state := t.TempDir(), t.TempDir()
			plant := func(names ...string) {
				for _, name := range names {
					line, _, err := makeToken("slack-bot-token", 0, name)
					if err != nil {
						t.Fatal(err)
					}
					newBareRepo(t, filepath.Join(dir, "acme", name+".git")).commit(map[string]string{"app.env": line + "\n"})
				}
			}
			plant("api", "old")
			f := newFakeForge(t, dir)
			f.archived = map[string]bool{"acme/old": true}
			plant("api.wiki")
			args = append(args, args[0]+"-url", f.URL, "--state", state)
			for _, c := range []struct {
				flags    []string
				findings int
				left     int
			}{{nil, 1, 1}, {[]string{"--archived"}, 2, 0}, {[]string{"--archived", "--wikis"}, 3, 0}, {[]string{"--wikis"}, 3, 2}, {nil, 3, 2}, {[]string{"--archived"}, 3, 1}} {
				f.set(func() { f.clones = map[string]int{} })
				run := sweepOnce(t, append(args, c.flags...)...)
				if len(run.Findings) != c.findings || len(run.Summary.LeftOut) != c.left || run.Summary.Incomplete {
					t.Errorf("%q: %d findings, %+v, want %d", c.flags, len(run.Findings), run.Summary, c.findings)
				}
				for _, k := range run.Findings {
					if len(k.Locations) != 1 {
						t.Errorf("%q: found at %+v, want one place", c.flags, k.Locations)
					}
				}
				if f.clones["acme/api"] > 0 && len(c.flags) > 0 {
					t.Errorf("%q: what has not changed is fetched: %v", c.flags, f.clones)
				}
			}
			if status := sweepStatusOf(t, []string{"--state", state}); strings.Contains(status, "old.wiki") {
				t.Errorf("a wiki without a page is told: %s", status)
			}
		})
	}
}
