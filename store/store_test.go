package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, run func(t *testing.T, open func() *store.Store)) {
	t.Run("SQLite", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "store.db")
		run(t, func() *store.Store { return opened(t, name) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		server := postgreSQL(t)
		name := server.Database(fmt.Sprintf("t%d", time.Now().UnixNano()))
		run(t, func() *store.Store { return opened(t, name) })
	})
}

// One server serves all tests. It ends with TestMain.
var (
	serverOnce sync.Once
	server     *verifytest.PostgreSQL
	ends       = &lasting{}
)

// lasting is a test that lasts as long as the program.
type lasting struct {
	testing.TB
	cleanups []func()
}

func (l *lasting) Helper()          {}
func (l *lasting) Cleanup(f func()) { l.cleanups = append(l.cleanups, f) }

func postgreSQL(t *testing.T) *verifytest.PostgreSQL {
	verifytest.Program(t, "postgres")
	serverOnce.Do(func() {
		ends.TB = t
		server = verifytest.NewPostgreSQL(ends)
	})
	ends.TB = t
	if server == nil {
		t.Fatal("the server did not start")
	}
	return server
}

func TestMain(m *testing.M) {
	code := m.Run()
	for i := len(ends.cleanups) - 1; i >= 0; i-- {
		ends.cleanups[i]()
	}
	os.Exit(code)
}

func opened(t *testing.T, name string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func do(t *testing.T, s *store.Store, f func(*store.Tx) error) {
	t.Helper()
	if err := s.Do(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func see(t *testing.T, s *store.Store, name string) (r *store.Repository) {
	t.Helper()
	do(t, s, func(tx *store.Tx) (err error) {
		r, err = tx.See(t.Context(), &store.Repository{Name: name, Source: "dir", Address: "/srv/" + name})
		return err
	})
	return r
}

// record is a scan of a repository that finds fs.
func record(t *testing.T, s *store.Store, r *store.Repository, whole bool, fs ...*leak.Finding) (added []string) {
	t.Helper()
	ctx := t.Context()
	if err := s.Beat(ctx, "w1", "here"); err != nil {
		t.Fatal(err)
	}
	fence, err := s.Lease(ctx, r.ID, "w1")
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, func(tx *store.Tx) (err error) {
		added, err = tx.Record(ctx, &store.Outcome{
			Scan:  store.Scan{Repository: r.ID, Kind: "full", Worker: "w1", Rules: "r1", Refs: "h1", Bytes: 100},
			Fence: fence, Findings: fs, Tips: []string{"aa", "bb"}, Whole: whole, Anew: whole,
			Gaps: []store.Gap{{Reason: "unreadable\x00", Count: 2, First: []string{"x\xff"}}},
		})
		return err
	})
	return added
}

func finding(id string, places ...leak.Location) *leak.Finding {
	return &leak.Finding{
		ID: id, Rule: leak.RuleInfo{ID: "acme-token", Title: "Acme token", Provider: "acme", Severity: 8, Sure: leak.High},
		Confidence: leak.High, Verdict: leak.Verdict{Status: leak.Unchecked}, Why: []string{"checksum"}, Locations: places,
	}
}

func place(path string) leak.Location {
	return leak.Location{
		Kind: leak.KindBlob, Path: path, Commit: "c1", Author: "Ada", Date: time.Unix(1700000000, 0).UTC(), AtHead: true,
		Position: leak.Position{Blob: "b1", Line: 3, Column: 5, EndLine: 3, EndColumn: 9, Frame: &leak.Frame{First: 3, Lines: []string{"k = \x00****"}, MarkStart: 5, MarkEnd: 9}},
	}
}

func TestRecordAndRead(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		r := see(t, s, "acme/api")
		f := finding("f1", place("a.env"), place("odd\xff\x00name"))
		f.Identity = &leak.Identity{
			ID: "nhi:acme:bot:t/1", Type: leak.Bot, Name: "deployer", Owner: "@acme/ops", Provider: "acme", Confidence: 0.8, Repositories: []string{"acme/api"}, Risk: leak.Risk{Score: 77, Band: "high"},
			Owners: []leak.Owner{{Name: "@acme/ops", Kind: "team"}}, Credentials: []leak.Credential{{ID: "f1", Risk: leak.Risk{Score: 77, Band: "high"}}},
		}
		if added := record(t, s, r, true, f); len(added) != 1 || added[0] != "f1" {
			t.Errorf("added %q, want f1", added)
		}
		if added := record(t, s, r, true, f); len(added) != 0 {
			t.Errorf("recording again added %q", added)
		}
		s = open() // what is kept outlives the connection
		got, err := s.Finding(t.Context(), "f1")
		if err != nil || got == nil {
			t.Fatalf("Finding: %v, %v", got, err)
		}
		if got.Places != 2 || got.Repositories != 1 || got.Risk != 77 || got.Band != "high" || got.Owner != "@acme/ops" || got.State != store.StateOpen {
			t.Errorf("got %+v", got)
		}
		want := place("a.env")
		want.Repository, want.Frame.Lines[0] = "acme/api", "k = \ufffd****"
		if diff := cmp.Diff(want, got.Locations[0]); diff != "" {
			t.Errorf("the place (-want +got):\n%s", diff)
		}
		if p := got.Locations[1].Path; p != "odd\xff\x00name" {
			t.Errorf("path %q", p)
		}
		if diff := cmp.Diff(f.Identity, got.Identity); diff != "" {
			t.Errorf("the identity (-want +got):\n%s", diff)
		}
		tips, err := s.Tips(t.Context(), r.ID)
		if err != nil || strings.Join(tips, " ") != "aa bb" {
			t.Errorf("tips %q, %v", tips, err)
		}
	})
}

