package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBenchFails: a benchmark of a program that crashed, or ended as it should not, is
// none.
func TestBenchFails(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash")
	}
	dir := t.TempDir()
	repo := newBareRepo(t, filepath.Join(dir, "app.git"))
	repo.commit(map[string]string{"a.txt": "a\n"})
	peers := t.TempDir() // one that finds nothing is no failure
	if err := os.WriteFile(filepath.Join(peers, "titus"), []byte("#!/bin/sh\necho '[]'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct{ script, says string }{
		"well":       {`echo '{"summary":{"incomplete":false}}'`, ""},
		"incomplete": {`echo '{"summary":{"incomplete":false}}'; exit 3`, ""},
		"crashed":    {`echo '{"summary":{"incomplete":false}}'; kill -9 $$`, "FAILED with status 137"},
		"refused":    {`echo '{"summary":{"incomplete":false}}'; exit 2`, "FAILED with status 2"},
		"only once":  {`echo '{"summary":{"incomplete":false}}'; [ -e "$0.ran" ] && exit 3; touch "$0.ran"; exit 1`, "FAILED with status 1:"},
		"silent":     {`exit 0`, "whosekey wrote no summary"},
	} {
		bin := filepath.Join(dir, "fake-"+strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(bin, []byte("#!/bin/sh\n"+tt.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(bash, "../../scripts/bench.sh", bin, filepath.Join(dir, "app.git"))
		cmd.Env = append(os.Environ(), "RUNS=2", "PEERS=titus", "REPACK=", "PATH="+peers+string(filepath.ListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		if !strings.Contains(string(out), "| `titus scan --git` |") || tt.says == "" && !strings.Contains(string(out), "| 0 |") {
			t.Errorf("%s: no row of the peer in\n%s", name, out)
		}
		if (err == nil) != (tt.says == "") || !strings.Contains(string(out), tt.says) {
			t.Errorf("%s: %v, want %q in\n%s", name, err, tt.says, out)
		}
	}
}
