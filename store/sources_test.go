package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
)

// TestSources: a source that could not be listed is in trouble until it is listed.
func TestSources(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		s.Now = func() time.Time { return now }
		listed := func(spec string) {
			if err := s.Do(t.Context(), func(tx *store.Tx) error { return tx.Listed(t.Context(), spec) }); err != nil {
				t.Fatal(err)
			}
		}
		troubled := func(want ...store.SourceState) {
			t.Helper()
			got, err := s.TroubledSources(t.Context(), 5)
			if err != nil || len(got) != len(want) {
				t.Fatalf("%+v, %v; want %+v", got, err, want)
			}
			for i := range got {
				if !got[i].ListedAt.Equal(want[i].ListedAt) || !got[i].FailedAt.Equal(want[i].FailedAt) {
					t.Errorf("times of %+v; want %+v", got[i], want[i])
				}
				got[i].ListedAt, got[i].FailedAt, want[i].ListedAt, want[i].FailedAt = now, now, now, now
				if got[i] != want[i] {
					t.Errorf("%+v; want %+v", got[i], want[i])
				}
			}
		}
		troubled()
		listed("dir:/a")
		first := now
		for range 2 {
			now = now.Add(time.Hour)
			for _, spec := range []string{"dir:/a", "github:org/b\x00"} {
				if err := s.Unlisted(t.Context(), spec, "no\x00 token"); err != nil {
					t.Fatal(err)
				}
			}
		}
		troubled(store.SourceState{"dir:/a", first, "no\ufffd token", now, 2}, store.SourceState{"github:org/b\ufffd", time.Time{}, "no\ufffd token", now, 2})
		listed("dir:/a")
		listed("github:org/b\x00")
		troubled()
	})
}

// TestSourcesWithoutTheirChoice: what an earlier whosekey has listed with a choice is known
// without it; of several choices one is.
func TestSourcesWithoutTheirChoice(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i, source := range []string{"github:org/acme?forks", "github:org/acme?forks&wikis", "gitlab:group/acme@https://git.acme.example?archived", "dir:/srv/what?", "image:acme/ap?"} {
			if _, err := s.DB().ExecContext(t.Context(), fmt.Sprintf(`insert into repositories (id, source, name, address) values (%d, '%s', 'acme/api', 'x')`, i+1, source)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.DB().ExecContext(t.Context(), `update meta set value = '10' where name = 'schema'`); err != nil {
			t.Fatal(err)
		}
		s = open()
		for id, want := range []string{"github:org/acme", "github:org/acme?forks&wikis", "gitlab:group/acme@https://git.acme.example", "dir:/srv/what?", "image:acme/ap?"} {
			if r, err := s.Repository(t.Context(), int64(id+1)); err != nil || r.Source != want {
				t.Errorf("%d is of %+v, want %s: %v", id+1, r, want, err)
			}
		}
	})
}
