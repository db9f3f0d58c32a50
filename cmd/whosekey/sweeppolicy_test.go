package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWorkersApplyPolicy: a baseline counts for what is in the store as soon as a process
// starts with it, not only in a report; and no more when one starts without.
func TestWorkersApplyPolicy(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	plantedOf(t, dir, 4, 1)
	args := []string{"--state", state}
	if code, _, errs := runSweep(t, append(args, "--dir", dir)...); code != exitFindings {
		t.Fatalf("%d %s", code, errs)
	}
	settings := filepath.Join(t.TempDir(), "settings.toml")
	if err := os.WriteFile(settings, []byte("[[allow]]\nrules = [\"slack-bot-token\"]\nreason = \"of a test\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		with []string
		want string
	}{{[]string{"worker", "--config", settings}, "2 ignored"}, {[]string{"worker"}, "2 open, 0 fixed;"}, {[]string{"schedule", "--dir", dir, "--config", settings}, "2 ignored"}} {
		ctx, stop := context.WithCancel(t.Context())
		var o, e strings.Builder
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			run(ctx, append(append([]string{"sweep"}, k.with...), args...), strings.NewReader(""), &o, &e)
		}()
		status := ""
		for end := time.Now().Add(time.Minute); !strings.Contains(status, k.want) && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			status = sweepStatusOf(t, args)
		}
		stop()
		<-ended
		if !strings.Contains(status, k.want) {
			t.Errorf("%q: %s\n%s", k.with, status, e.String())
		}
	}
}
