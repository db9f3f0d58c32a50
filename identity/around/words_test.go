package around

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWordsInASCII(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		name := make([]byte, r.IntN(12))
		for i := range name {
			name[i] = "abzABZ019_-. \t\x00"[r.IntN(15)]
		}
		words := Words(string(name))
		if want := wordsOfAny(string(name)); !slices.Equal(words, want) {
			t.Fatalf("Words(%q) = %q, want %q", name, words, want)
		}
	}
}

// TestEndsIn tells that no name is left out that has the word at its end.
func TestEndsIn(t *testing.T) {
	letters := []rune("abAB1_-Ää\u017f\u212a€\ufeff")
	r := rand.New(rand.NewPCG(5, 6))
	for range 20_000 {
		name := make([]rune, r.IntN(8))
		for i := range name {
			name[i] = letters[r.IntN(len(letters))]
		}
		words := Words(string(name))
		if len(words) == 0 {
			continue
		}
		if last := words[len(words)-1]; !endsIn(string(name), last) {
			t.Fatalf("endsIn(%q, %q) is false", string(name), last)
		}
	}
	if endsIn("API_KEY_ID", "key") || endsIn("", "key") || !endsIn("API_KEY.", "key") {
		t.Error("endsIn is wrong of names in ASCII")
	}
}
