package scanners_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
)

// markSlowly is the mark of an offset, with all before it in memory.
func markSlowly(before []byte) scanners.Mark {
	m := scanners.Mark{Offset: int64(len(before)), Line: 1 + bytes.Count(before, []byte("\n"))}
	m.Begins = int64(bytes.LastIndexByte(before, '\n') + 1)
	if m.Begins == 0 && bytes.HasPrefix(before, []byte("\uFEFF")) {
		m.Begins = 3
	}
	m.Column = 1 + utf8.RuneCount(before[m.Begins:])
	return m
}

// tapeText has all that can be counted wrongly.
func tapeText(rnd *rand.Rand) []byte {
	pieces := []string{
		"\n", "a\r\n", "word ", "ä", "€", "\U0001F511", "\xff", "\x80\x80\x80\x80\x80", "\xf0\x9f", "\xe2",
		strings.Repeat("y ", 600), strings.Repeat("é", 2000), strings.Repeat("\U0001F511", 3000), strings.Repeat("\x80", 500),
	}
	if rnd.IntN(3) == 0 {
		pieces = pieces[2:] // one line
	}
	var text []byte
	if rnd.IntN(3) == 0 {
		text = append(text, "\uFEFF"...)
	}
	for want := rnd.IntN(600 << 10); len(text) < want; {
		text = append(text, pieces[rnd.IntN(len(pieces))]...)
	}
	return text
}

// FuzzTape keeps what is around random spans, of which it tells when they have gone
// by, and compares that with the text.
func FuzzTape(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		tape := scanners.Tape{Keeper: new(scanners.Keeper), Size: scanners.Around + rnd.IntN(200<<10)}
		for ref := range leak.Ref(3) {
			text, whole := tapeText(rnd), rnd.IntN(2) == 0
			spans := play(t, &tape, ref, text, rnd)
			tape.Finish(whole)
			parts := tape.Keeper.Kept(ref)
			if (len(parts) == 0) != (len(spans) == 0) {
				t.Fatalf("%d spans, %d parts", len(spans), len(parts))
			}
			checkParts(t, text, spans, parts)
			r, ok := tape.Keeper.Open(ref)
			if !ok && whole && len(spans) > 0 && len(text) <= tape.Size {
				t.Fatalf("a text of %d bytes is not kept as a whole", len(text))
			}
			if ok {
				if got, _ := io.ReadAll(r); !bytes.Equal(got, text) {
					t.Fatal("what is kept as a whole is not the text")
				}
			}
		}
	})
}

// play reads a text in pieces, and tells of spans no later than the tape allows.
func play(t *testing.T, tape *scanners.Tape, ref leak.Ref, text []byte, rnd *rand.Rand) (all []leak.Span) {
	r, buf := tape.Record(ref, bytes.NewReader(text)), make([]byte, 100<<10)
	for at := 0; ; {
		n, err := r.Read(buf[:1+rnd.IntN(len(buf))])
		if !bytes.Equal(buf[:n], text[at:at+n]) {
			t.Fatal("the tape changes what is read")
		}
		at += n
		var spans []leak.Span
		for range rnd.IntN(3) {
			if lo := max(0, at-tape.Size+scanners.Around); lo < at {
				start := int64(lo + rnd.IntN(at-lo))
				spans = append(spans, leak.Span{Start: start, End: min(start+rnd.Int64N(90), int64(at))})
			}
		}
		tape.Keep(spans)
		all = append(all, spans...)
		if err != nil {
			return all
		}
	}
}

