package rules

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func shapeOf(pattern string, declared ...string) (Shape, error) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return Shape{}, err
	}
	return analyze(re, declared)
}

// show writes literals as text@from-to, with ~ in front of a folded one.
func show(s Shape) string {
	out := fmt.Sprintf("%d-%d:", s.MinLen, s.MaxLen)
	for _, l := range s.Literals {
		fold := ""
		if l.Fold {
			fold = "~"
		}
		out += fmt.Sprintf(" %s%s@%d-%d", fold, l.Text, l.From, l.To)
	}
	return out
}

func TestAnalyze(t *testing.T) {
	for _, tt := range []struct{ pattern, want string }{
		{`abc`, "3-3: abc@0-0"},
		{`\babc_[0-9]{4}\b`, "8-8: abc_@0-0"},
		{`(?P<secret>abc_[0-9]{4,9})`, "8-13: abc_@0-0"},
		{`[0-9]{4,9}abc_`, "8-13: abc_@4-9"},
		{`[0-9]{4}abc_[0-9]defgh`, "14-14: defgh@9-9"},                    // the longer one
		{`[0-9]{4}abcdef[0-9]{2}abcdefghij`, "22-22: abcdefghij@12-12"},   // as many, and longer
		{`(?:abcde|fghij)[0-9]abcdef`, "12-12: abcdef@6-6"},               // fewer
		{`[0-9]{4}(?:abc|defg)[0-9]{0,3}x`, "8-12: abc@4-4 defg@4-4"},     // alternatives
		{`(?:abc|defg)_x`, "5-6: abc_x@0-0 defg_x@0-0"},                   // go on with what follows
		{`x?abcd`, "4-5: abcd@0-0 xabcd@0-0"},                             // an optional character
		{`(?:x-)?abcd`, "4-6: abcd@0-0 x-abcd@0-0"},                       // an optional text
		{`(?:x[0-9]{2})?abcd`, "4-7: abcd@0-3"},                           // an optional part
		{`(?:x(?:y[0-9]{1,2})?z)?abcd`, "4-9: abcd@0-5"},                  // nested
		{`(?:x(?:y)?z)?abcd`, "4-7: abcd@0-0 xzabcd@0-0 xyzabcd@0-0"},     // nested, and constant
		{`[a-c]xyz`, "4-4: axyz@0-0 bxyz@0-0 cxyz@0-0"},                   // a small class
		{`[a-z]xyz`, "4-4: xyz@1-1"},                                      // a large one
		{`gh[opsu]_`, "4-4: gho_@0-0 ghp_@0-0 ghs_@0-0 ghu_@0-0"},         //
		{`(?i)AbC_[0-9]`, "5-5: ~abc_@0-0"},                               //
		{`(?i)123-456`, "7-7: 123-456@0-0"},                               // no letters: nothing to fold
		{`(?i:key)[=:]xyz`, "7-7: ~key:xyz@0-0 ~key=xyz@0-0"},             // folding takes over
		{`(?i:key)[ =:]{0,5}XYZ`, "6-11: XYZ@3-8"},                        // keys are everywhere
		{`(?i:twitch|ttv).{0,9}(?i:token)`, "8-47: ~twitch@0-0 ~ttv@0-0"}, // tokens too
		{`[0-9]{4}\.01\.[0-9](?:abcd|wxyz)`, "13-13: abcd@9-9 wxyz@9-9"},  // so are numbers
		{`[0-9]{2}(?:ab){3}[0-9]`, "9-9: ababab@2-2"},                     // a repeated text
		{`[0-9]{2}(?:abc){1,3}[0-9]`, "6-12: abc@2-2"},                    // at least once
		{`[0-9]{2}(?:[0-9]abc){2,3}[0-9]`, "11-15: abc@3-3"},              // within what is repeated
		{`(?:[0-9]abc|[0-9]{5}def)x`, "5-9: abc@1-1 def@5-5"},             // not in the same place
		{`^abc$`, "3-3: abc@0-0"},                                         //
		{`(?m)^abc$`, "3-3: abc@0-0"},                                     //
		{`(?:^|[^a-z])abc`, "3-7: abc@0-4"},                               // a character may have four bytes
		{`.{0,3}abc`, "3-15: abc@0-12"},                                   //
		{`[à-ü]{2}abc`, "5-7: abc@2-4"},                                   // two bytes each, or one that is no UTF-8
		{`ключ`, "8-8: ключ@0-0"},                                         // length in bytes
		{`abc[^\x{D900}-\x{10FFFF}]`, "4-6: abc@0-0"},                     // a class that ends in surrogates
		{`(?i)(?:api|app)[_-]?key`, "6-7: ~apikey@0-0 ~api-key@0-0 ~api_key@0-0 ~appkey@0-0 ~app-key@0-0 ~app_key@0-0"}, // all combinations
	} {
		s, err := shapeOf(tt.pattern)
		if got := show(s); err != nil || got != tt.want {
			t.Errorf("%s\ngot  %s, %v\nwant %s", tt.pattern, got, err, tt.want)
		}
	}
	if s, err := shapeOf(`(?i)é_abc`); err == nil {
		t.Errorf("folding beyond ASCII, which the search cannot: %s", show(s))
	}
	for _, tt := range []struct {
		pattern, declared, want string
	}{
		{`[0-9]{4}(?:abc|def)[0-9]`, "abc def", "8-8: abc@4-4 def@4-4"},
		{`[0-9]{0,4}abc[a-z]{3}`, "abc", "6-10: abc@0-4"},                                                    // it may stand in the letters too
		{`(?i:jwt)_[a-z]{3}`, "jwt JWT", "7-7: jwt@0-0 JWT@0-0"},                                             // in the cases that are declared
		{`(?:mysql[ab]{9,12}|mongo[ab]{9,12}|zip)x`, "mysql mongo zip", "4-18: mysql@0-0 mongo@0-0 zip@0-0"}, // parsed as m(?:ysql|ongo)
		{`(?:abc|def)[0-9]{2}`, "abc", "5-5: abc@0-2"},                                                       // some have none: it may be anywhere
		{`(?:abc)?[0-9]{2}def`, "abc def", "5-8: def@2-5"},
		{`[0-9]{2}(?:x{3,4}abc)?y`, "abc", "3-10: abc@0-7"},
		{`(?:[0-9]-abc){1,2}`, "abc", "5-10: abc@2-2"},
	} {
		s, err := shapeOf(tt.pattern, strings.Fields(tt.declared)...)
		if got := show(s); err != nil || got != tt.want {
			t.Errorf("%s with declared literals\ngot  %s, %v\nwant %s", tt.pattern, got, err, tt.want)
		}
	}
}

