package leak_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func redactor(values ...string) *leak.Redactor {
	r := &leak.Redactor{}
	for _, v := range values {
		r.Add(leak.Parts{leak.SecretPart: leak.NewSecret(v)})
	}
	r.Ready()
	return r
}

func TestRedactor(t *testing.T) {
	for _, tt := range []struct {
		values, text, want string
	}{
		{"", "a/hunter2", "a/hunter2"},
		{"hunter2", "", ""},
		{"hunter2", "hunter2", leak.Mask},
		{"hunter2", "a/hunter2.txt", "a/" + leak.Mask + ".txt"},
		{"hunter2", "hunter2 and hunter2", leak.Mask + " and " + leak.Mask},
		{"hunter2", "hunter", "hunter"},
		{"hunter2", "Hunter2", "Hunter2"},
		{"abc 12345", "abc 12345 123456", "abc 12345 123456"}, // too short to hide
		{"hunter2 hunter22 hunter222", "x hunter22 hunter222y hunter2", "x " + leak.Mask + " " + leak.Mask + "y " + leak.Mask},
		{"hunter2abc 2abcdefg", "<hunter2abcdefg>", "<" + leak.Mask + ">"}, // overlapping
		{"hunter2abc abcdef", "<hunter2abcdef>", "<" + leak.Mask + ">"},
		{"hunter2abcdef nter2a", "<hunter2abcdef>", "<" + leak.Mask + ">"}, // inside
		{"hunter2 abcdefg", "hunter2abcdefg", leak.Mask},                   // touching
		{"aaaaaa", "aaaaaaaaa", leak.Mask},
		{"\xff\xfe\xfd\xfc\xfb\xfa", "é\xff\xfe\xfd\xfc\xfb\xfaé", "é" + leak.Mask + "é"},
	} {
		if got := redactor(strings.Fields(tt.values)...).Clean(tt.text); got != tt.want {
			t.Errorf("%q without %q: %q, want %q", tt.text, tt.values, got, tt.want)
		}
	}
}

// TestNames: what is a word stays in names, and there alone.
func TestNames(t *testing.T) {
	r := &leak.Redactor{}
	r.Words(func(v string) bool { return v == "outline" })
	for _, v := range []string{"outline", "hunter2", "outline-9f2"} {
		r.Add(leak.Parts{leak.SecretPart: leak.NewSecret(v)})
	}
	r.Ready()
	const text = "spec/outline/hunter2/outline-9f2.js"
	if got, want := r.Names(text), "spec/outline/"+leak.Mask+"/"+leak.Mask+".js"; got != want {
		t.Errorf("Names: %q, want %q", got, want)
	}
	if got, want := r.Clean(text), "spec/"+leak.Mask+"/"+leak.Mask+"/"+leak.Mask+".js"; got != want {
		t.Errorf("Clean: %q, want %q", got, want)
	}
	if got := redactor("outline").Names("outline"); got != leak.Mask {
		t.Errorf("without Words: %q", got)
	}
}

// cleanSlowly marks every byte of every secret.
func cleanSlowly(values []string, text string) string {
	marked := make([]bool, len(text)+1)
	for _, v := range values {
		for i := 0; len(v) >= 6 && i+len(v) <= len(text); i++ {
			if text[i:i+len(v)] == v {
				for j := range len(v) {
					marked[i+j] = true
				}
			}
		}
	}
	var out strings.Builder
	for i := range text {
		if !marked[i] {
			out.WriteByte(text[i])
		} else if i == 0 || !marked[i-1] {
			out.WriteString(leak.Mask)
		}
	}
	return out.String()
}

func FuzzRedactor(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		word := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = "ab"[rng.IntN(2)]
			}
			return string(b)
		}
		var values []string
		for range rng.IntN(8) {
			values = append(values, word(rng.IntN(12)))
		}
		text := word(rng.IntN(80))
		if got, want := redactor(values...).Clean(text), cleanSlowly(values, text); got != want {
			t.Errorf("%q without %q: %q, want %q", text, values, got, want)
		}
	})
}

func BenchmarkRedactor(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	token := func() string { // of one kind, so that all begin alike
		out := []byte("sk_live_")
		for range 32 {
			out = append(out, byte('a'+rng.IntN(26)))
		}
		return string(out)
	}
	var values []string
	for range 5000 {
		values = append(values, token())
	}
	var texts []string
	for i := range 50_000 {
		text := fmt.Sprintf("    const key%d = \"%s\" // see the manual of the service, chapter %d\n", i, leak.Mask, i%40)
		if i%10 == 0 {
			text += values[i%5000]
		}
		texts = append(texts, text)
	}
	b.ReportAllocs()
	for b.Loop() {
		r := redactor(values...)
		for _, text := range texts {
			r.Clean(text)
		}
	}
}
