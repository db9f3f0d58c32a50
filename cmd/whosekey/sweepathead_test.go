package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSweepKnowsWhatStandsAtHead: what increments say of what stands at HEAD, and where, is
// what a first sweep says: also of leaks that move, are copied, come with a branch that is
// merged, or with another default branch.
func TestSweepKnowsWhatStandsAtHead(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	repo := filepath.Join(dir, "r")
	git := func(args ...string) { t.Helper(); runGit(t, repo, args...) }
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(repo, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(repo, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(message string) {
		t.Helper()
		git("add", "-A")
		git("commit", "-q", "--allow-empty", "-m", message)
	}
	token := func(name string) string {
		line, _, err := makeToken("slack-bot-token", 0, name)
		if err != nil {
			t.Fatal(err)
		}
		return line + "\n"
	}
	a, b := token("a"), token("b")
	atHead := func(state string, args ...string) (out []string) {
		t.Helper()
		code, text, errs := runSweep(t, append([]string{"--dir", dir, "--state", state}, args...)...)
		if code != exitFindings && code != exitClean {
			t.Fatalf("exit %d\n%s", code, errs)
		}
		var r struct {
			Findings []struct {
				ID        string
				Locations []struct {
					Path   string
					AtHead bool `json:"at_head"`
				}
			}
		}
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			for _, l := range f.Locations {
				if l.AtHead {
					out = append(out, f.ID[:8]+" "+l.Path)
				}
			}
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	runGit(t, dir, "init", "-q", "-b", "main", repo)
	write("x.env", a)
	commit("one")
	for _, step := range []struct {
		name string
		do   func()
		want int
	}{
		{"first", func() {}, 1},
		{"moved", func() { git("mv", "x.env", "y.env"); commit("mv") }, 1},
		{"copied", func() { write("deploy/z.env", a); commit("cp") }, 2},
		{"moved and changed", func() { git("mv", "y.env", "w.env"); write("w.env", "# new\n\n"+a+"X=1\n"); commit("mv") }, 2},
		{"on a branch", func() {
			git("checkout", "-q", "-b", "other")
			write("b.env", b)
			commit("b")
			write("b.env", "# more\n"+b)
			commit("b2")
			git("checkout", "-q", "main")
		}, 2},
		{"merged", func() { git("merge", "-q", "--ff-only", "other") }, 3},
		{"removed", func() { git("rm", "-q", "w.env", "deploy/z.env"); commit("rm") }, 1},
		{"reverted", func() { git("revert", "--no-edit", "HEAD") }, 3},
		{"set back", func() { git("reset", "-q", "--hard", "HEAD~4") }, 2},
		{"another branch is the default", func() { git("symbolic-ref", "HEAD", "refs/heads/other"); git("reset", "-q", "--hard") }, 3},
		{"value removed", func() { write("w.env", "X=1\n"); commit("rm value") }, 2},
		{"value back", func() { write("w.env", "Y=1\n"+a); commit("value") }, 3},
		{"moved on a branch alone", func() {
			git("checkout", "-q", "-b", "third")
			git("mv", "b.env", "c.env")
			commit("mv")
			git("checkout", "-q", "other")
		}, 3},
	} {
		step.do()
		got := atHead(state)
		fresh := t.TempDir()
		if key, err := os.ReadFile(filepath.Join(state, "key")); err != nil || os.WriteFile(filepath.Join(fresh, "key"), key, 0o600) != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(atHead(fresh), got); diff != "" || len(got) != step.want {
			t.Errorf("%s: %d at HEAD, want %d; beside a first sweep: %s", step.name, len(got), step.want, diff)
		}
	}
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@acme.example", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@acme.example")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v %s", args, err, out)
	}
}