// maker makes random patterns together with texts that they match.
type maker struct{ *rand.Rand }

// pick makes a pattern, and what makes texts for it.
func (m maker) pick(depth int) (string, func() string) {
	n := 6
	if depth > 0 {
		n = 11
	}
	switch m.IntN(n) {
	case 0:
		return m.word(2 + m.IntN(4))
	case 1:
		return m.word(1)
	case 2:
		return m.class()
	case 3:
		p, text := m.class()
		return m.times(p, text)
	case 4:
		p := []string{`\b`, `^`, `$`, `(?m:^)`, `\B`, ``}[m.IntN(6)]
		return p, func() string { return "" }
	case 5:
		p, text := m.word(1 + m.IntN(3))
		return "(?i:" + p + ")", func() string { return m.anyCase(text()) }
	case 6:
		p, text := m.sequence(depth - 1)
		return m.times("(?:"+p+")", text)
	case 7:
		p, text := m.sequence(depth - 1)
		return "(?:" + p + ")?", func() string { return []func() string{text, func() string { return "" }}[m.IntN(2)]() }
	case 8:
		p, text := m.sequence(depth - 1)
		return "(" + p + ")", text
	}
	var ps []string
	var texts []func() string
	for range 2 + m.IntN(2) {
		p, text := m.sequence(depth - 1)
		ps, texts = append(ps, p), append(texts, text)
	}
	return "(?:" + strings.Join(ps, "|") + ")", func() string { return texts[m.IntN(len(texts))]() }
}

func (m maker) sequence(depth int) (string, func() string) {
	var pattern string
	var texts []func() string
	for range 1 + m.IntN(4) {
		p, text := m.pick(depth)
		pattern, texts = pattern+p, append(texts, text)
	}
	return pattern, func() string {
		var out strings.Builder
		for _, text := range texts {
			out.WriteString(text())
		}
		return out.String()
	}
}

