package report

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// What GitHub's algorithm gives for texts that are easy to get wrong, as
// computed by the reference in Python.
var lineHashes = []struct {
	name, text string
	want       []string
}{
	{"empty", "", []string{"c129715d7a2bc9a3:1"}},
	{"blanks and tabs", " a\x0ab\x0a  \x09\x09c\x0a d", []string{"271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"}},
	{"final newline", "x\x0ay\x0az\x0a", []string{"b9ca9c0a2452b1b0:1", "3c9a59cfc299b3ee:1", "95de0951c928fa27:1", "c129715d7a2bc9a3:1"}},
	{"CRLF", "one\x0d\x0atwo\x0d\x0a\x0d\x0athree\x0d\x0a", []string{"3e75c7f1c585b24b:1", "c89fdac74a13c027:1", "8f49d77268a1cd9f:1", "bd8bfd8320422591:1", "c129715d7a2bc9a3:1"}},
	{"CR", "one\x0dtwo\x0d\x0dthree", []string{"22e7ed6e68435b95:1", "b7f8f27b9f3c0ed1:1", "5ff58b2f1ce0cba9:1", "e65cf7c92d5cdd03:1"}},
	{"mixed ends", "a\x0d\x0a\x0db\x0a\x0d\x0ac\x0d \x0ad\x0d", []string{"d01c2e4067d64c07:1", "df1aae96b64b87d0:1", "46bb15c259ca0ea6:1", "7348e3433ab94c2:1", "1278678578abeda0:1", "5ef4a45af6614457:1", "c13b9b1f9cee4e29:1", "c129715d7a2bc9a3:1"}},
	{"tabs only", "\x09\x0a\x09\x09\x0a \x09 \x0a", []string{"4e5d562094661a0d:1", "5b5d4caf73a13177:1", "3c5bef55b72b93c9:1", "c129715d7a2bc9a3:1"}},
	{"BOM", "\xef\xbb\xbfkey = 1\x0anext\x0a", []string{"8834c96b241a4b64:1", "a5f9e5dec441e0b8:1", "c129715d7a2bc9a3:1"}},
	{"astral", "\xf0\x9f\x94\x91 = \xf0\x9f\x8c\x8d\x0aend \xf0\x90\xbf\xbfF\x0a", []string{"97db0faafb462372:1", "c39e4f5770b1fb70:1", "c129715d7a2bc9a3:1"}},
	{"no final newline", "a = 1\x0ab = 2", []string{"6427f35fd5d27919:1", "925d366a134f6008:1"}},
	{"other controls", "\x00\x0b\x0c\x1b[0m\x0a\x7f\xc2\x85\x0a", []string{"c83b75ad4d8d0445:1", "942273cefaaa23d1:1", "c129715d7a2bc9a3:1"}},
	{"broken UTF-8", "\xe2\x82\x0a\xff\xfe\xf0\x9f\x94x\x0a\xed\xa0\x80\xc0\xaf\x0aend\xf4\x8f", []string{"c716ebfdf9a72536:1", "1a28ead681e3915b:1", "f25562009c1b631a:1", "197eb12564c506b3:1"}},
	{"blank lines", "\x0a\x0a\x0a\x0a\x0a", []string{"229ec9649baa95f1:1", "8d2f5848087196b:1", "4e5d562094661a0d:1", "5b5d4caf73a13177:1", "3c5bef55b72b93c9:1", "c129715d7a2bc9a3:1"}},
	{
		"long lines", strings.Repeat(strings.Repeat("k", 150)+"\n", 3) + "short\nshort\n" + strings.Repeat("é", 4200) + "\nlast",
		[]string{
			"38ae8874fb795354:1", "38ae8874fb795354:2", "38ae8874fb795354:3", "427c7f23c87406c:1",
			"4f3d53311e684084:1", "5c536290ae5e535c:1", "58429ecce5a8d0db:1",
		},
	},
	{
		"equal lines", strings.Repeat("Lorem ipsum dolor sit amet.\n", 10),
		[]string{
			"a7f2ff13bc495cf2:1", "a7f2ff13bc495cf2:2", "a7f2ff13bc495cf2:3", "a7f2ff13bc495cf2:4",
			"a7f2ff13bc495cf2:5", "a7f2ff13bc495cf2:6", "a7f2ff1481e87703:1", "a9cf91f7bbf1862b:1",
			"55ec222b86bcae53:1", "cc97dc7b1d7d8f7b:1", "c129715d7a2bc9a3:1",
		},
	},
}

