package store_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/store/storetest"
)

// recounted fails unless what was counted by the way is what there is.
func recounted(t *testing.T, s *store.Store) {
	t.Helper()
	rows := func(text string) (out []string) {
		found, err := s.DB().QueryContext(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		defer found.Close()
		for found.Next() {
			var a, b, c, d, e string
			var n int
			if err := found.Scan(&a, &b, &c, &d, &e, &n); err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(a, "/", b, "/", c, "/", d, "/", e, ": ", n))
		}
		return out
	}
	const order = ` order by 1, 2, 3, 4, 5`
	want := rows(`select state, status, band, provider, owner, count(*) from findings group by 1, 2, 3, 4, 5` + order)
	if diff := cmp.Diff(want, rows(`select state, status, band, provider, owner, n from tallies where n <> 0`+order)); diff != "" || len(want) == 0 {
		t.Errorf("tallies (-want +got):\n%s", diff)
	}
	const day = `select cast(day as text), cast(sum(a) as text), cast(sum(b) as text), '', '', 0 from `
	want = rows(day + `(select first_seen / 86400000000 as day, 1 as a, 0 as b from findings union all select closed_at / 86400000000, 0, 1 from findings where closed_at > 0) x group by day` + order)
	if diff := cmp.Diff(want, rows(day+`(select day, opened as a, closed as b from days where opened <> 0 or closed <> 0) x group by day`+order)); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
}

func TestPagesAreWhatThereIs(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		r := rand.New(rand.NewPCG(5, 6))
		var fs []*leak.Finding
		for i := range 450 {
			f := random(r)
			f.ID = fmt.Sprintf("f%03d", i)
			if f.Identity != nil {
				f.Identity.Credentials[0].ID, f.Identity.Credentials[0].Risk.Score = f.ID, r.IntN(3)
			}
			fs = append(fs, f)
		}
		record(t, s, see(t, s, "acme/a"), true, fs...)
		for _, limit := range []int{0, 1, 200, 201, 399, 450} {
			all, err := s.Findings(t.Context(), store.Filter{Limit: limit})
			if err != nil {
				t.Fatal(err)
			}
			i := 0
			if err := s.Each(t.Context(), store.Filter{Limit: limit}, func(f *store.Finding) error {
				if i >= len(all) || f.ID != all[i].ID {
					t.Fatalf("of %d the %d. is %s", limit, i, f.ID)
				}
				i++
				return nil
			}); err != nil || i != len(all) || limit > 0 && i != limit {
				t.Errorf("%d of %d, limit %d: %v", i, len(all), limit, err)
			}
		}
	})
}

// random is a finding that a scan might see: of few ids, so that most are known.
func random(r *rand.Rand) *leak.Finding {
	f := finding(fmt.Sprintf("f%d", r.IntN(12)), place("a.env"))
	f.Rule.Provider = fmt.Sprintf("provider%d", r.IntN(2))
	f.Verdict.Status = []leak.Status{leak.Live, leak.Dead, leak.Unchecked, leak.Unknown, leak.Restricted}[r.IntN(5)]
	if r.IntN(3) > 0 {
		risk := leak.Risk{Score: r.IntN(100), Band: []string{"low", "high"}[r.IntN(2)]}
		f.Identity = &leak.Identity{
			ID: fmt.Sprintf("nhi:%s:%d", f.ID, r.IntN(2)), Name: "bot", Owner: fmt.Sprintf("@acme/team%d", r.IntN(3)), Confidence: r.Float64(), Risk: risk,
			Credentials: []leak.Credential{{ID: f.ID, Risk: risk}},
		}
	}
	return f
}

func TestWhatIsCountedIsWhatThereIs(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
		s.Now = func() time.Time { return now }
		r := rand.New(rand.NewPCG(1, 2))
		repositories := []*store.Repository{see(t, s, "acme/a"), see(t, s, "acme/b")}
		for range 40 {
			seen := map[string]*leak.Finding{}
			for range 4 {
				f := random(r)
				seen[f.ID] = f
			}
			var fs []*leak.Finding
			for _, f := range seen {
				fs = append(fs, f)
			}
			record(t, s, repositories[r.IntN(2)], r.IntN(2) == 0, fs...)
			now = now.Add(time.Duration(r.IntN(12)) * time.Hour)
		}
		recounted(t, s)
		if err := s.Judge(t.Context(), []string{"f1", "f2", "f3", "none"}, store.StateOpen, store.StateIgnored); err != nil {
			t.Fatal(err)
		}
		recounted(t, s)
		if o, err := s.Overview(t.Context()); err != nil || o.Ignored == 0 {
			t.Errorf("%+v, %v", o, err)
		}
		record(t, s, repositories[0], false, finding("f1", place("b")), finding("f2", place("b")), finding("f3", place("b")))
		if o, err := s.Overview(t.Context()); err != nil || o.Ignored != 0 {
			t.Errorf("seen again, %d are ignored, %v", o.Ignored, err)
		}
		recounted(t, s)

		// What is counted from the other end is the same.
		for _, x := range []store.Filter{
			{State: store.StateOpen}, {}, {State: store.StateFixed, Owner: "@acme/team1"}, {Band: "high", Provider: "provider1"},
			{FirstSince: now.AddDate(0, 0, -9)}, {FirstUntil: now.AddDate(0, 0, -9)}, {FirstSince: now.AddDate(0, 0, -99)}, {State: store.StateOpen, Band: "low", FirstUntil: now},
		} {
			fs, err := s.Findings(t.Context(), x)
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{}
			for _, f := range fs {
				want[f.Owner]++
			}
			got, err := s.CountByOwner(t.Context(), x)
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("CountByOwner(%+v): %v (-want +got):\n%s", x, err, diff)
			}
			if n, err := s.CountFindings(t.Context(), x); n != len(fs) || err != nil {
				t.Errorf("CountFindings(%+v) = %d, %v, want %d", x, n, err, len(fs))
			}
		}

		// A store of an older whosekey is counted once.
		storetest.ToSchema3(t, s.DB())
		s.Close()
		recounted(t, open())
	})
}

func TestManyCountAtOnce(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var all sync.WaitGroup
		for i := range 6 {
			repository := see(t, s, fmt.Sprintf("acme/r%d", i))
			all.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), 3))
				for range 10 {
					record(t, s, repository, false, random(r))
				}
			})
		}
		all.Wait()
		recounted(t, s)
	})
}
