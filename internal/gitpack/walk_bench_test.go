package gitpack_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/gitpack"
)

// benchPack writes a pack of files with so many versions each, as deltas of
// each other, and returns the folder and the names.
func benchPack(b *testing.B, files, versions int) (objects string, ids [][]byte) {
	b.Helper()
	w := newPack()
	rng := rand.New(rand.NewPCG(11, 12))
	for f := range files {
		text := []byte(strings.Repeat(fmt.Sprintf("file %d has this line, and %d more\n", f, rng.IntN(1000)), 20+rng.IntN(300)))
		at := w.whole(gitpack.Blob, text)
		for v := range versions - 1 {
			more := fmt.Sprintf("version %d adds the number %d\n", v, rng.IntN(1e6))
			id := nameOfData(gitpack.Blob, []byte(fmt.Sprint(f, v)))
			at = w.delta(at, id, insertDelta(len(text), []byte(more)))
			text = append(text, more...)
		}
	}
	dir := b.TempDir()
	w.save(b, dir, "pack-bench")
	return dir, w.ids
}

func mustOpen(b *testing.B, objects string) *gitpack.Store {
	b.Helper()
	s, problems := gitpack.Open([]string{objects}, 20)
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	return s
}

// walkTypes reads the objects of a type, keeping something of each base, as a
// scan does, and returns how many bytes they have.
func walkTypes(b *testing.B, s *gitpack.Store, types ...gitpack.Type) (n int64) {
	b.Helper()
	keep := new(int)
	err := s.Walk(context.Background(), gitpack.WalkOptions{
		Workers: 1,
		Types:   types,
		Visit: func(_ int, o *gitpack.Object) error {
			n += o.Size
			if o.HasDeltas {
				o.Keep = keep
			}
			return nil
		},
		Skip: func(p gitpack.Problem) { b.Error(p) },
	})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// BenchmarkPlan opens a pack of 100,000 entries, reads all their headers and
// finds out what is built on what, but reads no object.
func BenchmarkPlan(b *testing.B) {
	objects, ids := benchPack(b, 2000, 50)
	b.ReportAllocs()
	for b.Loop() {
		s := mustOpen(b, objects)
		walkTypes(b, s, gitpack.Tag)
		s.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ids)), "ns/entry")
}

// BenchmarkEntry reads the headers of a pack's entries.
func BenchmarkEntry(b *testing.B) {
	w := newPack()
	for i := range 1000 {
		w.whole(gitpack.Blob, bytes.Repeat([]byte{byte(i)}, 1+i*i%70_000))
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, at := range w.offsets {
			if _, _, _, err := gitpack.Entry(w.pack, uint64(at), 20); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(w.offsets)), "ns/entry")
}

// BenchmarkChains rebuilds all versions of 400 files, 50 deep; the bytes are
// those of the versions. The allocations are those of a walk, and do not grow
// with what it reads: a scan has few walks and many objects.
func BenchmarkChains(b *testing.B) {
	objects, ids := benchPack(b, 400, 50)
	s := mustOpen(b, objects)
	defer s.Close()
	b.SetBytes(walkTypes(b, s, gitpack.Blob))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.ReportAllocs()
	for b.Loop() {
		walkTypes(b, s, gitpack.Blob)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(b.N)/float64(len(ids)), "allocs/object")
}

// BenchmarkFind looks names up, in the pack's index and in the table of all
// objects, half of which are not there.
func BenchmarkFind(b *testing.B) {
	objects, ids := benchPack(b, 2000, 50)
	s := mustOpen(b, objects)
	defer s.Close()
	var names [][]byte
	for i, id := range ids {
		names = append(names, id, nameOfData(gitpack.Tag, binary.BigEndian.AppendUint32(nil, uint32(i))))
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for _, way := range []struct {
		name string
		find func([]byte) (int, bool)
	}{{"index", s.LookupRaw}, {"table", s.Table().Find}} {
		b.Run(way.name, func(b *testing.B) {
			i, n := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				if _, ok := way.find(names[i]); ok {
					n++
				}
				if i++; i == len(names) {
					i = 0
				}
			}
		})
	}
}