func TestLineHasher(t *testing.T) {
	for _, tt := range lineHashes {
		if diff := cmp.Diff(tt.want, hashLines([]byte(tt.text), len(tt.text)+2, nil)); diff != "" {
			t.Errorf("%s: hashes differ (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.want, slowLineHashes([]byte(tt.text))); diff != "" {
			t.Errorf("%s: the twin's hashes differ (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestLineHasherChosenLines(t *testing.T) {
	text := strings.Repeat("same\n", 400)
	h := NewLineHasher(300, 7, 7, 0, -3, 100000)
	fmt.Fprint(h, text)
	if h.Done() {
		t.Error("Done is true, but line 100000 has not come")
	}
	got := h.Finish()
	all := slowLineHashes([]byte(text))
	if diff := cmp.Diff(map[int]string{7: all[6], 300: all[299]}, got); diff != "" {
		t.Errorf("hashes differ (-want +got):\n%s", diff)
	}

	h = NewLineHasher(2)
	fmt.Fprint(h, "a\nb\n")
	if h.Done() {
		t.Error("Done is true within the window of line 2")
	}
	fmt.Fprint(h, strings.Repeat("x", hashWindow))
	if !h.Done() {
		t.Error("Done is false after the window of line 2")
	}
	if h := NewLineHasher(); !h.Done() || len(h.Finish()) != 0 {
		t.Error("a hasher of no lines is not done, or has hashes")
	}
}

func FuzzLineHasher(f *testing.F) {
	for _, tt := range lineHashes {
		f.Add([]byte(tt.text), uint64(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		cuts := rand.New(rand.NewPCG(seed, 0))
		want := slowLineHashes(text)
		if diff := cmp.Diff(want, hashLines(text, len(want)+1, cuts)); diff != "" {
			t.Errorf("hashes of %q differ (-slow +fast):\n%s", text, diff)
		}
	})
}

// TestLineHasherRandom is the fuzz test's idea over texts that are long enough
// for all of the fast code.
func TestLineHasherRandom(t *testing.T) {
	pieces := []string{
		"\n", "\r", "\r\n", " ", "\t", "é", "🔑", "\xff", "\xf0\x9f", "x", "key = value",
		strings.Repeat("long ", 50), strings.Repeat("0123456789", 450), "\n\n\n\n", strings.Repeat("ü", 90),
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		var b strings.Builder
		use, n := pieces, rnd.IntN(120)
		if i%10 == 0 {
			// Many short lines keep the hasher busy until its room is full.
			use, n = pieces[:11], 9000
		}
		for range n {
			b.WriteString(use[rnd.IntN(len(use))])
		}
		text := []byte(b.String())
		want := slowLineHashes(text)
		if diff := cmp.Diff(want, hashLines(text, len(want)+1, rnd)); diff != "" {
			t.Fatalf("hashes of %q differ (-slow +fast):\n%s", text, diff)
		}
	}
}

// hashLines returns the hashes of lines 1 to n, those that there are. With
// cuts the text is written in pieces.
func hashLines(text []byte, n int, cuts *rand.Rand) []string {
	lines := make([]int, n)
	for i := range lines {
		lines[i] = i + 1
	}
	h := NewLineHasher(lines...)
	for cuts != nil && len(text) > 0 {
		cut := 1 + cuts.IntN(min(len(text), 200))
		h.Write(text[:cut:cut])
		text = text[cut:]
	}
	h.Write(text)
	var out []string
	got := h.Finish()
	for i := 1; got[i] != ""; i++ {
		out = append(out, got[i])
	}
	return out
}

// slowLineHashes is the algorithm as GitHub's code has it, a unit at a time.
func slowLineHashes(text []byte) []string {
	var out []string
	var window [hashWindow]uint64
	var mark [hashWindow]bool
	var hash uint64
	var at int
	seen := map[string]int{}
	emit := func() {
		hex := fmt.Sprintf("%x", hash)
		seen[hex]++
		out = append(out, fmt.Sprintf("%s:%d", hex, seen[hex]))
		mark[at] = false
	}
	update := func(u uint64) {
		hash = hashBase*hash + u - hashTop*window[at]
		window[at] = u
		at = (at + 1) % hashWindow
	}
	start, afterCR := true, false
	process := func(u uint16) {
		if u == ' ' || u == '\t' || u == '\n' && afterCR {
			afterCR = false
			return
		}
		afterCR = u == '\r'
		if afterCR {
			u = '\n'
		}
		if mark[at] {
			emit()
		}
		if start {
			mark[at] = true
		}
		start = u == '\n'
		update(uint64(u))
	}
	for _, u := range utf16.Encode([]rune(whatwg(text))) {
		process(u)
	}
	process(hashEOF)
	for range hashWindow {
		if mark[at] {
			emit()
		}
		update(0)
	}
	return out
}

// whatwg returns text with what is not UTF-8 replaced, one U+FFFD for each
// longest beginning of a character.
func whatwg(text []byte) string {
	var b strings.Builder
	for len(text) > 0 {
		n := 1
		for n < 4 && n < len(text) && beginsCharacter(text[:n+1]) {
			n++
		}
		b.WriteString(strings.ToValidUTF8(string(text[:n]), "\uFFFD"))
		text = text[n:]
	}
	return b.String()
}

// beginsCharacter reports whether some way to go on makes p one character.
func beginsCharacter(p []byte) bool {
	for fill := byte(0x80); ; fill = 0xBF {
		for n := len(p); n <= 4; n++ {
			try := string(p) + strings.Repeat(string([]byte{fill}), n-len(p))
			if r := []rune(try); len(r) == 1 && strings.ToValidUTF8(try, "") == try {
				return true
			}
		}
		if fill == 0xBF {
			return false
		}
	}
}

func BenchmarkLineHasher(b *testing.B) {
	for _, bm := range []struct{ name, line string }{
		{"code", "\tif err := h.Finding(f); err != nil {%d\n"},
		{"blank", "\n"},
		{"long", strings.Repeat("abcdefghijklmnop", 100) + "%d\n"},
		{"umlauts", strings.Repeat("äöüß", 10) + "%d\n"},
	} {
		b.Run(bm.name, func(b *testing.B) {
			var text []byte
			for i := 0; len(text) < 8<<20; i++ {
				if strings.Contains(bm.line, "%d") {
					text = fmt.Appendf(text, bm.line, i)
				} else {
					text = append(text, bm.line...)
				}
			}
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				h := NewLineHasher(1, 1<<30)
				h.Write(text)
				h.Finish()
			}
		})
	}
}
