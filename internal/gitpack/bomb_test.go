package gitpack_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// double makes a delta that yields its base, of size bytes, twice.
func double(size int) []byte {
	d := appendSize(appendSize(nil, size), 2*size)
	return copyDelta(copyDelta(d, 0, size), 0, size)
}

// mark makes a delta that replaces the first four bytes of its base.
func mark(size, n int) []byte {
	d := append(appendSize(appendSize(nil, size), size), 4)
	return copyDelta(fmt.Appendf(d, "%04d", n%10_000), 4, size-4)
}

// sizes are those of the objects that a walk visits, by the reasons for which
// it skips others. It reads streams and keeps nothing.
type sizes struct {
	visited int
	bytes   int64
	largest int64
	skipped map[string]int
	fix     map[string]string
}

func walkSizes(t *testing.T, s *gitpack.Store) sizes {
	t.Helper()
	got := sizes{skipped: map[string]int{}, fix: map[string]string{}}
	var mu sync.Mutex
	err := s.Walk(context.Background(), gitpack.WalkOptions{
		Workers: 2,
		Visit: func(_ int, o *gitpack.Object) error {
			n, err := io.Copy(io.Discard, o.Content())
			if err != nil {
				return nil // Skip hears of it
			}
			mu.Lock()
			defer mu.Unlock()
			got.visited++
			got.bytes += n
			got.largest = max(got.largest, n)
			if n != o.Size {
				t.Errorf("an object of %d bytes has %d", o.Size, n)
			}
			return nil
		},
		Skip: func(p gitpack.Problem) {
			mu.Lock()
			defer mu.Unlock()
			got.skipped[p.Reason]++
			got.fix[p.Reason] = p.Fix()
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := s.Scratch(); n != 0 {
		t.Errorf("%d bytes of temporary files are left", n)
	}
	return got
}

// opened saves a pack and opens its store.
func opened(t *testing.T, w *packWriter) *gitpack.Store {
	t.Helper()
	dir := t.TempDir()
	w.save(t, dir, "pack-a")
	s, problems := gitpack.Open([]string{dir}, 20)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	t.Cleanup(s.Close)
	return s
}

const (
	bombReason = "pack bomb: its deltas unpack to far more than such a pack should hold"
	bigReason  = "object that is too large to rebuild from deltas"
	roomReason = "object that is too large for the temporary files there may be"
	thinReason = "object of a thin pack: what it is a delta of is not in the pack"
)

// TestDoublingChain: each object is twice the one before, up to 100 GB.
func TestDoublingChain(t *testing.T) {
	if testing.Short() {
		t.Skip("makes a gigabyte")
	}
	w := doubling()
	s := opened(t, w)
	var got sizes
	if held := peak(t, func() { got = walkSizes(t, s) }); held > 100<<20 {
		t.Errorf("it takes %d MB", held>>20)
	}
	if got.largest != 512<<20 || got.visited != 24 || got.skipped[bigReason] != len(w.ids)-24 {
		t.Errorf("visited %d, the largest of %d bytes; skipped %v", got.visited, got.largest, got.skipped)
	}
}

func doubling() *packWriter {
	w := newPack()
	size := 64
	at := w.whole(gitpack.Blob, bytes.Repeat([]byte("x"), size))
	for n := 1; size < 100<<30; n++ {
		at = w.delta(at, fakeID(n), double(size))
		size *= 2
	}
	return w
}

// TestWideTree has a thousand deltas of one object, here of a thousandth of the
// size that they could have.
func TestWideTree(t *testing.T) {
	w := newPack()
	size := 1 << 20
	at := w.whole(gitpack.Blob, bytes.Repeat([]byte("a line of text\n"), size/15+1)[:size])
	for n := range 1000 {
		w.delta(at, fakeID(n+1), mark(size, n))
	}
	s := opened(t, w)
	s.SetBounds(gitpack.Bounds{Floor: 100 << 20, Heavy: 1 << 20, Stream: 1 << 19, Big: 1 << 16})
	got := walkSizes(t, s)
	// A mark costs 16 times the 17 bytes of its delta.
	if got.visited != 1+99 || got.skipped[bombReason] != 901 || !strings.Contains(got.fix[bombReason], "git repack") {
		t.Errorf("visited %d, skipped %v", got.visited, got.skipped)
	}
}

// TestLongChain is as deep as git makes chains, and no bomb.
func TestLongChain(t *testing.T) {
	w := newPack()
	size := 64 << 10
	at := w.whole(gitpack.Blob, bytes.Repeat([]byte("a line of text\n"), size/15+1)[:size])
	for n := range 4095 {
		at = w.delta(at, fakeID(n+1), mark(size, n))
	}
	s := opened(t, w)
	if got := walkSizes(t, s); got.visited != 4096 || len(got.skipped) != 0 {
		t.Errorf("visited %d, skipped %v", got.visited, got.skipped)
	}
	n, _ := s.LookupRaw(fakeID(4095))
	if o, err := s.Read(n); err != nil || !strings.HasPrefix(string(o.Data), "4094ne of text") {
		t.Errorf("Read: %.20q, %v", o.Data, err)
	}
	s = opened(t, w)
	s.SetBounds(gitpack.Bounds{Read: 200 << 20}) // the chain has 256 MB
	if _, err := s.Read(n); err == nil {
		t.Error("a Read may take more work than it may")
	}
}

func first(n int, _ bool) int { return n }

// TestDeepAndWide is a binary tree, of which a walk holds many bases at once.
func TestDeepAndWide(t *testing.T) {
	w := newPack()
	size := 200 << 10
	level := []int{w.whole(gitpack.Tree, bytes.Repeat([]byte("x"), size))}
	for n := 1; n < 1<<11; {
		var next []int
		for _, base := range level {
			for range 2 {
				next = append(next, w.delta(base, fakeID(n), mark(size, n)))
				n++
			}
		}
		level = next
	}
	s := opened(t, w)
	s.SetBounds(gitpack.Bounds{Held: 300 << 10})
	if got := walkSizes(t, s); got.visited != len(w.ids) || len(got.skipped) != 0 {
		t.Errorf("visited %d of %d, skipped %v", got.visited, len(w.ids), got.skipped)
	}
	// No room for so many bases: what is told is what cannot be made.
	s.SetBounds(gitpack.Bounds{Disk: 800 << 10})
	got := walkSizes(t, s)
	if got.visited == 0 || got.skipped[bigReason] == 0 || got.visited+got.skipped[bigReason] != len(w.ids) {
		t.Errorf("visited %d of %d, skipped %v", got.visited, len(w.ids), got.skipped)
	}
}

// TestManySmallBombs has trees that make little of less, each.
func TestManySmallBombs(t *testing.T) {
	w := newPack()
	for tree := range 200 {
		size := 1000
		at := w.whole(gitpack.Blob, fmt.Appendf(nil, "%01000d", tree))
		for n := range 12 {
			at = w.delta(at, fakeID(100*tree+n+1), double(size))
			size *= 2
		}
	}
	s := opened(t, w)
	s.SetBounds(gitpack.Bounds{Floor: 100 << 20, Heavy: 10 << 20})
	got := walkSizes(t, s)
	// Each tree makes 8 MB. What is stored whole is visited in any case.
	if got.visited < 200+10*12 || got.bytes > 110<<20 || got.visited+got.skipped[bombReason] != len(w.ids) {
		t.Errorf("visited %d, %d MB, skipped %v", got.visited, got.bytes>>20, got.skipped)
	}
}

// TestTwoVersions: two versions of a blob of 203 MB, the delta between them,
// and what is built on the second are made exactly, and not on the heap.
func TestTwoVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("makes blobs of 203 MB")
	}
	s, ids := twoVersions(t, 203<<20)
	held := peak(t, func() {
		s.Walk(context.Background(), gitpack.WalkOptions{
			Workers: 2,
			Visit: func(_ int, o *gitpack.Object) error {
				id := s.ID(o.N)
				if name := nameOf(t, o, 20); name != id.String() {
					t.Errorf("%s has the content of %s", id, name)
				}
				return nil
			},
			Skip: func(p gitpack.Problem) { t.Error(p) },
		})
		for _, id := range ids {
			n, _ := s.LookupRaw(id)
			o, err := s.Read(n)
			if err != nil {
				t.Fatal(err)
			}
			if name := nameOf(t, &o, 20); name != fmt.Sprintf("%x", id) {
				t.Errorf("Read(%x) has the content of %s", id, name)
			}
			o.Content().Close()
		}
	})
	if held > 60<<20 {
		t.Errorf("it takes %d MB", held>>20)
	}
	if n := s.Scratch(); n != 0 {
		t.Errorf("%d bytes of temporary files are left", n)
	}
}

// twoVersions packs a blob, a delta that inserts some bytes into it, and one
// that appends some to that.
func twoVersions(t *testing.T, size int) (s *gitpack.Store, ids [][]byte) {
	base := make([]byte, size)
	for i := range 1 << 20 {
		base[i] = byte(i>>12) ^ byte(i*i>>7)
	}
	for at := 1 << 20; at < size; at += 1 << 20 {
		copy(base[at:], base[:1<<20])
		copy(base[at:], fmt.Sprint(at))
	}
	half := size / 2
	second := append(append(bytes.Clone(base[:half]), "inserted"...), base[half:]...)
	third := append(bytes.Clone(second), "more"...)
	for _, data := range [][]byte{base, second, third} {
		ids = append(ids, nameOfData(gitpack.Blob, data))
	}
	w := newPack()
	at := w.whole(gitpack.Blob, base)
	d := append(copyDelta(appendSize(appendSize(nil, size), size+8), 0, half), "\x08inserted"...)
	at = w.delta(at, ids[1], copyDelta(d, half, size-half))
	d = copyDelta(appendSize(appendSize(nil, size+8), size+12), 0, size+8)
	w.delta(at, ids[2], append(d, "\x04more"...))
	return opened(t, w), ids
}

// peak returns by how many bytes f makes the memory grow that belongs to no
// file, 0 where the system does not tell.
func peak(t *testing.T, f func()) int64 {
	t.Helper()
	debug.FreeOSMemory()
	start, most := anonymous(), int64(0)
	done, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-done:
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, anonymous())
			}
		}
	}()
	f()
	close(done)
	<-stopped
	t.Logf("%d MB more than %d MB", (most-start)>>20, start>>20)
	return most - start
}

