package gitrepo

import (
	"context"
	"runtime"
	"testing"
)

// TestLocateAllocatesNothingPerCommit attributes credentials in two histories of
// which one is four times as long: for each commit more, nothing is allocated,
// whether nothing was found or a credential that is in one file.
func TestLocateAllocatesNothingPerCommit(t *testing.T) {
	const short, long = 400, 1600
	dirs := [2]string{historyOf(t, short), historyOf(t, long)}
	for _, credentials := range []int{0, 1} {
		var scan, locate [2]uint64
		for i, dir := range dirs {
			before := mallocs()
			h, matches := scanFor(t, dir, credentials)
			scanned := mallocs()
			if _, err := h.Locate(context.Background(), matches); err != nil {
				t.Fatal(err)
			}
			scan[i], locate[i] = scanned-before, mallocs()-scanned
			h.r.Close()
		}
		per := func(n [2]uint64) float64 { return (float64(n[1]) - float64(n[0])) / (long - short) }
		if got := per(scan); got > 0.5 {
			t.Errorf("%d credentials: a scan allocates %.2f times for each commit: %v", credentials, got, scan)
		}
		if got := per(locate); got > 0.5 {
			t.Errorf("%d credentials: Locate allocates %.2f times for each commit: %v", credentials, got, locate)
		}
	}
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
