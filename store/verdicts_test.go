package store_test

import (
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
)

func TestKeptVerdicts(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { return now }
		other.Now = s.Now
		keep := func(s *store.Store, id, text string, d time.Duration) {
			t.Helper()
			if err := s.KeepVerdict(t.Context(), id, []byte(text), now.Add(d)); err != nil {
				t.Fatal(err)
			}
		}
		want := func(s *store.Store, id, text string) {
			t.Helper()
			if got, err := s.KeptVerdict(t.Context(), id); err != nil || string(got) != text {
				t.Errorf("%s: %q, %v; want %q", id, got, err, text)
			}
		}
		keep(s, "a", "\x00sealed", time.Hour)
		keep(s, "a", "\x00again", time.Hour)
		keep(s, "b", "b", 24*time.Hour)
		want(other, "a", "\x00again")
		want(other, "c", "")
		now = now.Add(time.Hour)
		want(s, "a", "")
		want(s, "b", "b")
		keep(other, "c", "c", time.Hour) // the first of it removes what is too old
		n := 0
		if err := s.DB().QueryRow(`select count(*) from kept_verdicts`).Scan(&n); err != nil || n != 2 {
			t.Errorf("%d are left, %v", n, err)
		}
	})
}
