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
			if err := s.Do(t.Context(), func(tx *store.Tx) error { return tx.Listed(t.Context(), spec, nil) }); err != nil {
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
		if err := s.Unlisted(t.Context(), "logs of b", "no"); err != nil {
			t.Fatal(err)
		}
		kinds, at, err := s.SourceOverview(t.Context())
		if err != nil || fmt.Sprint(kinds) != "[{list 2} {logs 1}]" || !at.Equal(first) {
			t.Errorf("troubles are of %v, and a source was listed at %v, %v", kinds, at, err)
		}
		if err := s.Do(t.Context(), func(tx *store.Tx) error { return tx.Relisted(t.Context(), "logs of b") }); err != nil {
			t.Fatal(err)
		}
		listed("dir:/a")
		listed("github:org/b\x00")
		troubled()
	})
}

// TestSourcesWithoutTheirChoice: what an earlier whosekey has listed with a choice is known
// without it. Of what it has listed with several, one stays, with the places of all.
func TestSourcesWithoutTheirChoice(t *testing.T) {
	for _, before := range []int{10, 11} { // the eleventh left some as they were
		both(t, func(t *testing.T, open func() *store.Store) {
			s := open()
			do := func(text string, args ...any) {
				t.Helper()
				if _, err := s.DB().ExecContext(t.Context(), fmt.Sprintf(text, args...)); err != nil {
					t.Fatal(err, text)
				}
			}
			first := "github:org/acme?forks"
			if before == 11 {
				first = "github:org/acme"
			}
			for i, source := range []string{first, "github:org/acme?forks&wikis", "gitlab:group/acme@https://git.acme.example", "dir:/srv/what?", "image:acme/ap?", "github:org/acme?wikis"} {
				do(`insert into repositories (id, source, name, address, native, state, scanned_at) values (%d, '%s', 'acme/api', 'x', '7', 'done', %d)`, i+1, source, i+1)
			}
			do(`insert into repositories (id, source, name, address, native) values (7, 'github:org/acme?images', 'acme/api', 'x', '8')`) // another one that had the name
			for _, id := range []string{"f1", "f2"} {
				do(`insert into findings (id, rule, title, provider, severity, confidence, about, rotate, encoding, more, state, status, verdict, first_seen, last_seen, places, repositories)
					values ('%s', 'r', 't', 'p', 1, 'high', '', '', '', '{}', 'open', 'unchecked', '{}', 1, 1, 3, 3)`, id)
			}
			for _, o := range []struct {
				finding, place string
				repository     int
			}{{"f1", "a", 1}, {"f1", "a", 2}, {"f1", "b", 2}, {"f1", "b", 6}, {"f2", "c", 6}, {"f2", "c", 5}} {
				do(`insert into occurrences (finding, repository, place, path, line, commit_id, at_head, date, record, first_seen, last_seen) values ('%s', %d, '%s', 'p', 1, 'c', 1, 0, '{}', 1, 1)`, o.finding, o.repository, o.place)
			}
			do(`insert into identities (id, provider, type, name, owner, risk, confidence, status, record, added_at, changed_at, repository) values ('i', 'p', 't', 'n', 'o', 1, 1, 's', '{}', 1, 1, 2)`)
			do(`insert into identity_views (identity, repository, record) values ('i', 1, 'one'), ('i', 6, 'six')`)
			do(`insert into scans (repository, kind, started_at, ended_at, worker, rules, refs, commits, blobs, bytes, findings, added, incomplete, problem) values (2, 'full', 4, 5, 'w', 'd', 'r1', 1, 1, 1, 2, 2, 0, '')`)
			do(`insert into gaps (repository, reason, fix, count, first) values (2, 'large', 'raise it', 2, 'a.bin')`)
			do(`alter table sources drop column gaps`)
			do(`update meta set value = '%d' where name = 'schema'`, before)
			s = open()
			for id, want := range map[int64]string{1: "github:org/acme", 2: "", 3: "gitlab:group/acme@https://git.acme.example", 4: "dir:/srv/what?", 5: "image:acme/ap?", 6: "", 7: "github:org/acme?images"} {
				got := ""
				r, err := s.Repository(t.Context(), id)
				if r != nil {
					got = r.Source
				}
				if err != nil || got != want {
					t.Errorf("from %d: %d is of %q, want %q: %v", before, id, got, want, err)
				}
			}
			for text, want := range map[string]string{
				`select places from findings where id = 'f1'`: "2", `select repositories from findings where id = 'f1'`: "1",
				`select places from findings where id = 'f2'`: "2", `select repositories from findings where id = 'f2'`: "2",
				`select count(*) from occurrences where repository = 1`: "3", `select count(*) from occurrences`: "4", `select repository from identities`: "1",
				`select record from identity_views`: "one", `select repository from scans`: "1", `select count(*) from gaps`: "0",
			} {
				got := ""
				if err := s.DB().QueryRowContext(t.Context(), text).Scan(&got); err != nil || got != want {
					t.Errorf("from %d: %s is %q, want %s: %v", before, text, got, want, err)
				}
			}
		})
	}
}
