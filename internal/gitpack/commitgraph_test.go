package gitpack_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// graphRepo makes a bare repository with merges of up to six parents, and
// dates beyond 32 bits. Commits are made in rounds; after each, git writes the
// commit-graph with the given arguments.
func graphRepo(t testing.TB, rounds int, args ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	git(t, dir, "init", "-q", "--bare", "-b", "main", args[0])
	for round := range rounds {
		var text strings.Builder
		for n := 25 * round; n < 25*(round+1); n++ {
			when := int64(1_700_000_000 + 1000*(n^3))
			if n%25 == 20 {
				when = 1<<33 + int64(n)
			}
			fmt.Fprintf(&text, "commit refs/heads/b%d\ncommitter c <c@example.com> %d +0000\ndata 0\n", n, when)
			for k := range min(n, []int{1, 1, 1, 2, 3, 0, 6, 1}[(n+round)%8]) {
				word, parent := "merge", fmt.Sprintf("refs/heads/b%d", n-1-k)
				if k == 0 {
					word = "from"
				}
				if n-1-k < 25*round {
					parent += "^0" // fast-import does not know it yet
				}
				fmt.Fprintf(&text, "%s %s\n", word, parent)
			}
		}
		cmd := exec.Command("git", "fast-import", "--quiet")
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(text.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git fast-import: %v\n%s", err, out)
		}
		git(t, dir, append([]string{"commit-graph", "write", "--reachable"}, args[1:]...)...)
	}
	return dir
}

// checkGraph compares the graph with what git reads from the commits, and
// returns how many of them it has.
func checkGraph(t *testing.T, g *gitpack.Graph, dir string) (known int) {
	t.Helper()
	heights := map[string]uint32{}
	log := git(t, dir, "-c", "core.commitGraph=false", "log", "--all", "--topo-order", "--reverse", "--format=%H %ct %P")
	var c gitpack.GraphCommit
	for line := range strings.Lines(log) {
		f := strings.Fields(line)
		height := uint32(0)
		for _, p := range f[2:] {
			height = max(height, heights[p])
		}
		heights[f[0]] = height + 1
		id, _ := gitpack.ParseID(f[0])
		if !g.Commit(id.Bytes(), &c) {
			continue
		}
		known++
		want := strings.Join(slices.Insert(f[1:], 1, fmt.Sprint(height+1)), " ")
		if got := describe(c); got != want {
			t.Errorf("%s: %s; want %s", f[0], got, want)
		}
	}
	if known != g.Len() {
		t.Errorf("%d commits are in the graph, which says it has %d", known, g.Len())
	}
	if g.Commit(make([]byte, len(heights)), &c) {
		t.Error("found a commit that is not there")
	}
	return known
}

func openGraph(t *testing.T, hash int, dirs ...string) *gitpack.Graph {
	t.Helper()
	var objects []string
	for _, d := range dirs {
		objects = append(objects, filepath.Join(d, "objects"))
	}
	s, _ := gitpack.Open(objects, hash)
	t.Cleanup(s.Close)
	g := s.OpenGraph()
	if g == nil {
		t.Fatal("the commit-graph was not opened")
	}
	t.Cleanup(g.Close)
	return g
}

func TestCommitGraph(t *testing.T) {
	for name, c := range map[string]struct {
		hash, layers int
		args         []string
	}{
		"one file": {20, 1, []string{"--object-format=sha1"}},
		"sha256":   {32, 1, []string{"--object-format=sha256"}},
		"chain":    {20, 3, []string{"--object-format=sha1", "--split=no-merge"}},
		"chain256": {32, 3, []string{"--object-format=sha256", "--split=no-merge", "--changed-paths"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := graphRepo(t, 3, c.args...)
			g := openGraph(t, c.hash, dir)
			if n := checkGraph(t, g, dir); n != 75 || g.Layers() != c.layers {
				t.Errorf("%d commits in %d files", n, g.Layers())
			}
		})
	}
}

