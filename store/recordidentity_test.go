package store_test

import (
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
)

// TestViewsOfIdentities: what repositories say of an identity is joined, whichever was
// searched last; what one concludes anew takes the place of what it said before, and the
// owner of all findings follows.
func TestViewsOfIdentities(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		repos := map[string]*store.Repository{"f1": see(t, s, "a"), "f2": see(t, s, "b")}
		for _, k := range []struct {
			what, finding string
			identity      string
			owner         string
			sure          float64
			anew          bool
			want          string
			identities    int
		}{
			{"one", "f1", "nhi:x", "team-a", 0.6, true, "team-a", 1},
			{"an increment knows less", "f1", "nhi:x", "", 0, false, "team-a", 1},
			{"another repository is surer", "f2", "nhi:x", "team-b", 0.7, true, "team-b", 1},
			{"the first again", "f1", "nhi:x", "team-a", 0.6, true, "team-b", 1},
			{"it is taken back", "f2", "nhi:x", "", 0, true, "team-a", 1},
			{"another one", "f1", "nhi:x", "team-c", 0.5, true, "team-c", 1},
			{"nobody", "f1", "nhi:x", "", 0, true, "", 1},
			{"it is another identity", "f1", "nhi:y", "", 0, true, "", 2},
			{"so is the other", "f2", "nhi:y", "team-y", 0.1, true, "team-y", 1},
		} {
			f := finding(k.finding, place("x"))
			f.Identity = &leak.Identity{ID: k.identity, Confidence: 0.8, Owner: k.owner, Credentials: []leak.Credential{{ID: k.finding}}}
			if k.owner != "" {
				f.Identity.Owners = []leak.Owner{{Name: k.owner, Confidence: k.sure}}
			}
			record(t, s, repos[k.finding], k.anew, f)
			all, err := s.Findings(t.Context(), store.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range all {
				if f.Owner != k.want {
					t.Errorf("%s: %s belongs to %q, want %q", k.what, f.ID, f.Owner, k.want)
				}
			}
			if ids, err := s.Identities(t.Context(), 0); err != nil || len(ids) != k.identities {
				t.Errorf("%s: %d identities %v, want %d", k.what, len(ids), err, k.identities)
			}
			recounted(t, s)
		}
	})
}

// TestAnIdentityOfManyRepositories costs each of them the same, and has them all.
func TestAnIdentityOfManyRepositories(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const n = 40
		write := func(i int, owner string) {
			f := finding("f1", place("x"))
			f.Identity = &leak.Identity{ID: "nhi:x", Confidence: 0.8, Owner: owner, Owners: []leak.Owner{{Name: owner, Confidence: 0.5 + 0.001*float64(i)}}, Repositories: []string{fmt.Sprint("r", i)}, Credentials: []leak.Credential{{ID: fmt.Sprint("f", i)}}}
			record(t, s, see(t, s, fmt.Sprint("r", i)), true, f)
		}
		for i := range n {
			write(i, fmt.Sprint("team", i))
		}
		write(0, "another")
		ids, err := s.Identities(t.Context(), 0)
		if err != nil || len(ids) != 1 || len(ids[0].Repositories) != n || len(ids[0].Credentials) != n {
			t.Errorf("%d identities, %v", len(ids), err)
		}
		kept := 0
		if err := s.DB().QueryRowContext(t.Context(), `select count(*) from identity_views`).Scan(&kept); err != nil || kept > 32 {
			t.Errorf("%d views are kept, %v", kept, err)
		}
		recounted(t, s)
	})
}

// TestIdentitiesOfARenamedRepository name it as it is called now, also if another one had that
// name meanwhile, and what others say of the same identity stays.
func TestIdentitiesOfARenamedRepository(t *testing.T) {
	both(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		listed := func(name, native string) *store.Repository {
			t.Helper()
			var r *store.Repository
			err := s.Do(t.Context(), func(tx *store.Tx) (err error) {
				r, err = tx.See(t.Context(), &store.Repository{Source: "github:org/acme", Name: name, Native: native, Address: "https://git.acme.example/" + name})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		named := func(id string, want ...string) {
			t.Helper()
			fs, err := s.Findings(t.Context(), store.Filter{})
			if err == nil {
				err = s.Fill(t.Context(), fs, 9)
			}
			for _, f := range fs {
				if err != nil || f.ID == id && fmt.Sprint(f.Identity.Repositories) != fmt.Sprint(want) {
					t.Errorf("%s is in %v, want %v, %v", id, f.Identity.Repositories, want, err)
				}
			}
		}
		for i, name := range []string{"acme/a", "acme/b"} {
			r := listed(name, fmt.Sprint(i+1))
			own, both := finding("own"+name, place("x")), finding("both", place("y"))
			own.Identity = &leak.Identity{ID: "nhi:" + name, Repositories: []string{name}}
			both.Identity = &leak.Identity{ID: "nhi:both", Repositories: []string{name}}
			record(t, s, r, true, own, both)
		}
		named("ownacme/a", "acme/a")
		named("both", "acme/a", "acme/b")
		listed("acme/z", "1")
		named("ownacme/a", "acme/z")
		named("both", "acme/b", "acme/z")
		listed("acme/z", "2") // and what was z is listed later, as b
		listed("acme/b", "1")
		named("ownacme/a", "acme/b")
		named("ownacme/b", "acme/z")
	})
}