func TestOneCredentialInTwoRepositoriesIsOneFinding(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, name := range []string{"acme/a", "acme/b"} {
			record(t, s, see(t, s, name), true, finding("f1", place("x")))
		}
		fs, err := s.Findings(t.Context(), store.Filter{})
		if err != nil || len(fs) != 1 || fs[0].Repositories != 2 || fs[0].Places != 2 {
			t.Fatalf("%+v, %v", fs, err)
		}
		n := 0
		err = s.Each(t.Context(), store.Filter{Repository: "acme/b"}, func(f *store.Finding) error {
			n += len(f.Locations)
			return nil
		})
		if err != nil || n != 2 {
			t.Errorf("%d places, %v", n, err)
		}
	})
}

func TestVerdictsAreHistory(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		r := see(t, s, "acme/a")
		for _, st := range []leak.Status{leak.Unchecked, leak.Live, leak.Unknown, leak.Live, leak.Dead, leak.Unchecked} {
			f := finding("f1", place("x"))
			f.Verdict = leak.Verdict{Status: st, Reason: "because"}
			record(t, s, r, true, f)
		}
		got, err := s.Finding(t.Context(), "f1")
		if err != nil {
			t.Fatal(err)
		}
		if got.Verdict.Status != leak.Dead || got.State != store.StateFixed || got.ClosedAt.IsZero() || !got.LiveSince.IsZero() {
			t.Errorf("%s, %s, closed %v", got.Verdict.Status, got.State, got.ClosedAt)
		}
		var all []string
		h, err := s.History(t.Context(), "f1")
		for _, v := range h {
			all = append(all, string(v.Status))
		}
		if got, want := strings.Join(all, " "), "unchecked live dead"; got != want || err != nil {
			t.Errorf("history %q, want %q; %v", got, want, err)
		}
		o, err := s.Overview(t.Context())
		if err != nil || o.Open != 0 || o.Fixed != 1 || o.Repositories[0] != (store.Count{Name: "done", N: 1}) || o.LastScan.IsZero() {
			t.Errorf("%+v, %v", o, err)
		}
		days, err := s.Days(t.Context(), 3)
		if err != nil || days[2].New != 1 || days[2].Closed != 1 || days[2].Still != 0 || days[1].Still != 0 {
			t.Errorf("%+v, %v", days, err)
		}
	})
}

func TestALeaseIsOfOneAtATime(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), t.Context()
		r := see(t, s, "acme/a")
		for _, w := range []string{"w1", "w2"} {
			if err := s.Beat(ctx, w, "here"); err != nil {
				t.Fatal(err)
			}
		}
		first, err := s.Lease(ctx, r.ID, "w1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Lease(ctx, r.ID, "w2"); !errors.Is(err, store.ErrTaken) {
			t.Errorf("a second lease: %v", err)
		}
		do(t, s, func(tx *store.Tx) error { return tx.Bury(ctx, "w1") })
		if _, err := s.Lease(ctx, r.ID, "w2"); err != nil {
			t.Errorf("of a dead one: %v", err)
		}
		err = s.Do(ctx, func(tx *store.Tx) error {
			_, err := tx.Record(ctx, &store.Outcome{Scan: store.Scan{Repository: r.ID, Worker: "w1"}, Fence: first, Findings: []*leak.Finding{finding("late", place("x"))}})
			return err
		})
		if !errors.Is(err, store.ErrFenced) {
			t.Errorf("the dead one records: %v", err)
		}
		if f, err := s.Finding(ctx, "late"); f != nil || err != nil {
			t.Errorf("it was kept: %v, %v", f, err)
		}
	})
}

