package dir

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// inputFile is a file of which somebody has read the first bytes already.
func inputFile(t *testing.T, text string) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "input"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	const read = "what was read\n"
	if _, err := f.WriteString(read + text); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(int64(len(read)), io.SeekStart); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestAcceptStdinOfFile(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "short": "x", "whole chunks": filler(minPieces), "long": filler(2*minPieces + 17), "wide": utf16le(filler(minPieces)),
	} {
		want, _ := scanners.DecodeBytes([]byte(text))
		for _, workers := range []int{1, 2, 8} {
			t.Run(name, func(t *testing.T) {
				scannertest.Accept(t, func() scanners.Source {
					s := NewStdin(inputFile(t, text), "", workers)
					t.Cleanup(func() { s.Close() })
					return s
				}, map[string][]byte{"": want})
			})
		}
	}
}

// TestStdinOfFile keeps nothing, and leaves the file where a reader would.
func TestStdinOfFile(t *testing.T) {
	text := filler(minPieces)
	f := inputFile(t, text)
	s := NewStdin(f, "", 2)
	got, cov := scanStdin(t, s)
	if got != text || opened(t, s) != text || len(cov.Skipped()) > 0 || cov.Counts()["bytes"] != minPieces {
		t.Errorf("%d bytes are emitted, want %d; counts %v, skipped %v", len(got), len(text), cov.Counts(), cov.Skipped())
	}
	if s.kept.size > 0 {
		t.Errorf("%d bytes are kept", s.kept.size)
	}
	if rest, err := io.ReadAll(f); err != nil || len(rest) > 0 {
		t.Errorf("who reads next gets %d bytes, %v", len(rest), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := s.Open(t.Context(), stdinRef); !errors.Is(err, errClosed) {
		t.Errorf("Open after Close: %v", err)
	}
}

// during calls do in the first emit of a scan.
func during(t *testing.T, s *Stdin, do func() error) *scanners.Coverage {
	t.Helper()
	var once sync.Once
	cov, err := s.Scan(t.Context(), 100, func(*leak.Chunk) error {
		once.Do(func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return cov
}

// readAgain opens the input again.
func readAgain(t *testing.T, s *Stdin) ([]byte, error) {
	t.Helper()
	r, err := s.Open(t.Context(), stdinRef)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestStdinOfLogThatGrows(t *testing.T) {
	text, more := filler(minPieces), filler(2*chunkSize)
	f := inputFile(t, text)
	s := NewStdin(f, "", 1)
	cov := during(t, s, func() error {
		_, err := f.WriteAt([]byte(more), int64(len("what was read\n")+len(text)))
		return err
	})
	if n := cov.Counts()["bytes"]; n != int64(len(text)+len(more)) || len(cov.Skipped()) > 0 {
		t.Errorf("%d bytes, want %d; skipped %v", n, len(text)+len(more), cov.Skipped())
	}
	if _, err := f.WriteString("what comes later is not the input's"); err != nil {
		t.Fatal(err)
	}
	if got, err := readAgain(t, s); err != nil || string(got) != text+more {
		t.Errorf("Open gives %d bytes, %v", len(got), err)
	}
}

func TestStdinOfFileThatShrinks(t *testing.T) {
	f := inputFile(t, filler(3*minPieces))
	s := NewStdin(f, "", 1)
	cov := during(t, s, func() error { return f.Truncate(minPieces) })
	if got := strings.Join(lines(cov.Skipped()), ";"); got != "standard input ended early (the file shrank while it was read): standard input" {
		t.Errorf("skipped %q", got)
	}
	want := filler(minPieces - len("what was read\n"))
	if got, err := readAgain(t, s); err != nil || string(got) != want || cov.Counts()["bytes"] != int64(len(want)) {
		t.Errorf("Open gives %d bytes, %v; %d were searched", len(got), err, cov.Counts()["bytes"])
	}
}

// TestStdinOfFileThatChanges must not show other bytes than were searched:
// secrets in them are not known.
func TestStdinOfFileThatChanges(t *testing.T) {
	text := filler(2 * minPieces)
	f := inputFile(t, text)
	s := NewStdin(f, "", 2)
	scanStdin(t, s)
	if _, err := f.WriteAt([]byte("changed"), minPieces); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Minute) // clocks of file systems are coarse
	if err := os.Chtimes(f.Name(), later, later); err != nil {
		t.Fatal(err)
	}
	got, err := readAgain(t, s)
	if !errors.Is(err, errChanged) || !strings.HasPrefix(text, string(got)) || bytes.Contains(got, []byte("changed")) {
		t.Errorf("Open gives %d bytes, %v", len(got), err)
	}
}

// brittle fails behind some bytes.
type brittle struct {
	io.ReaderAt
	good int64
}

var errBrittle = errors.New("input/output error")

func (b brittle) ReadAt(p []byte, at int64) (int, error) {
	if left := b.good - at; left < int64(len(p)) {
		n, _ := b.ReaderAt.ReadAt(p[:max(0, left)], at)
		return n, errBrittle
	}
	return b.ReaderAt.ReadAt(p, at)
}

func TestPiecesOfBadDisk(t *testing.T) {
	text := filler(minPieces)
	for _, good := range []int64{0, 1, chunkSize, chunkSize + 1, minPieces - 1, minPieces} {
		p := newPieces(brittle{strings.NewReader(text), good}, 7, 0, minPieces, 100)
		var got []byte
		err := p.search(make([]byte, p.size), func(c *leak.Chunk) error {
			got = append(got[:c.Offset], c.Data...)
			return nil
		})
		if err != nil || string(got) != text[:good] || p.read != good {
			t.Errorf("%d good bytes: %d are emitted and %d counted, %v", good, len(got), p.read, err)
		}
		if failed := p.err != nil; failed != (good < minPieces) {
			t.Errorf("%d good bytes: %v", good, p.err)
		}
	}
}

// TestPump has chunks that are still searched when the next ones are read.
func TestPump(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	text := filler(5*chunkSize + 3)
	p := newPump(ctx, strings.NewReader(text), 1000, 3)
	var held []block
	var got []byte
	for {
		b, ok := p.next()
		if !ok {
			break
		}
		if held = append(held, b); len(held) == 3 {
			for _, b := range held {
				got = append(got, b.Data[b.seen:]...)
				clear(b.buf)
				p.empty <- b.buf
			}
			held = nil
		}
	}
	for _, b := range held {
		got = append(got, b.Data[b.seen:]...)
	}
	if string(got) != text || p.failed != nil || p.read.Load() != int64(len(text)) {
		t.Errorf("%d bytes, %d read, %v", len(got), p.read.Load(), p.failed)
	}
}
