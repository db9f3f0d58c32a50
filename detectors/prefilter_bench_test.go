package detectors

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/internal/coded"
	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/rules"
)

// codeWords are what benchText is made of: words that source code, its
// documentation and logs are full of.
var codeWords = strings.Fields(`a all also and any api append args array as assert async at auth author await back base be been before
	begin body bool bound branch break buffer build but by byte bytes cache call can case catch change channel char check child class clean
	client clone close code column commit common config connection const content context continue copy count create current data date
	debug def default delete describe diff dir do does done each else email empty end engine entry enum err error event every except
	exec exit expect export fail false file files filter find first flag float for foreach format found from func function get git github
	global go group had handle handler has hash have head header help here hook host http https id if ignore implement import in include
	index info init input insert instance int interface into invalid is it item items iterator job join json key keys kind label last
	left len length let level lib license like line lines link list load local lock log long loop main make map master match max may
	merge message method mode model module more move must mutex name namespace need new next nil no node none not note null number object of
	offset old on one only open option options or order org other out output override package page param params parent parse password
	path patch pattern pointer port position post prefix print private process project property public pull push query queue range
	raw read reader record ref remove render replace request require reset resource response result return right root route row ruby
	rule run same save schema scope script search section see select self send server service session set shall should show sign size skip
	slice so some source spec sql start state static status stdin stop store str stream string struct style sub suite super support
	switch sync system table tag target task template test tests text than that the their then there this thread time timeout title to
	token tree trim true try type uint under unit unless until update upload url use used user users util val valid value values var
	vector version view void wait want warn was we when where which while will with within without word worker wrap write writer yes
	you your zero`)

