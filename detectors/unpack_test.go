package detectors_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func deflated(s string, level int) string {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, level)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func lines(s string, n int, br string) string {
	var b strings.Builder
	for len(s) > n {
		b.WriteString(s[:n] + br)
		s = s[n:]
	}
	return b.String() + s
}

// unicodeEscapes writes what is not a letter or a digit as \u00XX.
func unicodeEscapes(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if strings.IndexByte(`:/=+@"'&<>?~ `, c) >= 0 {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// eachAs writes every character by a format.
func eachAs(format string) func(s string) string {
	return func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&b, format, c)
		}
		return b.String()
	}
}

// TestUnpack hides a key in what has no encoded form of its literal.
func TestUnpack(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1"
	set := acme(t)
	for _, tt := range []struct {
		name, encoding string
		encode         func(string) string
	}{
		{"base64 in lines of 76", "base64", func(s string) string { return lines(b64(s), 76, "\n") }},
		{"base64 in lines of 64, indented", "base64", func(s string) string { return lines(b64(s), 64, "\r\n    ") }},
		{"base64 in lines of a string", "base64", func(s string) string { return lines(b64(s), 64, `\n`) }},
		{"base64 of base64", "base64, base64", func(s string) string { return b64(b64(s)) }},
		{"base64 of base64 in lines", "base64, base64", func(s string) string { return b64(lines(b64(s), 76, "\n")) }},
		{"base64 of base64 of base64", "base64, base64, base64", func(s string) string { return b64(b64(b64(s))) }},
		{"base64url of base64", "base64, base64", func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(b64(s))) }},
		{"base64 of hex", "base64, hex", func(s string) string { return b64(hex.EncodeToString([]byte(s))) }},
		{"hex of base64", "hex, base64", func(s string) string { return hex.EncodeToString([]byte(b64(s))) }},
		{"base64 of UTF-16", "base64, utf-16", func(s string) string { return b64(wide(s, false)) }},
		{"base64 of UTF-16 BE", "base64, utf-16", func(s string) string { return b64(wide(s, true)) }},
		{"gzip in base64", "base64, gzip", func(s string) string { return b64(zipped(s)) }},
		{"gzip in base64 in lines", "base64, gzip", func(s string) string { return lines(b64(zipped(s+fmt.Sprint(strings.Fields(copyRules)))), 76, "\n") }},
		{"zlib in base64", "base64, zlib", func(s string) string { return b64(deflated(s, zlib.DefaultCompression)) }},
		{"zlib in base64, fast", "base64, zlib", func(s string) string { return b64(deflated(s, zlib.BestSpeed)) }},
		{"zlib in base64, small", "base64, zlib", func(s string) string { return b64(deflated(s, zlib.BestCompression)) }},
		{"zlib in base64, for URLs", "base64, zlib", func(s string) string {
			return base64.RawURLEncoding.EncodeToString([]byte(deflated(s, zlib.BestCompression)))
		}},
		{"zlib in base64 in lines", "base64, zlib", func(s string) string {
			return lines(b64(deflated(s+fmt.Sprint(strings.Fields(copyRules)), zlib.DefaultCompression)), 76, "\n")
		}},
		{"zlib in base64 in short lines", "base64, zlib", func(s string) string {
			return lines(b64(deflated(s+fmt.Sprint(strings.Fields(copyRules)), zlib.DefaultCompression)), 60, "\n")
		}},
		{"base64 of zlib in base64", "base64, base64, zlib", func(s string) string { return b64(b64(deflated(s, 5))) }},
		{"base64 of gzip in base64", "base64, base64, gzip", func(s string) string { return b64(b64(zipped(s))) }},
		{"all as in URLs", "escapes", eachAs("%%%02x")},
		{"all as in URLs, in capitals", "escapes", eachAs("%%%02X")},
		{"all as in JSON", "escapes", eachAs(`\u%04x`)},
		{"all as in source", "escapes", eachAs(`\x%02x`)},
		{"all as in HTML", "escapes", eachAs("&#%d;")},
		{"all as in HTML, hexadecimal", "escapes", eachAs("&#x%02X;")},
		{"all as in URLs, in JSON", "escapes, escapes", func(s string) string { return eachAs(`\u%04x`)(eachAs("%%%02x")(s)) }},
		{"base64 of all as in URLs", "base64, escapes", func(s string) string { return b64(eachAs("%%%02x")(s)) }},
		{"base64 in HTML", "escapes, base64", func(s string) string { return eachAs("&#%d;")(b64(b64(s))) }},
		{"hex in JSON", "escapes, hex", func(s string) string { return eachAs(`\u%04X`)(hex.EncodeToString([]byte(s))) }},
	} {
		for lead := range 4 {
			plain := strings.Repeat(";", lead) + ` {"user": "deploy", "scope": "all of it", "key": "` + key + `", "note": "that is all that there is"}`
			encoded := tt.encode(plain)
			for _, frame := range [][2]string{{"", ""}, {`{"auth":"`, `"}`}, {"data:\n  x: ", "\n"}, {"\x00\x01", "\x00\x00\x02"}} {
				text := frame[0] + encoded + frame[1]
				got := detectortest.Matches(set, text, 0)
				if len(got) != 1 || !strings.HasPrefix(got[0].Encoding, tt.encoding) || !strings.Contains(got[0].Parts, key) {
					t.Fatalf("%s, %d before, in %.9q: %v", tt.name, lead, frame[0], got)
				}
				if f := got[0]; f.Start < int64(len(frame[0])) || f.End > int64(len(frame[0]+encoded)) || f.Start >= f.End {
					t.Errorf("%s: from %d to %d of %d to %d", tt.name, f.Start, f.End, len(frame[0]), len(frame[0]+encoded))
				}
			}
		}
	}
}

