package detectors_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// copyRules have what can go wrong at the edge of a copy: a literal in the
// middle, pieces nearby, a tail, and encodings.
const copyRules = `
provider = "t"
name = "T"
about = "https://t.example/"

[[rule]]
id = "plain"
title = "t"
pattern = '\b(?P<secret>key_[ab]{2,9})\b'
confidence = "high"
severity = 5.0
rotate = "r"
leaks = [{ text = "key_ab" }]
clean = [{ text = "x", why = "y" }]

[[rule]]
id = "middle"
title = "t"
pattern = '(?P<secret>[ab]{1,6}=mid=[ab]{0,6})'
confidence = "high"
severity = 5.0
rotate = "r"
near = [{ pattern = '(?P<id>key_a)', within = 12, required = true }]
leaks = [{ text = "a=mid=a" }]
clean = [{ text = "x", why = "y" }]

[[rule]]
id = "long"
title = "t"
pattern = '(?P<secret>begin:)'
confidence = "high"
severity = 5.0
rotate = "r"
extend = { until = "end", max = 60 }
leaks = [{ text = "begin:end" }]
clean = [{ text = "x", why = "y" }]
`

func copySet(t testing.TB) *detectors.Set {
	p, err := rules.Parse("t.toml", copyRules)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile([]*rules.Provider{p})
	if err != nil {
		t.Fatal(err)
	}
	return detectors.NewSet(ds...)
}

// words are what texts are made of; the last ones are key_ab in base64, in hex
// and in UTF-16, lines of base64, the first of base64 of base64, and escapes.
var words = []string{"key_", "ab", "a", " ", "\n", "=mid=", "begin:", "end", "key_ab", "b a", "a2V5X2Fi", "6b65795f6162", "k\x00e\x00y\x00_\x00a\x00b\x00", "\x00",
	"WVRKbFZpQnJaWGxmWVdJZ2EyVjVYMkZpSUd0bGVWOWlZU0JyWlhsZllXSWdlYWJj", "dGhlIGtleSBpcyBrZXlfYWIsIGFuZCBrZXlfYmEgYWdhaW4gYW5kIG1vcmUuIGFi", "a2V5X2FiIGlzIHRoYXQga2V5X2JhYiBhZ2FpbiBpbiB0aGUgbmV4dCBvbmUgIGFi",
	eachAs("%%%02x")("key_ab key_ba an"), eachAs(`\u%04x`)(" key_ab"), "%6", "&#107;&#101;&#121;&#x5f;&#97;", `\x61\x62\x20`, eachAs("%%%02x")(";;;;;;;;;;key_")}

func wordsOf(raw []byte) string {
	var b strings.Builder
	for _, c := range raw {
		b.WriteString(words[int(c)%len(words)])
	}
	return b.String()
}

