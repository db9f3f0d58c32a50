package dir

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// scan returns the beginning of each file, by path, and the refs.
func scan(t testing.TB, s *Source) (map[string]string, map[string]leak.Ref, *scanners.Coverage) {
	t.Helper()
	var mu sync.Mutex
	byRef := map[leak.Ref]string{}
	cov, err := s.Scan(t.Context(), 16, func(c *leak.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		if c.Offset == 0 && !c.Name {
			byRef[c.Ref] = string(c.Data)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	texts, refs := map[string]string{}, map[string]leak.Ref{}
	for ref, text := range byRef {
		places, err := s.Locate(t.Context(), [][]leak.Match{{{Ref: ref}}})
		if err != nil || len(places) != 1 || len(places[0]) != 1 || places[0][0].Kind != leak.KindFile {
			t.Fatalf("Locate = %+v, %v", places, err)
		}
		texts[places[0][0].Path], refs[places[0][0].Path] = text, ref
	}
	return texts, refs, cov
}

// check compares the files and the gaps; a gap is written "reason: names".
func check(t *testing.T, s *Source, wantFiles, wantSkipped, wantLeft []string) {
	t.Helper()
	texts, _, cov := scan(t, s)
	var files []string
	for p := range texts {
		files = append(files, p)
	}
	for _, c := range []struct {
		what      string
		got, want []string
	}{{"files", files, wantFiles}, {"skipped", lines(cov.Skipped()), wantSkipped}, {"left out", lines(cov.LeftOut()), wantLeft}} {
		got, want := slices.Sorted(slices.Values(c.got)), slices.Sorted(slices.Values(c.want))
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", c.what, got, want)
		}
	}
}

func lines(gaps []scanners.Gap) []string {
	var out []string
	for _, g := range gaps {
		out = append(out, g.Reason+": "+strings.Join(g.First, " "))
	}
	return out
}

func TestPaths(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"a/b/f": "1", "a/g": "2", "c/h": "3", "top": "4", "abc/i": "5"})
	if err := os.Symlink("a", filepath.Join(root, "link")); err != nil {
		t.Skip(err)
	}
	left := []string{"symbolic link: link"}
	t.Chdir(root)
	for _, c := range []struct {
		paths, exclude, want, left string
	}{
		{paths: ".", want: "a/b/f a/g c/h top abc/i", left: "symbolic link: link"},
		{paths: "a", want: "b/f g"},
		{paths: "a/", want: "b/f g"},
		{paths: "link", want: "b/f g"},
		{paths: "./a c/", want: "a/b/f a/g c/h"},
		{paths: "a a", want: "a/b/f a/g"},
		{paths: "a ./a a/.", want: "a/b/f a/g"},
		{paths: "a link", want: "a/b/f a/g"},
		{paths: "a/b a", want: "a/b/f a/g"},
		{paths: "a a/b/f abc", want: "a/b/f a/g abc/i"},
		{paths: "top", want: "top"},
		{paths: "./top a/../a/g", want: "top a/g"},
		{paths: "top top", want: "top"},
		{paths: ". ../" + filepath.Base(root) + "/a", want: "a/b/f a/g c/h top abc/i", left: "symbolic link: link"},
		{paths: ". a/b", exclude: "a", want: "a/b/f c/h top abc/i", left: "excluded by a pattern: a,symbolic link: link"},
		{paths: ". a a/b", exclude: "a/b", want: "a/b/f a/g c/h top abc/i", left: "excluded by a pattern: a/b,symbolic link: link"},
		{paths: "top a/g a/b/f", exclude: "a/b/", want: "top a/g", left: "excluded by a pattern: a/b/f"},
		{paths: "top", exclude: "t*", left: "excluded by a pattern: top"},
	} {
		s := mustNew(t, Options{Paths: strings.Fields(c.paths), Exclude: strings.Fields(c.exclude)})
		left = nil
		if c.left != "" {
			left = strings.Split(c.left, ",")
		}
		t.Run(c.paths, func(t *testing.T) { check(t, s, strings.Fields(c.want), nil, left) })
	}
	abs := filepath.ToSlash(root)
	check(t, mustNew(t, Options{Paths: []string{root + "/a", root + "/top"}}), []string{abs + "/a/b/f", abs + "/a/g", abs + "/top"}, nil, nil)
}

func TestPathErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "no path to scan"},
		{Options{Paths: []string{"."}, Exclude: []string{"a["}}, `"a["`},
		{Options{Paths: []string{"."}, Exclude: []string{""}}, "empty"},
		{Options{Paths: []string{"."}, Exclude: []string{"!a"}}, `"!"`},
		{Options{Paths: []string{".", "no/such"}}, "no/such does not exist: name a file or a folder"},
	} {
		if _, err := New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("New(%+v): %v, want %q in it", c.o, err, c.want)
		}
	}
}

func TestNothingToScan(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"empty/": ""})
	_, _, cov := scan(t, mustNew(t, Options{Paths: []string{root}}))
	got := cov.Counts()
	if n, ok := got["files"]; !ok || n != 0 || got["bytes"] != 0 || got["directories"] != 2 {
		t.Errorf("Counts = %v, want no files and 2 directories", got)
	}
}

func TestCounts(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"a": "12", "b/c": "345", "b/empty": "", "large": filler(2 * maxWhole)})
	for _, workers := range []int{1, 4} {
		_, _, cov := scan(t, mustNew(t, Options{Paths: []string{root}, Workers: workers}))
		want := map[string]int64{"files": 4, "bytes": 5 + 2*maxWhole, "directories": 2}
		if got := cov.Counts(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("Counts = %v, want %v", got, want)
		}
	}
}

func TestGitObjects(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{
		"r/.git/HEAD": "ref: x", "r/.git/refs/": "", "r/.git/objects/aa/x": "o", "r/.git/config": "c",
		"bare/HEAD": "ref: x", "bare/refs/heads/": "", "bare/objects/pack/p": "o",
		"game/objects/chair": "1", "r/src/objects/o.go": "2", "odd/HEAD/x": "3", "odd/refs/": "", "odd/objects/y": "4",
	})
	check(t, mustNew(t, Options{Paths: []string{root}}),
		[]string{"r/.git/HEAD", "r/.git/config", "bare/HEAD", "game/objects/chair", "r/src/objects/o.go", "odd/HEAD/x", "odd/objects/y"},
		nil, []string{"git objects: bare/objects r/.git/objects"})
	t.Chdir(root) // what is named is searched
	check(t, mustNew(t, Options{Paths: []string{"bare", "bare/objects"}}), []string{"bare/HEAD", "bare/objects/pack/p"},
		nil, []string{"git objects: bare/objects"})
}

func TestMaxFile(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"small": "123", "big": "1234"})
	check(t, mustNew(t, Options{Paths: []string{root}, MaxFile: 3}), []string{"small"}, nil, []string{"file of more than 3 bytes: big"})
}

// TestLargeFile has credentials everywhere near the places where 200 MB are cut.
func TestLargeFile(t *testing.T) {
	const size = 200e6
	const reach = 3000
	name := filepath.Join(t.TempDir(), "large")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Truncate(size)
	rnd := rand.New(rand.NewPCG(1, 2))
	want, found := map[int64]bool{}, map[int64]bool{}
	token := []byte(strings.Repeat("tok-", 10))
	for at := int64(0); at < size-chunkSize; at += chunkSize - 2*reach {
		p := at + chunkSize - 2*reach + rnd.Int64N(2*reach)
		want[p] = true
		f.WriteAt(token, p)
	}
	s := mustNew(t, Options{Paths: []string{name}})
	var heap runtime.MemStats
	var mu sync.Mutex
	_, err = s.Scan(t.Context(), reach, func(c *leak.Chunk) error {
		mu.Lock()
		defer mu.Unlock()
		for i := 0; ; i += len(token) {
			n := bytes.Index(c.Data[i:], token)
			if n < 0 {
				return nil
			}
			i += n
			p := c.Offset + int64(i)
			if !want[p] {
				t.Errorf("found at %d, where it is not", p)
			}
			if (i >= reach || c.Offset == 0) && (i < len(c.Data)-reach || !c.More) {
				found[p] = true // this chunk is the one to search
			}
		}
	})
	if err != nil || !maps.Equal(found, want) {
		t.Errorf("Scan: %v, %d found, want %d", err, len(found), len(want))
	}
	runtime.GC()
	if runtime.ReadMemStats(&heap); heap.HeapAlloc > 50e6 {
		t.Errorf("%d bytes of heap", heap.HeapAlloc)
	}
}

