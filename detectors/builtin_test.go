package detectors

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// glued returns a text of the examples of all rules, with something between.
func glued(t *testing.T, ps []*rules.Provider, seed uint64) string {
	rng := rand.New(rand.NewPCG(seed, 0))
	between := []string{"\n", "\n", "\n", " ", "\t", ";", ",", "\r\n", "\"", " = ", "\x00", "é", "\xff\xfe", "x", "A", "9", "_", "-", "/", ">"}
	var texts []string
	for _, p := range ps {
		for _, r := range p.Rules {
			for i, l := range r.Leaks {
				text, err := rules.Expand(l.Text, fmt.Sprint(seed, r.ID, i), Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				if len(text) < 2000 {
					texts = append(texts, text)
				}
			}
		}
	}
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	var out strings.Builder
	for _, text := range texts {
		out.WriteString(text)
		for range 1 + rng.IntN(3) {
			out.WriteString(between[rng.IntN(len(between))])
		}
	}
	return out.String()
}

// spansOf are the matches of a rule that are not within another one of it:
// plain regexp finds a name's tail too, where a rule lets it begin anywhere.
func spansOf(spans []leak.Span) []leak.Span {
	slices.SortFunc(spans, func(a, b leak.Span) int {
		if a.Start != b.Start {
			return int(a.Start - b.Start)
		}
		return int(b.End - a.End)
	})
	var out []leak.Span
	for _, s := range spans {
		if n := len(out); n == 0 || !out[n-1].Contains(s) {
			out = append(out, s)
		}
	}
	return out
}

// shipped are the rules that ship, and what is compiled of them.
func shipped(t *testing.T) ([]*rules.Provider, []Detector) {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	ds, err := Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	return ps, ds
}

// TestBuiltinAgainstRegexp compares the rules that ship, as far as a pattern
// says all of them, with regexp tried at every place of the text.
func TestBuiltinAgainstRegexp(t *testing.T) {
	ps, ds := shipped(t)
	set := NewSet(ds...)
	for seed := range uint64(1) {
		text := []byte(glued(t, ps, seed))
		got := map[string][]leak.Span{}
		set.Scan(&leak.Chunk{Data: text}, func(m leak.Match) {
			if m.Encoding == "" {
				got[m.Rule] = append(got[m.Rule], m.Span)
			}
		})
		total := 0
		for _, d := range ds {
			p := d.(*pattern)
			if len(p.rule.Near) > 0 || p.rule.Extend != nil {
				continue
			}
			want := everywhere(set, p, text)
			total += len(want)
			if d := cmp.Diff(spansOf(want), spansOf(got[p.rule.ID])); d != "" {
				t.Errorf("%s, seed %d: -regexp +set\n%s", p.rule.ID, seed, d)
			}
		}
		t.Logf("%d bytes, %d matches", len(text), total)
		if total < 100 {
			t.Errorf("only %d matches", total)
		}
	}
}

// everywhere finds all matches of a rule, also those that begin within others, but for
// what stands in the field of another provider: that is for the set to say.
func everywhere(set *Set, p *pattern, text []byte) (out []leak.Span) {
	p.compile.Do(p.ready)
	judge := func(loc []int, from int) {
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += from
			}
		}
		d := newDraft(text)
		defer d.release()
		if _, ok := p.judge(d, loc, 0, nil); ok && set.elsewhere(p.spec.Rule.Provider, string(d.lead)) == "" {
			out = append(out, leak.Span{Start: int64(d.start), End: int64(d.end)})
		}
	}
	if loc := regexp.MustCompile(`^(?:` + p.rule.Pattern + `)`).FindSubmatchIndex(text); loc != nil {
		judge(loc, 0)
	}
	// With the character before the match, for what looks at it.
	for _, pattern := range append(joinedPattern(p), `(?s:.)(?:`+p.rule.Pattern+`)`) {
		re := regexp.MustCompile(pattern)
		for from := 0; ; {
			loc := re.FindSubmatchIndex(text[from:])
			if loc == nil {
				break
			}
			_, before := utf8.DecodeRune(text[from+loc[0]:])
			loc[0] += before
			next := from + loc[0]
			judge(loc, from)
			from = next
		}
	}
	return out
}

// joinedPattern says for package regexp how a rule's credential stands in a name.
func joinedPattern(p *pattern) []string {
	inside := strings.TrimPrefix(p.rule.Pattern, `\b`)
	switch p.joint {
	case ahead:
		return []string{`_(?:` + inside + `)`}
	case within:
		word := strings.TrimSuffix(inside, `\b`) + `(?:\b|_)`
		return []string{`_(?:` + word + `)`, `(?s:.)(?:\b` + word + `)`}
	case proven:
		inside = strings.Replace(inside, `(?:^|`, `(?:|`, 1)
		inside = strings.ReplaceAll(inside, `\b`, `(?:\b|_)`)
		inside = strings.ReplaceAll(inside, `|$)`, `|$|[^0-9A-Za-z])`)
		return []string{`[^0-9A-Za-z](?:` + inside + `)`}
	}
	return nil
}

// TestLongTokens: tokens with thousands of groups are found up to 80 KB. Servers take
// headers of 8 to 64 KB, and what a rule may read every chunk of a large file has twice.
func TestLongTokens(t *testing.T) {
	_, ds := shipped(t)
	set := NewSet(ds...)
	b64 := base64.RawURLEncoding.EncodeToString
	for groups, want := range map[int]int{10: 1, 4_000: 1, 10_000: 0} {
		payload := `{"iss":"https://sso.acme.example","sub":"svc-pay","groups":["x"` + strings.Repeat(`,"g0123456"`, groups) + `]}`
		text := "token: " + b64([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + b64([]byte(payload)) + "." + strings.Repeat("aZ09_x7K", 40) + "\n"
		got := 0
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if m.Rule == "jwt" {
				got++
			}
		})
		if got != want {
			t.Errorf("a token of %d bytes: %d matches, want %d", len(text), got, want)
		}
	}
}
