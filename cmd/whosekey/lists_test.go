package main

import (
	"runtime/debug"
	"testing"
)

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
