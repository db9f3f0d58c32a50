package gitrepo

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTracked: what a remote is known to have are its own branches, and not those of
// one whose name begins with its name.
func TestTracked(t *testing.T) {
	dir := t.TempDir()
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@a.example"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", ".")
	ids := map[string]string{}
	for _, ref := range []string{"team/main", "team/fork/main", "other/main", "named/main", "backup/main"} {
		git("commit", "-q", "--allow-empty", "-m", ref)
		ids[ref] = git("rev-parse", "HEAD")
		git("update-ref", "refs/remotes/"+ref, "HEAD")
	}
	config := `
[remote "team"]
	fetch = +refs/heads/*:refs/remotes/team/*
[remote "team/fork"]
	fetch = +refs/heads/*:refs/remotes/team/fork/*
[remote "moved"]
	fetch = +refs/heads/*:refs/remotes/other/*
[remote "one"]
	fetch = refs/heads/main:refs/remotes/named/main
[remote "mirror"]
	fetch = +refs/*:refs/*
[remote "twin"]
	fetch = +refs/heads/*:refs/remotes/backup/*
[remote "backup"]
	fetch = +refs/heads/*:refs/remotes/backup/*
`
	file := filepath.Join(dir, ".git", "config")
	old, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, append(old, config...), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for remote, want := range map[string][]string{
		"team": {"team/main"}, "team/fork": {"team/fork/main"}, "moved": {"other/main"}, "other": nil, "one": {"named/main"},
		"mirror": nil, "twin": nil, "backup": nil, "https://host/x": nil,
	} {
		var ids2 []string
		for _, name := range want {
			ids2 = append(ids2, ids[name])
		}
		if got := r.Tracked(remote); !slices.Equal(got, ids2) {
			t.Errorf("%s: %v, want %v", remote, got, ids2)
		}
	}
}
