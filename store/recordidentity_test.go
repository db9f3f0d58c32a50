package store_test

import (
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
