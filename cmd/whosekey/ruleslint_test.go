package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestLintIsClean: there is nothing to say of the rules that ship.
func TestLintIsClean(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := run(t.Context(), []string{"rules", "lint", "--all"}, strings.NewReader(""), &out, &stderr); code != 0 {
		t.Errorf("exit code %d\n%s%s", code, out.String(), stderr.String())
	}
}

// TestLintOverlap: a rule whose own examples no other rule takes, as they lack its checksum,
// finds what that rule's examples have.
func TestLintOverlap(t *testing.T) {
	name := filepath.Join(t.TempDir(), "acme.toml")
	text := `provider = "zacme"
name     = "Zacme"
about    = "https://docs.zacme.example/keys"
[[rule]]
id         = "zacme-token"
title      = "Zacme token"
pattern    = '\b(?P<secret>ghp_[0-9A-Za-z]{36})\b'
confidence = "high"
severity   = 8.0
rotate     = "Delete it in the console."
identity   = { type = "api_key" }
leaks      = [{ text = 'ZACME=ghp_${alnum:36}' }, { text = 'k = "ghp_${alnum:36}"' }]
clean      = [{ text = "ghp_${alnum:35}", why = "short" }, { text = "ghp_${alnum:37}", why = "long" }]
[[verify]]
none = "no call is documented"
`
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	if code := run(t.Context(), []string{"rules", "lint", "--rules", name}, strings.NewReader(""), &out, &stderr); code != 1 || !strings.Contains(out.String(), "finds the same: github-personal-access-token") {
		t.Errorf("exit code %d\n%s%s", code, out.String(), stderr.String())
	}
}
