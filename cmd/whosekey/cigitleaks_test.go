package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestExtendedSettings: a configuration of gitleaks that is found in the base has what it
// extends from there too.
func TestExtendedSettings(t *testing.T) {
	h := small(t, func(h *hub) {
		h.write(".gitleaks.toml", "[extend]\npath = \"rules/base.toml\"\n")
		h.write("rules/base.toml", "[extend]\npath = \"rules/more.toml\"\n[[rules]]\nid = \"acme\"\nregex = '''acme_[a-z0-9]{16}'''\n")
		h.write("rules/more.toml", "[[allowlists]]\npaths = ['''^docs/''']\n")
	}, func(h *hub) {
		h.write("a.txt", "acme_"+"q8w7e6r5t4y3u2i1\n")
		h.write("docs/a.txt", "acme_"+"q8w7e6r5t4y3u2i2\n")
	})
	cmd := exec.Command("whosekey", "ci", "--no-identity", "--sarif=", "-f", "text", "--mode", "full")
	cmd.Dir, cmd.Env = h.checkout("refs/heads/topic", 0), append(os.Environ(), "GITHUB_ACTIONS=", "GITHUB_TOKEN=", "CI=true")
	b, _ := cmd.CombinedOutput()
	code, out := cmd.ProcessState.ExitCode(), string(b)
	if code != exitFindings || !strings.Contains(out, " a.txt:1") || strings.Contains(out, " docs/a.txt:1") {
		t.Errorf("exit code %d\n%s", code, out)
	}
}
