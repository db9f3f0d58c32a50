package main

import (
	"math"
	"os"
	"runtime/debug"
)

// A repository with many objects keeps tables of them, up to 100 MB, for the
// whole run; with Go's usual setting the heap would grow to twice of all that
// is alive. In a small one there is little to keep, and collecting less often
// saves a tenth of the time. GOGC, if it is set, is left alone.
//
// The start makes a few megabytes, most of which stay: to collect them there
// would take 2 of the 20 ms that a hook has.
const (
	gcStart     = 400
	manyObjects = 300_000
	fewObjects  = 50_000 // all of it is 150 MB at most
	gcFew       = 400
	gcSmall     = 200
	gcLarge     = 50
)

// fileMemory is what the search of files takes at most, roughly: it keeps little,
// but now and then it holds an archive of 64 MiB, and three times that should not
// become of it. With 176 MiB, 1 GB of programs as an image of ten layers took 211 MB,
// and now 135.
const fileMemory = 104 << 20

// tuneForFiles is tuneMemory for sources other than git repositories.
func tuneForFiles() {
	tuneMemory(0)
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(fileMemory)
	}
}

// startMemory is for the time until tuneMemory is called.
func startMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcStart)
	}
}

// tuneForLists is for inventories, of which hashes and offsets stay: 100 MB of a
// million rows, which with the setting of the start became 770.
func tuneForLists() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcLarge)
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
		if os.Getenv("GOMEMLIMIT") == "" {
			debug.SetMemoryLimit(math.MaxInt64)
		}
		debug.SetGCPercent(gcLarge)
	case objects > 0 && objects <= fewObjects:
		debug.SetGCPercent(gcFew)
	default:
		debug.SetGCPercent(gcSmall)
	}
}
