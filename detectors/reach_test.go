package detectors_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/detectors/detectortest"
	"github.com/whosekey/whosekey/internal/tails"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// odd are rules with all that makes a window hard to choose: literals at a
// variable offset, context on both sides, other pieces nearby, tails.
var odd = []string{
	`pattern = '\b(?P<secret>k_a[ab]{2,9})\b'`,
	`pattern = '(?P<secret>[a-b]{0,7}k_a[ab]{0,4})'`,
	`pattern = '(?P<pre>x{0,3}=)?(?P<secret>(?:k_a|kb_)[ab]{2,5})\b'`,
	`pattern = '(?i)\b(?:x[a-b]{0,4})?key[ =]{1,3}(?P<secret>[ab_]{3,6})\b'`,
	`pattern = '(?:^|[^ab])(?P<secret>[ab]{3}k_a[ab]{0,3})(?:$|[^ab])'`,
	`pattern = '(?m)^(?P<secret>k_a[ab ]{1,20}b)$'`,
	`pattern = '\B(?P<secret>b_k[_ab]{1,3}?)\B'`,
	"pattern = '\\b(?P<secret>k_a[ab]{2})\\b'\n[[rule.near]]\npattern = '\\b(?P<id>x=[ab]{2,5})\\b'\nwithin = 9\nrequired = true",
	"pattern = '\\b(?P<secret>k_a[ab]{2,4})\\b'\n[[rule.near]]\npattern = '\\b(?P<id>x=[ab]{2,5})\\b'\nwithin = 20\n[[rule.near]]\npattern = '(?P<key>key=)'\nwithin = 3",
	"pattern = 'x[ab]{0,3}=k_a(?P<secret>[ab])'\n[rule.extend]\nclass = \"[abk_]\"\nmax = 30",
	"pattern = '[ab]{0,3}(?P<secret>k_a=)'\n[rule.extend]\nuntil = '=x'\nmax = 25",
	"pattern = '\\b(?P<secret>k_a)'\n[rule.extend]\nclass = \"[abk_]\"\nmax = 40\n[[rule.near]]\npattern = '\\b(?P<id>x=[ab]{2,5})\\b'\nwithin = 6",
}

