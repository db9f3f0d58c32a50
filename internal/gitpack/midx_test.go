package gitpack_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// manyPacks makes a bare repository of some packs, of which the later ones
// have objects of the earlier ones too.
func manyPacks(t testing.TB, args ...string) (dir string) {
	t.Helper()
	loose := makeRepo(t, args...)
	dir = t.TempDir()
	git(t, dir, append([]string{"init", "-q", "--bare"}, args...)...)
	for _, at := range []string{"main~30", "main~20", "main~9", "main"} {
		git(t, loose, "branch", "-f", "part", at)
		git(t, dir, "-c", "fetch.unpackLimit=1", "fetch", "-q", loose, "part:refs/heads/main")
	}
	packObjects(t, dir, strings.Fields(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))[:90])
	if packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack")); len(packs) < 5 {
		t.Fatalf("%d packs", len(packs))
	}
	return dir
}

// packObjects packs some objects of a bare repository, again if need be.
func packObjects(t testing.TB, dir string, ids []string) {
	t.Helper()
	cmd := exec.Command("git", "pack-objects", "-q", "objects/pack/pack")
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(strings.Join(ids, "\n")+"\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git pack-objects: %v\n%s", err, out)
	}
}

// lookAll looks up all objects that git lists.
func lookAll(t *testing.T, s *gitpack.Store, dir string) {
	t.Helper()
	for _, line := range strings.Fields(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")) {
		id, _ := gitpack.ParseID(line)
		if n, ok := s.Lookup(id); !ok || s.ID(n) != id {
			t.Fatalf("Lookup(%s) = %d, %v: %s", line, n, ok, s.ID(n))
		}
	}
}

func openPacks(t *testing.T, dir string, hash int) *gitpack.Store {
	t.Helper()
	s, problems := gitpack.Open([]string{filepath.Join(dir, "objects")}, hash)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(s.Close)
	return s
}

func TestMidx(t *testing.T) {
	for name, c := range map[string]struct {
		hash int
		args []string
	}{
		"sha1":   {20, nil},
		"sha256": {32, []string{"--object-format=sha256"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := manyPacks(t, c.args...)
			git(t, dir, "multi-pack-index", "write", "--bitmap")
			s := openPacks(t, dir, c.hash)
			lookAll(t, s, dir)
			if s.Midxs() != 1 || s.Searched() != 0 {
				t.Errorf("%d multi-pack-indexes, and still %d indexes were searched", s.Midxs(), s.Searched())
			}
			if _, ok := s.LookupRaw(make([]byte, c.hash)); ok {
				t.Error("found an object that is not there")
			}
			if s.Searched() == 0 {
				t.Error("the indexes were not asked for what the multi-pack-index does not have")
			}
			verify(t, dir, c.hash)
		})
	}
}

// TestMidxLayers has an incremental multi-pack-index: two files in a chain.
func TestMidxLayers(t *testing.T) {
	dir := manyPacks(t)
	packs, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.pack"))
	layers := filepath.Join(dir, "objects/pack/multi-pack-index.d")
	os.Mkdir(layers, 0o755)
	chain := ""
	for i, some := range [][]string{packs[:2], packs[2:]} {
		other := t.TempDir()
		git(t, other, "init", "-q", "--bare")
		for _, p := range some {
			for _, ext := range []string{"pack", "idx"} {
				from := strings.TrimSuffix(p, "pack") + ext
				if err := os.Link(from, filepath.Join(other, "objects/pack", filepath.Base(from))); err != nil {
					t.Fatal(err)
				}
			}
		}
		git(t, other, "multi-pack-index", "write")
		data, err := os.ReadFile(filepath.Join(other, "objects/pack/multi-pack-index"))
		if err != nil {
			t.Fatal(err)
		}
		data[7] = byte(i) // number of base files
		sum := fmt.Sprintf("%x", data[len(data)-20:])
		write(t, layers, "multi-pack-index-"+sum+".midx", string(data))
		chain += sum + "\n"
	}
	write(t, layers, "multi-pack-index-chain", chain)
	s := openPacks(t, dir, 20)
	lookAll(t, s, dir)
	if s.Midxs() != 2 || s.Searched() != 0 {
		t.Errorf("%d layers, and still %d indexes were searched", s.Midxs(), s.Searched())
	}
	verify(t, dir, 20)
	write(t, layers, "multi-pack-index-chain", "../../elsewhere\n"+strings.Repeat("0", 40)+"\n")
	verify(t, dir, 20)
}