func (m maker) word(n int) (string, func() string) {
	letters := []string{"a", "b", "c", "A", "k", "s", "_", "0", "é", "-"}
	var out string
	for range n {
		out += letters[m.IntN(len(letters))]
	}
	return out, func() string { return out }
}

func (m maker) class() (string, func() string) {
	c := []struct{ class, members string }{
		{`[ab]`, "ab"}, {`[a-c_]`, "abc_"}, {`[0-9]`, "0159"}, {`[^a]`, "b0é€\U0001F511\xff\n"}, {`.`, "a0é€\U0001F511\xff"}, {`[é-ü€]`, "éü€"}, {`(?i:[a-k])`, "aAkK\u212a"}, {`[xX]`, "xX"},
	}[m.IntN(8)]
	var members []string
	for _, b := range []byte(strings.ToValidUTF8(c.members, "\x01")) {
		if b < 0x80 {
			members = append(members, strings.ReplaceAll(string(rune(b)), "\x01", "\xff"))
		}
	}
	for _, r := range strings.ToValidUTF8(c.members, "") {
		if r >= 0x80 {
			members = append(members, string(r))
		}
	}
	return c.class, func() string { return members[m.IntN(len(members))] }
}

func (m maker) times(p string, text func() string) (string, func() string) {
	lo := m.IntN(4)
	hi := lo + m.IntN(4)
	return fmt.Sprintf("%s{%d,%d}", p, lo, hi), func() string { return strings.Repeat(text(), lo+m.IntN(hi-lo+1)) }
}

func (m maker) anyCase(s string) string {
	return strings.Map(func(r rune) rune {
		if m.IntN(2) == 0 {
			return unicode.ToUpper(r)
		}
		return r
	}, s)
}

// has reports whether one of the literals is in text where it can be, behind what can be before it.
func (s Shape) has(text string) bool {
	for _, l := range s.Literals {
		for at := l.From; at <= l.To && at+len(l.Text) <= len(text); at++ {
			piece := text[at : at+len(l.Text)]
			if (piece == l.Text || l.Fold && asciiLower(piece) == l.Text) && !strings.ContainsFunc(text[:at], func(r rune) bool { return !l.Before.Has(byte(min(r, utf8.RuneSelf))) }) {
				return true
			}
		}
	}
	return false
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// FuzzAnalyze makes patterns and texts that they match, and checks that every
// match has one of the literals where the analysis says, and a length that it
// says.
func FuzzAnalyze(f *testing.F) {
	for seed := range uint64(500) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		m := maker{rand.New(rand.NewPCG(seed, 0))}
		pattern, text := m.sequence(3)
		shape, err := shapeOf(pattern)
		if err != nil {
			return // has no literal, or no bound
		}
		// Also in the middle of a text, for assertions.
		whole := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
		within := regexp.MustCompile(pattern)
		for range 30 {
			made := text()
			found := []string{within.FindString(" " + made + "\n" + made)}
			if whole.MatchString(made) {
				found = append(found, made)
			}
			for _, match := range found {
				if match == "" {
					continue
				}
				if !shape.has(match) || len(match) < shape.MinLen || len(match) > shape.MaxLen {
					t.Fatalf("%s matches %q, which is not %s", pattern, match, show(shape))
				}
			}
		}
	})
}

// TestSecretLen: the group counts, not what is around it, and what it goes on by.
func TestSecretLen(t *testing.T) {
	for _, tt := range []struct {
		rule        Rule
		least, most int
	}{
		{Rule{Pattern: `(?i)acme.{0,20}(?P<secret>[0-9a-f]{32}|ak_[a-z0-9]{20,40})\b`}, 23, 43},
		{Rule{Pattern: `(?P<secret>ak_[a-z0-9]{20})`, Extend: &Extend{Class: "[a-z]", Max: 99}}, 23, 99},
		{Rule{Pattern: `acme_(?P<id>[0-9]{4})`, Near: []Near{{Pattern: `secret=(?P<secret>[a-z]{9})`}}}, 9, 9},
		{Rule{Pattern: `acme_(?P<id>[0-9]{4})`}, 0, 0},
	} {
		if least, most := tt.rule.SecretLen(); least != tt.least || most != tt.most {
			t.Errorf("%s: %d to %d, want %d to %d", tt.rule.Pattern, least, most, tt.least, tt.most)
		}
	}
}