func found(set *detectors.Set, c *leak.Chunk) []string {
	var out []string
	set.Scan(c, func(m leak.Match) {
		out = append(out, fmt.Sprintf("%s %v %v %s %q %v", m.Rule, m.Span, m.Places(), m.Encoding, m.Parts[leak.SecretPart].Reveal(), m.Ref))
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// applyProgram makes a text of another one: three bytes a copy, two an insert.
func applyProgram(base string, program []byte) (copies []leak.Copy, target string) {
	for len(program) >= 3 {
		if program[0]%3 > 0 && base != "" {
			from := int(program[1]) * len(base) / 256
			n := min(len(base)-from, 1+int(program[2])*2)
			if program[0]%3 == 2 { // what most deltas do: go on where they were
				from = min(len(target), len(base)-1)
				n = min(len(base)-from, 1+int(program[2])*2)
			}
			copies = append(copies, leak.Copy{From: from, To: len(target), Len: n})
			target += base[from : from+n]
			program = program[3:]
		} else {
			target += wordsOf(program[1:2])
			program = program[2:]
		}
	}
	return copies, target
}

// FuzzCopies checks that a chain of texts that copy from each other gives what
// searching each of them whole gives.
func FuzzCopies(f *testing.F) {
	set := copySet(f)
	f.Add([]byte("\x00\x01\x02\x03\x05\x06\x01\x07\x08\x0a\x0b\x0c"), []byte("\x02\x00\xff\x00\x08\x02\x00\xff"), []byte("\x01\x10\x40\x00\x01\x02\x00\xff"))
	f.Add([]byte(strings.Repeat("\x08\x03\x02\x05\x01\x03", 20)), []byte("\x02\x00\x28\x00\x03\x01\x80\xff"), []byte("\x02\x00\xff\x00\x00\x00\x01\x01\x00\xff"))
	f.Add([]byte("\x0f\x04\x10\x04\x0f\x04\x10\x04\x0e\x04\x0f\x04\x10\x04\x0f\x04\x02"), []byte("\x02\x00\x60\x00\x0f\x02\x00\xff"), []byte("\x01\x10\x40\x00\x10\x00\x04\x02\x00\xff"))
	f.Add([]byte("\x11\x12\x11\x13\x14\x15\x14\x15\x14\x15\x16\x15\x11\x12"), []byte("\x02\x00\x30\x00\x13\x02\x00\xff"), []byte("\x01\x10\x40\x00\x15\x00\x11\x02\x00\xff"))
	f.Add([]byte("\x11\x11\x00\x16\x15\x15\x16\x12"), []byte("\x02\x00\x2f\x00\x02\x02\x00\x11\x00\x16\x02\x00\xff"), []byte("\x01\x11\x31\x00\x15\x00\x12\x02\x00\xff"))
	f.Fuzz(func(t *testing.T, raw, one, two []byte) {
		text := wordsOf(raw)
		if len(text) > 4096 || len(one)+len(two) > 200 {
			return
		}
		c := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true}
		found(set, &c)
		for i, program := range [][]byte{one, two, one} {
			copies, target := applyProgram(text, program)
			if len(target) > 1<<15 {
				return
			}
			want := found(set, &leak.Chunk{Ref: leak.Ref(i), Data: []byte(target)})
			next := leak.Chunk{Ref: leak.Ref(i), Data: []byte(target), Base: c.Keep, Copies: copies, WantKeep: true}
			if got := found(set, &next); !slices.Equal(got, want) {
				t.Fatalf("base %q\ncopies %v\ntarget %q\ngot  %q\nwant %q", text, copies, target, got, want)
			}
			text, c = target, next
		}
	})
}

// TestDenseText checks that a text that is nothing but literals leaves no trace
// to keep, and that what copies from it is searched all the same.
func TestDenseText(t *testing.T) {
	set := copySet(t)
	text := strings.Repeat("key_abx=", 125_000) + " key_ab "
	base := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true}
	want := found(set, &base)
	if base.Keep != nil || len(want) != 1 {
		t.Errorf("kept %v, found %d", base.Keep != nil, len(want))
	}
	short := leak.Chunk{Ref: 1, Data: []byte(text[len(text)-40:]), WantKeep: true}
	found(set, &short)
	// A long insert is searched in pieces.
	next := leak.Chunk{Ref: 1, Data: []byte(text), Base: short.Keep, Copies: []leak.Copy{{From: 0, To: len(text) - 40, Len: 40}}}
	if got := found(set, &next); !slices.Equal(got, want) {
		t.Errorf("found %v, not %v", got, want)
	}
}

// TestMaxLooks checks that a search ends where there are too many places to look
// at, and leaves nothing to take over.
func TestMaxLooks(t *testing.T) {
	set := copySet(t)
	text := strings.Repeat("key_abx ", 100) + "key_ab " + strings.Repeat("key_abx ", 100)
	for _, most := range []int{0, 50, 150, 201} {
		c := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true, MaxLooks: most}
		got := found(set, &c)
		if cut := most > 0 && most < 201; c.Cut() != cut || (c.Keep == nil) || c.Looks != min(201, cmp.Or(most+1, 201)) && cut {
			t.Errorf("most %d: %d looks, cut %v, kept %v", most, c.Looks, c.Cut(), c.Keep != nil)
		}
		if want := most != 50; (len(got) == 1) != want {
			t.Errorf("most %d: found %v", most, got)
		}
		// What copies from it all is cut too, unless there is no limit for it.
		next := leak.Chunk{Ref: 2, Data: c.Data, Base: c.Keep, Copies: []leak.Copy{{Len: len(text)}}, MaxLooks: most}
		if got := found(set, &next); next.Cut() != c.Cut() || !next.Cut() && len(got) != 1 {
			t.Errorf("most %d: its copy: %d looks, found %v", most, next.Looks, got)
		}
		next.MaxLooks = 0
		if got := found(set, &next); len(got) != 1 {
			t.Errorf("most %d: its copy without a limit: found %v", most, got)
		}
	}
}

// TestScanShort: what is found in a short text does not depend on whether
// something was searched before.
func TestScanShort(t *testing.T) {
	text := "key_ab b a KEY_AB\xffkey_ab =mid= begin:end K\u0130key_ab"
	short := func(set *detectors.Set) (out []string) {
		set.ScanShort(text, func(m leak.Match) { out = append(out, fmt.Sprint(m.Rule, m.Span)) })
		slices.Sort(out)
		return slices.Compact(out)
	}
	set := copySet(t)
	first := short(set)
	found(set, &leak.Chunk{Data: []byte("x")})
	if second := short(set); len(first) == 0 || !slices.Equal(first, second) {
		t.Errorf("%v, then %v", first, second)
	}
}

// TestCopiedBehindAnotherRun: a digest that ends the line before, with a blank line
// between, is none that a run of base64 goes on from.
func TestCopiedBehindAnotherRun(t *testing.T) {
	set := copySet(t)
	code := words[14] // base64 of base64
	for _, between := range []string{"\n\n", "\";\n", "=\n", ":\r\n"} {
		text := strings.Repeat("line\n", 60) + "image@sha256:" + strings.Repeat("0123456789abcdef", 4) + between + code + "\nend\n"
		base := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true}
		want := found(set, &base)
		if len(want) == 0 {
			t.Fatalf("%q: nothing is found", text)
		}
		next := leak.Chunk{Ref: 1, Data: []byte("I" + text[1:] + "more\n"), Base: base.Keep, Copies: []leak.Copy{{From: 1, To: 1, Len: len(text) - 1}}}
		if got := found(set, &next); !slices.Equal(got, want) {
			t.Errorf("%q: found %q, not %q", between, got, want)
		}
	}
}
