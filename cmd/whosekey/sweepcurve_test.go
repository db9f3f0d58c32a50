package main

import (
	"testing"
	"time"
)

// TestSweepCurve measures what a repository costs in sweeps of more and more of them:
// WHOSEKEY_CURVE=10000 go test -run SweepCurve -v ./cmd/whosekey
func TestSweepCurve(t *testing.T) {
	for n := 100; n <= fromEnv("WHOSEKEY_CURVE", 100); n *= 10 {
		dir, state := t.TempDir(), t.TempDir()
		want := plantedRepos(t, dir, n)
		args := []string{"--dir", dir, "--state", state}
		run, first := sweepCost(t, args...)
		complete(t, run, want)
		run, second := sweepCost(t, args...)
		complete(t, run, want)
		t.Logf("%6d repositories: %v CPU each the first time, %v when nothing has changed", n, (first / time.Duration(n)).Round(10*time.Microsecond), (second / time.Duration(n)).Round(time.Microsecond))
	}
}
