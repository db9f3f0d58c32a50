package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// whoseRepos makes two repositories with the credential of one bot, and returns what a
// sweep of them says that its owner is, and how it stands to the inventory. More
// commits can be made to them, by name.
func whoseRepos(t *testing.T) (repos map[string]*bareRepo, line string, bot [2]string, sweep func(args ...string) (owner, status, note string)) {
	t.Helper()
	dir, state := t.TempDir(), t.TempDir()
	line, secret, err := makeToken("slack-bot-token", 0, "whose")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(secret, "-")
	repos = map[string]*bareRepo{}
	for _, name := range []string{"api", "web"} {
		repos[name] = newBareRepo(t, filepath.Join(dir, name+".git"))
		repos[name].commit(map[string]string{"deploy.env": line + "\n"})
	}
	return repos, line, [2]string{parts[1], parts[2]}, func(args ...string) (string, string, string) {
		t.Helper()
		code, out, errs := runSweep(t, append([]string{"--dir", dir, "--state", state}, args...)...)
		var r struct {
			Findings []struct {
				Identity struct{ Owner, Status string }
			}
			Summary struct{ Notes []string }
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitFindings || len(r.Findings) != 1 {
			t.Fatalf("%d %v %s\n%s", code, err, errs, out)
		}
		note := strings.Join(r.Summary.Notes, "; ")
		if strings.Contains(note, "1 searched whole") {
			t.Errorf("it searched everything again: %s", note)
		}
		return r.Findings[0].Identity.Owner, r.Findings[0].Identity.Status, note
	}
}

// TestSweepResolvesAgain: when the inventory, the leavers, settings, or the files that
// name owners change, in this repository or another one with the same identity, the next
// sweep says whose a credential is now, though no repository with it was pushed to.
func TestSweepResolvesAgain(t *testing.T) {
	repos, line, bot, sweep := whoseRepos(t)
	inv := filepath.Join(t.TempDir(), "inv.csv")
	write := func(owner string) {
		t.Helper()
		text := "identity_type,name,owner,provider,tenant,provider_id\n"
		if owner != "" {
			text += fmt.Sprintf("bot,deploybot,%s,slack,%s,%s\n", owner, bot[0], bot[1])
		}
		if err := os.WriteFile(inv, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := func(codeowners string) map[string]string {
		return map[string]string{"deploy.env": line + "\n", "CODEOWNERS": codeowners}
	}
	first, _, _ := sweep("--default-owner", "@acme/sec")
	for _, k := range []struct {
		name   string
		do     func()
		args   []string
		owner  string
		status string
		again  bool
	}{
		{"nothing", func() {}, []string{"--default-owner", "@acme/sec"}, first, "", false},
		{"another default owner", func() {}, nil, "Ada", "", true},
		{"a CODEOWNERS file", func() { repos["web"].commit(files("* @acme/web\n")) }, nil, "@acme/web", "", false},
		{"another one, in it", func() { repos["web"].commit(files("* @acme/front\n")) }, nil, "@acme/front", "", false},
		{"the other repository's", func() { repos["api"].commit(files("deploy.env @acme/api\n")) }, nil, "@acme/api", "", false},
		{"it is taken away", func() { repos["api"].commit(map[string]string{"deploy.env": line + "\n"}) }, nil, "@acme/front", "", false},
		{"an inventory", func() { write("@acme/bots-team") }, []string{"--inventory", inv}, "@acme/bots-team", "known", true},
		{"the same", func() {}, []string{"--inventory", inv}, "@acme/bots-team", "known", false},
		{"another owner in it", func() { write("@acme/new-team") }, []string{"--inventory", inv}, "@acme/new-team", "known", true},
		{"its row is gone", func() { write("") }, []string{"--inventory", inv}, "@acme/front", "shadow", true},
		{"no inventory", func() {}, nil, "@acme/front", "", true},
	} {
		k.do()
		owner, status, note := sweep(k.args...)
		if owner != k.owner || k.status != "" && status != k.status || strings.Contains(note, "whose") != k.again {
			t.Errorf("%s: owner %q, %q, want %q, %q; %s", k.name, owner, status, k.owner, k.status, note)
		}
	}
}