func checkParts(t *testing.T, text []byte, spans []leak.Span, parts []scanners.Stretch) {
	t.Helper()
	for _, p := range parts {
		if !bytes.Equal(p.Text, text[p.Offset:p.End()]) {
			t.Fatalf("the part at %d is not what stands there", p.Offset)
		}
		if want := markSlowly(text[:p.Offset]); p.Mark != want {
			t.Fatalf("the part begins at %+v, want %+v", p.Mark, want)
		}
		if p.Last != (p.End() == int64(len(text))) {
			t.Fatalf("Last is %v of a part that ends at %d of %d", p.Last, p.End(), len(text))
		}
	}
spans:
	for _, s := range spans {
		for _, p := range parts {
			if p.Offset <= max(0, s.Start-scanners.Around) && p.End() >= min(int64(len(text)), s.End+scanners.Around) {
				continue spans
			}
		}
		t.Fatalf("what is around %v of %d bytes is in no part", s, len(text))
	}
}

// TestTapeIsBounded: of a text with findings everywhere nothing is kept, and of
// many texts no more than there is room for.
func TestTapeIsBounded(t *testing.T) {
	keeper := new(scanners.Keeper)
	play := func(ref leak.Ref, size, step int) {
		tape := scanners.Tape{Keeper: keeper, Size: 1 << 20}
		r, buf := tape.Record(ref, strings.NewReader(strings.Repeat("x", size))), make([]byte, step)
		for at := int64(0); ; at += int64(step) {
			n, err := io.ReadFull(r, buf)
			if n > 0 {
				tape.Keep([]leak.Span{{Start: at, End: at + 1}})
			}
			if err != nil {
				break
			}
		}
		tape.Finish(true)
		keeper.Name(ref, "name")
	}
	if play(1, 16<<20, 10_000); keeper.Kept(1) != nil {
		t.Error("16 MiB are kept of a text with findings everywhere")
	}
	if _, ok := keeper.Named(1); ok {
		t.Error("a text of which nothing is kept has a name")
	}
	total := 0
	for ref := leak.Ref(2); ref < 40; ref++ {
		play(ref, 2<<20, 10_000)
		for _, p := range keeper.Kept(ref) {
			total += len(p.Text)
		}
	}
	if total < 24<<20 || total > 32<<20 {
		t.Errorf("%d bytes are kept of 38 texts", total)
	}
	// A match too far back, of which the beginning is forgotten.
	tape := scanners.Tape{Keeper: keeper, Size: 64 << 10}
	io.Copy(io.Discard, tape.Record(99, bytes.NewReader(make([]byte, 1<<20))))
	tape.Keep([]leak.Span{{Start: 100, End: 110}})
	if tape.Finish(true); keeper.Kept(99) != nil {
		t.Error("something is kept that was forgotten")
	}
	if name, ok := (*scanners.Keeper)(nil).Named(1); ok || (*scanners.Keeper)(nil).Kept(1) != nil {
		t.Errorf("no Keeper has %q", name)
	}
}

// TestKeepAroundMatches: what is kept of a text in memory is as if it had gone by.
func TestKeepAroundMatches(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		text := tapeText(rnd)
		var spans []leak.Span
		for range rnd.IntN(6) {
			at := rnd.Int64N(int64(len(text) + 1))
			spans = append(spans, leak.Span{Start: at, End: at + rnd.Int64N(int64(len(text))-at+1)%300})
		}
		var k scanners.Keeper
		k.Keep(1, text, spans)
		parts := k.Kept(1)
		if (len(parts) == 0) != (len(spans) == 0) {
			t.Fatalf("seed %d: %d spans, %d parts", seed, len(spans), len(parts))
		}
		for _, s := range spans {
			in := false
			for _, p := range parts {
				in = in || p.Offset <= max(0, s.Start-scanners.Around) && p.End() >= min(s.End+scanners.Around, int64(len(text)))
			}
			if !in {
				t.Errorf("seed %d: nothing kept has %v", seed, s)
			}
		}
		for _, p := range parts {
			if p.Mark != markSlowly(text[:p.Offset]) || !bytes.Equal(p.Text, text[p.Offset:p.End()]) || p.Last != (p.End() == int64(len(text))) {
				t.Errorf("seed %d: the part at %+v of %d bytes is wrong", seed, p.Mark, len(p.Text))
			}
		}
	}
}
