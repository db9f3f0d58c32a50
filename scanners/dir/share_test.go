package dir

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// TestSharedFile has two workers at one file at once.
func TestSharedFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"large": filler(minPieces)})
	s := mustNew(t, Options{Paths: []string{root}, Workers: 2})
	both := make(chan bool)
	var calls atomic.Int32
	cov, err := s.Scan(t.Context(), 16, func(*leak.Chunk) error {
		switch calls.Add(1) {
		case 1: // wait for the other worker
			select {
			case <-both:
			case <-time.After(20 * time.Second):
				t.Error("nobody else reads the file")
			}
		case 2:
			close(both)
		}
		return nil
	})
	if got := fmt.Sprint(cov.Counts()); err != nil || got != fmt.Sprintf("map[bytes:%d directories:1 files:1]", minPieces) {
		t.Errorf("Scan: %v, %s", err, got)
	}
}

// TestSharedFileChanges has something happen to a large file at the first emit.
func TestSharedFileChanges(t *testing.T) {
	boom := errors.New("boom")
	for _, c := range []struct {
		name string
		do   func(name string) error // its error is emit's
		read int64
		want string
	}{
		{"nothing", func(string) error { return nil }, 2 * minPieces, ""},
		{"shrinks", func(name string) error { return os.Truncate(name, minPieces) }, minPieces, "file that shrank while it was read: large"},
		{"grows", func(name string) error { return os.Truncate(name, 3*minPieces) }, 2 * minPieces, "file that grew while it was read, searched up to its former end: large"},
		{"emit fails", func(string) error { return boom }, -1, ""},
	} {
		for _, workers := range []int{2, 5} {
			root := t.TempDir()
			write(t, root, map[string]string{"large": filler(2 * minPieces)})
			s := mustNew(t, Options{Paths: []string{root}, Workers: workers})
			var once sync.Once
			var failed error
			cov, err := s.Scan(t.Context(), 16, func(*leak.Chunk) error {
				once.Do(func() { failed = c.do(filepath.Join(root, "large")) })
				return failed
			})
			if !errors.Is(err, failed) || errors.Is(failed, boom) != (c.read < 0) {
				t.Errorf("%s: Scan: %v", c.name, err)
			}
			if got := cov.Counts()["bytes"]; c.read >= 0 && got != c.read {
				t.Errorf("%s: %d bytes, want %d", c.name, got, c.read)
			}
			if got := strings.Join(lines(cov.Skipped()), ";"); got != c.want {
				t.Errorf("%s: skipped %q, want %q", c.name, got, c.want)
			}
		}
	}
}

// TestSharedFileCancelled ends a scan while others are still at a file.
func TestSharedFileCancelled(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"a": filler(2 * minPieces), "b": filler(2 * minPieces), "c/d": "1"})
	for _, workers := range []int{1, 2, 3} {
		ctx, cancel := context.WithCancel(t.Context())
		s := mustNew(t, Options{Paths: []string{root}, Workers: workers})
		if _, err := s.Scan(ctx, 16, func(*leak.Chunk) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: Scan: %v", workers, err)
		}
	}
}

// TestTrail opens each folder once, where a single worker goes from one to the
// next, and keeps few open.
func TestTrail(t *testing.T) {
	root := t.TempDir()
	files, folders := map[string]string{}, 0
	for i := range 4 {
		for j := range 5 {
			files[fmt.Sprintf("%d/sub/%d/f", i, j)] = "1"
			folders++
		}
		folders += 2
	}
	deep := strings.Repeat("d/", maxTrail+5)
	files[deep+"x/f"], files[deep+"y/f"] = "2", "3"
	write(t, root, files)
	for opener, open := range openers {
		s := mustNew(t, Options{Paths: []string{root}, Workers: 1})
		opens := 0
		s.open = func(path string) (folder, error) {
			f, err := open(path)
			return counting{f, &opens}, err
		}
		texts, _, cov := scan(t, s)
		if len(texts) != len(files) || len(cov.Skipped()) > 0 {
			t.Errorf("%s: %d files, want %d; skipped %v", opener, len(texts), len(files), cov.Skipped())
		}
		// Folders below maxTrail are opened from there: those of 5 levels, x and y.
		if most := folders + maxTrail + 1 + 2 + 3 + 4 + 5 + 6 + 7 + 7; opens > most {
			t.Errorf("%s: %d folders are opened, want %d at most", opener, opens, most)
		}
	}
}

// counting counts how often a folder is opened in another one.
type counting struct {
	folder
	n *int
}

func (c counting) Sub(name string) (folder, error) {
	*c.n++
	f, err := c.folder.Sub(name)
	return counting{f, c.n}, err
}
