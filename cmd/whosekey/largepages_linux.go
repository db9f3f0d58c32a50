package main

import (
	"bytes"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// firstHeap is how much of the heap is asked for in large pages. With 32 MiB less is
// won, with 96 and more hardly anything is added.
const firstHeap = 64 << 20

// largePages lets the heap of a search begin in large pages, where Linux gives them to
// who asks. A search touches some 100 MB for the first time, and each page of 4 KB of it
// costs the kernel one to two microseconds: a tenth of what the search of a small
// repository takes. Go does not ask, so memory is taken from it, asked for, and given
// back as long as there is nothing else to collect. What it takes on top is one
// collection of an empty heap.
func largePages() {
	mode, _ := os.ReadFile("/sys/kernel/mm/transparent_hugepage/enabled")
	if bytes.Contains(mode, []byte("[madvise]")) {
		unix.Madvise(make([]byte, firstHeap), unix.MADV_HUGEPAGE) // where that fails, pages are small
		runtime.GC()
	}
}
