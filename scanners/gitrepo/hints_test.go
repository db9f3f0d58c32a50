package gitrepo

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// writeGraph has git write the commit-graph of a history: of all that refs lead
// to, of a part, or of that part and then the rest in a second file.
func writeGraph(t testing.TB, w *twin, kind int) {
	t.Helper()
	half := w.commits[len(w.commits)/2].id + "\n"
	if kind > 0 {
		runGit(t, w.dir, half, "commit-graph", "write", "--stdin-commits", "--split=no-merge")
	}
	switch kind {
	case 0:
		runGit(t, w.dir, "", "commit-graph", "write", "--reachable")
	case 2:
		runGit(t, w.dir, "", "commit-graph", "write", "--reachable", "--split=no-merge")
	}
}

func TestRangeWithCommitGraph(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 3))
		w := randomTwin(t, rng, 5+rng.IntN(60))
		writeGraph(t, w, int(seed%3))
		r, err := Open(w.dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range 25 {
			a, b := w.commits[rng.IntN(len(w.commits))], w.commits[rng.IntN(len(w.commits))]
			name := fmt.Sprintf("seed %d, %s..%s", seed, a.id[:9], b.id[:9])
			checkBetween(t, name, r, w, a, b)
			g := r.commitGraph()
			if g == nil {
				t.Fatal("the commit-graph was not opened")
			}
			x, _ := r.Resolve(a.id)
			y, _ := r.Resolve(b.id)
			if !r.walkRange([]gitpack.ID{x}, []gitpack.ID{y}, g).proven() {
				t.Errorf("%s: a sound commit-graph was not believed", name)
			}
			g.Close()
		}
		if notes := r.cov.Notes(); len(notes) > 0 {
			t.Error(notes)
		}
		r.Close()
	}
}

