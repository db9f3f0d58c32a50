package gitpack_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestReadWithoutPlan reads objects of packs that were not walked: a few without
// a plan, and then all.
func TestReadWithoutPlan(t *testing.T) {
	loose := makeRepo(t)
	for name, args := range map[string][]string{
		"ofs-delta": {"repack", "-adfq", "--depth=50", "--window=50"},
		"ref-delta": {"-c", "repack.useDeltaBaseOffset=false", "repack", "-adfq"},
		"idx-v1":    {"-c", "pack.indexVersion=1", "repack", "-adfq"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			git(t, dir, "clone", "-q", "--mirror", loose, ".")
			git(t, dir, args...)
			s, problems := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
			defer s.Close()
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			for i, line := range strings.Fields(git(t, dir, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)")) {
				id, _ := gitpack.ParseID(line)
				n, _ := s.Lookup(id)
				kind, err := s.Type(n)
				if err != nil {
					t.Fatal(err)
				}
				o, err := s.Read(n)
				if err != nil {
					t.Fatal(err)
				}
				if name := nameOf(t, &o, 20); name != line || o.Type != kind || o.N != n {
					t.Errorf("Read(%s) has the content of %s, type %s, number %d; want %s, %d", line, name, o.Type, o.N, kind, n)
				}
				if i < 50 && s.Planned() {
					t.Fatal("reading single objects planned the pack")
				}
			}
			if !s.Planned() {
				t.Error("reading all of a pack did not plan it")
			}
		})
	}
}

// TestReadPlansWhenLiedTo has entries that cannot be read. The first asks for
// the plan, which bounds what the others can claim; the sound ones are read.
func TestReadPlansWhenLiedTo(t *testing.T) {
	sound := []byte("a sound object")
	for name, add := range map[string]func(w *packWriter){
		"a size that is too large": func(w *packWriter) { w.entry(gitpack.Blob, 20<<20, fakeID(1), nil, []byte("small")) },
		"a base that is not there": func(w *packWriter) { w.entry(7, 3, fakeID(1), fakeID(9), []byte("abc")) },
		"its own base":             func(w *packWriter) { w.entry(7, 3, fakeID(1), fakeID(1), []byte("abc")) },
		"a cycle": func(w *packWriter) {
			w.entry(7, 3, fakeID(1), fakeID(2), []byte("abc"))
			w.entry(7, 3, fakeID(2), fakeID(1), []byte("abc"))
		},
		"a base outside the pack": func(w *packWriter) { w.entry(6, 3, fakeID(1), backOffset(1000), []byte("abc")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			w := newPack()
			w.whole(gitpack.Blob, sound)
			add(w)
			w.save(t, dir, "pack-a")
			s, _ := gitpack.Open([]string{dir}, 20)
			defer s.Close()
			bad, _ := s.LookupRaw(fakeID(1))
			if o, err := s.Read(bad); err == nil {
				t.Errorf("read %q", o.Data)
			}
			if !s.Planned() {
				t.Error("the pack was not planned")
			}
			good, _ := s.LookupRaw(nameOfData(gitpack.Blob, sound))
			if o, err := s.Read(good); err != nil || string(o.Data) != string(sound) {
				t.Errorf("the sound object: %q, %v", o.Data, err)
			}
		})
	}
}

// BenchmarkFirstRead opens the repositories that the environment names and
// reads one object of each pack.
func BenchmarkFirstRead(b *testing.B) {
	for _, dir := range filepath.SplitList(os.Getenv("WHOSEKEY_REPOSITORIES")) {
		b.Run(filepath.Base(filepath.Dir(dir)), func(b *testing.B) {
			for b.Loop() {
				s, _ := gitpack.Open([]string{filepath.Join(dir, "objects")}, 20)
				for n := 0; n < s.Len(); n += max(1, s.Len()/50) {
					s.Read(n)
				}
				s.Close()
			}
		})
	}
}
