package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// fromEnv is a number that "make kill-sweep" and the like set.
func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

// sweepRun is the report of a sweep.
type sweepRun struct {
	Findings []struct {
		Rule      string
		Locations []struct{ Repository string }
	}
	Summary struct {
		Findings   int
		Incomplete bool
		Skipped    []struct{ Reason string }
		LeftOut    []struct{ Reason string } `json:"left_out"`
		Notes      []string
	}
}

func sweepOnce(t *testing.T, args ...string) sweepRun {
	t.Helper()
	run, _ := sweepCost(t, args...)
	return run
}

// sweepCost is sweepOnce, and the CPU time that it took.
func sweepCost(t *testing.T, args ...string) (sweepRun, time.Duration) {
	t.Helper()
	cmd := sweeping(append([]string{"run", "--once", "-f", "json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != exitFindings) {
		status, _ := sweeping(append([]string{"status"}, args[2:]...)...).CombinedOutput()
		t.Fatalf("whosekey sweep run %q: %v\n%s\n%s", args, err, stderr.String(), status)
	}
	var run sweepRun
	if err := json.Unmarshal(out, &run); err != nil {
		t.Fatalf("the report: %v", err)
	}
	return run, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// complete checks that a report has every planted credential once, and that nothing
// was left out.
func complete(t *testing.T, run sweepRun, want map[string]string) {
	t.Helper()
	if run.Summary.Incomplete {
		t.Errorf("not complete: %+v", run.Summary.Skipped)
	}
	got := map[string]int{}
	for _, f := range run.Findings {
		for _, l := range f.Locations {
			got[l.Repository]++
		}
	}
	for name := range want {
		got[strings.TrimPrefix(name, pushedTo)]--
	}
	for name, n := range got {
		if n != 0 {
			t.Errorf("%s is reported %+d times too often", name, n)
		}
	}
	if len(run.Findings) != len(want) {
		t.Errorf("%d findings, want %d", len(run.Findings), len(want))
	}
}

// TestKilledSweepsLoseNothing kills whosekey again and again while it sweeps a forge
// that fails now and then. "make kill-sweep" does so 50 times.
func TestKilledSweepsLoseNothing(t *testing.T) {
	t.Parallel()
	kills, repos := fromEnv("WHOSEKEY_KILLS", 4), fromEnv("WHOSEKEY_KILL_REPOS", 150)
	dir := t.TempDir()
	want := plantedRepos(t, dir, repos)
	f := newFakeForge(t, dir)
	f.page, f.fails = 100, 5
	forge := []string{"--github", "acme", "--github-url", f.URL}
	t.Run("SQLite", func(t *testing.T) {
		state := []string{"--state", t.TempDir()}
		for i := range kills {
			killed(t, i, slices.Concat([]string{"run", "--once"}, forge, state))
		}
		endsComplete(t, f, want, slices.Concat(forge, state))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := verifytest.NewPostgreSQL(t)
		state := []string{"--state", t.TempDir(), "--db", server.Database("sweep")}
		for i := range kills {
			if i == kills/3 || i == 2*kills/3 {
				server.Stop()
				server.Start()
			}
			// Two at once, and one of them is killed while the other goes on.
			var both sync.WaitGroup
			both.Go(func() { killed(t, i, slices.Concat([]string{"worker"}, state)) })
			killed(t, i+1, slices.Concat([]string{"run", "--once"}, forge, state))
			both.Wait()
		}
		endsComplete(t, f, want, slices.Concat(forge, state))
	})
}

// endsComplete lets a sweep come to its end. What failed four times in a row, at a
// forge that fails so often, is left to the next one.
func endsComplete(t *testing.T, f *fakeForge, want map[string]string, args []string) {
	t.Helper()
	status := func() string {
		out, _ := sweeping(append([]string{"status"}, args[4:]...)...).CombinedOutput()
		return string(out)
	}
	t.Logf("before the last sweep, after %d requests:\n%s", f.requests, status())
	for range 3 {
		cmd := sweeping(append([]string{"run", "--once", "-q", "-f", "json=" + os.DevNull}, args...)...)
		if cmd.Run(); cmd.ProcessState.ExitCode() == exitFindings {
			break
		}
	}
	complete(t, sweepOnce(t, args...), want)
	t.Logf("in the end:\n%s", status())
}

// killed starts a process and kills it after a while, which the number decides.
func killed(t *testing.T, seed int, args []string) {
	cmd := sweeping(args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return
	}
	wait := time.Duration(100+rand.New(rand.NewPCG(uint64(seed), 7)).IntN(1900)) * time.Millisecond
	time.Sleep(wait)
	cmd.Process.Kill()
	cmd.Wait()
	if bytes.Contains(stderr.Bytes(), []byte("panic:")) {
		t.Errorf("it panics:\n%s", stderr.String())
	}
}

// TestWorkersShareTheWork: what one has searched, no other does.
func TestWorkersShareTheWork(t *testing.T) {
	t.Parallel()
	server := verifytest.NewPostgreSQL(t)
	dir, state := t.TempDir(), t.TempDir()
	repos := fromEnv("WHOSEKEY_SHARED_REPOS", 60)
	want := plantedRepos(t, dir, repos)
	all := []string{"--dir", dir, "--state", state, "--db", server.Database("shared")}
	var others []*exec.Cmd
	for range fromEnv("WHOSEKEY_WORKERS", 2) - 1 {
		cmd := sweeping(append([]string{"worker", "--jobs", "1"}, all[2:]...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		others = append(others, cmd)
	}
	if len(others) > 0 {
		time.Sleep(time.Second)
	}
	started := time.Now()
	complete(t, sweepOnce(t, append(all, "--jobs", "1")...), want)
	t.Logf("%d repositories, %d workers: %v", repos, len(others)+1, time.Since(started).Round(time.Millisecond))
	for _, cmd := range others {
		cmd.Process.Signal(syscall.SIGTERM) // a shell may have its background ignore interrupts
		cmd.Wait()
	}
	if n, err := scansIn(all[5]); n != repos {
		t.Errorf("%d scans of %d repositories, %v", n, repos, err)
	}
}

// scansIn is how many scans a database has.
func scansIn(db string) (int, error) {
	out, err := sweeping("status", "-f", "json", "--db", db).Output()
	if err != nil {
		return 0, err
	}
	var status struct{ Scans int }
	err = json.Unmarshal(out, &status)
	return status.Scans, err
}

// TestTheDatabaseGoesAway in the middle of a sweep, and comes back.
func TestTheDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	server := verifytest.NewPostgreSQL(t)
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, fromEnv("WHOSEKEY_AWAY_REPOS", 200))
	all := []string{"--dir", dir, "--state", state, "--db", server.Database("away")}
	var back sync.WaitGroup
	back.Go(func() {
		// To open a store needs its database, and on a busy machine some time.
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			if n, _ := scansIn(all[5]); n > 0 {
				break
			}
		}
		for range 2 {
			server.Stop()
			time.Sleep(2 * time.Second)
			server.Start()
			time.Sleep(1500 * time.Millisecond)
		}
	})
	run := sweepOnce(t, all...)
	back.Wait()
	complete(t, run, want)
}
