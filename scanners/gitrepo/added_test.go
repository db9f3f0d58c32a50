package gitrepo

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestAddedTwin compares the commits that some tips add to what several others
// lead to with the difference of the closures, with a commit-graph and without.
func TestAddedTwin(t *testing.T) {
	added := 0
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := randomTwin(t, rng, 5+rng.IntN(50))
		if seed%2 == 1 {
			writeGraph(t, w, int(seed%3))
		}
		for range 12 {
			r, err := Open(w.dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var tips []Tip
			var known []string
			want, old := map[*twinCommit]bool{}, map[*twinCommit]bool{}
			for range 1 + rng.IntN(3) {
				c := w.commits[rng.IntN(len(w.commits))]
				tips = append(tips, Tip{"refs/heads/x", c.id})
				closure(c, want)
			}
			for range rng.IntN(4) {
				c := w.commits[rng.IntN(len(w.commits))]
				known = append(known, c.id)
				closure(c, old)
			}
			known = append(known, strings.Repeat("1", 40), "no id")
			maps.DeleteFunc(want, func(c *twinCommit, _ bool) bool { return old[c] })
			src, err := NewAdded(r, tips, known)
			if err != nil {
				t.Fatal(err)
			}
			var got, should []string
			for _, s := range src.steps {
				got = append(got, r.store.ID(s.n).String())
			}
			for c := range want {
				should = append(should, c.id)
			}
			slices.Sort(got)
			slices.Sort(should)
			if !slices.Equal(got, should) {
				t.Errorf("seed %d: %v without %v adds %d commits, want %d", seed, tips, known, len(got), len(should))
			}
			if notes := r.cov.Notes(); len(notes) > 0 {
				t.Error(notes)
			}
			added += len(got)
			r.Close()
		}
	}
	if added < 100 {
		t.Errorf("only %d commits were added in all", added)
	}
}

// TestAddedTips: a tip is a full id of something that is there.
func TestAddedTips(t *testing.T) {
	w := randomTwin(t, rand.New(rand.NewPCG(1, 1)), 3)
	r, err := Open(w.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for _, id := range []string{"", "HEAD", "../x", strings.Repeat("f", 39)} {
		if _, err := NewAdded(r, []Tip{{"refs/heads/x", id}}, nil); err == nil || !strings.Contains(err.Error(), "no object's id") {
			t.Errorf("%q: %v", id, err)
		}
	}
	_, err = NewAdded(r, []Tip{{"refs/heads/x", strings.Repeat("f", 40)}}, nil)
	if !errors.Is(err, ErrNotThere) {
		t.Errorf("an object that is not there: %v", err)
	}
	if got, all := r.RefIDs("refs/nothing/"), r.RefIDs(""); len(got) != 0 || len(all) == 0 {
		t.Errorf("%v refs below nothing, %s in all", got, fmt.Sprint(len(all)))
	}
}
