package inflate

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// sources are ways in which the same bytes come.
var sources = []func(io.Reader) io.Reader{
	func(r io.Reader) io.Reader { return r }, iotest.HalfReader, iotest.DataErrReader,
	func(r io.Reader) io.Reader { return io.LimitReader(iotest.OneByteReader(r), 1<<20) },
}

// checkReader compares a Reader with the library's.
func checkReader(t testing.TB, in []byte) (ok bool) {
	t.Helper()
	const most = 8 << 20
	want, slow := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(in)), most))
	for i, from := range sources {
		r := NewReader(from(bytes.NewReader(in)))
		got, err := io.ReadAll(io.LimitReader(r, most))
		r.Close()
		n := min(len(got), len(want))
		if (err == nil) != (slow == nil) || !bytes.Equal(got[:n], want[:n]) || err == nil && len(got) != len(want) {
			t.Fatalf("source %d: %d bytes, %v; the library has %d, %v", i, len(got), err, len(want), slow)
		}
		if slow != nil && len(got) < len(want)-maxStep {
			t.Fatalf("source %d: %d bytes, %v; the library has %d", i, len(got), err, len(want))
		}
	}
	return slow == nil
}

func deflated(t testing.TB, text []byte, level int) []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text[:len(text)/3])
	w.Flush()
	w.Write(text[len(text)/3:])
	w.Close()
	return b.Bytes()
}

// TestReaderIsTheLibrarys: streams of all levels and sizes, with windows of text and
// noise, come out as they went in, wherever they end.
func TestReaderIsTheLibrarys(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	for _, size := range []int{0, 1, 7, 300, 5000, 40_000, window, roomOut, roomOut + 1, 400_000} {
		text := mixed(rng, benchText(uint64(size), size+200), size)[:size]
		for _, level := range []int{0, 1, 6, 9, flate.HuffmanOnly} {
			z := deflated(t, text, level)
			if !checkReader(t, z) || !checkReader(t, append(bytes.Clone(z), "behind it"...)) {
				t.Fatalf("%d bytes at level %d: not even the library takes it", size, level)
			}
			for range 12 {
				cut := z[:rng.IntN(len(z))]
				checkReader(t, cut)
				if got, err := io.ReadAll(NewReader(bytes.NewReader(cut))); !bytes.HasPrefix(text, got) || !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("%d bytes at level %d, cut off: %v, or more than there is", size, level, err)
				}
				bad := bytes.Clone(z)
				bad[rng.IntN(len(bad))] ^= 1 << rng.IntN(8)
				checkReader(t, bad)
			}
		}
	}
	for range 300 {
		checkReader(t, randomBlock(rng, 200))
	}
}

// TestReaderTellsItsSourcesError: a source that fails is not a stream that is damaged.
func TestReaderTellsItsSourcesError(t *testing.T) {
	z := deflated(t, benchText(1, 100_000), 6)
	broken := errors.New("the line is cut")
	for _, n := range []int{0, 1, 20, 5000, len(z) - 1} {
		r := NewReader(io.MultiReader(bytes.NewReader(z[:n]), iotest.ErrReader(broken)))
		if _, err := io.ReadAll(r); !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", n, err)
		}
		r.Close()
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("a closed Reader is read")
		}
	}
	if _, err := io.ReadAll(NewReader(iotest.TimeoutReader(neverReader{}))); err == nil {
		t.Error("a source that gives nothing is waited for")
	}
}

type neverReader struct{}

func (neverReader) Read([]byte) (int, error) { return 0, nil }

// readPadded reads members with the library, which takes no zeros behind them, one by one.
func readPadded(in []byte, most int64) (text []byte, err error) {
	r := bufio.NewReader(bytes.NewReader(in))
	z, err := gzip.NewReader(r)
	for err == nil {
		z.Multistream(false)
		b, bad := io.ReadAll(io.LimitReader(z, most-int64(len(text))))
		if text = append(text, b...); bad != nil || int64(len(text)) == most {
			return text, bad
		}
		for b, _ := r.Peek(1); len(b) == 1 && b[0] == 0; b, _ = r.Peek(1) {
			r.Discard(1)
		}
		if err = z.Reset(r); err == io.EOF {
			return text, nil
		}
	}
	return text, err
}

// checkGzip compares a Gzip with the library's.
func checkGzip(t testing.TB, in []byte) (ok bool) {
	t.Helper()
	read := func(r io.Reader, err error) ([]byte, error) {
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, 8<<20))
	}
	want, slow := readPadded(in, 8<<20)
	for i, from := range sources {
		g, err := NewGzip(from(bytes.NewReader(in)))
		got, err := read(g, err)
		if g != nil {
			g.Close()
		}
		n := min(len(got), len(want))
		if (err == nil) != (slow == nil) || !bytes.Equal(got[:n], want[:n]) || err == nil && len(got) != len(want) {
			t.Fatalf("source %d: %d bytes, %v; the library has %d, %v", i, len(got), err, len(want), slow)
		}
	}
	return slow == nil
}

func gzipped(text string, h gzip.Header) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Header = h
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func TestGzipIsTheLibrarys(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	all := [][]byte{
		gzipped("", gzip.Header{}), gzipped("short", gzip.Header{Name: "a name", Comment: "a comment", Extra: make([]byte, 3000)}),
		gzipped(string(benchText(4, 200_000)), gzip.Header{}),
	}
	for i := range all {
		two := append(bytes.Clone(all[i]), all[(i+1)%len(all)]...)
		if !checkGzip(t, all[i]) || !checkGzip(t, two) {
			t.Fatal("the library does not take its own")
		}
		for _, behind := range []string{"x", "\x1f\x8b", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "something else that is no gzip"} {
			checkGzip(t, append(bytes.Clone(two), behind...))
		}
		for range 60 {
			checkGzip(t, two[:rng.IntN(len(two))])
			bad := bytes.Clone(two)
			bad[rng.IntN(min(len(bad), 80+rng.IntN(len(bad))))] ^= 1 << rng.IntN(8)
			if bad[3]&^0x1e == 0 && bad[3]&2 == 0 { // the library wants a header's checksum to be right
				checkGzip(t, bad)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(deflated(f, benchText(1, 300), 6))
	f.Add([]byte{0x4b, 0x4c, 0x44, 0, 0})
	f.Fuzz(func(t *testing.T, in []byte) { checkReader(t, in) })
}

func BenchmarkReader(b *testing.B) {
	for _, size := range []int{2000, 200_000, 8 << 20} {
		z := deflated(b, benchText(1, size), 6)
		for _, c := range []struct {
			name string
			open func(io.Reader) io.ReadCloser
		}{
			{"own", func(r io.Reader) io.ReadCloser { return NewReader(r) }},
			{"stdlib", flate.NewReader},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					r := c.open(bytes.NewReader(z))
					io.Copy(io.Discard, r)
					r.Close()
				}
			})
		}
	}
}
