package main

import (
	"math"
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
	p.limit.Store(math.MaxInt64)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer p.ended.Store(true)
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

// TestKeepTo: what is alive decides how much more may be taken than memoryGoal.
func TestKeepTo(t *testing.T) {
	for _, tt := range []struct {
		alive, beside uint64
		want          int64
	}{
		{0, 0, memoryGoal},
		{100 << 20, 50 << 20, memoryGoal},
		{150 << 20, 50 << 20, 230 << 20},
		{170 << 20, 48 << 20, memoryMost},
		{200 << 20, 50 << 20, 290 << 20},
		{1000 << 20, 0, 1200 << 20},
	} {
		if got := keepTo(tt.alive, tt.beside); got != tt.want {
			t.Errorf("%d MB for %d alive and %d beside", got>>20, tt.alive>>20, tt.beside>>20)
		}
	}
	if alive, beside := memoryNow(); alive > 1<<40 || beside > 1<<40 {
		t.Errorf("%d bytes alive, %d beside", alive, beside)
	}
}

// TestCollectionsKeepTo: after the first collection there is a limit, and none above what
// was chosen.
func TestCollectionsKeepTo(t *testing.T) {
	t.Setenv("GOMEMLIMIT", "")
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	for _, chosen := range []int64{math.MaxInt64, 150 << 20} {
		debug.SetMemoryLimit(math.MaxInt64)
		var p putOff
		p.limit.Store(chosen)
		p.wait()
		limit := func() int64 { return debug.SetMemoryLimit(-1) }
		for end := time.Now().Add(10 * time.Second); limit() == math.MaxInt64 && time.Now().Before(end); {
			runtime.GC()
			time.Sleep(time.Millisecond)
		}
		p.ended.Store(true)
		if got := limit(); got > chosen || got == math.MaxInt64 {
			t.Errorf("a limit of %d where %d was chosen", got, chosen)
		}
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
