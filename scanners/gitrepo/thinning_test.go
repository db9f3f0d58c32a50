package gitrepo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/whosekey/whosekey/leak"
)

// manyNames makes a history in which one leaked blob is in one folder under so many
// names, and each further commit adds one. The last commit takes every name away that
// ends in a 7. Another leaked blob comes with the commit in the middle.
func manyNames(t *testing.T, names, commits int) (dir string) {
	dir = t.TempDir()
	var in strings.Builder
	for i := range 2 {
		fmt.Fprintf(&in, "blob\nmark :%d\ndata %d\n%s\n", i+1, len(secretOf(i)), secretOf(i))
	}
	for n := range commits {
		fmt.Fprintf(&in, "commit refs/heads/main\ncommitter C <c@acme.example> %d +0000\ndata 4\nc%03d\n", 1_600_000_000+n*600, n)
		for i := range names {
			if n == 0 {
				fmt.Fprintf(&in, "M 100644 :1 d/f%06d\n", i)
			} else if n == commits-1 && i%10 == 7 {
				fmt.Fprintf(&in, "D d/f%06d\n", i)
			}
		}
		fmt.Fprintf(&in, "M 100644 :1 d/z%03d\n", n)
		if n == commits/2 {
			in.WriteString("M 100644 :2 d/other\n")
		}
		in.WriteString("\n")
	}
	runGit(t, dir, "", "init", "-q", "--bare", "-b", "main")
	runGit(t, dir, in.String(), "fast-import", "--quiet")
	return dir
}

// TestEdgesAreFew: a pack that is large for another reason is no leave to fill the memory.
func TestEdgesAreFew(t *testing.T) {
	const edgeSize = int(unsafe.Sizeof(edge{}))
	for _, packs := range []int64{0, 1 << 20, 128 << 20} {
		if trees, hits := edgeBounds(packs); trees*edgeSize > 130<<20 || hits*2*edgeSize > 100<<20 {
			t.Errorf("packs of %d bytes: %d MB of edges, %d MB to hits and in skeletons", packs, trees*edgeSize>>20, hits*2*edgeSize>>20)
		}
	}
}

// TestManyNames: what is remembered of a blob under many names in many versions of a
// folder is bounded, what is told of the rest is right, and that there is more is told.
func TestManyNames(t *testing.T) {
	const names, commits = 40_000, 64
	dir := manyNames(t, names, commits)
	ids := strings.Fields(runGit(t, dir, "", "rev-list", "--reverse", "main"))
	var first []string
	for range 2 {
		h, matches := scanFor(t, dir, 2)
		out, err := h.Locate(t.Context(), matches)
		if err != nil {
			t.Fatal(err)
		}
		if got := toHits(slices.Concat(h.lastForest(t, matches).blocks...)); got == 0 || got > maxHitEdges+int(h.r.store.Size()/hitEdgeBytes) {
			t.Errorf("%d edges to hits are kept", got)
		}
		if !strings.Contains(fmt.Sprint(h.r.cov.Skipped()), "under more names than whosekey follows") {
			t.Errorf("nothing is told: %v", h.r.cov.Skipped())
		}
		if len(out[0]) < 100 || len(out[1]) != 1 {
			t.Fatalf("%d and %d places", len(out[0]), len(out[1]))
		}
		for cred, locs := range out {
			for _, l := range locs {
				var n int
				want, head := ids[0], true
				switch {
				case cred == 1:
					want = ids[commits/2]
				case strings.HasPrefix(l.Path, "d/z"):
					fmt.Sscanf(l.Path, "d/z%d", &n)
					want = ids[n]
				default:
					head = !strings.HasSuffix(l.Path, "7")
				}
				if l.Commit != want || l.AtHead != head || l.Unreachable {
					t.Fatalf("%s: %s, at HEAD %v, unreachable %v; not %s, %v", l.Path, l.Commit, l.AtHead, l.Unreachable, want, head)
				}
			}
		}
		now := spots(out)
		if first != nil && !slices.Equal(first, now) {
			t.Errorf("two runs tell different places: %d, %d", len(first), len(now))
		}
		first = now
		h.r.Close()
	}
}

// lastForest makes the forest of a Locate again.
func (h *History) lastForest(t *testing.T, matches [][]leak.Match) *forest {
	f, err := h.forestFor(t.Context(), group(matches, h.found, func(int, leak.Match) {}))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestThinner compares which edges are kept, whatever order trees come in, with what the
// rule says of all of them.
func TestThinner(t *testing.T) {
	const hits, names, trees = 5, 400, 200
	rng := rand.New(rand.NewPCG(7, 8))
	in := interner{ids: map[string]int32{}}
	for i := range names {
		in.id(fmt.Sprint("name", i))
	}
	var all [][]edge
	for range trees {
		var es []edge
		for n := range names {
			if hit := rng.IntN(hits); rng.IntN(4) > 0 && (hit > 0 || n == 3) { // hit 0 has one name
				es = append(es, edge{int32(-1 - hit), int32(n)})
			}
		}
		all = append(all, es)
	}
	for range 20 {
		f := &forest{at: make([]uint32, trees), most: 1 << 30, wanted: hits}
		f.hits.most = 3000
		workers := []*treeReader{{forest: f, shared: &in}, {forest: f, shared: &in}, {forest: f, shared: &in}}
		for _, tree := range rng.Perm(trees) {
			w := workers[rng.IntN(len(workers))]
			w.edges = append(slices.Clone(all[tree]), edge{int32(tree), treeEnds})
			if w.met = f.thinned.Load() && rng.IntN(2) == 0; w.met {
				w.thin()
			}
			w.store(int32(tree))
			if rng.IntN(9) == 0 {
				w.flush()
			}
		}
		for _, w := range workers {
			w.flush()
		}
		f.pack(&in)
		if f.hits.edges > f.hits.most || f.hits.level == 0 {
			t.Errorf("%d edges at level %d", f.hits.edges, f.hits.level)
		}
		for tree, es := range all {
			want := f.hits.keep(slices.Clone(es), &in)
			if got := f.children(int32(tree)); !slices.Equal(got, want) {
				t.Fatalf("tree %d: %v, not %v", tree, got, want)
			}
		}
		if f.hits.lost[0] || f.lostHits() != hits-1 {
			t.Errorf("lost %v", f.hits.lost)
		}
	}
}
