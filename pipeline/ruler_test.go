package pipeline

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// measured returns the positions of spans of a text.
func measured(t *testing.T, text []byte, spans []leak.Span, ahead int) []leak.Position {
	t.Helper()
	out := make([]leak.Position, len(spans))
	ts := make([]target, len(spans))
	for i, s := range spans {
		ts[i] = target{span: s, pos: &out[i]}
	}
	if err := newRuler(iotest.HalfReader(bytes.NewReader(text)), ahead).measure(ts, newMask(slices.Clone(spans), new(leak.Redactor)), nil); err != nil {
		t.Fatalf("measure %v of %d bytes: %v", spans, len(text), err)
	}
	return out
}

// slowly finds a position with the whole text in memory.
func slowly(text []byte, s leak.Span) leak.Position {
	place := func(at int64, bytesOnly bool) (line, column int) {
		before := bytes.TrimPrefix(text[:at], []byte("\uFEFF"))
		line = 1 + bytes.Count(before, []byte("\n"))
		before = before[bytes.LastIndexByte(before, '\n')+1:]
		if bytesOnly {
			return line, len(before) + 1
		}
		return line, utf8.RuneCount(before) + 1
	}
	var p leak.Position
	p.NoText = bytes.IndexByte(text[max(0, s.Start-256):min(int64(len(text)), s.Start+256)], 0) >= 0
	p.Line, p.Column = place(s.Start, p.NoText)
	p.EndLine, p.EndColumn = place(s.End, p.NoText)
	return p
}

func TestMeasure(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for _, tt := range []struct {
		text, span string // the span is what stands there
		want       [4]int
	}{
		{"secret", "secret", [4]int{1, 1, 1, 7}},
		{"a\nb = secret\n", "secret", [4]int{2, 5, 2, 11}},
		{"\tsecret", "secret", [4]int{1, 2, 1, 8}}, // a tab is one column
		{"äß€\U0001F511 secret", "secret", [4]int{1, 6, 1, 12}},
		{"a\r\nb\r\n secret\r\n", "secret", [4]int{3, 2, 3, 8}},
		{"a\rb secret", "secret", [4]int{1, 5, 1, 11}},
		{"\n\n\nsecret", "secret", [4]int{4, 1, 4, 7}},
		{"x sec\nr€t y", "sec\nr€t", [4]int{1, 3, 2, 4}},
		{"x secret\n", "secret\n", [4]int{1, 3, 2, 1}},
		{"\uFEFFsecret", "secret", [4]int{1, 1, 1, 7}}, // no editor counts the mark
		{"\uFEFF\nsecret", "secret", [4]int{2, 1, 2, 7}},
		{"a\uFEFFsecret", "secret", [4]int{1, 3, 1, 9}},
		{"\xff\xfe€\x80 secret", "secret", [4]int{1, 6, 1, 12}}, // no UTF-8: bytes
		{"a\x00€ secret", "secret", [4]int{1, 7, 1, 13}},        // no text: bytes
		{long + " secret " + long, "secret", [4]int{1, 3<<20 + 2, 1, 3<<20 + 8}},
		{strings.Repeat("\n", 3<<20) + "secret", "secret", [4]int{3<<20 + 1, 1, 3<<20 + 1, 7}},
		{"a\n" + long, long, [4]int{2, 1, 2, 3<<20 + 1}}, // a span longer than the window
	} {
		start := int64(strings.LastIndex(tt.text, tt.span))
		span := leak.Span{Start: start, End: start + int64(len(tt.span))}
		p := measured(t, []byte(tt.text), []leak.Span{span}, 1<<20)[0]
		if got := [4]int{p.Line, p.Column, p.EndLine, p.EndColumn}; got != tt.want {
			t.Errorf("%.30q: %v, want %v", tt.text, got, tt.want)
		}
	}
}

