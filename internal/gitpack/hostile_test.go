//go:build unix

package gitpack_test

import (
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// within fails the test if f takes longer than a generous limit: the cases
// here took minutes or more before they were bounded.
func within(t *testing.T, limit time.Duration, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if d := time.Since(start); d > limit {
		t.Errorf("took %v, more than %v", d, limit)
	}
}

// TestDeepChain has 3000 objects of 100 KB in one chain, each with a leaf next
// to it: bases that were given up must not be rebuilt from the root each time.
func TestDeepChain(t *testing.T) {
	dir := t.TempDir()
	w := newPack()
	size := 60_000
	at := w.whole(gitpack.Blob, []byte(strings.Repeat("x", size)))
	for i := range 3000 {
		w.delta(at, fakeID(2*i), insertDelta(size, []byte{'l'}))
		at = w.delta(at, fakeID(2*i+1), insertDelta(size, []byte{'c'}))
		size++
	}
	w.save(t, dir, "pack-a")
	within(t, 20*time.Second, func() {
		if got := walk(t, dir); len(got.data) != 6001 || len(got.skipped) != 0 {
			t.Errorf("visited %d, skipped %d", len(got.data), len(got.skipped))
		}
	})
}

// TestDeltaCycle has 200,000 deltas in one cycle.
func TestDeltaCycle(t *testing.T) {
	dir := t.TempDir()
	w := newPack()
	const n = 200_000
	for i := range n {
		w.entry(7, 1, fakeID(i), fakeID((i+1)%n), []byte{0})
	}
	w.whole(gitpack.Blob, []byte("sound"))
	w.entry(7, 1, fakeID(n+1), fakeID(n+7), []byte{0})
	w.entry(7, 1, fakeID(n+2), fakeID(n+1), []byte{0})
	w.save(t, dir, "pack-a")
	within(t, 20*time.Second, func() {
		got := walk(t, dir)
		if len(got.data) != 1 || len(got.skipped) != n+2 {
			t.Errorf("visited %d, skipped %d", len(got.data), len(got.skipped))
		}
		why := map[string]int{}
		for _, p := range got.skipped {
			why[p.Err.Error()]++
		}
		if why["its delta bases form a cycle"] != n || why["its delta base is not in the pack"] != 2 {
			t.Errorf("reasons: %v", why)
		}
	})
}

// TestManyPacks has 1000 packs, the objects of each also in others.
func TestManyPacks(t *testing.T) {
	dir := t.TempDir()
	for k := range 1000 {
		w := newPack()
		for i := range 300 {
			w.whole(gitpack.Blob, fmt.Append(nil, (k*150+i)%30_000))
		}
		w.save(t, dir, fmt.Sprint("pack-", k))
	}
	within(t, 20*time.Second, func() {
		s, problems := gitpack.Open([]string{dir}, 20)
		defer s.Close()
		visits := make([]int, s.Len())
		err := s.Walk(context.Background(), gitpack.WalkOptions{Visit: func(_ int, o *gitpack.Object) error {
			visits[o.N]++
			id := s.ID(o.N)
			if n, ok := s.LookupRaw(id.Bytes()); !ok || n != o.N {
				t.Errorf("Lookup(%s) = %d, %v, visited as %d", id, n, ok, o.N)
			}
			return nil
		}})
		total := 0
		for _, n := range visits {
			total += n
		}
		if err != nil || total != 30_000 || len(problems) > 0 {
			t.Errorf("visited %d: %v, %v", total, err, problems)
		}
	})
}

// TestCollidingIDs has IDs that a table hashed by their first bytes puts into
// one slot.
func TestCollidingIDs(t *testing.T) {
	dir := t.TempDir()
	w := newPack()
	for i := range 100_000 {
		id := make([]byte, 20)
		binary.BigEndian.PutUint32(id[16:], uint32(i))
		w.entry(gitpack.Blob, 1, id, nil, []byte("x"))
	}
	w.save(t, dir, "pack-a")
	s, _ := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	within(t, 5*time.Second, func() {
		table := s.Table()
		for n := range s.Len() {
			id := s.ID(n)
			if got, ok := table.Find(id.Bytes()); !ok || got != n {
				t.Fatalf("Find(%s) = %d, %v, want %d", id, got, ok, n)
			}
		}
	})
}

// TestOtherCopy has a pack whose objects are damaged, and sound ones of the
// same names in a later pack and a loose file.
func TestOtherCopy(t *testing.T) {
	dir := t.TempDir()
	bad, good := newPack(), newPack()
	for i := range 10 {
		data := fmt.Appendf(nil, "content %d", i)
		bad.whole(gitpack.Blob, data)
		copy(bad.pack[bad.starts[i]:], "damaged!")
		good.whole(gitpack.Blob, data)
	}
	only := []byte("only here")
	bad.whole(gitpack.Blob, only)
	copy(bad.pack[bad.starts[10]:], "damaged!")
	bad.save(t, dir, "pack-a")
	good.save(t, dir, "pack-b")
	s, problems := gitpack.Open([]string{dir}, 20)
	defer s.Close()
	got := walkStore(t, s, problems)
	if len(got.data) != 10 || len(got.skipped) != 1 {
		t.Errorf("visited %d, skipped %v", len(got.data), got.skipped)
	}
	id := gitpack.MakeID(nameOfData(gitpack.Blob, []byte("content 3")))
	n, _ := s.Lookup(id)
	if o, err := s.Read(n); err != nil || string(o.Data) != "content 3" || o.N != n {
		t.Errorf("Read = %q, %v", o.Data, err)
	}
}

// TestNotFiles has FIFOs and folders where files should be.
func TestNotFiles(t *testing.T) {
	objects := filepath.Join(t.TempDir(), "objects")
	w := newPack()
	w.whole(gitpack.Blob, []byte("x"))
	w.save(t, objects, "pack-ok")
	w.save(t, objects, "pack-fifo")
	os.Remove(filepath.Join(objects, "pack/pack-fifo.pack"))
	for _, name := range []string{"pack/pack-fifo.pack", "pack/pack-fifo2.idx", "12", "34/56789abcdef0123456789abcdef0123456789a"} {
		name = filepath.Join(objects, name)
		os.MkdirAll(filepath.Dir(name), 0o755)
		if err := syscall.Mkfifo(name, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan walked)
	go func() { done <- walk(t, objects) }()
	select {
	case got := <-done:
		if len(got.data) != 1 || len(got.skipped) != 3 {
			t.Errorf("visited %d, skipped %v", len(got.data), got.skipped)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("blocked")
	}
}

// TestTruncated truncates mapped files while they are in use.
func TestTruncated(t *testing.T) {
	for _, ext := range []string{".pack", ".idx"} {
		for _, early := range []bool{true, false} {
			dir := t.TempDir()
			w := newPack()
			for i := range 5000 {
				w.whole(gitpack.Blob, fmt.Append(nil, i, strings.Repeat("y", i%77)))
			}
			w.save(t, dir, "pack-a")
			s, problems := gitpack.Open([]string{dir}, 20)
			if !early {
				walkStore(t, s, problems)
			}
			if err := os.Truncate(filepath.Join(dir, "pack/pack-a"+ext), 4096); err != nil {
				t.Fatal(err)
			}
			got := walkStore(t, s, problems)
			if len(got.skipped) == 0 && (early || ext == ".pack") { // else the plan knows it all
				t.Errorf("%s truncated, early %v: nothing skipped", ext, early)
			}
			s.Lookup(gitpack.MakeID(fakeID(1)))
			s.Prefix("abcd", 10)
			s.Table()
			s.ID(3)
			s.Read(4000)
			s.Close()
		}
	}
}

// TestTwoNamesForOneEntry: where an index names an entry twice, it names another one
// never, whose content nobody would see. The index has as many names as the pack has
// entries, and a valid sum.
func TestTwoNamesForOneEntry(t *testing.T) {
	for _, version := range []int{1, 2} {
		dir := t.TempDir()
		git(t, dir, "init", "-q", "--bare", ".")
		var ids []string
		for _, text := range []string{"one", "two", "three", "four"} {
			write(t, dir, text, strings.Repeat(text, 50))
			ids = append(ids, strings.TrimSpace(git(t, dir, "hash-object", "-w", text)))
		}
		git(t, dir, "config", "pack.indexVersion", fmt.Sprint(version))
		packObjects(t, dir, ids)
		for _, id := range ids {
			os.RemoveAll(filepath.Join(dir, "objects", id[:2]))
		}
		name, _ := filepath.Glob(filepath.Join(dir, "objects/pack/*.idx"))
		raw, err := os.ReadFile(name[0])
		if err != nil {
			t.Fatal(err)
		}
		table, step := 1024, 24 // version 1: offset and name
		if version == 2 {
			table, step = 1032+4*(20+4), 4
		}
		copy(raw[table+2*step:table+2*step+4], raw[table+step:table+step+4])
		sum := sha1.Sum(raw[:len(raw)-20])
		copy(raw[len(raw)-20:], sum[:])
		os.Chmod(name[0], 0o644)
		os.WriteFile(name[0], raw, 0o644)
		s := openPacks(t, dir, 20)
		if w := walkStore(t, s, nil); len(w.skipped) == 0 {
			t.Errorf("version %d: %d of 4 objects were visited, and nothing is told", version, len(w.data))
		}
	}
}

// TestLinkedFolder has a folder of loose objects behind a link, as git allows.
func TestLinkedFolder(t *testing.T) {
	dir := makeRepo(t)
	objects := filepath.Join(dir, ".git/objects")
	entries, _ := os.ReadDir(objects)
	for _, e := range entries {
		if len(e.Name()) == 2 {
			os.Rename(filepath.Join(objects, e.Name()), filepath.Join(dir, e.Name()))
			os.Symlink(filepath.Join(dir, e.Name()), filepath.Join(objects, e.Name()))
			break
		}
	}
	verify(t, dir, 20)
}

// TestHugeTree has a loose tree that claims, and one that has, too much.
func TestHugeTree(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{fmt.Sprintf("tree %d\x00abc", gitpack.MaxMeta+1), "tree 9223372036854775807\x00", "blob -1\x00", "blob 99999999999999999999\x00"} {
		id := gitpack.MakeID(fakeID(i + 1))
		name := id.String()
		write(t, dir, name[:2]+"/"+name[2:], string(deflate([]byte(text))))
	}
	if got := walk(t, dir); len(got.data) != 0 || len(got.skipped) != 4 {
		t.Errorf("visited %d, skipped %v", len(got.data), got.skipped)
	}
}

// TestDates: a date that JSON cannot write is none.
func TestDates(t *testing.T) {
	for _, sec := range []string{"1099511627776", "253402300799", "-5", "9223372036854775807", "x"} {
		c, _ := gitpack.ParseCommit([]byte("tree " + strings.Repeat("a", 40) + "\nauthor A <a> " + sec + " +1400\n\nm"))
		if _, err := c.When.MarshalJSON(); err != nil {
			t.Errorf("date %s: %v", sec, err)
		}
	}
}

// TestTreeModes: git takes every mode with a folder's bits for a folder.
func TestTreeModes(t *testing.T) {
	id := strings.Repeat("\x01", 20)
	for mode, want := range map[string]uint32{"40000": gitpack.ModeTree, "040755": gitpack.ModeTree, "160755": gitpack.ModeGitlink, "100664": 0o100664, "0": 0} {
		gitpack.ParseTree([]byte(mode+" a\x00"+id), 20, func(got uint32, _, _ []byte) bool {
			if got != want {
				t.Errorf("mode %s = %o, want %o", mode, got, want)
			}
			return true
		})
	}
}
