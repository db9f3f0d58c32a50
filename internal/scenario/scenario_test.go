package scenario

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBuild checks what the tutorial promises: 25 credentials of 12 kinds or
// more, 40 commits, 5 authors.
func TestBuild(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "acme")
	wants, err := Build(dir)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]bool{}
	for _, w := range wants {
		kinds[w.Rule] = true
	}
	out, err := exec.Command("git", "-C", filepath.Join(dir, "payments"), "log", "--format=%aN").Output()
	if err != nil {
		t.Fatal(err)
	}
	authors := strings.Fields(strings.ReplaceAll(string(out), " ", "_"))
	who := map[string]bool{}
	for _, a := range authors {
		who[a] = true
	}
	if len(wants) != 25 || len(kinds) < 12 || len(authors) != 40 || len(who) != 5 {
		t.Errorf("%d credentials of %d kinds in %d commits of %d authors", len(wants), len(kinds), len(authors), len(who))
	}
	if _, err := Build(dir); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("a second time: %v", err)
	}
}
