//go:build linux

package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestTheDatabaseIsFull in the middle of a sweep, which says so, waits, and goes on when
// there is room.
func TestTheDatabaseIsFull(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		state := t.TempDir()
		smallDisk(t, state, "1400k")
		sweepInto(t, state, []string{"--state", state})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := verifytest.NewPostgreSQL(t)
		disk := ""
		name := server.DatabaseIn("small", func(dir string) {
			disk = dir
			smallDisk(t, dir, "100m")
		})
		at := []string{"--state", t.TempDir(), "--db", name}
		sweepStatusOf(t, at) // makes the tables, whose size depends on the server's version
		var used syscall.Statfs_t
		if err := syscall.Statfs(disk, &used); err != nil {
			t.Fatal(err)
		}
		size := (used.Blocks-used.Bfree)*uint64(used.Bsize) + 256<<10
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, fmt.Sprint("size=", size)); err != nil {
			t.Fatal(err)
		}
		sweepInto(t, disk, at)
	})
}

// TestMirrorsFit: what a sweep keeps of a forge fits into --disk at all times, though several
// are searched at once and all of them are larger together, when they are cloned and when
// they grow; the sweep after it clones nothing that has not changed.
func TestMirrorsFit(t *testing.T) {
	t.Parallel()
	dir, state := t.TempDir(), t.TempDir()
	want := plantedRepos(t, dir, 9)
	f := newFakeForge(t, dir)
	grow := func(by int) {
		for _, name := range f.names {
			path := filepath.Join(dir, name+".git")
			head, err := os.ReadFile(filepath.Join(path, "refs/heads/main"))
			if err != nil {
				t.Fatal(err)
			}
			r := &bareRepo{t: t, dir: path, head: strings.TrimSpace(string(head)), n: 10 * by}
			noise := make([]byte, 500_000)
			rand.Read(noise)
			r.commit(map[string]string{"noise": string(noise)})
			f.set(func() { f.pushed[name] = epoch.Add(time.Duration(by) * time.Hour) })
		}
	}
	grow(1)
	const disk = 2_500_000
	args := []string{"--github", "acme", "--github-url", f.URL, "--state", state, "--disk", fmt.Sprint(disk), "--jobs", "4"}
	mirrors := filepath.Join(state, "mirrors")
	if err := os.Mkdir(mirrors, 0o700); err != nil {
		t.Fatal(err)
	}
	smallDisk(t, mirrors, "10m") // which knows at any time how much is used
	var most int64
	watched := func() sweepRun {
		end, ended := make(chan struct{}), make(chan struct{})
		defer func() { close(end); <-ended }()
		go func() {
			defer close(ended)
			for {
				var used syscall.Statfs_t
				if syscall.Statfs(mirrors, &used) == nil {
					most = max(most, int64(used.Blocks-used.Bfree)*int64(used.Bsize))
				}
				select {
				case <-end:
					return
				case <-time.After(time.Millisecond):
				}
			}
		}()
		return sweepOnce(t, args...)
	}
	complete(t, watched(), want)
	grow(2)
	complete(t, watched(), want)
	if most == 0 || most > disk {
		t.Errorf("mirrors had up to %d bytes, want %d at most", most, disk)
	}
	f.set(func() { f.clones = map[string]int{} })
	complete(t, sweepOnce(t, args...), want)
	if len(f.clones) > 0 {
		t.Errorf("nothing has changed, and fetched were %v", f.clones)
	}
}

// smallDisk has a folder in a file system of a size.
func smallDisk(t *testing.T, dir, size string) {
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small file system")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// sweepInto sweeps into a store that has no room in a folder until it is made larger.
func sweepInto(t *testing.T, disk string, at []string) {
	dir := t.TempDir()
	want := plantedRepos(t, dir, 300)
	report := filepath.Join(t.TempDir(), "run.json")
	args := append([]string{"run", "--once", "--dir", dir, "-f", "json=" + report}, at...)
	cmd := sweeping(args...)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	said := ""
	for end := time.Now().Add(3 * time.Minute); !strings.Contains(said, "has no room") && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		b, _ := os.ReadFile(log.Name())
		said = string(b)
	}
	if !strings.Contains(said, "has no room") || strings.Contains(said, "could not be listed") {
		t.Fatalf("it does not say that there is no room: %s", said)
	}
	out, err := sweeping(append([]string{"status"}, at...)...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "never searched") || !strings.Contains(string(out), "has no room") {
		t.Errorf("status: %v\n%s", err, out)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=200m"); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	text, err := os.ReadFile(report)
	if err != nil {
		b, _ := os.ReadFile(log.Name())
		t.Fatalf("%v\n%s", err, b)
	}
	var run sweepRun
	if err := json.Unmarshal(text, &run); err != nil {
		t.Fatal(err)
	}
	complete(t, run, want)
	if status := sweepStatusOf(t, at); strings.Contains(status, "has no room") || strings.Contains(status, "failed") || !strings.Contains(status, "jobs          none") {
		t.Errorf("the status is not that of a sweep that is done: %s", status)
	}
}

// TestTheDiskIsFullAtTheStart, before there is a key, and before there is a store: it is said
// where there is no room, and nothing was searched.
func TestTheDiskIsFullAtTheStart(t *testing.T) {
	t.Parallel()
	repos, disk := t.TempDir(), t.TempDir()
	plantedOf(t, repos, 1, 1)
	smallDisk(t, disk, "200k")
	for free, want := range map[int]string{0: "no room for the key of ids", 12 << 10: "no room for the store"} {
		if err := os.WriteFile(filepath.Join(disk, "fill"), make([]byte, 200<<10-free), 0o600); err != nil {
			t.Fatal(err)
		}
		state := filepath.Join(disk, fmt.Sprint("state", free))
		code, out, errs := runSweep(t, "--dir", repos, "--state", state)
		if code != exitIncomplete || out != "" || !strings.Contains(errs, want) || !strings.Contains(errs, "nothing was searched: make room") {
			t.Errorf("%d bytes free: exit code %d: %s\n%s", free, code, out, errs)
		}
		for _, name := range []string{state, filepath.Join(disk, "fill")} {
			if err := os.RemoveAll(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}