func anonymous() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kb, _ := strconv.ParseInt(strings.Fields(rest + " 0")[0], 10, 64)
	return kb << 10
}

// large makes a pack of a whole object, a delta of it, and a delta of that.
func large(size int) *packWriter {
	w := newPack()
	at := w.whole(gitpack.Blob, bytes.Repeat([]byte("x"), size))
	at = w.delta(at, fakeID(1), mark(size, 1))
	w.delta(at, fakeID(2), mark(size, 2))
	return w
}

// TestUnmapped: what a walk and a Read have mapped is mapped no longer.
func TestUnmapped(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := opened(t, large(5<<20))
	walkSizes(t, s)
	o, err := s.Read(first(s.LookupRaw(fakeID(2))))
	if err != nil {
		t.Fatal(err)
	}
	o.Content().Close()
	maps, _ := os.ReadFile("/proc/self/maps") // none on other systems
	for line := range strings.Lines(string(maps)) {
		if strings.Contains(line, dir) && strings.Contains(line, "deleted") {
			t.Errorf("still mapped: %s", line)
		}
	}
}

// TestForgottenStream: who reads a large object may forget it.
func TestForgottenStream(t *testing.T) {
	s := opened(t, large(1<<20))
	s.SetBounds(gitpack.Bounds{Stream: 1 << 19, Big: 1 << 16})
	n, _ := s.LookupRaw(fakeID(2))
	o, err := s.Read(n)
	if err != nil || o.Stream == nil || s.Scratch() == 0 {
		t.Fatalf("Read: stream %v, %v", o.Stream != nil, err)
	}
	r := o.Content()
	r.Close()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) || s.Scratch() != 0 {
		t.Errorf("after Close: %v, %d bytes left", err, s.Scratch())
	}
	for range 10 {
		if _, err := s.Read(n); err != nil {
			t.Fatal(err)
		}
	}
	for i := 0; s.Scratch() != 0; i++ {
		if i == 100 {
			t.Fatalf("%d bytes are left", s.Scratch())
		}
		runtime.GC()
		time.Sleep(10 * time.Millisecond) // a cleanup has a goroutine of its own
	}
}

