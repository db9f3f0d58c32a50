package gitrepo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBundleIsNoRepository: what to do with one is said, and that any other file is none.
func TestBundleIsNoRepository(t *testing.T) {
	for text, want := range map[string]string{
		"# v2 git bundle\nabc": "git clone --mirror",
		"# v3 git bundle\n":    "git clone --mirror",
		"# v2 git bundles":     "whosekey dir",
		"":                     "whosekey dir",
	} {
		name := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