// lie changes numbers of the commits in a commit-graph file: parents, heights
// and dates.
func lie(t *testing.T, rng *rand.Rand, name string, sound []byte) {
	t.Helper()
	data := slices.Clone(sound)
	from, to := uint64(0), uint64(0)
	for i := range int(data[6]) {
		row := data[8+12*i:]
		if string(row[:4]) == "CDAT" {
			from, to = binary.BigEndian.Uint64(row[4:]), binary.BigEndian.Uint64(row[16:])
		}
	}
	n := int(to-from) / 36
	for range 1 + rng.IntN(n) {
		words := data[int(from)+36*rng.IntN(n)+20:]
		switch rng.IntN(5) {
		case 0, 1:
			binary.BigEndian.PutUint32(words, uint32(rng.IntN(n)))
		case 2:
			binary.BigEndian.PutUint32(words, uint32(rng.IntN(n)))
			binary.BigEndian.PutUint32(words[4:], uint32(rng.IntN(n)))
		case 3:
			binary.BigEndian.PutUint32(words, 0x70000000)
		case 4:
			binary.BigEndian.PutUint32(words[8:], uint32(rng.IntN(40))<<2)
			binary.BigEndian.PutUint32(words[12:], 1_600_000_000+uint32(rng.IntN(60_000)))
		}
	}
	os.Remove(name)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestLyingCommitGraph checks that a forged commit-graph hides no commit of a
// range. It can make old ones look new.
func TestLyingCommitGraph(t *testing.T) {
	noticed, misled := 0, 0
	for seed := range uint64(8) {
		rng := rand.New(rand.NewPCG(seed, 4))
		w := randomTwin(t, rng, 20+rng.IntN(30))
		writeGraph(t, w, 0)
		name := filepath.Join(w.dir, "objects/info/commit-graph")
		sound, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for range 40 {
			lie(t, rng, name, sound)
			r, err := Open(w.dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for range 6 {
				a, b := w.commits[rng.IntN(len(w.commits))], w.commits[rng.IntN(len(w.commits))]
				if missing, more := compareBetween(t, r, w, a, b); missing > 0 {
					t.Errorf("seed %d: %s..%s lacks %d commits", seed, a.id[:9], b.id[:9], missing)
				} else if more > 0 {
					misled++
				}
			}
			noticed += len(r.cov.Notes())
			r.Close()
		}
	}
	if noticed < 20 || misled < 20 {
		t.Errorf("only %d lies were noticed, and %d were of no consequence but for more commits", noticed, misled)
	}
}

// compareBetween counts the commits that between lacks, and has too many.
func compareBetween(t *testing.T, r *Repo, w *twin, a, b *twinCommit) (missing, more int) {
	t.Helper()
	x, _ := r.Resolve(a.id)
	y, _ := r.Resolve(b.id)
	ns, err := r.between(x, y)
	if err != nil {
		t.Fatal(err)
	}
	old, want := closure(a, map[*twinCommit]bool{}), closure(b, map[*twinCommit]bool{})
	for c := range old {
		delete(want, c)
	}
	for _, n := range ns {
		c := w.byID[r.store.ID(n).String()]
		if !want[c] {
			more++
		}
		delete(want, c)
	}
	return len(want), more
}

// TestCommitGraphIsIgnored has what makes git ignore it.
func TestCommitGraphIsIgnored(t *testing.T) {
	for name, change := range map[string]func(w *twin){
		"replaced": func(w *twin) { runGit(t, w.dir, "", "replace", w.commits[0].id, w.commits[1].id) },
		"grafts":   func(w *twin) { os.WriteFile(filepath.Join(w.dir, "info/grafts"), []byte(w.commits[1].id+"\n"), 0o644) },
		"shallow":  func(w *twin) { os.WriteFile(filepath.Join(w.dir, "shallow"), []byte(w.commits[1].id+"\n"), 0o644) },
	} {
		w := randomTwin(t, rand.New(rand.NewPCG(5, 5)), 10)
		writeGraph(t, w, 0)
		for _, want := range []bool{true, false} {
			r, err := Open(w.dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			g := r.commitGraph()
			if (g != nil) != want {
				t.Errorf("%s: used: %v, want %v", name, g != nil, want)
			}
			if g != nil {
				g.Close()
			}
			r.Close()
			if want {
				change(w)
			}
		}
	}
}

// TestCommitGraphClaimsTooMuch has overlapping lists of parents, which claim
// far more of them than the file has bytes.
//
// Ids differ from run to run, and with some the graph is not asked; so there
// are several histories.
func TestCommitGraphClaimsTooMuch(t *testing.T) {
	noted := 0
	for seed := range uint64(5) {
		if claimsTooMuch(t, seed) {
			noted++
		}
	}
	if noted == 0 {
		t.Error("no graph was found out")
	}
}

// claimsTooMuch reports whether a note says that the graph is wrong.
func claimsTooMuch(t *testing.T, seed uint64) bool {
	w := randomTwin(t, rand.New(rand.NewPCG(6, seed)), 30)
	writeGraph(t, w, 0)
	name := filepath.Join(w.dir, "objects/info/commit-graph")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(w.dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	os.Remove(name)
	if err := os.WriteFile(name, withEdges(data, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	a, b := w.commits[len(w.commits)-2], w.commits[len(w.commits)-1]
	if missing, more := compareBetween(t, r, w, a, b); missing+more > 0 {
		t.Errorf("%d commits are missing, %d too many", missing, more)
	}
	return strings.Contains(strings.Join(r.cov.Notes(), "\n"), "commit-graph")
}

// withEdges gives every commit the same n parents.
func withEdges(data []byte, n int) []byte {
	out := slices.Clone(data[:len(data)-20])
	rows := int(out[6])
	head := append(slices.Clone(out[:8]), make([]byte, 12*(rows+2))...)
	head[6] = byte(rows + 1)
	shift := uint64(12)
	for i := range rows + 1 {
		row := head[8+12*i:]
		copy(row, out[8+12*i:20+12*i])
		at := binary.BigEndian.Uint64(row[4:]) + shift
		binary.BigEndian.PutUint64(row[4:], at)
		if name := string(row[:4]); name == "CDAT" || name == "EDGE" {
			for c := int(at - shift); name == "CDAT" && c < int(binary.BigEndian.Uint64(out[8+12*i+16:])); c += 36 {
				binary.BigEndian.PutUint32(out[c+20:], 0)
				binary.BigEndian.PutUint32(out[c+24:], 1<<31)
			}
			if name == "EDGE" {
				copy(row, "edge")
			}
		}
	}
	last := head[8+12*rows:]
	end := binary.BigEndian.Uint64(last[4:])
	copy(last, "EDGE")
	copy(last[12:], []byte{0, 0, 0, 0})
	binary.BigEndian.PutUint64(last[16:], end+4*uint64(n))
	var edges []byte
	for i := range n {
		e := uint32(i % 2)
		if i == n-1 {
			e |= 1 << 31
		}
		edges = binary.BigEndian.AppendUint32(edges, e)
	}
	return slices.Concat(head, out[8+12*(rows+1):], edges, make([]byte, 20))
}