// TestUnpackedPlaces checks the place of what was decoded once more than the
// forms of literals reach: it covers the key and no line more.
func TestUnpackedPlaces(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1"
	set := acme(t)
	for n := range 90 {
		head := strings.Repeat("the text before the key; ", 6)[:59+n] + " "
		code := lines(b64(head+key+strings.Repeat(" and what is behind", 9)), 64, "\n")
		got := detectortest.Matches(set, "x: "+code, 0)
		if len(got) > 1 { // what stands in one of the lines is found by itself, and is the beginning
			got = got[len(got)-1:]
		}
		if len(got) != 1 {
			t.Fatalf("behind %d bytes: %v", len(head), got)
		}
		place := func(i int) int64 { return int64(3 + i + i/64) } // of a character of the code
		start, end := place(len(head)*8/6), place(((len(head)+len(key))*8+5)/6-1)+1
		if got[0].Start != start || got[0].End != end {
			t.Errorf("behind %d bytes: from %d to %d, want %d to %d", len(head), got[0].Start, got[0].End, start, end)
		}
	}
}

// TestEscapedPlaces: the place of what is in a run of escapes is that of its own escapes.
func TestEscapedPlaces(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1"
	set := acme(t)
	for _, each := range []func(string) string{eachAs("%%%02x"), eachAs(`\u%04x`), eachAs(`\x%02x`), eachAs("&#%d;"), eachAs("&#x%x;")} {
		for n := range 70 {
			head := "x: %6" + strings.Repeat("\\", n%3) + each(strings.Repeat("a b c d ", 9)[:n]+" ")
			code := each(key)
			got := detectortest.Matches(set, head+code+each(" and")+"%2", 0)
			if len(got) != 1 || got[0].Start != int64(len(head)) || got[0].End != int64(len(head+code)) {
				t.Fatalf("behind %d: %v, want %d to %d", n, got, len(head), len(head+code))
			}
		}
	}
}

// TestEscapes hides a key whose own characters are escaped, and one behind what is.
func TestEscapes(t *testing.T) {
	p, err := rules.Parse("acme.toml", `provider = "acme"
name = "Acme"
about = "https://acme.example"
[[rule]]
id = "acme-url"
title = "t"
confidence = "high"
severity = 5.0
rotate = "r"
pattern = '\bacme://[a-z]{1,20}:(?P<secret>[a-zA-Z0-9+/=]{16,40})@'
leaks = [{text = "x"}]
clean = [{text = "x", why = "x"}]
[[rule]]
id = "acme-word"
title = "t"
confidence = "high"
severity = 5.0
rotate = "r"
pattern = '(?i)\bacme_?secret"?\s{0,3}[=:]\s{0,3}"?(?P<secret>[a-z0-9+/]{16}==)'
leaks = [{text = "x"}]
clean = [{text = "x", why = "x"}]
`)
	if err != nil {
		t.Fatal(err)
	}
	ds, err := detectors.Compile([]*rules.Provider{p})
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(ds...)
	const url1, word = "acme://deploy:qW3+rT5/yU7=iO9pA1s@db", `"ACME_SECRET": "qw3+rt5/yu7bio9p=="`
	for _, tt := range []struct{ rule, text, secret string }{
		{"acme-url", url.QueryEscape(url1), "qW3+rT5/yU7=iO9pA1s"},
		{"acme-url", url.QueryEscape(url.QueryEscape(url1)), "qW3+rT5/yU7=iO9pA1s"},
		{"acme-url", strings.ToLower(url.QueryEscape("acme://deploy:qw3+rt5/yu7=io9pa1s@db")), "qw3+rt5/yu7=io9pa1s"},
		{"acme-url", strings.ReplaceAll(url1, "/", `\/`), "qW3+rT5/yU7=iO9pA1s"},
		{"acme-url", strings.ReplaceAll(url1, "+", `\u002B`), "qW3+rT5/yU7=iO9pA1s"},
		{"acme-url", strings.ReplaceAll(strings.ReplaceAll(url1, "+", "&#43;"), "=", "&#x3D;"), "qW3+rT5/yU7=iO9pA1s"},
		{"acme-word", html.EscapeString(word), "qw3+rt5/yu7bio9p=="},
		{"acme-word", unicodeEscapes(word), "qw3+rt5/yu7bio9p=="},
		{"acme-word", strings.ReplaceAll(word, `"`, "&quot;"), "qw3+rt5/yu7bio9p=="},
		{"acme-word", url.QueryEscape(strings.ReplaceAll(word, " ", "")), "qw3+rt5/yu7bio9p=="},
		{"acme-word", strings.ReplaceAll(word, "=", `\x3d`), "qw3+rt5/yu7bio9p=="},
	} {
		for _, size := range []int{0, 1} {
			text := strings.Repeat("\n", 4000) + "x=" + tt.text + " y" + strings.Repeat("\n", 3000)
			got := detectortest.Matches(set, text, size)
			if len(got) != 1 || got[0].Rule != tt.rule || got[0].Encoding != "escapes" || got[0].Parts != fmt.Sprintf("secret=%q", tt.secret) {
				t.Errorf("%s: %v", tt.text, got)
				continue
			}
			if f := got[0]; f.Start < 4002 || f.End > int64(4002+len(tt.text)) || !strings.HasPrefix(text[f.Start:], tt.secret[:2]) {
				t.Errorf("%s: at %q", tt.text, text[f.Start:f.End])
			}
		}
	}
}

