package main

import (
	"runtime"
	"runtime/debug"
	gometrics "runtime/metrics"
	"testing"
	"time"
)

// TestFirstCollection: what is chosen counts after the first collection, or at once if
// there was one.
func TestFirstCollection(t *testing.T) {
	t.Setenv("GOGC", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	percent := func() uint64 {
		is := []gometrics.Sample{{Name: "/gc/gogc:percent"}}
		gometrics.Read(is)
		return is[0].Value.Uint64()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no collection but ours
	var p putOff
	p.wait()
	debug.SetGCPercent(10_000)
	if p.set(gcSmall); percent() != 10_000 {
		t.Errorf("%d %% before the first collection", percent())
	}
	for end := time.Now().Add(10 * time.Second); percent() != gcSmall && time.Now().Before(end); {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	if percent() != gcSmall {
		t.Errorf("%d %% after it, want %d", percent(), gcSmall)
	}
	if p.set(gcFew); percent() != gcFew {
		t.Errorf("%d %% of what is chosen later, want %d", percent(), gcFew)
	}
	p.wait()
	if p.now(gcLarge); percent() != gcLarge {
		t.Errorf("%d %% of what does not wait, want %d", percent(), gcLarge)
	}
}

// TestListsCollectOften: with the setting of the start, the heap of a large
// inventory grows to five times of what is alive.
func TestListsCollectOften(t *testing.T) {
	t.Setenv("GOGC", "")
	before := debug.SetGCPercent(gcStart)
	defer debug.SetGCPercent(before)
	tuneForLists()
	if got := debug.SetGCPercent(gcLarge); got != gcLarge {
		t.Errorf("a collection at %d %%, want %d", got, gcLarge)
	}
	t.Setenv("GOGC", "300") // what somebody set stays
	debug.SetGCPercent(300)
	tuneForLists()
	if got := debug.SetGCPercent(gcLarge); got != 300 {
		t.Errorf("a collection at %d %%, want 300", got)
	}
}
