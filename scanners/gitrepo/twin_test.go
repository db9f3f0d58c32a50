package gitrepo

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// runGit runs git without any settings but the repository's.
func runGit(t testing.TB, dir, stdin string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "HOME="+dir,
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=c", "GIT_COMMITTER_EMAIL=c@example.com")
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s%s", strings.Join(args, " "), err, out, &errs)
	}
	return string(out)
}

// twin is a random history, as it was made and as git names its objects.
type twin struct {
	dir     string
	commits []*twinCommit // parents first
	byID    map[string]*twinCommit
	head    *twinCommit
}

type twinCommit struct {
	id        string
	parents   []*twinCommit
	files     map[string]string
	when      int64
	corrected int64
	reachable bool
}

func secretOf(i int) string { return fmt.Sprintf("<cred %d>", i) }

const twinSecrets = 4

// randomTwin makes a history with merges of up to five parents, with files
// that only merges have, renames, deletions, reverts and wrong dates.
func randomTwin(t testing.TB, rng *rand.Rand, n int) *twin {
	t.Helper()
	w := &twin{dir: t.TempDir(), byID: map[string]*twinCommit{}}
	runGit(t, w.dir, "", "init", "-q", "--bare", "-b", "main")
	var in strings.Builder
	keep := map[int]bool{n - 1: true}
	for i := range n {
		c := &twinCommit{files: map[string]string{}, when: 1_600_000_000 + int64(i*1000)}
		if rng.IntN(4) == 0 {
			c.when += int64(rng.IntN(60_000)) - 30_000
		}
		parents := []int{}
		if i > 0 && rng.IntN(12) > 0 {
			for range 1 + max(0, rng.IntN(8)-3) {
				if p := max(0, i-1-rng.IntN(6)); !slices.Contains(parents, p) {
					parents = append(parents, p)
				}
			}
		}
		for _, p := range parents {
			c.parents = append(c.parents, w.commits[p])
			for path, text := range w.commits[p].files {
				if _, have := c.files[path]; !have && rng.IntN(10) > 0 {
					c.files[path] = text
				}
			}
		}
		w.edit(rng, c)
		w.commits = append(w.commits, c)
		fmt.Fprintf(&in, "commit refs/heads/b%d\nmark :%d\ncommitter C <c@example.com> %d +0000\ndata 5\nm%04d\n", i, i+1, c.when, i)
		for k, p := range parents {
			fmt.Fprintf(&in, "%s :%d\n", []string{"from", "merge"}[min(k, 1)], p+1)
		}
		in.WriteString("deleteall\n")
		for path, text := range c.files {
			fmt.Fprintf(&in, "M 100644 inline %s\ndata %d\n%s\n", path, len(text), text)
		}
		if rng.IntN(5) == 0 {
			keep[i] = true
		}
	}
	in.WriteString("reset refs/heads/main\nfrom :" + fmt.Sprint(n-rng.IntN(3)) + "\n")
	runGit(t, w.dir, in.String(), "fast-import", "--quiet", "--export-marks=marks", "--force")
	w.finish(t, rng, keep)
	return w
}

func (w *twin) edit(rng *rand.Rand, c *twinCommit) {
	paths := []string{"a", "b.txt", "d/a", "d/e/x", "d/e/y", "z"}
	for range 1 + rng.IntN(3) {
		path := paths[rng.IntN(len(paths))]
		switch rng.IntN(6) {
		case 0:
			delete(c.files, path)
		case 1: // a rename
			if text, ok := c.files[path]; ok {
				delete(c.files, path)
				c.files[paths[rng.IntN(len(paths))]] = text
			}
		case 2: // a revert
			if len(w.commits) > 0 {
				if text, ok := w.commits[rng.IntN(len(w.commits))].files[path]; ok {
					c.files[path] = text
				}
			}
		default:
			var b strings.Builder
			for range rng.IntN(6) {
				if rng.IntN(3) == 0 {
					b.WriteString(secretOf(rng.IntN(twinSecrets)))
				}
				fmt.Fprintf(&b, "line %d\n", rng.IntN(4))
			}
			c.files[path] = b.String()
		}
	}
}

