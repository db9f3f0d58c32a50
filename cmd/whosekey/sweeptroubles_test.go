package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestTroublesOfOthersAreTold: a report says what could not be listed or read since its pass
// began, also if another process tried it, and what is due; of before it says nothing.
func TestTroublesOfOthersAreTold(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	db.Now = func() time.Time { return now }
	fails := func(specs ...string) {
		for _, spec := range specs {
			if err := db.Unlisted(t.Context(), spec, "no token"); err != nil {
				t.Fatal(err)
			}
		}
	}
	fails("github:org/before", "logs of acme/before")
	now = now.Add(time.Hour)
	did := passed{started: now, unlisted: map[string]error{"github:org/mine?forks": errors.New("no token")}}
	fails("github:org/mine", "gitlab:group/other", sweep.Notices, "logs of acme/a", "logs of acme/b", "issues of acme/c")
	if _, err := db.DB().ExecContext(t.Context(), `insert into repositories (source, name, address, state, scanned_at) values ('dir:/a', 'a', '/a', 'due', 5), ('dir:/a', 'b', '/b', 'done', 5)`); err != nil {
		t.Fatal(err)
	}
	sum, err := sweepSummary(t.Context(), db, did)
	if err != nil || !sum.Incomplete || sum.Counts["repositories"] != 2 {
		t.Errorf("%+v, %v", sum, err)
	}
	var got []string
	for _, g := range sum.Skipped {
		got = append(got, fmt.Sprintf("%s: %d %v", g.Reason, g.Count, g.First))
	}
	want := []string{
		"source that could not be listed: no token: 1 [github:org/mine?forks]", "source that could not be listed: no token: 1 [gitlab:group/other]",
		"CI logs that could not be read: 2 [acme/a acme/b]", "issues that could not be read: 1 [acme/c]", "repository of which what is new was not searched yet: 1 [a]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
