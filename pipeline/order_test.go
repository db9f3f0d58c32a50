package pipeline

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
)

// TestTitleIsThatOfTheFirstPlace: a value with several names has the one that stands
// at the place which is shown first, whatever the order that files came in.
func TestTitleIsThatOfTheFirstPlace(t *testing.T) {
	set := detectors.NewSet(detectors.Builtin(nil)...)
	names := []string{"clientSec" + "ret", "idSec" + "ret", "appSec" + "ret", "webSec" + "ret"}
	m := blobs()
	for i := range 12 {
		m.Blobs[fmt.Sprintf("f%02d", i)] = []byte(strings.Repeat("\n", i%3) + names[(i+1)%4] + ": \"xK7f9Qz2mW4pL8vNc3\"\n")
	}
	for seed := range uint64(24) {
		for _, workers := range []int{1, 3, 8} {
			fs := run(t, shuffle(m, seed, workers), set, nil).findings
			if len(fs) != 1 {
				t.Fatalf("%d findings: %s", len(fs), brief(fs))
			}
			if got, want := fs[0].Rule.Title, "value of "+names[1]; got != want {
				t.Fatalf("seed %d, %d workers: the title is %q, want %q", seed, workers, got, want)
			}
		}
	}
}