func TestManyRecordAtOnce(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s, ctx := open(), t.Context()
		var all sync.WaitGroup
		for w := range 4 {
			r := see(t, s, fmt.Sprintf("acme/%d", w))
			all.Go(func() {
				worker := fmt.Sprintf("w%d", w)
				s.Beat(ctx, worker, "here")
				fence, err := s.Lease(ctx, r.ID, worker)
				if err != nil {
					t.Error(err)
					return
				}
				var fs []*leak.Finding
				for i := range 30 {
					fs = append(fs, finding(fmt.Sprintf("f%02d", (i*7+w)%30), place("x")))
				}
				if err := s.Do(ctx, func(tx *store.Tx) error {
					_, err := tx.Record(ctx, &store.Outcome{Scan: store.Scan{Repository: r.ID, Worker: worker}, Fence: fence, Findings: fs})
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		fs, err := s.Findings(ctx, store.Filter{})
		if err != nil || len(fs) != 30 {
			t.Fatalf("%d findings, %v", len(fs), err)
		}
		for _, f := range fs {
			if f.Places != 4 || f.Repositories != 4 {
				t.Errorf("%s has %d places in %d repositories, want 4 in 4", f.ID, f.Places, f.Repositories)
			}
		}
	})
}

func TestARenameKeepsWhatIsKnown(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var ids []int64
		for _, name := range []string{"acme/old", "acme/new"} {
			do(t, s, func(tx *store.Tx) error {
				r, err := tx.See(t.Context(), &store.Repository{Name: name, Source: "github", Native: "17"})
				if err == nil {
					ids = append(ids, r.ID)
				}
				return err
			})
		}
		if ids[0] != ids[1] {
			t.Errorf("ids %v", ids)
		}
		since := s.Now().Add(time.Second)
		do(t, s, func(tx *store.Tx) error {
			n, err := tx.Missing(t.Context(), "github", since)
			if n != 1 {
				t.Errorf("%d are missing, want 1", n)
			}
			return err
		})
		r, err := s.Repository(t.Context(), ids[0])
		if err != nil || r.State != store.Gone || r.Name != "acme/new" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestANameThatAnotherOneGets: who has a name is who has the number that the forge gives.
func TestANameThatAnotherOneGets(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		see := func(name, native string) int64 {
			t.Helper()
			var id int64
			do(t, s, func(tx *store.Tx) error {
				r, err := tx.See(t.Context(), &store.Repository{Name: name, Source: "github", Native: native})
				if err == nil {
					id = r.ID
				}
				return err
			})
			return id
		}
		app, web, lib := see("acme/app", "1"), see("acme/web", "2"), see("acme/lib", "")
		for _, c := range []struct {
			name, native string
			want         int64
		}{
			{"acme/app", "3", 0}, {"acme/app-old", "1", app}, // renamed, and a new one has the name
			{"acme/app-old", "2", web}, {"acme/web", "1", app}, // two that change names
			{"acme/lib", "4", lib}, // the number was not known
		} {
			got := see(c.name, c.native)
			if c.want != 0 && got != c.want || c.want == 0 && (got == app || got == web || got == lib) {
				t.Errorf("%s with the number %s is %d, want %d (of %d, %d, %d)", c.name, c.native, got, c.want, app, web, lib)
			}
		}
	})
}

func TestANewerSchemaIsRefused(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if _, err := s.DB().ExecContext(t.Context(), `update meta set value = '99' where name = 'schema'`); err != nil {
			t.Fatal(err)
		}
		name := ""
		if s.PostgreSQL() {
			return // the same code; its name is not known here
		}
		if err := s.DB().QueryRowContext(t.Context(), `select file from pragma_database_list where name = 'main'`).Scan(&name); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(t.Context(), name); !errors.Is(err, store.ErrNewer) {
			t.Errorf("it opens: %v", err)
		}
	})
}

func TestTheFileIsItsOwnersAlone(t *testing.T) {
	name := filepath.Join(t.TempDir(), "with ? and % in it.db")
	opened(t, name)
	st, err := os.Stat(name)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st, err)
	}
}

func TestAnAddressIsShownWithoutPassword(t *testing.T) {
	word := "hun" + "ter2"
	for _, name := range []string{"postgres://u:" + word + "@db.acme.example/x", "postgres://db/x?password=" + word, "postgres://u:" + word + "%zz@db/x"} {
		if got := store.Shown(name); strings.Contains(got, word) {
			t.Errorf("Shown(%q) = %q", name, got)
		}
		if _, err := store.Open(context.Background(), name+"&sslmode=nonsense"); err == nil || strings.Contains(err.Error(), word) {
			t.Errorf("Open says %v", err)
		}
	}
}
