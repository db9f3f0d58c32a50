package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestNoServer: where no server is known, the default branch decides all the same.
func TestNoServer(t *testing.T) {
	const allow = "[[allow]]\nreason = \"because\"\npaths = [\"**\"]\n"
	h := silenced(t, map[string]string{".whosekey.toml": allow, "sub/b.txt": "KEY # whosekey:allow because\n"}, false)
	head, base := h.checkout("refs/heads/topic", 0), h.checkout("refs/heads/main", 0)
	run := func(dir string, args ...string) (int, string) {
		cmd := exec.Command("whosekey", append([]string{"ci", "--no-identity", "--sarif=", "-f", "text"}, args...)...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GITHUB_ACTIONS=", "GITHUB_TOKEN=", "CI=true")
		out, _ := cmd.CombinedOutput()
		return cmd.ProcessState.ExitCode(), string(out)
	}
	for _, tt := range []struct {
		dir  string
		args []string
		code int
		text string
	}{
		{head, []string{"--mode", "full"}, exitFindings, "a.txt"},
		{head, []string{"--mode", "dir"}, exitFindings, "sub/b.txt"},
		{head, []string{"--mode", "dir", "--path", "sub"}, exitFindings, "sub/b.txt:1"},
		{head, []string{"--mode", "dir", "--max-blob", "1"}, exitIncomplete, "raise --max-blob"},
		{head, []string{"--mode", "full", "--max-blob", "1"}, exitIncomplete, "raise --max-blob"},
		{head, []string{"--mode", "full", "--max-blob", "1", "--allow-left-out"}, exitClean, "raise --max-blob"},
		{head, []string{"--mode", "full", "--deepen-budget", "-1s"}, exitUsage, "--deepen-budget -1s"},
		{head, []string{"--mode", "full", "--default-branch", "../x"}, exitUsage, "no name of a branch"},
		{base, []string{"--mode", "dir"}, exitClean, ""},
	} {
		if code, out := run(tt.dir, tt.args...); code != tt.code || !strings.Contains(out, tt.text) {
			t.Errorf("%v: exit code %d\n%s", tt.args, code, out)
		}
	}
	// A folder of no repository is judged by what is there: nobody proposes it.
	if code, out := run(t.TempDir(), "--mode", "dir"); code != exitIncomplete && code != exitClean {
		t.Errorf("no repository: exit code %d\n%s", code, out)
	}
}
