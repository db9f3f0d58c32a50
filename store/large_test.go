package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
)

// TestLargeStore fills a store and reads it. "make bench-store" does so with a
// million findings.
func TestLargeStore(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("WHOSEKEY_STORE_FINDINGS"))
	if err != nil {
		n = 2000
	}
	s := opened(t, filepath.Join(t.TempDir(), "large.db"))
	const each = 100 // findings of a repository
	for i := range n / each {
		r := see(t, s, fmt.Sprintf("acme/r%05d", i))
		var fs []*leak.Finding
		for k := range each {
			f := finding(fmt.Sprintf("%08x%04x", i*2654435761%(1<<32), k), place(fmt.Sprintf("dir/file%d", k)))
			risk := leak.Risk{Score: (i*7 + k*13) % 101, Band: []string{"low", "medium", "high", "critical"}[(i+k)%4]}
			f.Identity = &leak.Identity{
				ID: fmt.Sprintf("nhi:acme:bot:t%d/%d", i, k/10), Name: "bot", Owner: fmt.Sprintf("@acme/team%d", i%40), Confidence: 0.5, Risk: risk,
				Credentials: []leak.Credential{{ID: f.ID, Risk: risk}},
			}
			fs = append(fs, f)
		}
		record(t, s, r, true, fs...)
	}
	ctx := t.Context()
	for _, q := range []struct {
		name string
		read func() (int, error)
	}{
		{"Overview", func() (int, error) { o, err := s.Overview(ctx); return o.Open, err }},
		{"the worst 10,000", func() (int, error) {
			fs, err := s.Findings(ctx, store.Filter{State: store.StateOpen, Limit: 10000})
			return len(fs), err
		}},
		{"of an owner", func() (int, error) {
			fs, err := s.Findings(ctx, store.Filter{State: store.StateOpen, Owner: "@acme/team3", Limit: 500})
			return len(fs), err
		}},
		{"late, by owner", func() (int, error) {
			m, err := s.CountByOwner(ctx, store.Filter{State: store.StateOpen, Band: "high", FirstUntil: time.Now().Add(time.Hour)})
			return len(m), err
		}},
		{"Days", func() (int, error) { d, err := s.Days(ctx, 90); return len(d), err }},
	} {
		started := time.Now()
		got, err := q.read()
		if err != nil || got == 0 {
			t.Errorf("%s: %d, %v", q.name, got, err)
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%-18s %6v, %d MB from the system", q.name, time.Since(started).Round(time.Millisecond), m.Sys>>20)
	}
}