func oddRules(t testing.TB) *rules.Provider {
	t.Helper()
	text := "provider = \"odd\"\nname = \"odd\"\nabout = \"https://odd.example\"\n"
	for i, r := range odd {
		text += fmt.Sprintf("[[rule]]\nid = \"odd-%d\"\ntitle = \"t\"\nconfidence = \"high\"\nseverity = 5.0\nrotate = \"r\"\n"+
			"leaks = [{text = \"x\"}]\nclean = [{text = \"x\", why = \"x\"}]\n%s\n", i, r)
	}
	p, err := rules.Parse("odd.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// anchored matches a pattern at one place, with what is really before it.
func anchored(pattern string) func(text string, s int) []int {
	first, later := regexp.MustCompile(`^(?:`+pattern+`)`), regexp.MustCompile(`^(?s:.)(?:`+pattern+`)`)
	return func(text string, s int) []int {
		re, from := first, 0
		if s > 0 {
			re, from = later, s-1
		}
		loc := re.FindStringSubmatchIndex(text[from:])
		for i := range loc {
			if loc[i] >= 0 {
				loc[i] += from
			}
		}
		if loc != nil {
			loc[0] = s
		}
		return loc
	}
}

// slowMatches tries a rule at every place of the whole text. Of the places at
// which a match around the same literal can begin, the first counts.
func slowMatches(r *rules.Rule, text string) []detectortest.Found {
	match := anchored(r.Pattern)
	names := regexp.MustCompile(r.Pattern).SubexpNames()
	locs := make([][]int, len(text))
	for s := range text {
		locs[s] = match(text, s)
	}
	var out []detectortest.Found
	for at := range text {
		for _, l := range r.Shape.Literals {
			piece := text[at:min(len(text), at+len(l.Text))]
			if piece != l.Text && !(l.Fold && strings.ToLower(piece) == l.Text) {
				continue
			}
			for s := max(0, at-l.To); s <= at-l.From; s++ {
				if locs[s] == nil || locs[s][1] < at+len(l.Text) || !onlyOf(l.Before, text[s:at]) {
					continue
				}
				if f, ok := slowJudge(r, names, text, locs[s]); ok && !slices.Contains(out, f) {
					out = append(out, f)
				}
				break
			}
		}
	}
	return out
}

func onlyOf(set tails.Set, text string) bool {
	for i := range len(text) {
		if !set.Has(text[i]) {
			return false
		}
	}
	return true
}

var divider = regexp.MustCompile(`\n[ \t\r]*\n|\n\[|\n---`)

func slowJudge(r *rules.Rule, names []string, text string, loc []int) (detectortest.Found, bool) {
	f := detectortest.Found{Rule: r.ID, Start: -1}
	parts := map[string]string{}
	for i, n := range names {
		if n != "" && loc[2*i] >= 0 {
			parts[n] = text[loc[2*i]:loc[2*i+1]]
		}
		if n == leak.SecretPart {
			f.Start, f.End = int64(loc[2*i]), int64(loc[2*i+1])
		}
	}
	if e := r.Extend; e != nil {
		rest := text[f.End:min(len(text), int(f.Start)+e.Max)]
		more := regexp.MustCompile(`^` + e.Class + `*`).FindStringIndex(rest)
		if e.Until != "" {
			more = regexp.MustCompile(e.Until).FindStringIndex(rest)
		}
		if more == nil {
			return f, false
		}
		f.End += int64(more[1])
		parts[leak.SecretPart] = text[f.Start:f.End]
	}
	for _, n := range r.Near {
		const parted = 1000 // more than any distance: what is divided comes after all others
		match, best := anchored(n.Pattern), 2*parted
		var piece []int
		for s := range text {
			if l := match(text, s); l != nil && (l[1] <= loc[0] || l[0] >= loc[1]) {
				d := max(0, loc[0]-l[1], l[0]-max(loc[1], int(f.End)))
				if d > n.Within {
					continue
				}
				if from, to := min(int(f.End), l[3]), max(int(f.Start), l[2]); from < to && divider.MatchString(text[from:to]) {
					d += parted
				}
				if d < best {
					best, piece = d, l
				}
			}
		}
		if piece == nil && n.Required {
			return f, false
		}
		if piece != nil {
			parts[regexp.MustCompile(n.Pattern).SubexpNames()[1]] = text[piece[2]:piece[3]]
		}
	}
	var list []string
	for name, v := range parts {
		list = append(list, fmt.Sprintf("%s=%q", name, v))
	}
	slices.Sort(list)
	f.Parts = strings.Join(list, " ")
	return f, true
}

// FuzzReach compares a Set, whose text comes in chunks, with plain regexp over
// the whole text.
func FuzzReach(f *testing.F) {
	p := oddRules(f)
	var sets []*detectors.Set
	for i := range p.Rules {
		ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, Rules: p.Rules[i : i+1]}})
		if err != nil {
			f.Fatal(err)
		}
		sets = append(sets, detectors.NewSet(ds...))
	}
	words := []string{"a", "b", "ab", "ba", "aab", "k_a", "kb_", "b_k", "k", "_", " ", "\n", "=", "x", "x=", "=x", "key ", "KEY=", "key=", "xkey  ", "k_aab", "x=ab", "k_a=", "é", "x=k_ab", "bab"}
	for seed := range uint64(150) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var b strings.Builder
		for range rng.IntN(150) {
			b.WriteString(words[rng.IntN(len(words))])
		}
		text := b.String()
		for i, set := range sets {
			want := slowMatches(&p.Rules[i], text)
			slices.SortFunc(want, func(a, b detectortest.Found) int {
				return cmpOr(a.Start-b.Start, a.End-b.End, int64(strings.Compare(a.Parts, b.Parts)))
			})
			for _, size := range []int{0, 1, 1 + rng.IntN(400)} { // 1 stands for the smallest chunks that may be
				got := slices.DeleteFunc(detectortest.Matches(set, text, size), func(f detectortest.Found) bool { return f.Encoding != "" })
				if d := cmp.Diff(want, got); d != "" && len(want)+len(got) > 0 {
					t.Fatalf("%s\nin %q, chunks of %d: -regexp +set\n%s", odd[i], text, size, d)
				}
			}
		}
	})
}

func cmpOr(ns ...int64) int {
	for _, n := range ns {
		if n != 0 {
			return int(n)
		}
	}
	return 0
}
