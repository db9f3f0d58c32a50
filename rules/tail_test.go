package rules

import (
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestTails(t *testing.T) {
	for _, test := range []struct{ pattern, holds, not string }{
		{`\bpat[A-Za-z]{14}\.[0-9]{64}`, "abcdefghijklm", "abcdefghijkl."},
		{`\bpat[A-Za-z]{14}\.[0-9]{64}`, "abc%2eabcdefgh", "abc=2eabcdefgh"},
		{`pat-x[a-z](?:yz[0-9]|w)[ab]`, "ayz", "aaz"},
		{`(?i:token)[:=]\s?[0-9a-f]{32}`, "\n012345678", "0\n12345678"},
		{`(?i:acc[ck])[0-9]{3}`, "123", "12"},
		{`abc(?:d|é)[xy]{4}`, "éxyx", "eéxx"},
		{`[0-9]{3}abc[0-9]{2}x`, "12x", "123"},
	} {
		shape := mustShape(t, test.pattern)
		tail := shape.Literals[0].Tail
		for text, want := range map[string]bool{test.holds: true, test.not: false} {
			if got := tail.Len() <= len(text) && tail.Holds([]byte(text)); got != want {
				t.Errorf("%s: %q behind %q: %v, want %v", test.pattern, text, shape.Literals[0].Text, got, want)
			}
		}
	}
	for _, none := range []string{`abcK{2}`, `abc.{0,3}[xy]{4}`, `abc(?s:.)[0-9]?`} {
		if shape := mustShape(t, none); shape.Literals[0].Tail != "" {
			t.Errorf("%s: %q says something", none, shape.Literals[0].Tail)
		}
	}
}

func mustShape(t *testing.T, pattern string) Shape {
	t.Helper()
	shape, err := shapeOf(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return shape
}

// Whatever matches has the tail of one of its literals behind that.
func FuzzTails(f *testing.F) {
	f.Add(`\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}`, uint64(1))
	f.Add(`(?i:box)[_. -]?(?:(?i:access|dev|api)[_. -]?){0,2}(?i:token)=[a-z]{3}`, uint64(2))
	f.Add(`[0-9]{1,3}abc(?:d|é|)[xyk]{0,4}(?i)k?s{2}`, uint64(3))
	f.Add(`(?:aaa|baa)[^a]{1,3}(?:x|aaa)`, uint64(4))
	f.Fuzz(func(t *testing.T, pattern string, seed uint64) {
		re, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil || len(pattern) > 80 {
			return
		}
		shape, err := analyze(re, nil)
		if err != nil {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		exact := regexp.MustCompile(pattern)
		for range 20 {
			text := "-" + sample(re, rng) + "-"
			for _, m := range exact.FindAllString(text, -1) {
				if n := shape.Head.Len(); n > len(m) || !shape.Head.Begins([]byte(m)) {
					t.Fatalf("%q: %q has not %q", pattern, m, shape.Head)
				}
				if !someTail(shape.Literals, m) {
					t.Fatalf("%q: %q has none of %+v with its tail", pattern, m, shape.Literals)
				}
			}
		}
	})
}

func someTail(lits []Literal, m string) bool {
	for _, l := range lits {
		for i := range len(m) {
			n := i + len(l.Text)
			if n > len(m) || m[i:n] != l.Text && !(l.Fold && strings.EqualFold(m[i:n], l.Text)) {
				continue
			}
			if len(m)-n >= l.Tail.Len() && l.Tail.Holds([]byte(m[n:])) {
				return true
			}
		}
	}
	return false
}

// sample makes a text that a pattern matches, if what it asks of places is so there.
func sample(re *syntax.Regexp, rng *rand.Rand) string {
	var b strings.Builder
	least, most := 1, 1
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			for f := unicode.SimpleFold(r); re.Flags&syntax.FoldCase != 0 && f != r && f < utf8.RuneSelf && rng.IntN(2) == 0; f = unicode.SimpleFold(f) {
				r = f
			}
			b.WriteRune(r)
		}
		return b.String()
	case syntax.OpCharClass:
		i := rng.IntN(len(re.Rune)/2) * 2
		return string(re.Rune[i] + rng.Int32N(min(re.Rune[i+1]-re.Rune[i], 300)+1))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return string([]rune("a1.é%\u212a")[rng.IntN(6)])
	case syntax.OpAlternate:
		return sample(re.Sub[rng.IntN(len(re.Sub))], rng)
	case syntax.OpRepeat:
		least, most = re.Min, re.Max
	case syntax.OpQuest:
		least = 0
	}
	for range least + rng.IntN(most-least+1) {
		for _, sub := range re.Sub {
			b.WriteString(sample(sub, rng))
		}
	}
	return b.String()
}
