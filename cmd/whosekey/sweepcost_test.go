package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSweepCost: a sweep after which nothing has changed costs next to nothing, and
// one after some pushes costs those. "make bench-sweep" measures 500 repositories.
func TestSweepCost(t *testing.T) {
	repos := fromEnv("WHOSEKEY_SWEEP_REPOS", 30)
	dir, state := t.TempDir(), t.TempDir()
	want := plantedOf(t, dir, repos, 20)
	args := []string{"--dir", dir, "--state", state}
	run, first := sweepCost(t, args...)
	complete(t, run, want)
	run, second := sweepCost(t, args...)
	complete(t, run, want)
	if notes := strings.Join(run.Summary.Notes, " "); !strings.Contains(notes, " 0 searched whole, 0 for what is new, 0 for changed rules") {
		t.Errorf("nothing has changed, and it says %s", notes)
	}
	forge := &fakeForge{t: t, dir: dir, pushed: map[string]time.Time{}}
	names, _ := filepath.Glob(filepath.Join(dir, "*", "*.git"))
	for _, path := range names[:min(10, len(names))] {
		rel, _ := filepath.Rel(dir, strings.TrimSuffix(path, ".git"))
		want["pushed to "+rel] = forge.push(rel)
	}
	run, third := sweepCost(t, args...)
	if len(run.Findings) != len(want) {
		t.Errorf("%d findings after the pushes, want %d", len(run.Findings), len(want))
	}
	t.Logf("%d repositories: first %v CPU, nothing changed %v (%.1f %%), ten changed %v", repos, first, second, 100*float64(second)/float64(first), third)
	start := exec.Command("whosekey", "sweep", "status", "--state", state)
	if out, err := start.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("of it a start of the program: %v", start.ProcessState.UserTime()+start.ProcessState.SystemTime())
	if os.Getenv("WHOSEKEY_SWEEP_REPOS") != "" && second > first/50 {
		t.Errorf("a sweep of what has not changed costs %v, more than 2 %% of %v", second, first)
	}
}
