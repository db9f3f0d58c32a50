package dir

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestLeavesNoTrace looks at the time of the last reading, which most file
// systems would write at the first one.
func TestLeavesNoTrace(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"d/f": "1", "d/g": filler(minPieces)})
	old := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	names := []string{"d/f", "d/g", "d"}
	for _, name := range names {
		if err := os.Chtimes(filepath.Join(root, name), old, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	check(t, mustNew(t, Options{Paths: []string{root}, Workers: 2}), []string{"d/f", "d/g"}, nil, nil)
	for _, name := range names {
		fi, err := os.Stat(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		st := fi.Sys().(*syscall.Stat_t)
		if got := time.Unix(st.Atim.Unix()); !got.Equal(old) {
			t.Errorf("%s was last read %v, want %v", name, got, old)
		}
	}
}
