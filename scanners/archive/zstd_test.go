package archive

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
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

// noise is a text that cannot be made shorter by much.
func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef"[r.IntN(16)]
	}
	return b
}

// walked returns all texts of a file, and what was skipped.
func walked(ctx context.Context, data []byte) (texts []string, skipped []string, err error) {
	cov, limits := new(scanners.Coverage), Defaults()
	limits.Ratio = 1 << 20
	_, err = Walk(ctx, File{Name: "f", At: bytes.NewReader(data), Size: int64(len(data))}, limits, cov, func(t *Text) error {
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
	text := string(noise(2300<<10)) + strings.Repeat("all the same, and more of it\n", 30_000)
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
	if len(large) != 0 {
		t.Error("the window was not given back")
	}
}

// TestLargeWindowsOfLZMA: those of xz, and of 7z and zip files, are among them.
func TestLargeWindowsOfLZMA(t *testing.T) {
	want := strings.Repeat("all the same, and more of it\n", 9<<20/29)
	for _, name := range []string{"a.xz", "a.lzma", "lzma.7z", "lzma2.7z"} {
		packed := fixture(t, "large-"+name)
		large <- struct{}{} // somebody else has it
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, _, err := walked(ctx, packed); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: error %v, want that it waits", name, err)
		}
		cancel()
		<-large
		if got, skipped, err := walked(t.Context(), packed); err != nil || len(skipped) > 0 || len(got) != 1 || got[0] != want {
			t.Errorf("%s: %d texts, skipped %q, %v", name, len(got), skipped, err)
		}
		if len(large) != 0 {
			t.Errorf("%s: the window was not given back", name)
		}
	}
}

// TestCutChunksOfLZMA2: of a file that ends early, what came of its last chunk is there:
// up to 2 MiB of text.
func TestCutChunksOfLZMA2(t *testing.T) {
	want := strings.Repeat("all the same, and more of it\n", 9<<20/29)
	packed := fixture(t, "large-a.xz")
	for _, n := range []int{100, 300, len(packed) / 2} {
		got, skipped, err := walked(t.Context(), packed[:n])
		if err != nil || len(skipped) != 1 || len(got) != 1 || len(got[0]) == 0 || !strings.HasPrefix(want, got[0]) {
			t.Errorf("%d of %d bytes: %d texts, skipped %q, %v", n, len(packed), len(got), skipped, err)
		}
	}
}

func TestLargeWindowInAnother(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	got, skipped, err := walked(ctx, wide(t, wide(t, noise(2300<<10))))
	if err != nil || len(skipped) != 1 || !strings.Contains(skipped[0], "cannot unpack") {
		t.Errorf("%d texts, skipped %q, %v", len(got), skipped, err)
	}
	// What was skipped is searched as it is, or not at all; the window is free again.
	if got, skipped, err = walked(ctx, wide(t, []byte("short text"))); err != nil || len(skipped) > 0 || len(got) != 1 || got[0] != "short text" {
		t.Errorf("after that %q, skipped %q, %v", got, skipped, err)
	}
}

func TestLargeWindowIsNotWaitedForInVain(t *testing.T) {
	large <- struct{}{}
	defer func() { <-large }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := walked(ctx, wide(t, noise(2300<<10))); !errors.Is(err, context.DeadlineExceeded) {
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
	got, skipped, err := walked(t.Context(), append(small, wide(t, noise(2300<<10))...))
	if err != nil || len(skipped) != 1 || len(got) != 1 || got[0] != "first\n" {
		t.Errorf("%q, skipped %q, %v", got, skipped, err)
	}
}

// TestShortStreamsNeedNoWindow: what is short is unpacked whatever it asks for, also
// within another one.
func TestShortStreamsNeedNoWindow(t *testing.T) {
	for _, text := range []string{"short text", strings.Repeat("text\n", 100_000)} {
		packed := wide(t, wide(t, []byte(text)))
		if got, skipped, err := walked(t.Context(), packed); err != nil || len(skipped) > 0 || len(got) != 1 || got[0] != text {
			t.Errorf("%d bytes: %d texts, skipped %q, %v", len(packed), len(got), skipped, err)
		}
	}
}

func TestFilesInMemoryAreWhole(t *testing.T) {
	for _, n := range []int{0, 1, firstBlock - 1, firstBlock, firstBlock + 1, blockSize - 1, blockSize, blockSize + 1, 3*blockSize + 5, smallHold + 7} {
		data := noise(n)
		for _, most := range []int64{maxHeld, int64(n) + 1, int64(n), int64(n) - 1, smallHold} {
			w := &walker{ctx: t.Context(), cov: new(scanners.Coverage)}
			in := w.stream("a", iotest.OneByteReader(iotest.DataErrReader(bytes.NewReader(data[:min(n, 4096)]))))
			if n > 4096 {
				in = w.stream("a", iotest.HalfReader(bytes.NewReader(data)))
			}
			err := w.hold(in, max(0, most))
			if (err == nil) != (int64(n) <= most || n == 0) {
				t.Errorf("%d bytes, at most %d: %v", n, most, err)
			}
			if got, _ := io.ReadAll(in.reader()); !bytes.Equal(got, data) {
				t.Errorf("%d bytes, at most %d: %d bytes come back", n, most, len(got))
			}
			w.release(in)
			if w.held != 0 || w.large != 0 || len(large) != 0 {
				t.Errorf("%d bytes, at most %d: something was not given back", n, most)
			}
		}
	}
}

func TestLargeHoldsOneAtATime(t *testing.T) {
	inner := zipOf(t, entry{"a.txt", noise(3 * smallHold)})
	data := gzipOf(tarOf(t, entry{"in.zip", inner}, entry{"in2.zip", zipOf(t, entry{"b.zip", inner})}))
	var g sync.WaitGroup
	for range 3 {
		g.Go(func() {
			if got, skipped, err := walked(t.Context(), data); err != nil || len(skipped) > 0 || len(got) != 2 {
				t.Errorf("%d texts, skipped %q, %v", len(got), skipped, err)
			}
		})
	}
	g.Wait()
	if len(large) != 0 {
		t.Error("the memory was not given back")
	}
}