// TestNoTemporaryFiles: without a folder for them some objects lie on the heap.
// What is stored whole is visited in any case, and the others are skipped.
func TestNoTemporaryFiles(t *testing.T) {
	w := large(50 << 20)
	small := large(5 << 20)
	many := newPack() // of which a walk holds nine bases at once
	level := []int{many.whole(gitpack.Blob, bytes.Repeat([]byte("x"), 20<<20))}
	for n := 1; n < 1<<8; {
		var next []int
		for _, base := range level {
			next = append(next, many.delta(base, fakeID(n), mark(20<<20, n)), many.delta(base, fakeID(n+1), mark(20<<20, n)))
			n += 2
		}
		level = next
	}
	for _, test := range []struct {
		w       *packWriter
		visited int // at least
		skips   bool
	}{
		{small, 3, false}, {w, 1, true}, {many, 50, true},
		{doubling(), 19, true}, // is put off when it turns out to be heavy
	} {
		t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "nowhere"))
		s := opened(t, test.w)
		var got sizes
		held := peak(t, func() { got = walkSizes(t, s) })
		if held > 200<<20 || got.visited < test.visited || got.visited+got.skipped[roomReason]+got.skipped[bigReason] != len(test.w.ids) || (len(got.skipped) > 0) != test.skips {
			t.Errorf("visited %d of %d, skipped %v; %d MB", got.visited, len(test.w.ids), got.skipped, held>>20)
		}
		if fix := got.fix[roomReason]; test.skips && !strings.Contains(fix, "TMPDIR") {
			t.Errorf("fix: %s", fix)
		}
		n, _ := s.LookupRaw(fakeID(2))
		if _, err := s.Read(n); (err == nil) == (test.w == w) {
			t.Errorf("Read: %v", err)
		}
		t.Setenv("TMPDIR", "")
	}
}

