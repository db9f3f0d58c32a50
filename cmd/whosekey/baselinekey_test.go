package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBaselineKey: what is wrong with the key of a baseline is said as that.
func TestBaselineKey(t *testing.T) {
	_, secret, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	r := newRepo(t)
	r.write("a.txt", secret+"\n")
	r.commit("one")
	keyed, open := filepath.Join(t.TempDir(), "keyed.jsonl"), filepath.Join(t.TempDir(), "open.jsonl")
	for _, tt := range []struct {
		made, set, file string
		args            []string
		code            int
		says            string
	}{
		{"right", "", keyed, []string{"git", r.dir, "--baseline", keyed}, exitUsage, "set WHOSEKEY_BASELINE_KEY"},
		{"right", "wrong", keyed, []string{"git", r.dir, "--baseline", keyed}, exitUsage, "the value with which the file was made"},
		{"right", "wrong", keyed, []string{"baseline", "stats", "--baseline", keyed}, exitUsage, "the value with which the file was made"},
		{"right", "wrong", keyed, []string{"baseline", "prune", r.dir, "--baseline", keyed}, exitUsage, "the value with which the file was made"},
		{"right", "right", keyed, []string{"git", r.dir, "--baseline", keyed}, exitClean, ""},
		{"", "any", open, []string{"git", r.dir, "--baseline", open}, exitClean, "the baseline was made without a key"},
		{"", "", open, []string{"baseline", "stats", "--baseline", open + ".none"}, exitUsage, "baseline create"},
	} {
		t.Setenv("WHOSEKEY_BASELINE_KEY", tt.made)
		if code, _, stderr := whosekey(t, nil, "baseline", "create", r.dir, "--baseline", tt.file, "--reason", "because"); code != exitClean {
			t.Fatalf("create: exit code %d, %s", code, stderr)
		}
		t.Setenv("WHOSEKEY_BASELINE_KEY", tt.set)
		code, stdout, stderr := whosekey(t, nil, tt.args...)
		text := stdout + stderr
		if code != tt.code || !strings.Contains(text, tt.says) || tt.set == "wrong" && strings.Contains(text, "baseline create") {
			t.Errorf("made with %q, run with %q, %q: exit code %d, want %d and %q\n%s", tt.made, tt.set, tt.args, code, tt.code, tt.says, text)
		}
	}
}
