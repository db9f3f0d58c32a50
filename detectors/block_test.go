package detectors_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// foldedRule has a literal in either case, which has no encoded forms: it is found in
// what was decoded and nowhere else.
const foldedRule = `
[[rule]]
id = "folded"
title = "t"
pattern = '(?i)\b(?P<secret>fold_[abc]{4,9})\b'
confidence = "high"
severity = 5.0
rotate = "r"
leaks = [{ text = "fold_abcab" }]
clean = [{ text = "x", why = "y" }]
`

func codeSet(t testing.TB) *detectors.Set { return detectors.NewSet(codeDetectors(t)...) }

func codeDetectors(t testing.TB) []detectors.Detector {
	p, err := rules.Parse("t.toml", copyRules+foldedRule)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile([]*rules.Provider{p})
	if err != nil {
		t.Fatal(err)
	}
	return ds
}

// TestLinesOfCode: what each line decodes to by itself is found, and what lines
// decode to together, whatever stands above and below them; and along deltas too.
func TestLinesOfCode(t *testing.T) {
	set := codeSet(t)
	plain := func(key string, n int) string { // of n bytes, with the key at its end
		return strings.Repeat("the text in front of it; ", 20)[:n-len(key)-1] + " " + key
	}
	// split has the key where the line is cut.
	split := func(n int) string { return plain("fold_cabc", n+4) + strings.Repeat(" and on it goes", 9) }
	wrapped := func(n int, br string) string { return lines(b64(split(n/4*3)), n, br) }
	text, other := b64(plain("fold_abcab", 48)), b64(plain("fold_bbbb", 57))
	hexed := hex.EncodeToString([]byte(plain("fold_aaaa", 48)))
	digest := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"hex below base64", text + "\n" + hexed, []string{"abcab", "aaaa"}},
		{"hex above base64", hexed + "\n" + text, []string{"abcab", "aaaa"}},
		{"hex between base64", text + "\n" + hexed + "\n" + other, []string{"abcab", "aaaa", "bbbb"}},
		{"hex in lines of 64", lines(hex.EncodeToString([]byte(split(32))), 64, "\n"), []string{"cabc"}},
		{"hex in lines of 65", lines(hex.EncodeToString([]byte(split(33))), 65, "\n"), []string{"cabc"}},
		{"two texts of a width", text + "\n" + b64(plain("fold_cccc", 48)), []string{"abcab", "cccc"}},
		{"two texts of two widths", text + "\r\n" + other, []string{"abcab", "bbbb"}},
		{"below one that has another alignment", text + "x\n" + other + "\n", []string{"abcab", "bbbb"}},
		{"lines below a digest", "x: " + digest + "\n" + wrapped(64, "\n"), []string{"cabc"}},
		{"lines below a path", "/usr/share/" + strings.Repeat("path/", 15) + "\n" + wrapped(76, "\n"), []string{"cabc"}},
		{"lines below a text", text + "\n" + wrapped(76, "\n"), []string{"abcab", "cabc"}},
		{"lines below a text of another alignment", text + "xy\n" + wrapped(64, "\n    "), []string{"abcab", "cabc"}},
		{"lines in a string", `x = "\n` + wrapped(64, `\n`) + `"`, []string{"cabc"}},
		{"lines in a string of Windows", `x = "\r\n` + wrapped(64, `\r\n`) + `"`, []string{"cabc"}},
		{"UTF-16 below base64", text + "\n" + b64(wide(plain("fold_bbbb", 48), false)), []string{"abcab", "bbbb"}},
		{"gzip below base64", text + "\n" + b64(zipped(plain("fold_bbbb", 200))), []string{"abcab", "bbbb"}},
		{"base64 below gzip", strings.TrimRight(b64(zipped(plain("fold_bbbb", 201))), "=") + "\n" + text, []string{"abcab", "bbbb"}},
		{"hex below gzip", strings.TrimRight(b64(zipped(plain("fold_bbbb", 202))), "=") + "\n" + hexed, []string{"aaaa", "bbbb"}},
		{"base64 of lines", b64(text + "\n" + hexed), []string{"abcab", "aaaa"}},
		{"hex of lines", hex.EncodeToString([]byte(text + "\n" + hexed)), []string{"abcab", "aaaa"}},
	} {
		for _, frame := range [][2]string{{"", ""}, {"\n\n", "\n"}, {"\"", "\""}, {"line\n", "\nline\n"}} {
			base := leak.Chunk{Ref: 1, Data: []byte(frame[0] + tt.text + frame[1]), WantKeep: true}
			all := found(set, &base)
			for _, key := range tt.want {
				if !strings.Contains(strings.Join(all, "\n"), "\"fold_"+key+"\"") {
					t.Errorf("%s, in %q: fold_%s is not in %q", tt.name, frame, key, all)
				}
			}
			everyEdit(t, set, tt.name, &base)
		}
	}
}

// everyEdit checks what is found along deltas that cut something out or put something
// in, everywhere.
func everyEdit(t *testing.T, set *detectors.Set, name string, base *leak.Chunk) {
	t.Helper()
	text := string(base.Data)
	for at := 0; at <= len(text); at += 3 {
		for n, put := range []string{"", "\n", "Q", " \n ", `\n`, "="} {
			end := min(len(text), at+n)
			target := text[:at] + put + text[end:]
			copies := slices.DeleteFunc([]leak.Copy{{Len: at}, {From: end, To: at + len(put), Len: len(text) - end}}, func(c leak.Copy) bool { return c.Len == 0 })
			whole := found(set, &leak.Chunk{Ref: 2, Data: []byte(target)})
			next := leak.Chunk{Ref: 2, Data: []byte(target), Base: base.Keep, Copies: copies}
			if got := found(set, &next); !slices.Equal(got, whole) {
				t.Fatalf("%s: %d bytes at %d of %q become %q: found %q, not %q", name, n, at, text, put, got, whole)
			}
		}
	}
}

