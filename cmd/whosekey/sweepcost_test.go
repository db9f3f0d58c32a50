package main

import (
	"os"
	"strings"
	"testing"
)

// TestSweepCost: a sweep after which nothing has changed costs next to nothing, and
// one after some pushes costs those. "make bench-sweep" measures 500 repositories.
func TestSweepCost(t *testing.T) {
	dir := t.TempDir()
	want := plantedOf(t, dir, fromEnv("WHOSEKEY_SWEEP_REPOS", 30), 20)
	f := newFakeForge(t, dir)
	f.page = 100
	for i, from := range []string{"folder", "github", "gitlab"} {
		t.Run(from, func(t *testing.T) {
			state := t.TempDir()
			args := []string{"--dir", dir, "--state", state}
			if from != "folder" {
				args = []string{"--" + from, "acme", "--" + from + "-url", f.URL, "--state", state}
			}
			costs(t, f, want, f.names[10*i:10*i+10], args)
		})
	}
}

// costs sweeps three times; some repositories change before the third.
func costs(t *testing.T, f *fakeForge, want map[string]string, changed, args []string) {
	repos := len(f.names)
	f.set(func() { f.clones = map[string]int{} })
	run, first := sweepCost(t, args...)
	complete(t, run, want)
	cloned := len(f.clones)
	f.set(func() { f.clones, f.requests = map[string]int{}, 0 })
	run, second := sweepCost(t, args...)
	complete(t, run, want)
	if notes := strings.Join(run.Summary.Notes, " "); !strings.Contains(notes, " 0 searched whole, 0 for what is new, 0 for changed rules") || len(f.clones) > 0 {
		t.Errorf("nothing has changed, %d clones, and it says %s", len(f.clones), notes)
	}
	asked := f.requests
	for _, name := range changed {
		want[pushedTo+name] = f.push(name)
	}
	run, third := sweepCost(t, args...)
	complete(t, run, want)
	if cloned > 0 && (cloned != repos || len(f.clones) != len(changed)) {
		t.Errorf("%d cloned, and %d fetched after %d pushes", cloned, len(f.clones), len(changed))
	}
	t.Logf("%d repositories: first %v CPU, nothing changed %v (%.1f %%, %d requests), ten changed %v", repos, first, second, 100*float64(second)/float64(first), asked, third)
	start := sweeping("status", "--state", args[len(args)-1])
	if out, err := start.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("of it a start of the program: %v", start.ProcessState.UserTime()+start.ProcessState.SystemTime())
	if os.Getenv("WHOSEKEY_SWEEP_REPOS") != "" && second > first/50 {
		t.Errorf("a sweep of what has not changed costs %v, more than 2 %% of %v", second, first)
	}
}
