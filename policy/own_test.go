package policy

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTheirs: a file in a repository is of whoever can change that, by whatever
// name the repository is scanned: as itself, a linked work tree, a bare clone, an
// archive or an address.
func TestTheirs(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "home/.config"))
	git := func(args ...string) {
		t.Helper()
		c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=x", "-c", "user.email=x@acme.example"}, args...)...)
		c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	for _, d := range []string{"home/.config/whosekey", "own", "repo", "home/dotfiles"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q", "repo")
	git("init", "-q", "home") // people keep their settings under git
	git("-C", "repo", "commit", "-q", "--allow-empty", "-m", "x")
	git("-C", "repo", "worktree", "add", "-q", "--detach", "../linked")
	git("clone", "-q", "--bare", "repo", "bare.git")
	for _, f := range []string{"repo/c.toml", "linked/c.toml", "bare.git/c.toml", "repo/.git/c.toml", "own/c.toml", "repo.tar.gz", "home/.config/whosekey/c.toml", "home/c.toml", "home/dotfiles/c.toml"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		"own/link.toml": "../repo/c.toml", "repo/out.toml": "../own/c.toml", "own/over.toml": "../repo/out.toml", "repo/conf": "../own", "own/conf": "../repo/conf", "own/plain": "../own", "own/loop.toml": "loop.toml",
		"home/.config/whosekey/link.toml": "../../dotfiles/c.toml",
	} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		file, scanned string
		want          bool
	}{
		{"repo/c.toml", "repo", true},
		{"repo/c.toml", "linked", true},
		{"linked/c.toml", "repo", true},
		{"repo/c.toml", "bare.git", true},
		{"repo/c.toml", "repo.tar.gz", true},
		{"repo/c.toml", "", true}, // of an address, or of a report
		{"repo/.git/c.toml", "", true},
		{"bare.git/c.toml", "", true},
		{"linked/c.toml", "", true},
		{"own/link.toml", "", true},
		{"own/over.toml", "", true}, // the link between says where it leads
		{"repo/out.toml", "", true},
		{"repo/conf/c.toml", "", true},
		{"own/conf/c.toml", "", true},
		{"own/plain/c.toml", "", false},
		{"own/loop.toml", "", true},
		{"own/none.toml", "", true},
		{"home/c.toml", "", true},
		{"home/.config/whosekey/link.toml", "", true},
		{"own/c.toml", "repo", false},
		{"own/c.toml", "", false},
		{"own/c.toml", "own", true},
		{"home/.config/whosekey/c.toml", "repo", false},
		{"home/.config/whosekey/c.toml", "home", true}, // HOME is a workspace
		{"home/.config/whosekey/c.toml", "home/dotfiles", true},
	} {
		var scanned []string
		if tt.scanned != "" {
			scanned = []string{filepath.Join(dir, tt.scanned)}
		}
		if got := Theirs(filepath.Join(dir, tt.file), scanned); got != tt.want {
			t.Errorf("%s, where %q is scanned: %v, want %v", tt.file, tt.scanned, got, tt.want)
		}
	}
}
