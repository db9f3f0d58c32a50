package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/whosekey/whosekey/scanners"
)

// wide packs a text with a window of more bytes than are had without asking.
func wide(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithWindowSize(2*smallWindow), zstd.WithEncoderConcurrency(1))
	if err == nil {
		_, err = z.Write(text[:len(text)/2])
	}
	if err == nil {
		err = errors.Join(z.Flush(), err) // so that the header has no size
		_, err2 := z.Write(text[len(text)/2:])
		err = errors.Join(err, err2, z.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// walked returns all texts of a file, and what was skipped.
func walked(ctx context.Context, data []byte) (texts []string, skipped []string, err error) {
	cov := new(scanners.Coverage)
	_, err = Walk(ctx, File{Name: "f", At: bytes.NewReader(data), Size: int64(len(data))}, Defaults(), cov, func(t *Text) error {
		b, _ := io.ReadAll(t.R)
		texts = append(texts, string(b))
		return nil
	})
	for _, g := range cov.Skipped() {
		skipped = append(skipped, g.Reason)
	}
	return texts, skipped, err
}

func TestLargeWindowsOneAtATime(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	text := strings.Repeat("all the same, and more of it\n", 30_000)
	packed := wide(t, []byte(text))
	var g sync.WaitGroup
	for range 8 {
		g.Go(func() {
			if got, skipped, err := walked(ctx, packed); err != nil || len(skipped) > 0 || len(got) != 1 || got[0] != text {
				t.Errorf("%d texts, skipped %q, %v", len(got), skipped, err)
			}
		})
	}
	g.Wait()
	if len(largeWindow) != 0 {
		t.Error("the window was not given back")
	}
}

func TestLargeWindowInAnother(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, skipped, err := walked(ctx, wide(t, wide(t, bytes.Repeat([]byte("text\n"), 100_000))))
	if err != nil || len(skipped) != 1 || !strings.Contains(skipped[0], "cannot unpack") {
		t.Errorf("%d texts, skipped %q, %v", len(got), skipped, err)
	}
	// What was skipped is searched as it is, or not at all; the window is free again.
	if got, skipped, err = walked(ctx, wide(t, []byte("short text"))); err != nil || len(skipped) > 0 || len(got) != 1 || got[0] != "short text" {
		t.Errorf("after that %q, skipped %q, %v", got, skipped, err)
	}
}

func TestLargeWindowIsNotWaitedForInVain(t *testing.T) {
	largeWindow <- struct{}{}
	defer func() { <-largeWindow }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := walked(ctx, wide(t, []byte("text"))); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// TestSmallWindowThenLarge: a stream that asks for more later on is not unpacked
// there, and that is counted.
func TestSmallWindowThenLarge(t *testing.T) {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	small := z.EncodeAll([]byte("first\n"), nil)
	got, skipped, err := walked(t.Context(), append(small, wide(t, bytes.Repeat([]byte("text\n"), 100_000))...))
	if err != nil || len(skipped) != 1 || len(got) != 1 || got[0] != "first\n" {
		t.Errorf("%q, skipped %q, %v", got, skipped, err)
	}
}
