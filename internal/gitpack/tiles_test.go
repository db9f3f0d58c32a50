package gitpack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// TestTiles has packs in which the entries do not stand one behind the other: there is
// something between two, before the first or behind the last, which no object has, or one
// stands within another one. All of it is a pack that git would not write.
func TestTiles(t *testing.T) {
	big := strings.Repeat("a large file\n", 400_000)
	some := func(w *packWriter, text string) int { return w.whole(gitpack.Blob, []byte(text)) }
	hide := func(w *packWriter) { // an entry that the index has not
		some(w, "hidden")
		last := len(w.ids) - 1
		w.ids, w.offsets, w.starts = w.ids[:last], w.offsets[:last], w.starts[:last]
	}
	for _, c := range []struct {
		name  string
		make  func(w *packWriter)
		sound int // objects that are visited all the same
		told  int
	}{
		{"sound", func(w *packWriter) { some(w, "one"); some(w, "two") }, 2, 0},
		{"before the first", func(w *packWriter) { hide(w); some(w, "one") }, 1, 1},
		{"between", func(w *packWriter) { some(w, "one"); hide(w); some(w, "two") }, 2, 1},
		{"between, twice", func(w *packWriter) { some(w, "one"); hide(w); some(w, "two"); hide(w); some(w, "three") }, 3, 2},
		{"behind the last", func(w *packWriter) { some(w, "one"); hide(w) }, 1, 1},
		{"behind a delta", func(w *packWriter) {
			at := some(w, "one")
			w.delta(at, fakeID(1), insertDelta(3, []byte(" and more")))
			hide(w)
			some(w, "two")
		}, 3, 1},
		{"behind a large one", func(w *packWriter) { some(w, big); hide(w); some(w, "two") }, 2, 1},
		{"a large one last", func(w *packWriter) { some(w, "one"); some(w, big) }, 2, 0},
		{"nothing else", hide, 0, 1},
		{"no object", func(*packWriter) {}, 0, 0},
		{"within another one", func(w *packWriter) {
			inner := newPack()
			some(inner, "inner")
			at := len(w.pack) + 1 + 2 + 5 // header, zlib's, that of a stored block
			w.entry(gitpack.Blob, len(inner.pack)-12, fakeID(1), nil, nil)
			w.pack = append(w.pack[:w.starts[0]], stored(inner.pack[12:])...)
			w.ids, w.offsets = append(w.ids, fakeID(2)), append(w.offsets, at+1)
		}, 1, 2}, // the outer one is cut off where the inner one begins, and its end is behind that
	} {
		dir := t.TempDir()
		w := newPack()
		c.make(w)
		w.save(t, dir, "pack-a")
		got := walk(t, dir)
		if len(got.data) != c.sound || len(got.skipped) != c.told {
			t.Errorf("%s: %d objects are visited, want %d; told is %v, want %d", c.name, len(got.data), c.sound, got.skipped, c.told)
		}
		if c.name != "within another one" && slices.ContainsFunc(got.skipped, func(p gitpack.Problem) bool { return !strings.HasPrefix(p.Name, "pack-a") }) {
			t.Errorf("%s: %v", c.name, got.skipped)
		}
	}
}

// stored is data in one block of zlib that is not compressed.
func stored(data []byte) []byte {
	n := len(data)
	out := append([]byte{0x78, 0x01, 1, byte(n), byte(n >> 8), byte(^n), byte(^n >> 8)}, data...)
	a, b := uint32(1), uint32(0)
	for _, c := range data {
		a = (a + uint32(c)) % 65521
		b = (b + a) % 65521
	}
	return append(out, byte(b>>8), byte(b), byte(a>>8), byte(a))
}