// TestStaleMidx has one that knows neither of the newest pack nor that others
// are gone.
func TestStaleMidx(t *testing.T) {
	dir := manyPacks(t)
	git(t, dir, "multi-pack-index", "write")
	name := filepath.Join(dir, "objects/pack/multi-pack-index")
	stale, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	git(t, dir, "-c", "pack.packSizeLimit=1m", "repack", "-adq")
	write(t, dir, "new", "something new")
	packObjects(t, dir, strings.Fields(git(t, dir, "hash-object", "-w", "new")))
	if err := os.WriteFile(name, stale, 0o644); err != nil {
		t.Fatal(err)
	}
	s := openPacks(t, dir, 20)
	if s.Midxs() != 1 {
		t.Fatal("it was not opened")
	}
	os.Remove(name) // git could not read the repository with it
	lookAll(t, s, dir)
	os.WriteFile(name, stale, 0o644)
	w := walkStore(t, s, nil)
	os.Remove(name)
	if want := strings.Count(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=x"), "x"); len(w.data) != want || len(w.skipped) > 0 {
		t.Errorf("walked %d objects of %d, skipped %v", len(w.data), want, w.skipped)
	}
}

// TestMidxWithoutIndexes removes indexes, which the multi-pack-index replaces.
func TestMidxWithoutIndexes(t *testing.T) {
	loose := makeRepo(t)
	dir := t.TempDir()
	git(t, dir, "clone", "-q", "--mirror", loose, ".")
	ids := strings.Fields(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"))
	git(t, dir, "repack", "-adfq")
	write(t, dir, "new", "something new")
	packObjects(t, dir, strings.Fields(git(t, dir, "hash-object", "-w", "new")))
	git(t, dir, "multi-pack-index", "write")
	idx, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
	for _, name := range idx {
		os.Remove(name)
	}
	s := openPacks(t, dir, 20)
	for _, line := range ids {
		id, _ := gitpack.ParseID(line)
		n, ok := s.Lookup(id)
		o, err := s.Read(n)
		if !ok || err != nil || nameOf(t, &o, 20) != line {
			t.Errorf("read %s: %v, %v", line, ok, err)
		}
	}
	w := walkStore(t, s, nil)
	if len(w.skipped) > 0 {
		t.Error(w.skipped)
	}
	for _, line := range ids {
		if _, ok := w.data[line]; !ok {
			t.Errorf("%s was not visited", line)
		}
	}
}

// TestMidxHidesDuplicates has packs without indexes of which the
// multi-pack-index covers only some of the objects: the others may be further
// copies, or something that it hides.
func TestMidxHidesDuplicates(t *testing.T) {
	dir := manyPacks(t)
	git(t, dir, "multi-pack-index", "write")
	want := strings.Count(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=x"), "x")
	idx, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
	for _, name := range idx {
		os.Remove(name)
	}
	s, problems := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
	defer s.Close()
	if len(problems) == 0 {
		t.Error("nothing is said about the objects that it does not cover")
	}
	for _, p := range problems {
		if p.Reason != "pack without index" || !strings.Contains(p.Err.Error(), "git index-pack") {
			t.Error(p)
		}
	}
	w := walkStore(t, s, nil)
	if len(w.data)+len(w.skipped) != want {
		t.Errorf("walked %d objects and skipped %d, want %d in all", len(w.data), len(w.skipped), want)
	}
}

// midxPacks saves three packs with common objects and a multi-pack-index made
// by hand, which has an offset of 64 bits and a pack that is not there.
func midxPacks(t testing.TB, dir string) (ids [][]byte, midx []byte) {
	t.Helper()
	var entries []midxEntry
	for k := range 3 {
		w := newPack()
		for i := range 6 {
			e := midxEntry{pack: uint32(k), offset: uint64(w.whole(gitpack.Blob, fmt.Appendf(nil, "object %d", 4*k+i)))}
			e.id = w.ids[i]
			if at := slices.IndexFunc(entries, func(o midxEntry) bool { return bytes.Equal(o.id, e.id) }); at < 0 {
				ids, entries = append(ids, e.id), append(entries, e)
			} else if i == 0 {
				entries[at] = e // of what is in two packs, it has the first copy or the second
			}
		}
		w.save(t, dir, fmt.Sprintf("pack-%d", k))
	}
	entries[3].wide = true
	entries = append(entries, midxEntry{fakeID(1), 3, 12, false})
	return ids, makeMidx(entries, []string{"pack-0.idx", "pack-1.idx", "pack-2.idx", "pack-gone.idx"})
}

type midxEntry struct {
	id     []byte
	pack   uint32
	offset uint64
	wide   bool // its offset stands in the table of large ones
}

func makeMidx(entries []midxEntry, packs []string) []byte {
	slices.SortFunc(entries, func(a, b midxEntry) int { return bytes.Compare(a.id, b.id) })
	var names, fan, offsets, large []byte
	for _, e := range entries {
		names = append(names, e.id...)
		offsets = binary.BigEndian.AppendUint32(offsets, e.pack)
		o := uint32(e.offset)
		if e.wide {
			large = binary.BigEndian.AppendUint64(large, e.offset)
			o = 1<<31 | uint32(len(large)/8-1)
		}
		offsets = binary.BigEndian.AppendUint32(offsets, o)
	}
	for b := range 256 {
		n := uint32(0)
		for _, e := range entries {
			if int(e.id[0]) <= b {
				n++
			}
		}
		fan = binary.BigEndian.AppendUint32(fan, n)
	}
	head := append([]byte("MIDX\x01\x01\x00\x00"), 0, 0, 0, byte(len(packs)))
	return chunkFile(head, []string{"PNAM", "OIDF", "OIDL", "OOFF", "LOFF"},
		[][]byte{[]byte(strings.Join(packs, "\x00") + "\x00"), fan, names, offsets, large})
}

// chunkFile puts chunks behind a header. Its checksum is not right.
func chunkFile(head []byte, names []string, chunks [][]byte) []byte {
	out := slices.Clone(head)
	out[6] = byte(len(names))
	at := uint64(len(head) + 12*(len(names)+1))
	for i, c := range chunks {
		out = binary.BigEndian.AppendUint64(append(out, names[i]...), at)
		at += uint64(len(c))
	}
	out = binary.BigEndian.AppendUint64(append(out, 0, 0, 0, 0), at)
	return append(append(out, bytes.Join(chunks, nil)...), make([]byte, 20)...)
}

// checkMidx checks that packs are read in full, whatever their
// multi-pack-index says.
func checkMidx(t *testing.T, dir string, ids [][]byte, midx []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "pack/multi-pack-index"), midx, 0o644); err != nil {
		t.Fatal(err)
	}
	s, problems := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	number := map[int]bool{}
	for round := range 3 {
		for _, id := range ids {
			n, ok := s.LookupRaw(id)
			if got := s.ID(n); !ok || !bytes.Equal(got.Bytes(), id) {
				t.Fatalf("round %d: LookupRaw(%x) = %d, %v", round, id, n, ok)
			}
			if _, err := s.Read(n); err != nil {
				t.Fatal(err)
			}
			number[n] = true
		}
		if _, ok := s.LookupRaw(bytes.Repeat([]byte{0xee}, 20)); ok {
			t.Fatal("found an object that is not there")
		}
		switch round {
		case 0:
			w := walkStore(t, s, nil)
			if len(w.data) != len(ids) || len(w.skipped) > 0 || w.visits != len(ids) {
				t.Fatalf("walked %d objects in %d visits, want %d; skipped %v", len(w.data), w.visits, len(ids), w.skipped)
			}
		case 1:
			s.Table()
		}
	}
	if len(number) != len(ids) {
		t.Fatalf("%d objects have %d numbers", len(ids), len(number))
	}
}

