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
		{"[verify]\nbudget = -1", "verify: budget -1: must be 1 or more"},
		{"[verify]\nbudget = 0", "verify: budget 0: must be 1 or more; without it there is no limit"},
		{"[verify]\nbudget = 1.5", "toml: "},
		{"[verify]\nrate = nan", "verify: rate NaN: must be a number of calls a second, from 0.001 to 1000"},
		{"[verify]\nrate = inf", "rate +Inf"},
		{"[verify]\nrate = 1e300", "rate 1e+300"},
		{"[verify]\nrate = 1e-300", "rate 1e-300"},
		{"[verify]\nrate = -1.0", "rate -1"},
		{"[verify]\nrate = 0.0", "rate 0"},
		{"[verify]\ntimeout = \"0s\"", "timeout 0s: must be a time from 100ms to 24h"},
		{"[verify]\ntimeout = \"1ns\"", "timeout 1ns: must be"},
		{"[verify]\ntotal = \"-1h\"", "total -1h0m0s: must be"},
		{"[verify]\ntotal = \"2000h\"", "total 2000h0m0s: must be"},
		{"[verify]\ntimeout = \"10\"", "missing unit"},
		{"[verify]\ntimeout = 3", "toml: "},
	} {
		if _, err := load(t, tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestPrefixes(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "192.168.1.7": "192.168.1.7/32", "::1": "::1/128", "fd00::/8": "fd00::/8", "240.0.0.0/4": "240.0.0.0/4", "fc00::/7": "fc00::/7",
		"::ffff:10.0.0.0/104": "10.0.0.0/8", "::ffff:10.0.0.1": "10.0.0.1/32", "::ffff:a00:1/128": "10.0.0.1/32",
	} {
		if got, err := Prefixes([]string{text}); err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: %v, %v; want %s", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"0.0.0.0/0": "every address", "::/0": "every address", "::ffff:0.0.0.0/96": "every address", "0.0.0.0/1": "too wide", "128.0.0.0/3": "too wide", "2000::/3": "too wide",
		"::ffff:10.0.0.0/80": "every address of IPv4", "64:ff9b::/96": "write those", "64:ff9b::a00:1": "write those", "fe80::1%eth0": "one of a network card",
		"": "must be", " ": "must be", "10.1": "must be", "010.0.0.1": "must be", "10.0.0.0/33": "must be", "10.0.0.0/08": "must be", "10.0.0.1:80": "must be", "[::1]": "must be", "[::1": "must be", "*": "must be", "10.*": "must be", "\u00f6": "must be", "10.0.0.0/8,fd00::/8": "must be", "10.0.0.0/8 ": "must be", "localhost": "must be",
		strings.Repeat("9", 1000): "must be",
	} {
		if got, err := Prefixes([]string{text}); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 250 {
			t.Errorf("%q: %v, %v; want %q", text, got, err, want)
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

// TestSwept: a settings file in a repository that is searched is nobody's own; one
// that lies between repositories is.
func TestSwept(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"org/repo/.git", "org/repo/conf", "org/conf", "dot/.git", "dot/org"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"org/repo/conf/c.toml", "org/conf/c.toml", "c.toml", "dot/org/c.toml"} {
		if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		file, folder string
		want         bool
	}{
		{"org/repo/conf/c.toml", "org", true}, {"org/repo/conf/c.toml", "org/repo", true}, {"org/repo/conf/c.toml", ".", true},
		{"org/conf/c.toml", "org", false}, {"c.toml", "org", false}, {"org/repo/conf/c.toml", "dot", false}, {"org/repo/conf/c.toml", "gone", false},
		{"dot/org/c.toml", "dot", true}, {"dot/org/c.toml", "dot/org", false}, // the repository around is not searched
		{"org/repo/none.toml", "dot", true},
	} {
		if got := Swept(filepath.Join(dir, tt.file), []string{filepath.Join(dir, tt.folder)}); got != tt.want {
			t.Errorf("%s, all of %s: %v, want %v", tt.file, tt.folder, got, tt.want)
		}
	}
}