// benchText is a made-up text of n bytes, the same one each time: lines of code
// and of logs with names in all spellings, numbers, ids and a few credentials'
// neighbours. It looks little like what pairs.bin was counted in.
func benchText(n int) []byte {
	rng := rand.New(rand.NewPCG(7, 11))
	word := func() string { return codeWords[rng.IntN(len(codeWords))] }
	title := func(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
	between := []string{" ", " ", " ", " ", " = ", "(", ")", ", ", ": ", ".", ".", "_", "-", "/", " := ", "\n", "\n\t", "\n    ", "();\n", " {\n", "\n}\n", "\"", "'", " // ", " -> ", "[0]", "<", ">"}
	out := make([]byte, 0, n+100)
	for len(out) < n {
		switch k := rng.IntN(100); {
		case k < 62:
			out = append(out, word()...)
		case k < 76:
			out = append(out, word()+title(word())...)
		case k < 84:
			out = append(out, title(word())...)
		case k < 88:
			out = append(out, strings.ToUpper(word())...)
		case k < 95:
			out = fmt.Append(out, rng.IntN(3000))
		case k < 97:
			out = fmt.Appendf(out, "%016x", rng.Uint64())
		case k < 98:
			out = append(out, "é ü — 日本 "...)
		default:
			for range 4 + rng.IntN(40) {
				out = append(out, coded.Chars[rng.IntN(64)])
			}
		}
		out = append(out, between[rng.IntN(len(between))]...)
	}
	return out[:n]
}

// benchLiterals are the prefilter's literals for n rules: every so manieth of
// those that ship or, if these are too few, all of them and made-up ones.
//
// Made-up rules are like those of three other scanners, about 1,000 for as many
// providers (November 2026): four in five look for a name in any case, for which
// there is no base64, and they have one or two literals. Such a rule has the
// literals of one that ships with all vowels, consonants and digits exchanged for
// others, or a name that is made of words, as many names are. Only rules that
// could ship are made: all literals have four bytes or more (CONTRIBUTING.md asks
// for that), and none stands in a code word.
//
// It was measured against the real thing: the rules that ship with those of the
// other scanners that could, 1,398 rules. Those have 6,856 literals with encoded
// forms, these 1,500 have 8,300; the prefilter is within a sixth as fast with the
// ones as with the others, in text like benchText and in the histories of git and
// Rails. With the others' rules that could not ship, which look for "user", "key"
// and "api", it takes half as long again.
func benchLiterals(tb testing.TB, n int) []prefilter.Literal {
	ps, err := rules.Shipped()
	if err != nil {
		tb.Fatal(err)
	}
	ds, err := Compile(ps)
	if err != nil {
		tb.Fatal(err)
	}
	var out []prefilter.Literal
	add := func(lits []rules.Literal) {
		cut := func(l prefilter.Literal) {
			out = append(out, prefilter.Literal{Text: l.Text[:min(len(l.Text), maxPrefix)], Fold: l.Fold})
		}
		for _, l := range lits {
			cut(prefilter.Literal{Text: l.Text, Fold: l.Fold})
			for _, f := range forms(nil, l) {
				cut(f.lit)
			}
		}
	}
	for i := range min(n, len(ds)) {
		add(ds[i*len(ds)/min(n, len(ds))].Spec().Literals)
	}
	rng := rand.New(rand.NewPCG(3, 5))
	for made := len(ds); made < n; {
		if lits, ok := likeThem(rng, ds[rng.IntN(len(ds))].Spec().Literals); ok {
			add(lits)
			made++
		}
	}
	return out
}

// fewLiterals is how many literals a made-up rule has at most; one in twenty of
// those that ship has more, and one in seventy of other scanners' rules.
const fewLiterals = 8

// likeThem makes literals for a rule that is like one with lits, and tells
// whether a rule can have them.
func likeThem(rng *rand.Rand, lits []rules.Literal) ([]rules.Literal, bool) {
	words := strings.Join(codeWords, " ")
	other, kind := exchange(rng), rng.IntN(5)
	if kind == 0 {
		// A provider's name, from the beginning of a word and the end of another one.
		a, b := codeWords[rng.IntN(len(codeWords))], codeWords[rng.IntN(len(codeWords))]
		lits = []rules.Literal{{Text: a[:min(len(a), 2+rng.IntN(4))] + b[max(0, len(b)-2-rng.IntN(4)):], Fold: true}}
	}
	out := slices.Clone(lits)
	for i := range out {
		l := &out[i]
		if kind > 0 {
			l.Text = other.Replace(l.Text)
		}
		if kind < 4 {
			l.Text, l.Fold = strings.ToLower(l.Text), true
		}
		if len(l.Text) < 4 || strings.Contains(words, strings.ToLower(l.Text)) {
			return nil, false
		}
	}
	return out, len(out) <= fewLiterals
}

// exchange exchanges letters and digits for others of their kind.
func exchange(rng *rand.Rand) *strings.Replacer {
	var pairs []string
	for _, kind := range []string{"aeiou", "bcdfghjklmnpqrstvwxyz", "0123456789"} {
		for i, to := range rng.Perm(len(kind)) {
			pairs = append(pairs, kind[i:i+1], kind[to:to+1])
			if a := strings.ToUpper(kind[i : i+1]); a != kind[i:i+1] {
				pairs = append(pairs, a, strings.ToUpper(kind[to:to+1]))
			}
		}
	}
	return strings.NewReplacer(pairs...)
}

// BenchmarkPrefilter measures the prefilter on the literals of rules, with all
// their encoded forms: on large buffers, and on what is searched in a history,
// very many gaps of a few bytes. WHOSEKEY_TEXT names a file to use instead of
// the made-up text.
func BenchmarkPrefilter(b *testing.B) {
	text := benchText(4 << 20)
	if name := os.Getenv("WHOSEKEY_TEXT"); name != "" {
		var err error
		if text, err = os.ReadFile(name); err != nil {
			b.Fatal(err)
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var gaps [][2]int
	inGaps := 0
	for at := 0; at < len(text); {
		// Half of the gaps are of 1 to 50 bytes, the mean is about 100.
		size := 1 + rng.IntN(50)
		for size < 2000 && rng.IntN(2) == 0 {
			size *= 2
		}
		to := min(at+size, len(text))
		gaps, inGaps = append(gaps, [2]int{at, to}), inGaps+to-at
		at = to + 200
	}
	for _, n := range []int{60, 300, 417, 1500} {
		lits := benchLiterals(b, n)
		f := prefilter.Compile(lits)
		hits := f.Append(nil, text)
		b.Run(fmt.Sprintf("%drules/large", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				hits = f.Append(hits[:0], text)
			}
			b.ReportMetric(float64(len(lits)), "literals")
			b.ReportMetric(float64(len(hits))/float64(len(text))*1e6, "hits/MB")
		})
		b.Run(fmt.Sprintf("%drules/gaps", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(inGaps))
			for b.Loop() {
				for _, g := range gaps {
					hits = f.AppendIn(hits[:0], text, g[0], g[1])
				}
			}
			b.ReportMetric(float64(inGaps)/float64(len(gaps)), "bytes/gap")
		})
		b.Run(fmt.Sprintf("%drules/compile", n), func(b *testing.B) {
			for b.Loop() {
				prefilter.Compile(lits)
			}
		})
	}
}
