package main

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	gometrics "runtime/metrics"
	"sync/atomic"
)

// A repository with many objects keeps tables of them, up to 100 MB, for the
// whole run; with Go's usual setting the heap would grow to twice of all that
// is alive. In a small one there is little to keep, and collecting less often
// saves a tenth of the time. GOGC, if it is set, is left alone.
//
// What is made up to the end of a small job, such as what a hook does, is 10 to 20 MB: to
// collect it once would take 4 to 6 ms of the 35 that it has. So the first collection is
// put off until the heap has 32 MB (Go: 4 MB, times gcStart percent), and what is chosen until
// then counts from then on.
const (
	gcStart     = 800
	gcUntuned   = 400
	manyObjects = 300_000
	fewObjects  = 50_000 // all of it is 150 MB at most
	gcFew       = 400
	gcSmall     = 200
	gcLarge     = 50

	// startLimit is what is taken before garbage is collected more often, until it is known
	// how much there is to keep. A tree of few objects can have a million files, whose
	// changes would otherwise become 1.4 GB.
	startLimit = 512 << 20
)

// fileMemory is what the search of files takes at most, roughly: it keeps little,
// but now and then it holds an archive of 64 MiB, and three times that should not
// become of it. With 176 MiB, 1 GB of programs as an image of ten layers took 211 MB,
// and now 135.
const fileMemory = 104 << 20

// tuneForFiles is tuneMemory for sources other than git repositories.
func tuneForFiles() {
	tuneMemory(0)
	limitMemory(fileMemory)
}

// startMemory is for the time until the first collection.
func startMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcStart)
		later.wait()
		limitMemory(startLimit)
	}
}

// memoryGoal is what is taken in all as long as not nearly as much is alive. Otherwise the
// heap grows by a fifth of what is alive, as to collect all the time would take half of the
// CPU; but by a twelfth, which takes a tenth, where that keeps it below memoryMost: 250 MB
// with what Go does not count.
const (
	memoryGoal = 210 << 20
	memoryMost = 234 << 20
)

// later is what counts from the first collection on.
var later putOff

// putOff keeps the percentage that was chosen until the first collection, and after each
// one sees to memoryGoal.
type putOff struct {
	waits, ended atomic.Bool
	percent      atomic.Int32
	limit        atomic.Int64 // that was chosen, in bytes
}

// wait begins.
func (p *putOff) wait() {
	p.percent.Store(gcUntuned)
	p.waits.Store(true)
	p.next()
}

// next notices the next collection by what it collects, and those that follow.
func (p *putOff) next() {
	type nobodys struct{ _ *byte } // with a pointer: small things without share their memory
	runtime.AddCleanup(new(nobodys), func(p *putOff) {
		if p.ended.Load() {
			return
		}
		if p.waits.Swap(false) {
			debug.SetGCPercent(int(p.percent.Load()))
		}
		setLimit(min(p.limit.Load(), keepTo(memoryNow())))
		p.next()
	}, p)
}

// set is debug.SetGCPercent, now or after the first collection.
func (p *putOff) set(percent int) {
	if p.percent.Store(int32(percent)); !p.waits.Load() {
		debug.SetGCPercent(percent)
	}
}

// now is for what becomes large: there is nothing to wait for.
func (p *putOff) now(percent int) {
	p.waits.Store(false)
	p.set(percent)
}

// memoryNow is what the last collection left alive, and what is taken for no object: gaps
// between them, stacks, tables of the runtime.
func memoryNow() (alive, beside uint64) {
	is := []gometrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
	}
	gometrics.Read(is)
	return is[0].Value.Uint64(), is[1].Value.Uint64() - is[2].Value.Uint64() - is[3].Value.Uint64() - is[4].Value.Uint64()
}

// keepTo is the limit for what is alive and beside it.
func keepTo(alive, beside uint64) int64 {
	if alive+alive/5+beside > memoryMost && alive+alive/12+beside <= memoryMost {
		return memoryMost
	}
	return int64(max(memoryGoal, alive+alive/5+beside))
}

// tuneForLists is for inventories, of which hashes and offsets stay: 100 MB of a
// million rows, which with the setting of the start became 770.
func tuneForLists() {
	if os.Getenv("GOGC") == "" {
		limitMemory(math.MaxInt64)
		later.now(gcLarge)
	}
}

// memoryBudget is what the user allows a sweep, in bytes; 0: no limit.
var memoryBudget int64

// limitMemory is debug.SetMemoryLimit, unless the user has set one, and within the budget.
func limitMemory(bytes int64) {
	if memoryBudget > 0 {
		bytes = min(bytes, memoryBudget)
	}
	later.limit.Store(bytes)
	setLimit(bytes)
}

func setLimit(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}

// manyRows is how large the files of an inventory are of which a scan keeps more
// than a few megabytes, in bytes.
const manyRows = 32 << 20

// tuneMemory chooses how often garbage is collected.
func tuneMemory(objects int) {
	switch {
	case os.Getenv("GOGC") != "":
	case objects > manyObjects: // with a limit too low it would do nothing but collect
		limitMemory(math.MaxInt64)
		later.now(gcLarge)
	case objects > 0 && objects <= fewObjects:
		limitMemory(startLimit)
		later.set(gcFew)
	default: // of a sweep, or of a repository with tables that the limit has no room for
		limitMemory(math.MaxInt64)
		later.set(gcSmall)
	}
}
