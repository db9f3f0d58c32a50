package dir

import (
	"fmt"
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
