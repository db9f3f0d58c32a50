package sweep

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/store"
)

// TestBeatAtTheEnd: who is told to end while it says that it is there warns of nothing.
func TestBeatAtTheEnd(t *testing.T) {
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w, err := New(t.Context(), Config{Store: s, State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&b, nil)))
	defer slog.SetDefault(before)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if w.pulse(ctx); b.Len() > 0 {
		t.Errorf("it says %s", b.String())
	}
	s.Close()
	if w.pulse(t.Context()); !bytes.Contains(b.Bytes(), []byte("WARN")) {
		t.Errorf("of a store that is closed it says %q", b.String())
	}
}
