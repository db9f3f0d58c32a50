package main

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestMemoryGate: another repository is searched only when there is room for one more, one
// always is, and who waits goes on when another one has ended or is told to stop.
func TestMemoryGate(t *testing.T) {
	var used atomic.Int64
	g := &memoryGate{limit: 1000, used: used.Load, every: time.Millisecond}
	used.Store(5000)
	first, err := g.enter(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.enter(ctx, "b"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a second one beside 5,000 of 1,000 bytes: %v", err)
	}
	used.Store(500) // room for as much again
	second, err := g.enter(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	used.Store(900)
	done := make(chan error)
	go func() {
		_, err := g.enter(t.Context(), "c")
		done <- err
	}()
	first()
	second()
	used.Store(0)
	if err := <-done; err != nil {
		t.Error(err)
	}
	free := newMemoryGate(0)
	for range 100 {
		if !free.begin() {
			t.Fatal("without a limit one has to wait")
		}
	}
}

// TestMemoryBudget: the flag limits what Go's heap takes, whatever is chosen later for
// many or few objects, and what is no budget is told.
func TestMemoryBudget(t *testing.T) {
	old := debug.SetMemoryLimit(-1)
	defer func() {
		memoryBudget = 0
		debug.SetMemoryLimit(old)
	}()
	t.Setenv("GOMEMLIMIT", "")
	os.Unsetenv("GOMEMLIMIT")
	for text, want := range map[string]string{"lots": "is no size", "10MB": "too little", "-1GB": "is no size"} {
		if _, err := (&sweepFlags{memory: text}).memoryBudget(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--memory %s: %v, want %q", text, err, want)
		}
	}
	if n, err := (&sweepFlags{}).memoryBudget(); n != 0 || err != nil || memoryBudget != 0 {
		t.Errorf("no flag: %d, %v", n, err)
	}
	if n, err := (&sweepFlags{memory: "2GB"}).memoryBudget(); n != 2e9 || err != nil {
		t.Fatal(n, err)
	}
	limitMemory(math.MaxInt64)
	if got := debug.SetMemoryLimit(-1); got != 2e9 {
		t.Errorf("the limit is %d, want 2 GB", got)
	}
	if aliveMemory() < 0 {
		t.Error("less than nothing is alive")
	}
}