// TestLimitScratch: what needs more room than there may be is skipped with a reason, and
// the rest is visited; nobody has to say it where temporary files would lie in memory.
func TestLimitScratch(t *testing.T) {
	w := large(50 << 20)
	for most, want := range map[int64]int{0: 3, 1 << 30: 3, 16 << 20: 1, 1: 1} {
		s := opened(t, w)
		s.LimitScratch(most)
		got := walkSizes(t, s)
		if got.visited != want || got.skipped[roomReason] != 3-want || s.Scratch() != 0 {
			t.Errorf("%d bytes: visited %d, skipped %v", most, got.visited, got.skipped)
		}
		if fix := got.fix[roomReason]; want < 3 && (!strings.Contains(fix, "TMPDIR") || !strings.Contains(fix, "--max-scratch")) {
			t.Errorf("fix: %s", fix)
		}
	}
	if dir, most := opened(t, w).ScratchRoom(); dir == "" || most > 4<<30 {
		t.Errorf("%d bytes in %q", most, dir)
	}
	if _, err := os.Stat("/dev/shm"); err != nil || runtime.GOOS != "linux" {
		t.Skip("no folder in memory")
	}
	t.Setenv("TMPDIR", "/dev/shm")
	if dir, most := opened(t, w).ScratchRoom(); dir != "/dev/shm" || most > 256<<20 {
		t.Errorf("in memory: %d bytes in %q", most, dir)
	}
}

// TestThinPack has deltas of objects that are in no pack, in another pack and
// in a loose file: git reads none of them either.
func TestThinPack(t *testing.T) {
	dir := t.TempDir()
	base := []byte("the base of the delta")
	elsewhere := newPack()
	elsewhere.whole(gitpack.Blob, base)
	elsewhere.save(t, dir, "pack-b")
	loose := nameOfData(gitpack.Blob, []byte("loose"))
	name := fmt.Sprintf("%x", loose)
	write(t, dir, name[:2]+"/"+name[2:], string(deflate([]byte("blob 5\x00loose"))))

	thin := newPack()
	delta := insertDelta(len(base), []byte(" and more"))
	thin.entry(7, len(delta), fakeID(1), nameOfData(gitpack.Blob, base), delta)
	thin.entry(7, 1, fakeID(2), fakeID(99), []byte{0})
	thin.entry(7, 1, fakeID(3), loose, []byte{0})
	thin.entry(7, 1, fakeID(4), fakeID(3), []byte{0}) // built on one that has no base
	// The same in one pack, the delta before its base.
	own := []byte("a base of its own")
	delta = insertDelta(len(own), []byte(", later"))
	whole := append(bytes.Clone(own), ", later"...)
	thin.entry(7, len(delta), nameOfData(gitpack.Blob, whole), nameOfData(gitpack.Blob, own), delta)
	thin.whole(gitpack.Blob, own)
	thin.save(t, dir, "pack-a")

	s, problems := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	got := walkStore(t, s, problems)
	if len(got.data) != 4 || len(got.skipped) != 4 {
		t.Errorf("visited %d, skipped %v", len(got.data), got.skipped)
	}
	for _, p := range got.skipped {
		if p.Reason != thinReason || !strings.Contains(p.Fix(), "git index-pack --stdin --fix-thin") {
			t.Errorf("%v: %s", p, p.Fix())
		}
	}
	if _, err := s.Read(first(s.LookupRaw(fakeID(1)))); err == nil || !strings.Contains(err.Error(), "not in the pack") {
		t.Errorf("Read: %v", err)
	}
}

// TestLargeLoose: a loose commit that is too large for the heap is delivered as
// a whole, and a small file cannot claim to be one.
func TestLargeLoose(t *testing.T) {
	dir := t.TempDir()
	content := strings.Repeat("tree of a commit that goes on and on\n", 200_000)
	id := fmt.Sprintf("%x", sum(sha1.New(), fmt.Sprintf("commit %d\x00%s", len(content), content)))
	write(t, dir, id[:2]+"/"+id[2:], string(deflate(fmt.Appendf(nil, "commit %d\x00%s", len(content), content))))
	write(t, dir, "12/"+strings.Repeat("3", 38), string(deflate([]byte("commit 7400000\x00small"))))
	got := walk(t, dir)
	if got.data[id] != content || len(got.data) != 1 || len(got.skipped) != 1 {
		t.Errorf("visited %d, skipped %v", len(got.data), got.skipped)
	}
}

func sum(h hash.Hash, s string) []byte {
	h.Write([]byte(s))
	return h.Sum(nil)
}
