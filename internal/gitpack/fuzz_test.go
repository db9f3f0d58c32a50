package gitpack_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/whosekey/whosekey/internal/gitpack"
)

func FuzzIndex(f *testing.F) {
	w := newPack()
	for i := range 5 {
		w.whole(gitpack.Blob, fmt.Append(nil, i))
	}
	v2 := w.index()
	f.Add(v2, 20)
	f.Add(append(slices.Clone(v2[8:8+1024]), make([]byte, 5*24+40)...), 20)
	f.Add(v2, 32)
	f.Fuzz(func(t *testing.T, data []byte, hash int) {
		if hash != 32 {
			hash = 20
		}
		x, err := gitpack.ParseIndex(data, hash)
		if err != nil {
			return
		}
		gitpack.Lookups(x, bytes.Repeat([]byte{7}, hash))
	})
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("PACK12345678\x3f\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), uint64(12))
	f.Add([]byte("PACK12345678\x6f\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), uint64(12))
	f.Add([]byte("PACK12345678\x7fabc"), uint64(12))
	f.Fuzz(func(t *testing.T, data []byte, offset uint64) {
		_, size, at, err := gitpack.Entry(data, offset, 20)
		if err == nil && (size < 0 || at <= int(offset) || at > len(data)) {
			t.Errorf("size %d, data at %d of %d", size, at, len(data))
		}
	})
}

// FuzzDelta compares with a reader that follows gitformat-pack(5) word by word.
func FuzzDelta(f *testing.F) {
	base := []byte("the base of the delta")
	f.Add(base, insertDelta(len(base), []byte("and more")))
	f.Add(base, []byte("\x15\x03\x91\x04\x03"))
	f.Add([]byte{}, []byte("\x00\xff\xff\xff\xff\x0f\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		got, err := gitpack.ApplyDelta(nil, base, delta)
		want, ok := slowDelta(base, delta)
		if (err == nil) != ok || !bytes.Equal(got, want) {
			t.Errorf("got %q, %v; want %q, %v", got, err, want, ok)
		}
		if r, err := gitpack.Patch(base, delta); (err == nil) || ok {
			streamed, err := io.ReadAll(iotest.OneByteReader(r))
			if (err == nil) != ok || ok && !bytes.Equal(streamed, want) {
				t.Errorf("as a stream: %q, %v", streamed, err)
			}
		}
		again, err2 := gitpack.ApplyDelta(make([]byte, 3, 100), base, delta)
		if (err2 == nil) != ok || !bytes.Equal(again, want) {
			t.Errorf("with a buffer: %q, %v", again, err2)
		}
	})
}

func slowDelta(base, delta []byte) (out []byte, ok bool) {
	sizes := [2]uint64{}
	for i := range sizes {
		n := 0
		for n < len(delta) && n < 9 && delta[n] >= 0x80 {
			n++
		}
		if n >= len(delta) || n >= 9 {
			return nil, false
		}
		sizes[i], _ = binary.Uvarint(delta[:n+1])
		delta = delta[n+1:]
	}
	if sizes[0] != uint64(len(base)) {
		return nil, false
	}
	for len(delta) > 0 {
		code := delta[0]
		delta = delta[1:]
		if code == 0 {
			return nil, false
		}
		if code < 128 {
			if len(delta) < int(code) {
				return nil, false
			}
			out, delta = append(out, delta[:code]...), delta[code:]
			continue
		}
		var args [8]byte
		for i := range 7 {
			if code&(1<<i) != 0 {
				if len(delta) == 0 {
					return nil, false
				}
				args[i], delta = delta[0], delta[1:]
			}
		}
		off := uint64(binary.LittleEndian.Uint32(args[:]))
		n := uint64(binary.LittleEndian.Uint32(args[4:]))
		if n == 0 {
			n = 65536
		}
		if off+n > uint64(len(base)) {
			return nil, false
		}
		if out = append(out, base[off:off+n]...); uint64(len(out)) > sizes[1] {
			return nil, false
		}
	}
	if uint64(len(out)) != sizes[1] {
		return nil, false
	}
	return out, true
}

func FuzzInflate(f *testing.F) {
	for _, s := range []string{"", "x", strings.Repeat("abc", 5000)} {
		f.Add(deflate([]byte(s)), len(s))
		f.Add(append(deflate([]byte(s)), "tail"...), len(s)+1)
	}
	f.Fuzz(func(t *testing.T, src []byte, size int) {
		size &= 1<<20 - 1
		got, err := gitpack.Into(src, size)
		var want []byte
		z, wantErr := zlib.NewReader(bytes.NewReader(src))
		if wantErr == nil {
			want, wantErr = io.ReadAll(io.LimitReader(z, 1<<20))
		}
		if ok := wantErr == nil && len(want) == size; (err == nil) != ok || ok && !bytes.Equal(got, want) {
			t.Errorf("%d bytes, %v; want %d of %d, %v", len(got), err, len(want), size, wantErr)
		}
	})
}

func FuzzTree(f *testing.F) {
	f.Add([]byte("100644 a\x00"+strings.Repeat("i", 20)+"40000 dir\x00"+strings.Repeat("j", 20)), 20)
	f.Add([]byte("7777777 \x00"+strings.Repeat("i", 32)), 32)
	f.Fuzz(func(t *testing.T, data []byte, hash int) {
		if hash != 32 {
			hash = 20
		}
		left := len(data)
		err := gitpack.ParseTree(data, hash, func(_ uint32, name, id []byte) bool {
			left -= len(name) + len(id) + 2
			if len(id) != hash || bytes.IndexByte(name, 0) >= 0 {
				t.Errorf("name %q, id %x", name, id)
			}
			return true
		})
		if left < 0 || err == nil && len(data) > 0 && left == len(data) {
			t.Errorf("%d bytes left of %d, %v", left, len(data), err)
		}
	})
}

func FuzzTexts(f *testing.F) {
	id := strings.Repeat("0123456789", 4)
	f.Add([]byte("tree " + id + "\nparent " + id + "\nauthor A <a@b> 1700000000 +0530\ncommitter C <> 1 -9999\ngpgsig x\n y\n\nmessage"))
	f.Add([]byte("object " + id + "\ntype commit\ntag v1\ntagger T <t> 99999999999999999999 +0000\n\nm"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := gitpack.ParseCommit(data)
		if at := gitpack.MessageStart(data); at < 0 || at > len(data) || c.Message != at {
			t.Errorf("message at %d, %d", at, c.Message)
		}
		if err == nil && c.Tree.IsZero() {
			t.Error("no tree and no error")
		}
		if _, err := c.When.MarshalJSON(); err != nil {
			t.Error(err)
		}
		sameLinks(t, data, c, err)
		if target, ok := gitpack.ParseTag(data); ok && len(target.String()) < 40 {
			t.Errorf("tag of %s", target)
		}
	})
}

// sameLinks compares the fast reading of a commit with the slow one, which
// takes IDs of both lengths.
func sameLinks(t *testing.T, data []byte, c gitpack.CommitInfo, slow error) {
	var l gitpack.Links
	l.Parents = []byte("left over")
	fast := l.Parse(data, 20)
	ids := append([]gitpack.ID{c.Tree}, c.Parents...)
	if slices.ContainsFunc(ids, func(id gitpack.ID) bool { return len(id.Bytes()) != 20 }) {
		return
	}
	if (fast == nil) != (slow == nil) {
		t.Fatalf("fast: %v, slow: %v", fast, slow)
	}
	if slow != nil {
		return
	}
	var parents []byte
	for _, id := range c.Parents {
		parents = append(parents, id.Bytes()...)
	}
	when := max(0, c.Committed.Unix())
	if !bytes.Equal(l.Tree, c.Tree.Bytes()) || !bytes.Equal(l.Parents, parents) || l.Committed != when {
		t.Errorf("fast: %x %x %d, slow: %v %x %d", l.Tree, l.Parents, l.Committed, c.Tree, parents, when)
	}
}

// FuzzPack flips bytes of a small sound pack. What does not depend on them must
// come out as it was.
func FuzzPack(f *testing.F) {
	f.Add(uint16(30), byte(1), uint16(90), byte(0x80))
	f.Add(uint16(13), byte(0x70), uint16(200), byte(0xff))
	f.Add(uint16(400), byte(7), uint16(1400), byte(1))
	f.Fuzz(func(t *testing.T, at1 uint16, x1 byte, at2 uint16, x2 byte) {
		w, needs, want := fuzzedPack()
		var changed []int
		for _, m := range []struct {
			at uint16
			x  byte
		}{{at1, x1}, {at2, x2}} {
			if i := 12 + int(m.at)%(len(w.pack)-12); m.x != 0 {
				w.pack[i] ^= m.x
				changed = append(changed, i)
			}
		}
		touched := map[string]bool{}
		for i, id := range w.ids {
			end := len(w.pack)
			if i+1 < len(w.offsets) {
				end = w.offsets[i+1]
			}
			for _, c := range changed {
				if w.offsets[i] <= c && c < end {
					touched[string(id)] = true
				}
			}
		}
		dir := t.TempDir()
		w.save(t, dir, "pack-a")
		got := walk(t, dir)
		for _, id := range w.ids {
			name := gitpack.MakeID(id)
			data, ok := got.data[name.String()]
			sound := !slices.ContainsFunc(needs[string(id)], func(id string) bool { return touched[id] })
			if sound && (!ok || data != want[string(id)]) {
				t.Errorf("%s does not depend on what changed: visited %v, %d bytes", name, ok, len(data))
			}
		}
		objects := slices.DeleteFunc(got.skipped, func(p gitpack.Problem) bool { return strings.HasPrefix(p.Name, "pack-a") }) // holes
		if n := len(got.data) + len(objects); n != len(w.ids) {
			t.Errorf("visited %d and skipped %d of %d", len(got.data), len(objects), len(w.ids))
		}
	})
}

// fuzzedPack makes a pack, and tells for each object which entries it is made
// of and what it holds.
func fuzzedPack() (w *packWriter, needs map[string][]string, want map[string]string) {
	w, needs, want = newPack(), map[string][]string{}, map[string]string{}
	add := func(id []byte, base, data string) {
		needs[string(id)] = append(slices.Clone(needs[base]), string(id))
		want[string(id)] = data
	}
	for _, kind := range []gitpack.Type{gitpack.Blob, gitpack.Commit, gitpack.Tree, gitpack.Tag} {
		data := strings.Repeat(kind.String()+" line\n", 20)
		at := w.whole(kind, []byte(data))
		id := nameOfData(kind, []byte(data))
		add(id, "", data)
		for i := range 4 {
			more := fmt.Sprintf("more %d", i)
			next := nameOfData(kind, []byte(data+more))
			delta := insertDelta(len(data), []byte(more))
			if i%2 == 0 {
				at = w.delta(at, next, delta)
			} else {
				at = w.entry(7, len(delta), next, id, delta)
			}
			data += more
			add(next, string(id), data)
			id = next
		}
	}
	return w, needs, want
}