// finish drops most branches and computes what follows from the rest.
func (w *twin) finish(t testing.TB, rng *rand.Rand, keep map[int]bool) {
	marks, _ := os.ReadFile(w.dir + "/marks")
	for line := range strings.Lines(string(marks)) {
		var mark int
		var id string
		fmt.Sscanf(line, ":%d %s", &mark, &id)
		w.commits[mark-1].id = id
		w.byID[id] = w.commits[mark-1]
	}
	var refs strings.Builder
	for i, c := range w.commits {
		c.corrected = c.when
		for _, p := range c.parents {
			c.corrected = max(c.corrected, p.corrected+1)
		}
		if !keep[i] {
			fmt.Fprintf(&refs, "delete refs/heads/b%d\n", i)
		}
	}
	runGit(t, w.dir, refs.String(), "update-ref", "--stdin")
	if rng.IntN(2) == 0 {
		runGit(t, w.dir, "", "tag", "-a", "-m", "t", "t1", w.commits[rng.IntN(len(w.commits))].id)
	}
	for id := range strings.FieldsSeq(runGit(t, w.dir, "", "rev-list", "--all", "HEAD")) {
		w.byID[id].reachable = true
	}
	w.head = w.byID[strings.TrimSpace(runGit(t, w.dir, "", "rev-parse", "HEAD"))]
	// The files as git has them, so that a bug of this test's shows.
	for _, c := range w.commits[max(0, len(w.commits)-3):] {
		if got := strings.Count(runGit(t, w.dir, "", "ls-tree", "-r", c.id), "\n"); got != len(c.files) {
			t.Fatalf("commit %s has %d files, want %d", c.id, got, len(c.files))
		}
	}
}

