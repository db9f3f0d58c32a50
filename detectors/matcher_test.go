package detectors

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/whosekey/whosekey/rules"
)

// patterns that have the matcher's corners in them.
var tricky = []string{
	`\bk_[ab]{2,9}\b`, `(?P<secret>[a-c]{1,3}?)c`, `(a|ab)(c|bcd)(d{0,3})`, `(?i)kEy[s_]{0,2}=(?P<v>[^"\n]{1,6})"?`,
	`(?:ab?){1,3}b`, `(?:(a)|(b)){2,4}`, `[a-b]{0,3}\b_`, `a.{0,4}?b$`, `(?m)^a{1,2}$`, `\Bk[_a]{1,3}\B`, `(?s)a.b`, `x*y?[^a]{2}`,
	`(?:a{0,2}){2}b`, `a+?b{1,2}`, `(?i)\bsecret`, `[é-ü]{1,2}a`, `[^\x00-\x7f]{2}k`,
	`a.{0,4}?bk`, `a.{1,5}ab`, `k[^\n]{0,4}?\b(?P<secret>ab[ab]{1,2})`, `[ab][^k]{2,6}_k`, `k[ab]{0,5}?ab\b`,
}

func compareMatch(t *testing.T, m *matcher, text []byte, s int) {
	t.Helper()
	if s > 0 {
		if _, size := utf8.DecodeRune(text[s-1:]); size != 1 {
			return // in the middle of a character: no rule starts there
		}
	}
	fast, slow := make([]int, 2*len(m.names)), make([]int, 2*len(m.names))
	far, ok := m.match(fast, text, s, len(text))
	if want := m.slow(slow, text, s); ok != want || ok && !slices.Equal(fast, slow) {
		t.Errorf("%s at %d of %q: %v %v, regexp says %v %v", m.pattern, s, text, ok, fast, want, slow)
	}
	if far > len(text) {
		return // the end counted
	}
	for _, more := range []string{"", "a", "_k", "\n", "\xff", "\""} { // what was not looked at does not count
		changed := append(bytes.Clone(text[:far]), more...)
		if again := m.slow(slow, changed, s); again != ok || ok && !slices.Equal(fast, slow) {
			t.Errorf("%s at %d of %q looked at %q, but in %q finds %v %v", m.pattern, s, text, text[:far], changed, again, slow)
		}
	}
}

// FuzzMatcher compares the matcher with package regexp.
func FuzzMatcher(f *testing.F) {
	for i, text := range []string{"k_abab k_b", "abcd", "KEYs=\"abc\" key_=\u212aey", "aab\nab\n", "\xffk_a\u00e9\u00fca", "ſecret", "aéüébk", "k é ü abab", "aabaabab abk"} {
		f.Add([]byte(text), uint8(i))
	}
	var ms []*matcher
	for _, p := range tricky {
		m, err := newMatcher(p)
		if err != nil {
			f.Fatal(err)
		}
		ms = append(ms, m)
	}
	f.Fuzz(func(t *testing.T, text []byte, _ uint8) {
		if len(text) > 200 {
			return
		}
		for _, m := range ms {
			for s := range text {
				compareMatch(t, m, text, s)
			}
		}
	})
}

// TestMatcherOnBuiltinRules compares the two on every rule that ships, on its
// own examples and on damaged ones.
func TestMatcherOnBuiltinRules(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range ps {
		for _, r := range p.Rules {
			m, err := newMatcher(r.Pattern)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range r.Leaks {
				text, err := rules.Expand(l.Text, r.ID, Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					b := []byte(text[:min(len(text), 700)])
					for s := 0; s < len(b); s += 1 + rng.IntN(5) {
						compareMatch(t, m, b, s)
					}
					for range 1 + len(b)/30 {
						b[rng.IntN(len(b))] = "aZ0_-. \"=\xe9\n"[rng.IntN(11)]
					}
					text = string(b)
				}
			}
		}
	}
}

func TestMatcherGivesUpOnHardPatterns(t *testing.T) {
	m, err := newMatcher(`(?:a{1,40}b?){1,9}c`)
	if err != nil {
		t.Fatal(err)
	}
	compareMatch(t, m, []byte(strings.Repeat("a", 300)), 0)
	compareMatch(t, m, []byte(strings.Repeat("a", 300)+"c"), 200)
}

func BenchmarkMatcher(b *testing.B) {
	const pattern = `\b(?P<secret>xoxb-[0-9]{10,13}-[0-9]{10,13}-[0-9A-Za-z]{24})\b`
	text := []byte(" xoxb-" + strings.Repeat("1", 12) + "-" + strings.Repeat("2", 12) + "-" + strings.Repeat("aB3", 8) + " ")
	m, _ := newMatcher(pattern)
	b.Run("ours", func(b *testing.B) {
		loc := make([]int, 4)
		b.ReportAllocs()
		for b.Loop() {
			m.match(loc, text, 1, len(text))
		}
	})
	re := regexp.MustCompile(`^(?s:.)` + pattern)
	b.Run("regexp", func(b *testing.B) {
		for b.Loop() {
			re.FindSubmatchIndex(text)
		}
	})
}
