package detectors_test

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/rules"
)

// wide writes text in 16-bit characters.
func wide(text string, bigEndian bool) string {
	var out []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if bigEndian {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

func acme(t testing.TB) *detectors.Set {
	t.Helper()
	p, err := rules.Parse("acme.toml", `provider = "acme"
name = "Acme"
about = "https://acme.example"
[[rule]]
id = "acme-key"
title = "t"
confidence = "high"
severity = 5.0
rotate = "r"
pattern = '\b(?P<secret>acme_~[a-z0-9~?>]{12,20})'
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
	return detectors.NewSet(ds...)
}

// TestCodecs hides a key in every encoding, at every alignment, in all that an
// encoded text stands in, and cut by chunks at every place. What is found must
// be the key, and the span must cover its encoded text and no more than the
// characters that it shares with its neighbours.
func TestCodecs(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1" // has the characters that the two alphabets write differently
	set := acme(t)
	b64 := func(e *base64.Encoding) func(string) string {
		return func(s string) string { return e.EncodeToString([]byte(s)) }
	}
	upper := func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) }
	for _, enc := range []struct {
		name   string
		encode func(string) string
		num    int
		den    int
	}{
		{"base64", b64(base64.StdEncoding), 4, 3}, {"base64", b64(base64.RawStdEncoding), 4, 3},
		{"base64", b64(base64.URLEncoding), 4, 3}, {"base64", b64(base64.RawURLEncoding), 4, 3},
		{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }, 2, 1}, {"hex", upper, 2, 1},
		{"utf-16", func(s string) string { return wide(s, false) }, 2, 1}, {"utf-16", func(s string) string { return wide(s, true) }, 2, 1},
	} {
		for lead := range 7 {
			for tail := range 4 {
				// A space on both sides, and more that is encoded with it.
				plain := strings.Repeat("=", lead) + " " + key + " " + strings.Repeat(";", tail)
				encoded := enc.encode(plain)
				for _, frame := range [][2]string{{"", ""}, {"data: ", "\n"}, {`{"auth":"`, `"}`}, {"x='", "';"}, {"\x00\x01", "\x00\x00\x02"}, {strings.Repeat("\n", 700), strings.Repeat("\n", 900)}} {
					if enc.name == "hex" && frame[0] == "data: " {
						frame[0] = "data: 0x"
					}
					text := frame[0] + encoded + frame[1]
					start := len(frame[0]) + (lead+1)*enc.num/enc.den
					end := len(frame[0]) + ((lead+1+len(key))*enc.num+enc.den-1)/enc.den
					want := fmt.Sprintf("[{acme-key %d %d secret=%q %s}]", start, end, key, enc.name)
					if enc.name == "utf-16" && enc.encode("a")[0] == 0 {
						want = fmt.Sprintf("[{acme-key %d %d secret=%q %s}]", start+1, end+1, key, enc.name)
					}
					for _, size := range []int{0, 1, 4*set.Reach() + 1 + lead*7 + tail*13} {
						if got := fmt.Sprint(detectortest.Matches(set, text, size)); got != want {
							t.Fatalf("%s, %d before, %d after, in %.9q, chunks of %d:\ngot  %s\nwant %s", enc.name, lead, tail, frame[0], size, got, want)
						}
					}
				}
			}
		}
	}
}

// TestCodecsAtChunkEdges cuts at every place of an encoded key.
func TestCodecsAtChunkEdges(t *testing.T) {
	const key = "acme_~q7w~4e>r9?t2~yq1"
	set := acme(t)
	size := 4*set.Reach() + 1
	for _, encoded := range []string{base64.StdEncoding.EncodeToString([]byte("{ " + key + " }")), hex.EncodeToString([]byte(key)), wide(key, false)} {
		for n := range size {
			text := strings.Repeat("\n", n) + encoded + strings.Repeat("\n", size)
			got, want := detectortest.Matches(set, text, 1), detectortest.Matches(set, text, 0)
			if len(want) != 1 || !slices.Equal(got, want) {
				t.Fatalf("behind %d line feeds: in chunks %v, in one %v", n, got, want)
			}
		}
	}
}

func TestCodecsFindNothing(t *testing.T) {
	set := acme(t)
	for _, text := range []string{
		base64.StdEncoding.EncodeToString([]byte("acme_~short")), hex.EncodeToString([]byte("acme_~short")), wide("acme_~short", false),
		"YWNtZV9+", "61636d655f7e", "a\x00c\x00m\x00e\x00_\x00~", "", "\x00", "acme_~",
	} {
		if got := detectortest.Matches(set, text, 0); len(got) > 0 {
			t.Errorf("%q: %v", text, got)
		}
	}
}