func TestMeasureTruncated(t *testing.T) {
	for _, s := range []leak.Span{{Start: 2, End: 11}, {Start: 11, End: 12}, {Start: 1 << 30, End: 1<<30 + 1}} {
		var p leak.Position
		err := newRuler(strings.NewReader("0123456789"), 1<<20).measure([]target{{span: s, pos: &p}}, newMask([]leak.Span{s}, new(leak.Redactor)), nil)
		if err == nil {
			t.Errorf("%v of a text of 10 bytes: no error", s)
		}
	}
}

// randomText returns a text with all that can be counted wrongly, and spans in
// it, sorted, that may overlap.
func randomText(rng *rand.Rand) ([]byte, []leak.Span) {
	pieces := []string{"\n", "\n", "\r\n", "\t", "a", "word ", "ä", "€", "\U0001F511", "\xff", "\x80", "\xf0\x9f", " = ", "\n\n", strings.Repeat("y ", 60), strings.Repeat("é", 200), "aB3dE5gH7jK9mN1pQ3sT5v"}
	if rng.IntN(4) == 0 {
		pieces = append(pieces, "\x00", strings.Repeat("z.", 2500))
	}
	var text []byte
	if rng.IntN(3) == 0 {
		text = append(text, "\uFEFF"...)
	}
	var spans []leak.Span
	for range rng.IntN(400) {
		if rng.IntN(10) == 0 {
			spans = append(spans, leak.Span{Start: int64(len(text)), End: int64(len(text) + 12)})
			text = append(text, "hunter2$$$$!"...)
		}
		text = append(text, pieces[rng.IntN(len(pieces))]...)
	}
	for n := rng.IntN(6); n > 0 && len(text) > 3; n-- {
		start := 3 + rng.Int64N(int64(len(text)-3)) // not within the mark
		spans = append(spans, leak.Span{Start: start, End: start + 1 + rng.Int64N(min(400, int64(len(text))-start))})
	}
	slices.SortFunc(spans, compareSpans)
	return text, spans
}

// FuzzMeasure compares the ruler, with a small window, with the whole text in
// memory, and checks the frames.
func FuzzMeasure(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		text, spans := randomText(rng)
		for i, got := range measured(t, text, spans, 1+rng.IntN(3000)) {
			frame := got.Frame
			got.Frame = nil
			if d := cmp.Diff(slowly(text, spans[i]), got); d != "" {
				t.Fatalf("%v of %q: -want +got\n%s", spans[i], text, d)
			}
			checkFrame(t, text, spans, i, got, frame)
		}
	})
}

// TestMeasureManyIsLinear: 30,000 credentials in a file of 30 MB, on lines and
// on a single one. With 100,000 in 100 MB it takes 4 s, and the same memory.
func TestMeasureManyIsLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("30 MB")
	}
	for _, end := range []string{"\n", " "} {
		const n = 30_000
		text := []byte(strings.Repeat(strings.Repeat("some text, ", 91)+"secret!"+end, n))
		step := len(text) / n
		out := make([]leak.Position, n)
		ts, spans := make([]target, n), make([]leak.Span, n)
		for i := range n {
			at := int64(i*step + 1001)
			spans[i] = leak.Span{Start: at, End: at + 7}
			ts[i] = target{span: spans[i], pos: &out[i]}
		}
		m := newMask(spans, new(leak.Redactor))
		start := time.Now()
		k := newRuler(bytes.NewReader(text), 1<<20)
		if err := k.measure(ts, m, nil); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		if want := slowly(text, spans[n-1]); out[n-1].Line != want.Line || out[n-1].Column != want.Column {
			t.Errorf("the last of %d: %d:%d, want %d:%d", n, out[n-1].Line, out[n-1].Column, want.Line, want.Column)
		}
		t.Logf("ended by %q: %v, window of %d bytes", end, took, cap(k.window))
		if took > 30*time.Second || cap(k.window) > 16<<20 {
			t.Errorf("%d credentials in %d MB took %v and a window of %d bytes", n, len(text)>>20, took, cap(k.window))
		}
	}
}
