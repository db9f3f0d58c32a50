package verify

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"html"
	"slices"
	"strconv"
	"strings"
)

// maxDisguises bounds the texts that undone makes of one, and maxLayers how often what
// is encoded may be encoded again.
const (
	maxDisguises = 64
	maxLayers    = 3
)

// undone is a text and what it may be in disguise: with percent signs, entities and the
// encodings of its words undone, in several layers, and turned round. A server that
// answers with what it was sent may do any of that, on purpose or in its logs.
func undone(s string) []string {
	out := []string{s, backwards(s)}
	for from, layer := 0, 0; layer < maxLayers && from < len(out); layer++ {
		end := len(out)
		for _, text := range out[from:end] {
			for _, more := range decodings(text) {
				if len(out) < maxDisguises && !slices.Contains(out, more) {
					out = append(out, more)
				}
			}
		}
		from = end
	}
	return out
}

// decodings are what a text, or one of its words, decodes to.
func decodings(s string) (out []string) {
	add := func(b []byte, err error) {
		if err == nil && len(b) >= 6 {
			out = append(out, string(b))
		}
	}
	add([]byte(unpercent(s)), nil)
	add([]byte(html.UnescapeString(s)), nil)
	words := strings.FieldsFunc(s, func(r rune) bool { return !wordOfCode(r) })
	if tight := squeezed(s); tight != s {
		words = append(words, tight) // hex with colons
	}
	for _, w := range words {
		if len(w) < 8 {
			continue
		}
		add(hex.DecodeString(w[:len(w)&^1]))
		add(base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(w, "="))))
		bare := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(w, "="))
		if len(bare)%4 == 1 { // it was cut
			bare = bare[:len(bare)-1]
		}
		add(base64.RawStdEncoding.DecodeString(bare))
	}
	return out
}

func wordOfCode(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+/-_", r)
}

// unpercent undoes %41, and leaves what is none.
func unpercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// squeezed is a text without all that is no letter and no digit.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r >= 0x80 {
			return r
		}
		return -1
	}, s)
}

func backwards(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
