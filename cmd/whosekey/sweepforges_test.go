package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/store"
)

func TestForges(t *testing.T) {
	t.Parallel()
	for kind, group := range map[string]string{"github": "acme", "gitlab": "acme/tools", "gitea": "acme"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			sweepsForge(t, kind, group, false)
		})
	}
}

// TestGitLabTellsNoTag: GitLab may not write down that a tag was pushed. Once a week the refs
// are asked for all the same, and only those projects are fetched that have others.
func TestGitLabTellsNoTag(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, 4)
	f := newFakeForge(t, dir)
	args := []string{"--gitlab", "acme/tools", "--gitlab-url", f.URL, "--state", state}
	complete(t, sweepOnce(t, args...), want)
	quiet := f.names[1]
	secret := f.push(quiet)
	f.set(func() { delete(f.pushed, quiet); f.clones = map[string]int{} })
	complete(t, sweepOnce(t, args...), want)
	if len(f.clones) > 0 {
		t.Errorf("in the same week were fetched %v", f.clones)
	}
	weekBefore := func() {
		s, err := store.Open(t.Context(), filepath.Join(state, "whosekey.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if _, err := s.DB().ExecContext(t.Context(), `update repositories set stat = 'week 1'`); err != nil {
			t.Fatal(err)
		}
	}
	weekBefore()
	want[pushedTo+quiet] = secret
	complete(t, sweepOnce(t, args...), want)
	for name, n := range f.clones {
		if name != quiet && n > 0 {
			t.Errorf("%s was fetched, of which nothing is new", name)
		}
	}
	if f.clones[quiet] == 0 {
		t.Errorf("%s was not fetched", quiet)
	}
}

func TestForgesWithAnApp(t *testing.T) {
	appKey(t)
	sweepsForge(t, "github", "acme", true)
}

// sweepsForge sweeps all of a forge, again, and after a push.
func sweepsForge(t *testing.T, kind, group string, app bool) {
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, 45)
	f := newFakeForge(t, dir)
	args := []string{"--" + kind, group, "--" + kind + "-url", f.URL, "--state", state}
	f.set(func() { f.fails, f.limit = 5, 2 })
	complete(t, sweepOnce(t, args...), want)
	f.set(func() { f.fails = 0 })
	for name, n := range f.clones {
		if n > 3 { // some may have failed
			t.Errorf("%s was cloned %d times", name, n)
		}
	}
	if len(f.clones) != 45 {
		t.Errorf("%d repositories were cloned, want 45", len(f.clones))
	}
	if app && f.apps == 0 {
		t.Error("the App asked for no token")
	}
	// The token is nowhere but in memory.
	if out, err := exec.Command("grep", "-rl", f.token, state).CombinedOutput(); err == nil {
		t.Errorf("the token is kept in %s", out)
	}

	f.set(func() { f.clones, f.requests = map[string]int{}, 0 })
	complete(t, sweepOnce(t, args...), want)
	if len(f.clones) > 0 || f.requests > 6 || f.unchanged != 3 {
		t.Errorf("nothing has changed: %d clones, %d requests, %d of them unchanged", len(f.clones), f.requests, f.unchanged)
	}

	pushed := f.names[1]
	want[pushedTo+pushed] = f.push(pushed)
	complete(t, sweepOnce(t, args...), want)
	if len(f.clones) != 1 || f.clones[pushed] == 0 {
		t.Errorf("one has changed, and fetched were %v", f.clones)
	}
	if !app {
		forgeExpires(t, f, args, want)
	}
}

// forgeExpires: the token expires, and a new one comes.
func forgeExpires(t *testing.T, f *fakeForge, args []string, want map[string]string) {
	t.Helper()
	f.set(func() { f.expired = true })
	out, err := sweeping(append([]string{"run", "--once", "--exit-zero"}, args...)...).CombinedOutput()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitIncomplete || !strings.Contains(string(out), "could not be listed") {
		t.Errorf("with an expired token: %v\n%s", err, out)
	}
	f.set(func() { f.expired = false })
	complete(t, sweepOnce(t, args...), want)
}

// appKey has the environment name a GitHub App.
func appKey(t *testing.T) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "app.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE " + "KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("WHOSEKEY_GITHUB_APP_ID", "42")
	t.Setenv("WHOSEKEY_GITHUB_APP_KEY_FILE", name)
}

// TestForgesThatMove: an organisation has another name now, and so has a repository,
// which the forge's list does not say yet. Nothing is lost, and nothing doubled.
func TestForgesThatMove(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, 6)
	f := newFakeForge(t, dir)
	args := []string{"--github", "formerly", "--github-url", f.URL, "--state", state}
	old := f.names[0]
	if err := os.Rename(filepath.Join(dir, old+".git"), filepath.Join(dir, "team0/new.git")); err != nil {
		t.Fatal(err)
	}
	f.set(func() { f.moved[old] = "team0/new" })
	complete(t, sweepOnce(t, args...), want)

	// Now the list says it: it is the same repository, and is not cloned again.
	f.set(func() { f.names[0], f.clones = "team0/new", map[string]int{} })
	want["team0/new"] = want[old]
	delete(want, old)
	run := sweepOnce(t, args...)
	complete(t, run, want)
	if len(f.clones) > 0 {
		t.Errorf("a new name, and cloned were %v", f.clones)
	}

	// It is gone: what was found stays.
	f.set(func() { f.names = f.names[1:] })
	if run = sweepOnce(t, args...); len(run.Findings) != len(want) || len(run.Summary.LeftOut) != 1 {
		t.Errorf("one is gone: %d findings, left out %+v", len(run.Findings), run.Summary.LeftOut)
	}
}
