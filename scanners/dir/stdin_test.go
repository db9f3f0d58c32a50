package dir

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// scanStdin returns what is emitted, the overlaps only once.
func scanStdin(t *testing.T, s *Stdin) (string, *scanners.Coverage) {
	t.Helper()
	var mu sync.Mutex
	var text []byte
	cov, err := s.Scan(t.Context(), 100, func(c *leak.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		if end := int(c.Offset) + len(c.Data); end > len(text) {
			text = append(text, make([]byte, end-len(text))...)
		}
		copy(text[c.Offset:], c.Data)
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return string(text), cov
}

func opened(t *testing.T, s *Stdin) string {
	t.Helper()
	r, err := s.Open(t.Context(), stdinRef)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestStdinEndsEarly(t *testing.T) {
	boom := errors.New("broken pipe")
	for name, text := range map[string]string{"nothing": "", "short": "some text", "long": filler(2*chunkSize + 5)} {
		s := NewStdin(io.MultiReader(strings.NewReader(text), iotest.ErrReader(boom)), "", 2)
		defer s.Close()
		got, cov := scanStdin(t, s)
		if got != text || opened(t, s) != text {
			t.Errorf("%s: %d bytes are emitted, want %d", name, len(got), len(text))
		}
		if got := strings.Join(lines(cov.Skipped()), ";"); got != "standard input ended early (broken pipe): standard input" {
			t.Errorf("%s: skipped %q", name, got)
		}
		if n := cov.Counts()["bytes"]; n != int64(len(text)) {
			t.Errorf("%s: %d bytes, want %d", name, n, len(text))
		}
	}
}

func TestStdinTwice(t *testing.T) {
	s := NewStdin(strings.NewReader("text"), "notes", 2)
	defer s.Close()
	scanStdin(t, s)
	if cov, err := s.Scan(t.Context(), 1, func(*leak.Chunk) error { return nil }); err == nil || cov == nil {
		t.Errorf("a second Scan returns %v, %v", cov, err)
	}
}

// TestStdinWaits cancels a scan while nobody types.
func TestStdinWaits(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s := NewStdin(r, "", 2)
	defer s.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	go w.Write([]byte("key="))
	if _, err := s.Scan(ctx, 1, func(*leak.Chunk) error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Scan returns %v", err)
	}
}

type lazy struct{}

func (lazy) Read([]byte) (int, error) { return 0, nil }

func TestStdinWithoutProgress(t *testing.T) {
	s := NewStdin(lazy{}, "", 2)
	defer s.Close()
	if _, cov := scanStdin(t, s); len(cov.Skipped()) != 1 {
		t.Errorf("skipped %v", cov.Skipped())
	}
}

// TestStdinFile has more than is kept in memory.
func TestStdinFile(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	text := filler(3 * chunkSize)
	s := NewStdin(strings.NewReader(text), "", 2)
	s.kept.most = 1000
	scanStdin(t, s)
	if opened(t, s) != text {
		t.Error("Open gives something else")
	}
	if s.kept.file == nil || s.kept.mem != nil {
		t.Fatal("it is kept in memory")
	}
	if runtime.GOOS != "windows" {
		if fi, err := s.kept.file.Stat(); err != nil || fi.Mode().Perm() != 0o600 {
			t.Errorf("the file has the mode %v, %v", fi.Mode(), err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("the file has a name: %v, %v", left, err)
		}
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("after Close there is %v, %v", left, err)
	}
	if _, err := s.Open(t.Context(), stdinRef); !errors.Is(err, errClosed) {
		t.Errorf("Open after Close: %v", err)
	}
}

// TestStdinNamedFile does what happens on Windows.
func TestStdinNamedFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "kept"))
	if err != nil {
		t.Fatal(err)
	}
	s := spool{file: f, name: f.Name()}
	s.keep(0, []byte("text"))
	if err := s.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(f.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after close: %v", err)
	}
}

// TestStdinNoRoom has no place for the temporary file.
func TestStdinNoRoom(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("TMPDIR means nothing")
	}
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "none"))
	text := filler(3 * chunkSize)
	s := NewStdin(strings.NewReader(text), "", 2)
	defer s.Close()
	s.kept.most = 1000
	got, cov := scanStdin(t, s)
	if got != text || len(cov.Notes()) != 1 {
		t.Errorf("%d bytes are emitted, want %d; notes %v", len(got), len(text), cov.Notes())
	}
	if _, err := s.Open(t.Context(), stdinRef); err == nil {
		t.Error("Open succeeds")
	}
}