// TestCommitGraphOfAlternate has the base of a chain in another repository.
func TestCommitGraphOfAlternate(t *testing.T) {
	dir := graphRepo(t, 3, "--object-format=sha1", "--split=no-merge")
	other := t.TempDir()
	chain, err := os.ReadFile(filepath.Join(dir, "objects/info/commit-graphs/commit-graph-chain"))
	if err != nil {
		t.Fatal(err)
	}
	base, _, _ := strings.Cut(string(chain), "\n")
	name := "objects/info/commit-graphs/graph-" + base + ".graph"
	os.MkdirAll(filepath.Join(other, "objects/info/commit-graphs"), 0o755)
	if err := os.Rename(filepath.Join(dir, name), filepath.Join(other, name)); err != nil {
		t.Fatal(err)
	}
	if n := openGraph(t, 20, other, dir).Len(); n != 75 {
		t.Errorf("%d commits", n)
	}
	s, _ := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
	defer s.Close()
	if g := s.OpenGraph(); g != nil {
		t.Errorf("without its base, the graph has %d commits", g.Len())
	}
}

// TestCommitGraphChainDoesNotFit swaps layers, whose numbers then mean others.
func TestCommitGraphChainDoesNotFit(t *testing.T) {
	dir := graphRepo(t, 3, "--object-format=sha1", "--split=no-merge")
	name := filepath.Join(dir, "objects/info/commit-graphs/commit-graph-chain")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(b))
	for chain, want := range map[string]int{
		lines[0] + "\n" + lines[2] + "\n":                       25,
		lines[0] + "\n" + lines[1] + "\n" + lines[0] + "\n":     50,
		lines[0] + "\n../../../elsewhere\n" + lines[1] + "\n":   25,
		lines[0] + "\n" + strings.Repeat("0", 40) + "\n":        25,
		lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n\n\n": 75,
	} {
		os.Remove(name)
		os.WriteFile(name, []byte(chain), 0o644)
		if n := openGraph(t, 20, dir).Len(); n != want {
			t.Errorf("%q: %d commits, want %d", chain, n, want)
		}
	}
}

func TestTruncatedCommitGraph(t *testing.T) {
	dir := graphRepo(t, 3, "--object-format=sha1")
	name := filepath.Join(dir, "objects/info/commit-graph")
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// Larger than a page: a chunk that nobody knows in front.
	chunk := slowChunks(t, b, 8)
	pad := []string{"OIDF", "XXXX", "OIDL", "CDAT", "EDGE"}
	chunk["XXXX"] = make([]byte, 1<<16)
	var chunks [][]byte
	for _, n := range pad {
		chunks = append(chunks, chunk[n])
	}
	os.Remove(name)
	if err := os.WriteFile(name, chunkFile(b[:8], pad, chunks), 0o644); err != nil {
		t.Fatal(err)
	}
	g := openGraph(t, 20, dir)
	if checkGraph(t, g, dir) != 75 {
		t.Fatal("it cannot be read at all")
	}
	id, _ := gitpack.ParseID(strings.TrimSpace(git(t, dir, "rev-parse", "b3")))
	if err := os.Truncate(name, 4096); err != nil {
		t.Fatal(err)
	}
	if g.Commit(id.Bytes(), new(gitpack.GraphCommit)) {
		t.Error("found a commit in what is cut off")
	}
}

// sampleGraph makes a base of four commits and a file of three on top of it,
// the last with four parents.
func sampleGraph() (base, top []byte) {
	row := func(first, second, high, low uint32) []byte {
		out := make([]byte, 20, 36)
		for _, n := range []uint32{first, second, high, low} {
			out = binary.BigEndian.AppendUint32(out, n)
		}
		return out
	}
	const none = 0x70000000
	file := func(names []string, ids []byte, rows, edges, bases []byte) []byte {
		var fan []byte
		for b := range 256 {
			n := uint32(0)
			for id := range slices.Chunk(ids, 20) {
				if int(id[0]) <= b {
					n++
				}
			}
			fan = binary.BigEndian.AppendUint32(fan, n)
		}
		head := []byte{'C', 'G', 'P', 'H', 1, 1, 0, byte(len(bases) / 20)}
		return chunkFile(head, names, [][]byte{fan, ids, rows, edges, bases}[:len(names)])
	}
	id := func(b byte) []byte { return append([]byte{b}, make([]byte, 19)...) }
	base = file([]string{"OIDF", "OIDL", "CDAT"}, slices.Concat(id(1), id(3), id(4), id(9)),
		slices.Concat(row(none, none, 1<<2, 100), row(0, none, 2<<2|1, 200), row(0, 1, 3<<2, 300), row(none, none, 1<<2, 50)), nil, nil)
	edges := []byte{0, 0, 0, 1, 0, 0, 0, 2, 0x80, 0, 0, 3}
	top = file([]string{"OIDF", "OIDL", "CDAT", "EDGE", "BASE"}, slices.Concat(id(2), id(3), id(200)),
		slices.Concat(row(3, 4, 4<<2, 400), row(none, none, 0, 0), row(4, 1<<31, 5<<2, 500)), edges, base[len(base)-20:])
	return base, top
}

