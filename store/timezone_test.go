package store

import (
	"path/filepath"
	"testing"
	"time"
)

// Times are compared as texts in SQLite: what is written where it is another hour must
// stand in its place all the same.
func TestTimesAreUTC(t *testing.T) {
	was := time.Local
	time.Local = time.FixedZone("east", 9*60*60)
	defer func() { time.Local = was }()
	s := &Store{}
	if err := s.openSQLite(filepath.Join(t.TempDir(), "s.db")); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	now := time.Now()
	var text string
	if err := s.db.QueryRow("SELECT cast(? AS text)", now).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if want := now.UTC().Format("2006-01-02 15:04:05"); len(text) < len(want) || text[:len(want)] != want {
		t.Errorf("%q, want %q", text, want)
	}
}