// search scans a source and returns the places of the secrets in blobs.
func search(t testing.TB, src scanners.Source) [][]leak.Match {
	t.Helper()
	var mu sync.Mutex
	seen := map[string]bool{}
	matches := make([][]leak.Match, twinSecrets)
	_, err := src.Scan(context.Background(), 64, func(c *leak.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		for i := range matches {
			for at := 0; ; at++ {
				k := bytes.Index(c.Data[at:], []byte(secretOf(i)))
				if k < 0 {
					break
				}
				at += k
				start := c.Offset + int64(at)
				m := leak.Match{Ref: c.Ref, Span: leak.Span{Start: start, End: start + int64(len(secretOf(i)))}}
				if key := fmt.Sprint(i, m); !seen[key] {
					seen[key] = true
					matches[i] = append(matches[i], m)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return matches
}

// spot is a location in short.
func spot(cred int, path, commit string, start int, atHead, unreachable bool) string {
	return fmt.Sprintf("%d %s %s @%d head=%v unreachable=%v", cred, path, commit, start, atHead, unreachable)
}

func spots(locs [][]leak.Location) (out []string) {
	for i, ls := range locs {
		for _, l := range ls {
			out = append(out, spot(i, l.Path, l.Commit, int(l.Span.Start), l.AtHead, l.Unreachable))
		}
	}
	slices.Sort(out)
	return out
}

// starts are where a secret stands in a text.
func starts(text string, cred int) (out []int) {
	for at := 0; ; at++ {
		k := strings.Index(text[at:], secretOf(cred))
		if k < 0 {
			return out
		}
		at += k
		out = append(out, at)
	}
}

// introduced tells by brute force what History must say.
func (w *twin) introduced() (out []string) {
	type key struct {
		cred, k int
		path    string
	}
	best := map[key]*twinCommit{}
	for _, c := range w.commits {
		for path, text := range c.files {
			same := slices.ContainsFunc(c.parents, func(p *twinCommit) bool {
				old, ok := p.files[path]
				return ok && old == text
			})
			for cred := 0; cred < twinSecrets && !same; cred++ {
				had := 0
				for _, p := range c.parents {
					had = max(had, len(starts(p.files[path], cred)))
				}
				for k := had; k < len(starts(text, cred)); k++ {
					if old := best[key{cred, k, path}]; old == nil || better(c, old) {
						best[key{cred, k, path}] = c
					}
				}
			}
		}
	}
	for p, c := range best {
		atHead := len(starts(w.head.files[p.path], p.cred)) > p.k
		out = append(out, spot(p.cred, p.path, c.id, starts(c.files[p.path], p.cred)[p.k], atHead, !c.reachable))
	}
	slices.Sort(out)
	return out
}

func better(a, b *twinCommit) bool {
	if a.reachable != b.reachable {
		return a.reachable
	}
	return cmp.Or(cmp.Compare(a.corrected, b.corrected), strings.Compare(a.id, b.id)) < 0
}

func TestAttributionTwin(t *testing.T) {
	for seed := range uint64(25) {
		rng := rand.New(rand.NewPCG(seed, 1))
		w := randomTwin(t, rng, 5+rng.IntN(40))
		r, err := Open(w.dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := NewHistory(r)
		locs, err := h.Locate(context.Background(), search(t, h))
		if err != nil {
			t.Fatal(err)
		}
		if got, want := spots(locs), w.introduced(); !slices.Equal(got, want) {
			t.Errorf("seed %d (%d commits)\ngot  %s\nwant %s", seed, len(w.commits), strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
		if gaps := r.cov.Skipped(); len(gaps) > 0 {
			t.Errorf("seed %d: %v", seed, gaps)
		}
		r.Close()
	}
}

// closure is a commit and all that it leads to.
func closure(c *twinCommit, into map[*twinCommit]bool) map[*twinCommit]bool {
	if !into[c] {
		into[c] = true
		for _, p := range c.parents {
			closure(p, into)
		}
	}
	return into
}

// fresh tells by brute force what a range adds, given its commits in order.
func (w *twin) fresh(from, to *twinCommit, order []*twinCommit) (out []string) {
	base := map[int]bool{}
	touched := make([]map[string]bool, len(order))
	for i, c := range order {
		touched[i] = map[string]bool{}
		for _, f := range append(slices.Clone(c.parents), c) {
			for path := range f.files {
				text, have := c.files[path]
				same, gone := false, !have
				for _, p := range c.parents {
					old, had := p.files[path]
					same = same || have && had && old == text
				}
				touched[i][path] = touched[i][path] || gone || !same
			}
		}
		for path, yes := range touched[i] {
			for cred := 0; cred < twinSecrets && yes; cred++ {
				base[cred] = base[cred] || strings.Contains(from.files[path], secretOf(cred))
			}
		}
	}
	done := map[string]bool{}
	brought := map[int]bool{}
	for i, c := range order {
		for cred := range twinSecrets {
			old := base[cred]
			for path, yes := range touched[i] {
				for _, p := range c.parents {
					old = old || !brought[cred] && yes && strings.Contains(p.files[path], secretOf(cred))
				}
			}
			for path, yes := range touched[i] {
				text := c.files[path]
				if key := fmt.Sprint(cred, path); yes && !old && !done[key] && strings.Contains(text, secretOf(cred)) {
					done[key], brought[cred] = true, true
					for k, start := range starts(text, cred) {
						out = append(out, spot(cred, path, c.id, start, len(starts(to.files[path], cred)) > k, false))
					}
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestRangeTwin(t *testing.T) {
	found := 0
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 2))
		w := randomTwin(t, rng, 5+rng.IntN(40))
		for range 6 {
			a, b := w.commits[rng.IntN(len(w.commits))], w.commits[rng.IntN(len(w.commits))]
			r, err := Open(w.dir, Options{})
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("seed %d, %s..%s", seed, a.id[:9], b.id[:9])
			order := checkBetween(t, name, r, w, a, b)
			src, err := NewRange(r, a.id, b.id)
			if err != nil {
				t.Fatal(err)
			}
			locs, err := src.Locate(context.Background(), search(t, src))
			if err != nil {
				t.Fatal(err)
			}
			got, want := spots(locs), w.fresh(a, b, order)
			if found += len(want); !slices.Equal(got, want) {
				t.Errorf("%s\ngot  %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
			}
			r.Close()
		}
	}
	if found < 20 {
		t.Errorf("the histories have only %d new secrets", found)
	}
}

// checkBetween compares between with the closures' difference, and checks that
// parents come first.
func checkBetween(t *testing.T, name string, r *Repo, w *twin, a, b *twinCommit) (order []*twinCommit) {
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
		if !want[c] || slices.Contains(order, c) {
			t.Errorf("%s: %s does not belong there", name, c.id)
		}
		for _, p := range c.parents {
			if want[p] && !slices.Contains(order, p) {
				t.Errorf("%s: %s comes before its parent", name, c.id)
			}
		}
		order = append(order, c)
	}
	if len(order) != len(want) {
		t.Errorf("%s: %d commits, want %d", name, len(order), len(want))
	}
	return order
}
