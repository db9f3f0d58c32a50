package gitpack

import (
	"bytes"
	stdlib "compress/zlib"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	kz "github.com/klauspost/compress/zlib"

	"github.com/whosekey/whosekey/internal/inflate"
)

// Benchmarks of the loops that every object goes through, on inputs that are
// made in the same way each time. TestHotLoops holds what -benchmem shows.

// benchText makes text that deflates about as well as source code.
func benchText(seed uint64, size int) []byte {
	words := strings.Fields("if return func err nil for range string int64 struct package import const var type data size offset " +
		"count value name path entry object header buffer index reader writer length commit branch file line word test want got")
	rng := rand.New(rand.NewPCG(seed, 7))
	out := make([]byte, 0, size+32)
	for len(out) < size {
		// Some words are frequent, most are not.
		w := words[min(rng.IntN(len(words)), rng.IntN(len(words)))]
		out = append(out, w...)
		switch rng.IntN(12) {
		case 0:
			out = fmt.Appendf(out, "%d", rng.IntN(1000))
		case 1:
			out = append(out, "(); "...)
		case 2:
			out = append(out, "\n\t"...)
		default:
			out = append(out, ' ')
		}
	}
	return out[:size]
}

func compress(data []byte, level int) []byte {
	var b bytes.Buffer
	w, _ := stdlib.NewWriterLevel(&b, level)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// benchDelta changes a base in edits places and returns the delta, which is as
// git writes them: copies of up to 64 KB, inserts of up to 127 bytes.
func benchDelta(seed uint64, base []byte, edits int) (delta []byte) {
	rng := rand.New(rand.NewPCG(seed, 9))
	var body []byte
	size := 0
	copied := func(from, to int) {
		for ; from < to; from += 1 << 16 {
			n := min(to-from, 1<<16)
			body = append(body, 0xf7, byte(from), byte(from>>8), byte(from>>16), byte(n), byte(n>>8), byte(n>>16))
			size += n
		}
	}
	at := 0
	for i := range edits {
		cut := len(base) * (i + 1) / (edits + 1)
		copied(at, cut)
		text := benchText(rng.Uint64(), 1+rng.IntN(120))
		body = append(append(body, byte(len(text))), text...)
		size += len(text)
		at = min(len(base), cut+rng.IntN(60))
	}
	copied(at, len(base))
	return append(appendVarint(appendVarint(nil, len(base)), size), body...)
}

// appendVarint appends a size as the header of a delta has it.
func appendVarint(b []byte, n int) []byte {
	for ; n >= 0x80; n >>= 7 {
		b = append(b, byte(n)|0x80)
	}
	return append(b, byte(n))
}

// resetter is what both libraries' readers are.
type resetter interface {
	io.ReadCloser
	Reset(r io.Reader, dict []byte) error
}

// library returns a function that inflates with a library.
func library(b *testing.B, open func(io.Reader) (io.ReadCloser, error)) func(z, buf []byte) error {
	var src bytes.Reader
	var r resetter
	return func(z, buf []byte) error {
		src.Reset(z)
		if r == nil {
			first, err := open(&src)
			if err != nil {
				b.Fatal(err)
			}
			r = first.(resetter)
		} else if err := r.Reset(&src, nil); err != nil {
			return err
		}
		_, err := io.ReadFull(r, buf)
		return err
	}
}

// BenchmarkInflate compares our decoder with two libraries. Half the objects
// of a history have less than 1 KB.
func BenchmarkInflate(b *testing.B) {
	var f inflater
	for _, size := range []int{100, 1000, 10_000, 200_000} {
		text := benchText(1, size)
		z := compress(text, 6)
		for _, way := range []struct {
			name    string
			inflate func(z, buf []byte) error
		}{
			{"own", func(z, buf []byte) error { _, err := f.into(buf, z, len(buf)); return err }},
			{"klauspost", library(b, kz.NewReader)},
			{"stdlib", library(b, stdlib.NewReader)},
		} {
			b.Run(fmt.Sprintf("%s/%d", way.name, size), func(b *testing.B) {
				buf := make([]byte, size, size+inflate.Slack)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := way.inflate(z, buf); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// benchDeltas are deltas on bases of a size and with so many edits.
var benchDeltas = []struct{ size, edits int }{{1000, 2}, {10_000, 5}, {100_000, 20}, {1_000_000, 200}}

// BenchmarkDelta applies deltas; the bytes are those of the result.
func BenchmarkDelta(b *testing.B) {
	for _, d := range benchDeltas {
		b.Run(fmt.Sprintf("%d/%d-edits", d.size, d.edits), func(b *testing.B) {
			base := benchText(2, d.size)
			delta := benchDelta(3, base, d.edits)
			buf, err := applyDelta(nil, base, delta)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				if buf, err = applyDelta(buf, base, delta); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCopies extracts the copies of the same deltas; the bytes are those
// of the delta.
func BenchmarkCopies(b *testing.B) {
	for _, d := range benchDeltas {
		b.Run(fmt.Sprintf("%d/%d-edits", d.size, d.edits), func(b *testing.B) {
			delta := benchDelta(3, benchText(2, d.size), d.edits)
			out := appendCopies(nil, delta)
			b.SetBytes(int64(len(delta)))
			b.ReportAllocs()
			for b.Loop() {
				out = appendCopies(out[:0], delta)
			}
			b.ReportMetric(float64(len(out)), "copies")
		})
	}
}

// benchTree makes a tree with so many entries.
func benchTree(entries int) (tree []byte) {
	rng := rand.New(rand.NewPCG(4, 4))
	for i := range entries {
		tree = fmt.Appendf(tree, "%s file_%05d.go\x00", []string{"100644", "40000"}[i%4/3], i)
		for range 20 {
			tree = append(tree, byte(rng.UintN(256)))
		}
	}
	return tree
}

func BenchmarkTree(b *testing.B) {
	for _, entries := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			tree := benchTree(entries)
			n := 0
			b.SetBytes(int64(len(tree)))
			b.ReportAllocs()
			for b.Loop() {
				for at := 0; at < len(tree); n++ {
					_, size, err := NextEntry(tree[at:], 20)
					if err != nil {
						b.Fatal(err)
					}
					at += size
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/entry")
		})
	}
}

// benchCommit makes a commit with so many parents.
func benchCommit(parents int) []byte {
	id := strings.Repeat("0123456789", 4)
	return []byte("tree " + id + "\n" + strings.Repeat("parent "+id+"\n", parents) +
		"author Ada Byron <ada@acme.example> 1700000000 +0100\ncommitter Charles B <charles@acme.example> 1700000360 +0100\n\n" +
		string(benchText(5, 300)))
}

// BenchmarkCommit reads commits: all that they say, which few are asked for,
// and the links that the history is made of.
func BenchmarkCommit(b *testing.B) {
	for _, parents := range []int{1, 2} {
		data := benchCommit(parents)
		b.Run(fmt.Sprintf("all/%d-parents", parents), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseCommit(data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("links/%d-parents", parents), func(b *testing.B) {
			var l Links
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Parse(data, 20); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestHotLoops checks that what is done for every object allocates nothing,
// once there are buffers.
func TestHotLoops(t *testing.T) {
	text := benchText(1, 10_000)
	z, base := compress(text, 6), benchText(2, 10_000)
	delta := benchDelta(3, base, 5)
	tree, commit := benchTree(100), benchCommit(2)
	var f inflater
	var l Links
	buf := make([]byte, 0, 20_000)
	var copies []Copy
	for name, step := range map[string]func() error{
		"inflate":      func() error { _, err := f.into(buf, z, len(text)); return err },
		"apply":        func() error { _, err := applyDelta(buf, base, delta); return err },
		"appendCopies": func() error { copies = appendCopies(copies[:0], delta); return nil },
		"tree":         func() error { return ParseTree(tree, 20, func(uint32, []byte, []byte) bool { return true }) },
		"links":        func() error { return l.Parse(commit, 20) },
	} {
		var err error
		if n := testing.AllocsPerRun(10, func() { err = step() }); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", name, n, err)
		}
	}
}
