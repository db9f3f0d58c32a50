package gitrepo

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
	"github.com/whosekey/whosekey/scanners"
)

// refsRepo is a bare repository without objects, whose packed-refs has such a text.
func refsRepo(t *testing.T, packed []byte, loose map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	loose["HEAD"], loose["packed-refs"] = "ref: refs/heads/main\n", string(packed)
	if err := os.MkdirAll(filepath.Join(dir, "objects"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range loose {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestManyRefsTakeLittleMemory: what is allocated for a ref is its line of packed-refs,
// its name and its id.
func TestManyRefsTakeLittleMemory(t *testing.T) {
	const n = 200_000
	var b bytes.Buffer
	b.WriteString("# pack-refs with: peeled fully-peeled sorted \n")
	for i := range n {
		fmt.Fprintf(&b, "%040x refs/pull/%08d/head\n", i%1000+1, i)
	}
	dir := refsRepo(t, b.Bytes(), map[string]string{"refs/heads/main": fmt.Sprintf("%040x\n", 7)})
	allocated := func(do func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / n
	}
	var r *Repo
	if got := allocated(func() { r, _ = refsAt(dir) }); got > 320 {
		t.Errorf("%d bytes are allocated for a ref", got)
	}
	if len(r.refs) != n+1 {
		t.Fatalf("%d refs", len(r.refs))
	}
	if got := allocated(func() { r.Watermark() }); got > 1 {
		t.Errorf("%d bytes a ref for the watermark", got)
	}
	if got := allocated(func() {
		if ids := r.RefIDs(""); len(ids) != 1000 {
			t.Errorf("%d ids", len(ids))
		}
	}); got > 250 {
		t.Errorf("%d bytes a ref for the ids", got)
	}
	if got := allocated(func() { r.NewTips(r.RefIDs("")) }); got > 330 {
		t.Errorf("%d bytes a ref for what is new", got)
	}
	if got, want := r.Watermark(), Watermark(r.headRef, r.Tips()); got != want {
		t.Errorf("the watermark of the repository is %s, that of its tips %s", got, want)
	}
}

// TestRefsAreThoseOfAMap reads lists that are not sorted, with names that are there
// twice and loose refs over packed ones, as stupid code does.
func TestRefsAreThoseOfAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 50 {
		want := map[string]string{}
		var packed strings.Builder
		line := func() (string, string) {
			return fmt.Sprintf("refs/heads/b%02d", random.IntN(40)), fmt.Sprintf("%040x", 1+random.IntN(1000))
		}
		for range random.IntN(60) {
			name, id := line()
			fmt.Fprintf(&packed, "%s %s\n", id, name)
			want[name] = id
		}
		loose := map[string]string{}
		for range random.IntN(10) {
			name, id := line()
			loose[name], want[name] = id+"\n", id
		}
		if len(want) > 0 {
			target := slices.Sorted(maps.Keys(want))[0]
			loose["refs/heads/zz"], loose["refs/heads/aa"] = "ref: refs/heads/aa\n", "ref: "+target+"\n"
			want["refs/heads/zz"], want["refs/heads/aa"] = want[target], want[target]
			loose["refs/heads/lost"] = "ref: refs/heads/nowhere\n"
		}
		r, err := refsAt(refsRepo(t, []byte(packed.String()), loose))
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, one := range r.Tips() {
			got[one.Name] = one.ID
		}
		if !maps.Equal(got, want) || len(r.refs) != len(want) || !slices.IsSortedFunc(r.refs, func(a, b ref) int { return strings.Compare(a.name, b.name) }) {
			t.Fatalf("round %d: %v, want %v", round, got, want)
		}
	}
}

func TestIDsAreOrderedAsTheirTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var ids []gitpack.ID
	for range 500 {
		id, _ := gitpack.ParseID(fmt.Sprintf("%02x%038x", random.IntN(256), random.IntN(3)))
		ids = append(ids, id)
	}
	slices.SortFunc(ids, gitpack.ID.Compare)
	if !slices.IsSortedFunc(ids, func(a, b gitpack.ID) int { return strings.Compare(a.String(), b.String()) }) {
		t.Error("IDs are ordered otherwise")
	}
}

func TestALineOfPackedRefsThatCannotBeReadIsTold(t *testing.T) {
	dir := refsRepo(t, []byte("xyz refs/heads/a\n\n^"+strings.Repeat("1", 40)+"\n"+strings.Repeat("2", 40)+"\n"+strings.Repeat("3", 40)+" refs/heads/b"), map[string]string{})
	r := &Repo{cov: new(scanners.Coverage), GitDir: dir, CommonDir: dir}
	if err := r.readRefs(); err != nil {
		t.Fatal(err)
	}
	if len(r.refs) != 1 || len(r.cov.Skipped()) == 0 {
		t.Errorf("%v, %v", r.refs, r.cov.Skipped())
	}
}
