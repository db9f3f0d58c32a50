//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTheDatabaseIsFull in the middle of a sweep, which says so, waits, and goes on when
// there is room.
func TestTheDatabaseIsFull(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	err := syscall.Mount("tmpfs", state, "tmpfs", 0, "size=1400k")
	if errors.Is(err, syscall.EPERM) {
		t.Skip("only root may mount a small file system")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(state, syscall.MNT_DETACH)
	want := plantedRepos(t, dir, 300)
	report := filepath.Join(t.TempDir(), "run.json")
	cmd := exec.Command("whosekey", "sweep", "run", "--once", "--dir", dir, "--state", state, "-f", "json="+report)
	cmd.Env = append(os.Environ(), "WHOSEKEY_PATIENCE=600")
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
	if !strings.Contains(said, "has no room") {
		t.Fatalf("it does not say that there is no room: %s", said)
	}
	out, err := exec.Command("whosekey", "sweep", "status", "--state", state).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "never searched") {
		t.Errorf("status: %v\n%s", err, out)
	}
	if err := syscall.Mount("tmpfs", state, "tmpfs", syscall.MS_REMOUNT, "size=200m"); err != nil {
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
}
