package dir

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// BenchmarkDir scans 4,000 files of up to 32 KiB in 400 folders, and one large
// one, without looking at them.
func BenchmarkDir(b *testing.B) {
	root := b.TempDir()
	files := map[string]string{"large": filler(32 << 20)}
	total := 32 << 20
	for i := range 4000 {
		text := filler(i * 7919 % (32 << 10))
		files[fmt.Sprintf("src/%d/%d/file-%d.go", i%20, i%400, i)] = text
		total += len(text)
	}
	write(b, root, files)
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.SetBytes(int64(total))
			b.ReportAllocs()
			for b.Loop() {
				s := mustNew(b, Options{Paths: []string{root}, Workers: workers})
				if _, err := s.Scan(b.Context(), 512, func(*leak.Chunk) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkStdin reads 256 MB from a file and from something that is none, of
// which 64 MiB are kept in memory and the rest in a temporary file.
func BenchmarkStdin(b *testing.B) {
	text := []byte(filler(256e6))
	name := filepath.Join(b.TempDir(), "log")
	if err := os.WriteFile(name, text, 0o666); err != nil {
		b.Fatal(err)
	}
	b.Run("file", func(b *testing.B) {
		benchStdin(b, len(text), func() io.ReadCloser {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			return f
		})
	})
	b.Run("stream", func(b *testing.B) {
		benchStdin(b, len(text), func() io.ReadCloser { return io.NopCloser(bytes.NewReader(text)) })
	})
}

func benchStdin(b *testing.B, size int, open func() io.ReadCloser) {
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		r := open()
		s := NewStdin(r, "", 2)
		if _, err := s.Scan(b.Context(), 65_000, func(*leak.Chunk) error { return nil }); err != nil {
			b.Fatal(err)
		}
		s.Close()
		r.Close()
	}
}
