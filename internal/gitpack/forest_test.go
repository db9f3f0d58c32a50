package gitpack_test

import (
	"encoding/binary"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// forest is a made-up pack of trees of deltas.
type forest struct {
	*packWriter
	rng    *rand.Rand
	want   map[string]string // content by name
	deltas map[string]bool   // names
}

// copyDelta appends instructions that copy n bytes of the base from off on.
func copyDelta(d []byte, off, n int) []byte {
	for n > 0 {
		m := min(n, 0xffffff)
		d = append(d, 0xff)
		d = binary.LittleEndian.AppendUint32(d, uint32(off))
		d = append(d, byte(m), byte(m>>8), byte(m>>16))
		off, n = off+m, n-m
	}
	return d
}

// change makes a delta of data, and what it yields.
func (f *forest) change(data []byte, double bool) (delta, out []byte) {
	if double {
		delta, out = copyDelta(nil, 0, len(data)), slices.Clone(data)
	}
	for at := 0; at < len(data); {
		n := min(len(data)-at, 1+f.rng.IntN(2000))
		switch f.rng.IntN(8) {
		case 0: // leave it out
		case 1:
			delta, out = copyDelta(delta, at, n), append(out, data[at:at+n]...) // twice
			fallthrough
		default:
			delta, out = copyDelta(delta, at, n), append(out, data[at:at+n]...)
		}
		at += n
	}
	text := strings.Repeat("inserted ", f.rng.IntN(12)) + string(rune('a'+f.rng.IntN(26)))
	delta, out = append(append(delta, byte(len(text))), text...), append(out, text...)
	return append(appendSize(appendSize(nil, len(data)), len(out)), delta...), out
}

// grow adds a whole object with n deltas on it, and on those.
func (f *forest) grow(n int) {
	type placed struct {
		at   int
		data []byte
	}
	kind := []gitpack.Type{gitpack.Blob, gitpack.Blob, gitpack.Tree, gitpack.Commit}[f.rng.IntN(4)]
	data := make([]byte, 1+f.rng.IntN(4000))
	for i := range data {
		data[i] = byte(f.rng.IntN(16))
	}
	all := []placed{{f.whole(kind, data), data}}
	f.want[string(nameOfData(kind, data))] = string(data)
	shape := f.rng.IntN(4) // deep, wide, both, or first deep and growing, then wide
	for i := range n {
		base := all[0]
		if shape != 1 {
			base = all[len(all)-1]
		}
		if shape == 2 {
			base = all[f.rng.IntN(len(all))]
		}
		if shape == 3 {
			base = all[min(len(all)-1, 5)]
		}
		delta, out := f.change(base.data, shape == 3 && i < 5)
		id := nameOfData(kind, out)
		if _, twice := f.want[string(id)]; twice {
			continue
		}
		if f.rng.IntN(3) == 0 {
			all = append(all, placed{f.entry(7, len(delta), id, nameOfData(kind, base.data), delta), out})
		} else {
			all = append(all, placed{f.delta(base.at, id, delta), out})
		}
		f.want[string(id)] = string(out)
		f.deltas[gitpack.MakeID(id).String()] = true
	}
}

func makeForest(seed uint64, trees, most int) *forest {
	f := &forest{newPack(), rand.New(rand.NewPCG(seed, 1)), map[string]string{}, map[string]bool{}}
	for range trees {
		f.grow(f.rng.IntN(most))
	}
	return f
}

const maxFloor = 20_000_000

// FuzzForest walks made-up packs with bounds so low that all of them matter.
// What is visited must be right; what is not must be reported, once, and must
// not depend on the number of workers; and Read must agree.
func FuzzForest(f *testing.F) {
	f.Add(uint64(1), uint32(0), uint32(0), uint16(0), uint16(0))
	f.Add(uint64(2), uint32(200_000), uint32(20_000), uint16(2000), uint16(3000))
	f.Add(uint64(3), uint32(500_000), uint32(60_000), uint16(0), uint16(0))
	f.Add(uint64(5), uint32(2_000_000), uint32(100_000), uint16(500), uint16(6000))
	f.Add(uint64(4), uint32(1), uint32(1), uint16(5000), uint16(5000))
	f.Fuzz(func(t *testing.T, seed uint64, floor, heavy uint32, big, stream uint16) {
		forest := makeForest(seed, 40, 25)
		dir := t.TempDir()
		forest.save(t, dir, "pack-a")
		s, problems := gitpack.Open([]string{dir}, 20)
		defer s.Close()
		s.SetBounds(gitpack.Bounds{Floor: int64(floor) % maxFloor, Heavy: int64(heavy) % 1_000_000, Big: int(big), Stream: int64(stream), Held: int(big)})
		var first walked
		for i, workers := range []int{1, 2, 20} {
			got := walkWith(t, s, problems, workers)
			checkForest(t, forest, got)
			made := int64(0)
			for name, data := range got.data {
				if forest.deltas[name] {
					made += int64(len(data))
				}
			}
			if most := int64(floor) % maxFloor; most > 0 && made > 2*most {
				t.Errorf("made %d bytes with a budget of %d", made, most)
			}
			if i == 0 {
				first = got
			}
			if len(got.data) != len(first.data) {
				t.Errorf("%d workers visited %d objects, one visited %d", workers, len(got.data), len(first.data))
			}
			for name := range got.data {
				if _, ok := first.data[name]; !ok {
					t.Errorf("%d workers visited %s, one did not", workers, name)
				}
			}
			if floor%maxFloor == 0 && len(got.skipped) > 0 {
				t.Errorf("skipped without need: %v", got.skipped[0])
			}
		}
		readForest(t, s, forest)
		if n := s.Scratch(); n != 0 {
			t.Errorf("%d bytes of temporary files are left", n)
		}
	})
}

func checkForest(t *testing.T, f *forest, got walked) {
	t.Helper()
	seen := map[string]bool{}
	for name, data := range got.data {
		id, _ := gitpack.ParseID(name)
		if f.want[string(id.Bytes())] != data {
			t.Errorf("%s has the wrong content", name)
		}
		seen[name] = true
	}
	for _, p := range got.skipped {
		if !strings.HasPrefix(p.Reason, "pack bomb") || seen[p.Name] {
			t.Errorf("%v, visited %v", p, seen[p.Name])
		}
		seen[p.Name] = true
	}
	if len(seen) != len(f.want) || got.visits != len(got.data) {
		t.Errorf("visited %d and skipped %d of %d", got.visits, len(got.skipped), len(f.want))
	}
}

func readForest(t *testing.T, s *gitpack.Store, f *forest) {
	t.Helper()
	var names []string
	for id := range f.want {
		names = append(names, id)
	}
	slices.Sort(names)
	for i := 0; i < len(names); i += 1 + len(names)/15 { // each may take several files
		id := names[i]
		n, _ := s.LookupRaw([]byte(id))
		o, err := s.Read(n)
		if err != nil {
			t.Fatal(err)
		}
		r := o.Content()
		data, err := io.ReadAll(r)
		if err != nil || string(data) != f.want[id] || o.Size != int64(len(data)) {
			t.Errorf("Read: %d bytes, size %d, %v; want %d", len(data), o.Size, err, len(f.want[id]))
		}
		r.Close()
	}
}
