package pipeline

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/scannertest"
)

// packed is a source of texts that cannot be opened again, but of which it keeps
// what it is asked for.
type packed struct {
	*scannertest.Mem
	keep *scanners.Keeper
}

func (p *packed) Scan(ctx context.Context, reach int, emit func(*leak.Chunk) error) (*scanners.Coverage, error) {
	p.keep = new(scanners.Keeper)
	split := scanners.Splitter{Size: p.Size, Reach: reach}
	tape := scanners.Tape{Keeper: p.keep, Size: split.Longest() + scanners.Around}
	for i, name := range []string{"a", "b"} {
		ref := leak.Ref(i + 1)
		split.Split(tape.Record(ref, scanners.Decode(bytes.NewReader(p.Blobs[name]))), leak.Chunk{Ref: ref}, func(c *leak.Chunk) error {
			err := emit(c)
			tape.Keep(c.At)
			return err
		})
		tape.Finish(false)
	}
	return new(scanners.Coverage), nil
}

func (p *packed) Kept(ref leak.Ref) []scanners.Stretch { return p.keep.Kept(ref) }

func (p *packed) Open(context.Context, leak.Ref) (io.ReadCloser, error) {
	return nil, errors.New("it would have to be unpacked again")
}

// longText has keys far from each other, on long lines and short ones, beside
// comments, at the edges, behind NULs.
func longText(rng *rand.Rand) []byte {
	pieces := []string{
		"\n", "a\r\n", "word ", "ä", "€", "\U0001F511", "\xff", "\x80\x80\x80\x80", "\xf0\x9f", "# allow\r\n", "user@host.example ",
		strings.Repeat("y ", 600), strings.Repeat("é", 2000), strings.Repeat("some text\r\n", 400), "aB3dE5gH7jK9mN1pQ3sT5v",
	}
	if rng.IntN(4) == 0 {
		pieces = append(pieces, "\x00")
	}
	if rng.IntN(4) == 0 {
		pieces = slices.DeleteFunc(pieces, func(s string) bool { return strings.Contains(s, "\n") })
	}
	var text []byte
	if rng.IntN(3) == 0 {
		text = append(text, "\uFEFF"...)
	}
	every := 20 + rng.IntN(400)
	for want := rng.IntN(300 << 10); len(text) < want; {
		if rng.IntN(every) == 0 {
			text = append(text, ` hkk_`+[]string{"qwhzkmtr", "vbnxlkeo", "mrtzpokw"}[rng.IntN(3)]+[]string{" ", "\n", " # allow\n"}[rng.IntN(3)]...)
		}
		text = append(text, pieces[rng.IntN(len(pieces))]...)
	}
	return append(text, " hkk_zuiopmsy"...)
}

// FuzzKept compares what is said of places in what a source has kept with what is
// said of them when the whole text is read again.
func FuzzKept(f *testing.F) {
	for seed := range uint64(24) {
		f.Add(seed)
	}
	set := ruleSet(f, highRule)
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		mem := &scannertest.Mem{Blobs: map[string][]byte{"a": longText(rng), "b": longText(rng)}, Size: 1 + rng.IntN(100<<10), Kind: leak.KindLog}
		said := func(src scanners.Source) (places []leak.Location, texts []identity.Place) {
			k := run(t, src, set, func(cfg *Config) {
				cfg.Inline = func(before, after []byte) *leak.Allowance {
					all := string(before) + "|" + string(after)
					if strings.Contains(all, "allow") {
						return &leak.Allowance{Reason: all}
					}
					return nil
				}
				cfg.Identify = func(_ context.Context, qs []*identity.Query) error {
					for _, q := range qs {
						for _, p := range q.Places {
							texts = append(texts, identity.Place{Text: p.Text, Start: p.Start, End: p.End, FirstLine: p.FirstLine})
						}
					}
					return nil
				}
			})
			for _, f := range k.findings {
				places = append(places, f.Locations...)
			}
			return places, texts
		}
		wantPlaces, wantTexts := said(mem)
		if len(wantPlaces) == 0 {
			t.Fatal("nothing is found")
		}
		places, texts := said(&packed{Mem: mem})
		if d := cmp.Diff(wantPlaces, places); d != "" {
			t.Fatalf("-read again +kept\n%s", d)
		}
		if !reflect.DeepEqual(wantTexts, texts) {
			t.Fatal("the texts around credentials differ")
		}
	})
}

// TestKeptTextInUTF16: what is kept is what was searched.
func TestKeptTextInUTF16(t *testing.T) {
	text := strings.Repeat("line\n", 100_000) + "é hkk_qwhzkmtr\n"
	wide := []byte{0xff, 0xfe}
	for _, r := range text {
		wide = append(wide, byte(r), 0)
	}
	src := &packed{Mem: &scannertest.Mem{Blobs: map[string][]byte{"a": wide}, Size: 1 << 16, Kind: leak.KindLog}}
	k := run(t, src, ruleSet(t, highRule), nil)
	if got := brief(k.findings); got != "high-key@a:100001:3" {
		t.Errorf("found %s", got)
	}
}

// TestNotEnoughKept: where a source has kept too little, the text is read again.
func TestNotEnoughKept(t *testing.T) {
	text := []byte(strings.Repeat("x", 100_000))
	for _, tt := range []struct {
		from, to   int64
		last, want bool
		span       leak.Span
	}{
		{0, 50_000, false, true, leak.Span{Start: 10, End: 20}},
		{0, 50_000, false, true, leak.Span{Start: 10, End: 50_000 - textAround}},
		{0, 50_000, false, false, leak.Span{Start: 10, End: 50_001 - textAround}},
		{10_000, 100_000, true, true, leak.Span{Start: 10_000 + textAround, End: 100_000}},
		{10_000, 100_000, true, false, leak.Span{Start: 9_999 + textAround, End: 100_000}},
		{10_000, 90_000, true, false, leak.Span{Start: 80_000, End: 90_001}},
	} {
		m := scanners.Beginning()
		m.Count(text[:tt.from])
		parts := []scanners.Stretch{{Mark: m, Text: text[tt.from:tt.to], Last: tt.last}}
		var pos leak.Position
		ts := []target{{span: tt.span, pos: &pos, loc: &leak.Location{}}}
		if got := measureKept(parts, ts, newRuler(nil, 1<<20), newMask(nil, new(leak.Redactor)), nil); got != tt.want {
			t.Errorf("%v in %d to %d: %v", tt.span, tt.from, tt.to, got)
		} else if got && pos.Column != int(tt.span.Start)+1 {
			t.Errorf("%v is in column %d", tt.span, pos.Column)
		}
	}
}
