package gitpack

import (
	"bytes"
	"compress/zlib"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	kz "github.com/klauspost/compress/zlib"
)

func slowZlib(in []byte, size int) ([]byte, bool) {
	r, err := zlib.NewReader(bytes.NewReader(in))
	if err != nil {
		return nil, false
	}
	out, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	return out, err == nil && len(out) == size
}

func checkDecoder(t *testing.T, in []byte, size int) {
	t.Helper()
	var d decoder
	buf := make([]byte, size+slack)
	err := d.zlib(buf, in, size)
	want, ok := slowZlib(in, size)
	if (err == nil) != ok {
		t.Fatalf("size %d: err %v, zlib ok %v", size, err, ok)
	}
	if ok && !bytes.Equal(buf[:size], want) {
		t.Fatal("differs")
	}
}

func compress(data []byte, level int) []byte {
	var b bytes.Buffer
	w, _ := zlib.NewWriterLevel(&b, level)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

func FuzzDecoder(f *testing.F) {
	f.Add(compress([]byte("hello hello hello"), 9), 17)
	f.Add(compress(bytes.Repeat([]byte("abc"), 1000), 9), 3000)
	f.Add(compress(bytes.Repeat([]byte("a"), 1000), 0), 1000)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if size < 0 || size > 1<<16 {
			return
		}
		checkDecoder(t, in, size)
	})
}

func TestDecoder(t *testing.T) {
	src, _ := os.ReadFile("deflate.go")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 3000 {
		n := rng.IntN(3000)
		data := make([]byte, 0, n)
		for len(data) < n {
			switch rng.IntN(4) {
			case 0:
				data = append(data, byte(rng.IntN(256)))
			case 1:
				data = append(data, bytes.Repeat([]byte{byte(rng.IntN(4))}, rng.IntN(40))...)
			default:
				o := rng.IntN(len(src) - 100)
				data = append(data, src[o:o+rng.IntN(100)]...)
			}
		}
		z := compress(data, []int{-2, 0, 1, 6, 9}[i%5])
		checkDecoder(t, z, len(data))
		checkDecoder(t, append(z, "garbage behind it"...), len(data))
		if len(z) > 8 {
			z[rng.IntN(len(z))] ^= byte(1 << rng.IntN(8))
			checkDecoder(t, z, len(data))
			checkDecoder(t, z[:rng.IntN(len(z))], len(data))
		}
	}
}

func benchDecoder(b *testing.B, size int, f func(z, buf []byte, n int)) {
	src, _ := os.ReadFile("chain.go")
	for len(src) < size {
		src = append(src, src...)
	}
	src = src[:size]
	z := compress(src, 6)
	buf := make([]byte, size+slack)
	b.SetBytes(int64(size))
	for b.Loop() {
		f(z, buf, size)
	}
}

func BenchmarkOwn(b *testing.B) {
	for _, n := range []int{100, 1000, 10000, 200000} {
		b.Run("", func(b *testing.B) {
			var d decoder
			benchDecoder(b, n, func(z, buf []byte, n int) {
				if err := d.zlib(buf, z, n); err != nil {
					b.Fatal(err)
				}
			})
		})
	}
}
func BenchmarkKlauspost(b *testing.B) {
	for _, n := range []int{100, 1000, 10000, 200000} {
		b.Run("", func(b *testing.B) {
			var r io.ReadCloser
			benchDecoder(b, n, func(z, buf []byte, n int) {
				br := bytes.NewReader(z)
				if r == nil {
					r, _ = kz.NewReader(br)
				} else {
					r.(kz.Resetter).Reset(br, nil)
				}
				io.ReadFull(r, buf[:n])
			})
		})
	}
}