// TestLyingMidx changes single numbers of a sound multi-pack-index.
func TestLyingMidx(t *testing.T) {
	dir := t.TempDir()
	ids, sound := midxPacks(t, dir)
	checkMidx(t, dir, ids, sound)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 600 {
		data := slices.Clone(sound)
		for range 1 + rng.IntN(4) {
			if i%2 == 0 {
				data[rng.IntN(len(data))] = byte(rng.IntN(256))
			} else {
				data[len(data)-rng.IntN(200)-1] = byte(rng.IntN(4)) // mostly numbers of packs
			}
		}
		checkMidx(t, dir, ids, data)
	}
}

// TestTruncatedMidx truncates one while it is in use.
func TestTruncatedMidx(t *testing.T) {
	dir := t.TempDir()
	ids, sound := midxPacks(t, dir)
	chunk := slowChunks(t, sound, 12)
	head := sound[:12]
	names := []string{"PNAM", "OIDF", "XXXX", "OIDL", "OOFF"}
	chunk["XXXX"] = make([]byte, 1<<16)
	var chunks [][]byte
	for _, n := range names {
		chunks = append(chunks, chunk[n])
	}
	name := filepath.Join(dir, "pack/multi-pack-index")
	if err := os.WriteFile(name, chunkFile(head, names, chunks), 0o644); err != nil {
		t.Fatal(err)
	}
	s, _ := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	if err := os.Truncate(name, 4096); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if n, ok := s.LookupRaw(id); !ok || s.ID(n) != gitpack.MakeID(id) {
			t.Errorf("%x is lost", id)
		}
	}
	if w := walkStore(t, s, nil); len(w.data) != len(ids) || len(w.skipped) > 0 {
		t.Errorf("walked %d objects, skipped %v", len(w.data), w.skipped)
	}
}

