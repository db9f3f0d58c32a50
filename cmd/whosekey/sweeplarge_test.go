package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestARepositoryTooLarge: one that is larger than --disk has the mirrors of others removed once,
// and not each night; it is told, and searched when there is room.
func TestARepositoryTooLarge(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, 4)
	f := newFakeForge(t, dir)
	large := f.names[0]
	path := filepath.Join(dir, large+".git")
	head, err := os.ReadFile(filepath.Join(path, "refs/heads/main"))
	if err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 4_000_000)
	rand.Read(noise)
	(&bareRepo{t: t, dir: path, head: strings.TrimSpace(string(head)), n: 10}).commit(map[string]string{"noise": string(noise)})
	args := []string{"--github", "acme", "--github-url", f.URL, "--state", state}
	small := append(args, "--disk", "2500000")
	mirrors := func() (n int) {
		all, err := os.ReadDir(filepath.Join(state, "mirrors"))
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	sweep := func() {
		t.Helper()
		out, err := sweeping(append([]string{"run", "--once", "--strict", "-f", "json"}, small...)...).Output()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != exitIncomplete || !strings.Contains(string(out), "could not be searched") {
			t.Errorf("%v: %s", err, out)
		}
		if status := sweepStatusOf(t, []string{"--state", state}); !strings.Contains(status, "larger than what there is room for") || !strings.Contains(status, "tried again after 2") {
			t.Errorf("the status says nothing of it: %s", status)
		}
	}
	sweep()
	if _, err := os.Stat(filepath.Join(state, "mirrors")); err != nil || mirrors() > 3 {
		t.Errorf("%d mirrors: the one that is too large has left something, %v", mirrors(), err)
	}
	for i := range 2 { // all others are fetched, and stay
		f.set(func() {
			f.clones = map[string]int{}
			for _, name := range f.names {
				f.pushed[name] = epoch.Add(time.Duration(1+i) * time.Hour)
			}
		})
		sweep()
		if f.clones[large] > 0 {
			t.Errorf("it is cloned again: %v", f.clones)
		}
	}
	if mirrors() != 3 {
		t.Errorf("%d mirrors, want those of the three others", mirrors())
	}
	run := sweepOnce(t, append(args, "--disk", fmt.Sprint(20_000_000))...)
	complete(t, run, want)
	if f.clones[large] == 0 {
		t.Error("there is room, and it was not cloned")
	}
}
