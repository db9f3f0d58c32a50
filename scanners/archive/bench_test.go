package archive

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

func benchLog() []byte {
	var log bytes.Buffer
	for i := 0; log.Len() < 32<<20; i++ {
		fmt.Fprintf(&log, "2026-11-22T10:%02d:%02dZ INFO req=%08x GET /api/v1/users bytes=%d\n", i/60%60, i%60, uint32(i)*2654435761, i*7919%100000)
	}
	return log.Bytes()
}

// BenchmarkGzipLog is what a compressed log costs without any search: MB/s of
// its text.
func BenchmarkGzipLog(b *testing.B) {
	log := benchLog()
	packed := gzipOf(log)
	s := Searcher{Limits: Defaults(), Split: scanners.Splitter{Size: 1 << 20, Reach: 1000}}
	b.SetBytes(int64(len(log)))
	for b.Loop() {
		if _, err := s.Search(b.Context(), File{R: bytes.NewReader(packed), Size: -1}, 0, func(*leak.Chunk) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGzipAgain is what it costs to open the text again.
func BenchmarkGzipAgain(b *testing.B) {
	text := benchLog()
	packed := gzipOf(text)
	a := Again{Limits: Defaults(), Files: func(context.Context, uint32) (File, io.Closer, error) {
		return File{R: bytes.NewReader(packed), Size: -1}, nil, nil
	}}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r, err := a.Open(b.Context(), Ref(0, 0))
		if err == nil {
			err = discard(r)
			r.Close()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