// TestUnpackInChunks cuts long encoded texts everywhere.
func TestUnpackInChunks(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1"
	set := acme(t)
	var plain strings.Builder
	for i := range 40 {
		fmt.Fprintf(&plain, "line %d of it has the key %s%c and more\n", i, key[:len(key)-1], 'a'+i%26)
	}
	const some = 700 // of all, written out
	for _, code := range []string{
		lines(b64(plain.String()), 76, "\n"), b64(plain.String()), b64(b64(plain.String())),
		eachAs("%%%02x")(plain.String()[:some]), // of wider ones the reach of this set is too short
	} {
		for _, lead := range []int{0, 100, 333, 500, 801} {
			text := strings.Repeat("-\n", lead) + code + strings.Repeat("\n", 700)
			want := detectortest.Matches(set, text, 0)
			for _, size := range []int{1, 6*set.Reach() + 7, 9 * set.Reach()} {
				got := detectortest.Matches(set, text, size)
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("behind %d, in chunks of %d: %d, in one %d\n%s", lead, size, len(got), len(want), cmp.Diff(want, got))
				}
			}
		}
	}
}

// TestUnpackIsBounded: what unpacks to too much is counted, and ends.
func TestUnpackIsBounded(t *testing.T) {
	set := acme(t)
	bomb := b64(zipped(strings.Repeat("acme_~ ", 10<<20/7)))
	code := func(times int) string {
		text := "acme_~q7w~4e>r9?t2~yq1 and some text around it, so that it is long enough"
		for range times {
			text = b64(text)
		}
		return text
	}
	deep := code(18)
	for _, tt := range []struct {
		name, text string
		packed     bool
	}{
		{"a bomb", bomb, true}, {"a bomb of zlib", b64(deflated(strings.Repeat("acme_~ ", 10<<20/7), 9)), true}, {"many", strings.Repeat(b64(zipped(strings.Repeat("x ", 1<<19)))+" ", 50), true},
		{"base64 of base64 of ...", deep, true},
		{"four times", code(4), true},
		{"three times", code(3), false},
		{"gzip of base64, three times", b64(zipped(code(3))), true},
		{"gzip of base64, twice", b64(zipped(code(2))), false},
		{"zlib of base64, three times", b64(deflated(code(3), 9)), true},
		{"zlib of base64, twice", b64(deflated(code(2), 9)), false},
		{"no zlib", "eJwA" + strings.Repeat("A", 4000), false},
		{"no gzip", "H4sI" + strings.Repeat("A", 4000), false},
	} {
		c := &leak.Chunk{Data: []byte(tt.text)}
		set.Scan(c, func(leak.Match) {})
		if (c.Packed > 0) != tt.packed {
			t.Errorf("%s: %d left out", tt.name, c.Packed)
		}
	}
}

// What was found in a run that was decoded is the same where the run stands again.
func TestUnpackedAgain(t *testing.T) {
	set := codeSet(t)
	code := lines(b64("first = fold_cabca, and some more words; second = fold_abcab, as in the text above, and so on"), 76, "\n")
	for i, in := range []string{code, "\n" + code, "a line\n" + code + "\nand one more\n", code + "\n.\n" + code} {
		got := found(set, &leak.Chunk{Ref: leak.Ref(i), Data: []byte(in)})
		want := found(codeSet(t), &leak.Chunk{Ref: leak.Ref(i), Data: []byte(in)})
		if len(want) < 2 || !slices.Equal(got, want) {
			t.Errorf("%q: %s, and with a set that was not used %s", in, got, want)
		}
		from := int64(1000)
		c := leak.Chunk{Ref: leak.Ref(i), Offset: from, Data: []byte(strings.Repeat(".", set.Reach()) + in)}
		if later := found(set, &c); len(later) != len(want) {
			t.Errorf("at %d: %s, want %s", from, later, want)
		}
		c.Place = func(s leak.Span) (leak.Span, string) { return leak.Span{Start: 1, End: 2}, "zip" }
		for _, f := range found(set, &c) {
			if !strings.Contains(f, "zip") {
				t.Errorf("not placed: %s", f)
			}
		}
	}
}
