package pipeline

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
)

// TestOutdone compares what is found where the matches of a text come together, so that
// those that a surer rule outdoes are kept as little, with what is found where each comes
// alone and is kept whole.
func TestOutdone(t *testing.T) {
	names := []string{"high-a", "high-b", "medium-c", "low-d", "low-e"}
	lesser := 0
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 2))
		whole, kept := sureness(names...), sureness(names...)
		for ref := range leak.Ref(3) {
			b := &batch{}
			for range rng.IntN(40) {
				value := strings.Repeat(string(rune('a'+rng.IntN(3))), 6+2*rng.IntN(3))
				m := matchOf(names[rng.IntN(len(names))], value, ref, int64(10*rng.IntN(12)))
				if rng.IntN(5) == 0 {
					m.Hit.Pieces = append(m.Hit.Pieces, leak.Span{Start: -8, End: -3})
				}
				b.matches = append(b.matches, m)
			}
			gather(whole, b.matches...)
			kept.add(b)
		}
		lesser += len(kept.lesser)
		told := func(c *collector) (all []string) {
			creds, err := c.credentials(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, cred := range creds {
				s := fmt.Sprintf("%s %v %s", cred.matches[0].Rule, cred.also, cred.matches[0].Parts[leak.SecretPart].Fingerprint(nil, ""))
				var places []string
				for _, m := range cred.matches { // those of several rules come in any order
					places = append(places, fmt.Sprint(m.Ref, m.Span, m.Pieces))
				}
				slices.Sort(places)
				all = append(all, fmt.Sprint(s, cred.matches[0].Ref, cred.matches[0].Span, places))
			}
			for ref := range leak.Ref(3) {
				pieces := c.pieces(ref)
				slices.SortFunc(pieces, compareSpans)
				all = append(all, fmt.Sprint(slices.Compact(pieces)))
			}
			return append(all, fmt.Sprint(len(c.parts())))
		}
		if want, got := told(whole), told(kept); !slices.Equal(got, want) {
			t.Fatalf("seed %d: %s", seed, cmp.Diff(want, got))
		}
	}
	if lesser == 0 {
		t.Error("nothing was outdone")
	}
}

// TestOutdoneIsLittle: what is a value of a field too is one credential, and not two.
func TestOutdoneIsLittle(t *testing.T) {
	c := sureness("high-a", "low-d")
	for i := range int64(1000) {
		value := fmt.Sprintf("value%06d", i)
		c.add(&batch{matches: []leak.Match{matchOf("low-d", value, leak.Ref(i), 7), matchOf("high-a", value, leak.Ref(i), 7)}})
	}
	if len(c.kinds) != 1001 || len(c.alike) != 1000 {
		t.Errorf("%d kinds are kept of 1000 credentials", len(c.kinds))
	}
}

// TestOutdoneIsLost: what is outdone by a match that there is no room for is none of its own.
func TestOutdoneIsLost(t *testing.T) {
	defer func(n int) { maxOfRule = n }(maxOfRule)
	maxOfRule = 2
	c := sureness("high-a", "low-d")
	for i := range int64(5) {
		value := fmt.Sprintf("value%06d", i)
		c.add(&batch{matches: []leak.Match{matchOf("low-d", value, leak.Ref(i), 7), matchOf("high-a", value, leak.Ref(i), 7)}})
	}
	creds, err := c.credentials(t.Context())
	if err != nil || len(creds) != 2 || c.lost != 6 {
		t.Errorf("%d credentials, %d matches lost, %v", len(creds), c.lost, err)
	}
}