// FuzzMidx compares with a reader that takes the file apart word by word, and
// has packs read with it.
func FuzzMidx(f *testing.F) {
	dir := f.TempDir()
	ids, sound := midxPacks(f, dir)
	f.Add(sound)
	f.Add(makeMidx(nil, nil))
	f.Add([]byte("MIDX\x01\x02\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sameMidx(t, data, 20)
		sameMidx(t, data, 32)
		checkMidx(t, dir, ids, data)
	})
}

func sameMidx(t *testing.T, data []byte, hash int) {
	t.Helper()
	n, packs, find, at, err := gitpack.ParseMidx(data, hash)
	if err != nil {
		return
	}
	chunk := slowChunks(t, data, 12)
	if n*hash != len(chunk["OIDL"]) || uint32(len(packs)) != binary.BigEndian.Uint32(data[8:]) {
		t.Fatalf("%d objects, %d packs", n, len(packs))
	}
	names := bytes.Split(chunk["PNAM"], []byte{0})
	for i, p := range packs {
		if p != string(names[i]) {
			t.Fatalf("pack %d is %q, want %q", i, p, names[i])
		}
	}
	sorted := sortedIDs(chunk, hash)
	for i := range n {
		pack, offset, ok := at(i)
		wantPack, wantOffset := binary.BigEndian.Uint32(chunk["OOFF"][8*i:]), uint64(binary.BigEndian.Uint32(chunk["OOFF"][8*i+4:]))
		wantOK := true
		if large, there := chunk["LOFF"]; there && wantOffset >= 1<<31 {
			row := 8 * (wantOffset - 1<<31)
			if wantOK = row+8 <= uint64(len(large)); wantOK {
				wantOffset = binary.BigEndian.Uint64(large[row:])
			}
		}
		if pack != wantPack || ok != wantOK || ok && offset != wantOffset {
			t.Fatalf("entry %d is %d, %d, %v; want %d, %d, %v", i, pack, offset, ok, wantPack, wantOffset, wantOK)
		}
		if got, ok := find(chunk["OIDL"][i*hash : (i+1)*hash]); sorted && (!ok || got != i) {
			t.Fatalf("entry %d is found at %d, %v", i, got, ok)
		}
	}
}

// slowChunks reads a table of chunks.
func slowChunks(t *testing.T, data []byte, header int) map[string][]byte {
	out := map[string][]byte{}
	for i := range int(data[6]) {
		row := data[header+12*i:]
		out[string(row[:4])] = data[binary.BigEndian.Uint64(row[4:12]):binary.BigEndian.Uint64(row[16:24])]
	}
	if len(out) != int(data[6]) {
		t.Fatal("a chunk is there twice")
	}
	return out
}

// sortedIDs reports whether the IDs rise and the fanout table is theirs.
func sortedIDs(chunk map[string][]byte, hash int) bool {
	var count [256]uint32
	ids := slices.Collect(slices.Chunk(chunk["OIDL"], hash))
	for i, id := range ids {
		count[id[0]]++
		if i > 0 && bytes.Compare(ids[i-1], id) >= 0 {
			return false
		}
	}
	n := uint32(0)
	for b, c := range count {
		if n += c; n != binary.BigEndian.Uint32(chunk["OIDF"][4*b:]) {
			return false
		}
	}
	return true
}

// BenchmarkLookup opens the repositories that the environment names and looks
// up 500 objects, a few as a range of commits does, in random order.
func BenchmarkLookup(b *testing.B) {
	if os.Getenv("WHOSEKEY_REPOSITORIES") == "" {
		b.Skip("WHOSEKEY_REPOSITORIES names no repositories: see docs/benchmarks.md")
	}
	for _, dir := range filepath.SplitList(os.Getenv("WHOSEKEY_REPOSITORIES")) {
		b.Run(filepath.Base(dir), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			all, _ := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
			var ids []gitpack.ID
			for range 500 {
				ids = append(ids, all.ID(rng.IntN(all.Len())))
			}
			all.Close()
			for b.Loop() {
				s, _ := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
				for _, id := range ids {
					s.Lookup(id)
				}
				s.Close()
			}
		})
	}
}
