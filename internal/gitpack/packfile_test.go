package gitpack_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// packWriter writes packs that git would not.
type packWriter struct {
	pack    []byte
	ids     [][]byte
	offsets []int
	starts  []int // of the deflated data
}

func newPack() *packWriter {
	return &packWriter{pack: []byte("PACK\x00\x00\x00\x02\x00\x00\x00\x00")}
}

func nameOfData(t gitpack.Type, data []byte) []byte {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", t, len(data), data))
	return sum[:]
}

// fakeID is the name of no object.
func fakeID(n int) []byte {
	id := make([]byte, 20)
	binary.BigEndian.PutUint64(id, uint64(n)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(id[12:], uint64(n))
	return id
}

// entry adds an entry and returns its offset. base is what an offset or
// reference delta has between its header and its data.
func (w *packWriter) entry(kind gitpack.Type, size int, id, base, data []byte) int {
	at := len(w.pack)
	b := byte(kind)<<4 | byte(size&15)
	for size >>= 4; size > 0; size >>= 7 {
		w.pack = append(w.pack, b|0x80)
		b = byte(size & 0x7f)
	}
	w.pack = append(w.pack, b)
	w.pack = append(w.pack, base...)
	w.ids, w.offsets, w.starts = append(w.ids, id), append(w.offsets, at), append(w.starts, len(w.pack))
	w.pack = append(w.pack, deflate(data)...)
	return at
}

func (w *packWriter) whole(t gitpack.Type, data []byte) int {
	return w.entry(t, len(data), nameOfData(t, data), nil, data)
}

// delta adds an offset delta.
func (w *packWriter) delta(base int, id, delta []byte) int {
	return w.entry(6, len(delta), id, backOffset(len(w.pack)-base), delta)
}

func backOffset(n int) []byte {
	out := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		out = append(out, byte(n&0x7f)|0x80)
	}
	slices.Reverse(out)
	return out
}

var (
	deflater = zlib.NewWriter(nil)
	hasty, _ = zlib.NewWriterLevel(nil, zlib.BestSpeed)
)

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := deflater
	if len(data) > 1<<20 {
		w = hasty
	}
	w.Reset(&b)
	w.Write(data)
	w.Close()
	w.Reset(nil) // it would keep b
	return b.Bytes()
}

// index makes an index of version 2.
func (w *packWriter) index() []byte {
	order := make([]int, len(w.ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return bytes.Compare(w.ids[a], w.ids[b]) })
	var fan [256]uint32
	var names, crcs, offs []byte
	for _, i := range order {
		for b := int(w.ids[i][0]); b < 256; b++ {
			fan[b]++
		}
		names = append(names, w.ids[i]...)
		crcs = append(crcs, 0, 0, 0, 0)
		offs = binary.BigEndian.AppendUint32(offs, uint32(w.offsets[i]))
	}
	out := []byte("\xfftOc\x00\x00\x00\x02")
	for _, n := range fan {
		out = binary.BigEndian.AppendUint32(out, n)
	}
	return append(slices.Concat(out, names, crcs, offs), make([]byte, 40)...)
}

// save writes pack and index into an objects folder.
func (w *packWriter) save(t testing.TB, objects, name string) {
	t.Helper()
	binary.BigEndian.PutUint32(w.pack[8:], uint32(len(w.ids)))
	dir := filepath.Join(objects, "pack")
	os.MkdirAll(dir, 0o755)
	for ext, data := range map[string][]byte{".pack": append(slices.Clone(w.pack), make([]byte, 20)...), ".idx": w.index()} {
		if err := os.WriteFile(filepath.Join(dir, name+ext), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// appendSize appends a number as deltas write sizes.
func appendSize(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// insertDelta copies the whole base, of under 64 KB, and appends text.
func insertDelta(base int, text []byte) []byte {
	d := appendSize(appendSize(nil, base), base+len(text))
	if base > 0 {
		d = append(d, 0xb0, byte(base), byte(base>>8))
	}
	for len(text) > 0 {
		n := min(len(text), 127)
		d = append(append(d, byte(n)), text[:n]...)
		text = text[n:]
	}
	return d
}

// walked is what a walk of a folder of objects visits and skips.
type walked struct {
	data    map[string]string // by name
	visits  int
	skipped []gitpack.Problem
}

func walk(t testing.TB, objects string) walked {
	t.Helper()
	s, problems := gitpack.Open([]string{objects}, 20)
	defer s.Close()
	return walkStore(t, s, problems)
}

func walkStore(t testing.TB, s *gitpack.Store, problems []gitpack.Problem) walked {
	t.Helper()
	return walkWith(t, s, problems, 2)
}

func walkWith(t testing.TB, s *gitpack.Store, problems []gitpack.Problem, workers int) walked {
	t.Helper()
	w := walked{data: map[string]string{}, skipped: problems}
	var mu sync.Mutex
	err := s.Walk(context.Background(), gitpack.WalkOptions{
		Workers: workers,
		Visit: func(_ int, o *gitpack.Object) error {
			data, err := io.ReadAll(o.Content())
			for range o.N % 5 * 100 {
				runtime.Gosched() // some workers are slower
			}
			mu.Lock()
			defer mu.Unlock()
			if err == nil { // else it is skipped, too
				w.data[s.ID(o.N).String()] = string(data)
				w.visits++
			}
			return nil
		},
		Skip: func(p gitpack.Problem) {
			mu.Lock()
			defer mu.Unlock()
			w.skipped = append(w.skipped, p)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}