// TestDeepIsNotForgotten: that a text has nothing for who decodes no deeper says
// nothing of who does.
func TestDeepIsNotForgotten(t *testing.T) {
	set := codeSet(t)
	deep := "this is the text in which fold_abcab stands, and more of it"
	for range 3 {
		deep = b64(deep)
	}
	for range 4 { // it may be another searcher
		detectortest.Matches(set, b64(deep), 0)
	}
	if got := detectortest.Matches(set, deep, 0); len(got) == 0 {
		t.Error("nothing is found where something deeper was searched before")
	}
}

// codeWords are what texts with much code in them are made of.
var codeWords = func() []string {
	out := []string{"\n", "\r\n", `\n`, `\r\n`, "\n    ", "\n\n", " ", "=", "\"", "x", "Q", "ab", "\xff", "\x00", ": ", "/", "fold_abab", "key_ab",
		strings.Repeat("0123456789abcdef", 4), strings.Repeat("0123456789ABCDEF", 2), strings.Repeat("/path-to/", 8), "sha256:", strings.Repeat("lorem ipsum ", 8)}
	for i, text := range []string{"the key is fold_abcab, and this is a text", "key_ab >>>??? <fold_cccc>", strings.Repeat("; many words ", 6) + "fold_bbbb and key_bb ab=mid=ab" + strings.Repeat(" on it goes", 7), strings.Repeat(" ", 44) + "fold_aaaacb"} {
		for lead := range 3 {
			text := strings.Repeat("~", lead) + text + strings.Repeat("?", max(0, 48-len(text)-lead))
			std, raw := base64.StdEncoding, base64.RawURLEncoding
			out = append(out, b64(text), raw.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text)))
			if lead != i%3 {
				continue
			}
			var percent strings.Builder
			for _, c := range []byte(text) {
				fmt.Fprintf(&percent, "%%%02x", c)
			}
			out = append(out, std.EncodeToString([]byte(b64(text))), hex.EncodeToString([]byte(b64(text))), b64(wide(text, lead == 1)), b64(zipped(text)), wide(text, false),
				percent.String(), url.QueryEscape(text), lines(b64(text), 64, "\n"), lines(b64(text+text), 76, "\r\n  "), lines(hex.EncodeToString([]byte(text+text)), 64, "\n"), lines(b64(b64(text)), 64, `\n`),
				lines(b64(text+text), 60, "\n"), lines(b64(text+text), 40, `\n`), lines(b64(text), 24, "' +\n '"), lines(hex.EncodeToString([]byte(text+text)), 40, "\n# "))
		}
	}
	return out
}()

// applyEdits makes a text of another one: of five bytes the first two say how much of
// it is copied, then how much is left out, what is put in, and whether what was left
// out comes later.
func applyEdits(base string, program []byte) (copies []leak.Copy, target string) {
	at := 0
	put := func(from, n int) {
		if n > 0 {
			copies = append(copies, leak.Copy{From: from, To: len(target), Len: n})
			target += base[from : from+n]
		}
	}
	for ; len(program) >= 5; program = program[5:] {
		n := min(len(base)-at, int(program[0])*8+int(program[1])%8)
		put(at, n)
		at += n
		left := min(len(base)-at, int(program[2]))
		if word := int(program[3]); word < len(codeWords) {
			target += codeWords[word]
		}
		if program[4] == 1 {
			put(at, left)
		}
		at += left
	}
	put(at, len(base)-at)
	return copies, target
}

// FuzzCopiesOfCode is FuzzCopies for texts that are mostly encoded.
func FuzzCopiesOfCode(f *testing.F) {
	set, ds := codeSet(f), codeDetectors(f)
	for i := range codeWords {
		w := byte(i)
		f.Add([]byte{18, 0, 23, 0, 24, 0, w, 0, w, 4, w}, []byte{0, 3, 9, 255, 0, 9, 1, 0, w, 0}, []byte{12, 0, 0, 0, 0, 3, 3, 40, w, 1})
		f.Add([]byte{w, 0, w, 0, 25, 0, 22}, []byte{4, 1, 30, 255, 0}, []byte{0, 0, 70, w, 1})
	}
	f.Fuzz(func(t *testing.T, raw, one, two []byte) {
		if len(raw) > 400 {
			return
		}
		var text string
		for _, w := range raw {
			text += codeWords[int(w)%len(codeWords)]
		}
		if len(text) > 1<<13 || len(one)+len(two) > 60 {
			return
		}
		c := leak.Chunk{Ref: 1, Data: []byte(text), WantKeep: true}
		found(set, &c)
		for i, program := range [][]byte{one, two, one} {
			copies, target := applyEdits(text, program)
			// A new set remembers nothing of what was decoded.
			want := found(detectors.NewSet(ds...), &leak.Chunk{Ref: leak.Ref(i), Data: []byte(target)})
			next := leak.Chunk{Ref: leak.Ref(i), Data: []byte(target), Base: c.Keep, Copies: copies, WantKeep: true}
			if got := found(set, &next); !slices.Equal(got, want) {
				t.Fatalf("base %q\ncopies %v\ntarget %q\ngot  %s\nwant %s", text, copies, target, fmt.Sprint(got), fmt.Sprint(want))
			}
			text, c = target, next
		}
	})
}
