package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestVerifySettings(t *testing.T) {
	c, err := load(t, `[verify]
mode = "safe"
allow_hosts = ["vault.acme.example"]
allow_private = ["10.0.0.0/8", "192.168.1.7"]
allow_verifiers = ["acme.toml", "/etc/x.toml"]
budget = 7
rate = 0.5
timeout = "3s"
total = "10m"
[verify.endpoints]
gitlab = ["https://gitlab.acme.example"]
`)
	if err != nil {
		t.Fatal(err)
	}
	v := c.Verify
	if v.Mode != "safe" || v.Budget != 7 || v.Rate != 0.5 || v.Timeout.Duration != 3*time.Second || v.Total.Duration != 10*time.Minute || v.Endpoints["gitlab"][0] != "https://gitlab.acme.example" {
		t.Errorf("settings %+v", v)
	}
	if v.Verifiers[0] != filepath.Join(filepath.Dir(c.File), "acme.toml") || v.Verifiers[1] != "/etc/x.toml" {
		t.Errorf("rule files %q", v.Verifiers)
	}
	for _, tt := range []struct{ text, want string }{
		{"[verify]\nmode = \"on\"", `mode "on": must be one of off, plan, safe, extended`},
		{"[verify]\nallow_host = []", `unknown key "verify.allow_host"`},
		{"[verify]\nallow_private = [\"10.0.0.0/33\"]", "must be an address or a range"},
		{"[verify]\nallow_private = [\"0.0.0.0/0\"]", "every address is in it"},
		{"[verify]\nbudget = -1", "count from 0"},
		{"[verify]\nrate = nan", "count from 0"},
		{"[verify]\ntimeout = \"0s\"", "must be more than 0"},
		{"[verify]\ntimeout = 3", "toml: "},
	} {
		if _, err := load(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestLoadUser(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.toml")
	if v, err := LoadUser(name); err != nil || v.Mode != "" {
		t.Errorf("no file: %+v, %v", v, err)
	}
	for _, tt := range []struct{ text, want string }{
		{"", ""}, {"[verify]\nmode = \"safe\"", ""},
		{"exclude = [\"a\"]", `unknown key "exclude"; the user's own settings have [verify] only`},
		{"[verify]\nmode = \"x\"", `mode "x"`}, {"[verify", "toml: "},
	} {
		if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := LoadUser(name)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
}

// TestWithin: whoever can write a file of the repository must not decide that
// credentials are sent, wherever in it the scan begins and however the file is
// named.
func TestWithin(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"repo/.git", "repo/sub/deep", "worktree/sub", "plain/sub", "own"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"worktree/.git", "repo/c.toml", "repo/sub/c.toml", "worktree/c.toml", "plain/c.toml", "own/c.toml", "repository.toml"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"own/link.toml": "../repo/c.toml", "repo/out.toml": "../own/c.toml", "linked": "repo"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Skip(err)
		}
	}
	for _, tt := range []struct {
		file, scanned string
		want          bool
	}{
		{"repo/c.toml", "repo", true}, {"repo/c.toml", "repo/sub/deep", true}, {"repo/sub/c.toml", "repo", true}, {"own/link.toml", "repo", true}, {"repo/../repo/c.toml", "repo", true},
		{"repo/c.toml", "linked", true}, {"repo/out.toml", "repo", true}, {"linked/c.toml", "repo/sub", true}, {"worktree/c.toml", "worktree/sub", true}, {"plain/c.toml", "plain", true}, {"own/none.toml", "repo", true},
		{"own/c.toml", "repo", false}, {"repository.toml", "repo", false}, {"plain/c.toml", "plain/sub", false}, {"own/c.toml", "gone", false},
	} {
		if got := Within(filepath.Join(dir, tt.file), []string{filepath.Join(dir, tt.scanned)}); got != tt.want {
			t.Errorf("%s is in %s: %v, want %v", tt.file, tt.scanned, got, tt.want)
		}
	}
}