// FuzzCommitGraph compares with a reader that takes the files apart word by
// word.
func FuzzCommitGraph(f *testing.F) {
	base, top := sampleGraph()
	f.Add(base, top)
	f.Add(base, base)
	f.Add(base, []byte("CGPH\x01\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, base, top []byte) {
		for _, files := range [][][]byte{{base}, {base, top}} {
			for _, hash := range []int{20, 32} {
				if g, err := gitpack.GraphOf(hash, files...); err == nil {
					sameGraph(t, g, hash, files)
				}
			}
		}
	})
}

func sameGraph(t *testing.T, g *gitpack.Graph, hash int, files [][]byte) {
	t.Helper()
	var ids, rows [][]byte
	from := make([]int, len(files)) // first number of each file
	var edges [][]uint32
	sorted := true
	for k, data := range files {
		chunk := slowChunks(t, data, 8)
		sorted = sorted && sortedIDs(chunk, hash)
		from[k] = len(ids)
		ids = slices.AppendSeq(ids, slices.Chunk(chunk["OIDL"], hash))
		rows = slices.AppendSeq(rows, slices.Chunk(chunk["CDAT"], hash+16))
		var list []uint32
		for e := range slices.Chunk(chunk["EDGE"][:len(chunk["EDGE"])&^3], 4) {
			list = append(list, binary.BigEndian.Uint32(e))
		}
		edges = append(edges, list)
	}
	if g.Len() != len(ids) {
		t.Fatalf("%d commits, want %d", g.Len(), len(ids))
	}
	var got gitpack.GraphCommit
	for k := range files {
		end := len(ids)
		if k+1 < len(files) {
			end = from[k+1]
		}
		for i := from[k]; i < end; i++ {
			ok := g.Commit(ids[i], &got)
			above := slices.ContainsFunc(ids[end:], func(id []byte) bool { return bytes.Equal(id, ids[i]) })
			if !sorted || above {
				continue // nobody can say where it is found
			}
			want, wantOK := slowCommit(rows[i][hash:], edges[k], ids)
			if ok != wantOK || ok && describe(got) != want {
				t.Fatalf("commit %x is %s, %v; want %s, %v", ids[i], describe(got), ok, want, wantOK)
			}
		}
	}
}

func describe(c gitpack.GraphCommit) string {
	out := strconv.FormatInt(c.Committed, 10) + " " + strconv.FormatUint(uint64(c.Generation), 10)
	for _, p := range c.Parents {
		out += " " + p.String()
	}
	return out
}

// slowCommit reads the words of a commit: parents, generation and date. ids are
// those of all files.
func slowCommit(row []byte, edges []uint32, ids [][]byte) (string, bool) {
	w := [4]uint32{}
	for i := range w {
		w[i] = binary.BigEndian.Uint32(row[4*i:])
	}
	date := uint64(w[2]%4)*(1<<32) + uint64(w[3])
	out := fmt.Sprint(date, " ", w[2]/4)
	var parents []uint32
	if w[0] != 0x70000000 {
		parents = append(parents, w[0])
		if w[1] >= 1<<31 {
			list := edges[min(len(edges), int(w[1]-1<<31)):]
			last := slices.IndexFunc(list, func(e uint32) bool { return e >= 1<<31 })
			if last < 0 {
				return "", false
			}
			for _, e := range list[:last+1] {
				parents = append(parents, e%(1<<31))
			}
		} else if w[1] != 0x70000000 {
			parents = append(parents, w[1])
		}
	}
	if len(parents) > 4096 {
		return "", false
	}
	for _, p := range parents {
		if int64(p) >= int64(len(ids)) {
			return "", false
		}
		out += fmt.Sprintf(" %x", ids[p])
	}
	return out, true
}