// TestTableSize holds the promise about a million files.
func TestTableSize(t *testing.T) {
	used := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := used()
	tab := newTable([]root{{}})
	sh := shelf{table: tab}
	var dir uint32
	var refs []leak.Ref
	for i := range 1_000_000 {
		if i%10 == 0 {
			dir = tab.addDir(dir/2, fmt.Sprintf("folder-%d", i))
		}
		ref := sh.add(record{dir, fmt.Sprintf("some-file-name-%d.extension", i), uint64(i)})
		if i%1000 == 0 {
			refs = append(refs, ref)
		}
	}
	sh.flush()
	if n := used() - before; n > 60e6 {
		t.Errorf("a million files take %d bytes", n)
	}
	for i, ref := range refs {
		got, err := tab.lookup(ref)
		if want := fmt.Sprintf("some-file-name-%d.extension", i*1000); err != nil || got.name != want || got.stamp != uint64(i*1000) {
			t.Fatalf("lookup(%d) = %+v, %v, want %s", ref, got, err, want)
		}
	}
}

func TestOpenChanged(t *testing.T) {
	changes := map[string]func(name string) error{
		"longer":  func(name string) error { return os.WriteFile(name, []byte("longer than before"), 0o666) },
		"removed": os.Remove,
		"another": func(name string) error {
			os.Rename(name, name+".old")
			return os.WriteFile(name, []byte("text"), 0o666)
		},
		"a folder": func(name string) error { os.Remove(name); return os.Mkdir(name, 0o777) },
		"a link":   func(name string) error { os.Rename(name, name+".old"); return os.Symlink(name+".old", name) },
	}
	for opener, open := range openers {
		for change, do := range changes {
			t.Run(opener+", "+change, func(t *testing.T) {
				root := t.TempDir()
				write(t, root, map[string]string{"sub/f": "text"})
				s := mustNew(t, Options{Paths: []string{root}})
				s.open = open
				_, refs, _ := scan(t, s)
				if err := do(filepath.Join(root, "sub", "f")); err != nil {
					t.Skip(err)
				}
				r, err := s.Open(t.Context(), refs["sub/f"])
				if err == nil {
					text, _ := io.ReadAll(r)
					r.Close()
					t.Fatalf("Open gives %q", text)
				}
				if !strings.HasPrefix(err.Error(), "open sub/f again: ") {
					t.Errorf("Open: %v", err)
				}
			})
		}
	}
}

// TestOneFolder has two workers at the files of a single folder at once.
func TestOneFolder(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{}
	for i := range 4 * batchLen {
		files[fmt.Sprint("f", i)] = "1"
	}
	write(t, root, files)
	s := mustNew(t, Options{Paths: []string{root}, Workers: 2})
	both := make(chan bool)
	var calls atomic.Int32
	_, err := s.Scan(t.Context(), 16, func(*leak.Chunk) error {
		switch calls.Add(1) {
		case 1: // wait for the other worker
			select {
			case <-both:
			case <-time.After(20 * time.Second):
				t.Error("nobody else reads the folder")
			}
		case 2:
			close(both)
		}
		return nil
	})
	if n := calls.Load(); err != nil || n != int32(len(files)) {
		t.Errorf("Scan: %v, %d files, want %d", err, n, len(files))
	}
}
