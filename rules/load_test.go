package rules_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/whosekey/whosekey/rules"
)

const good = `provider = "acme"
name = "Acme"
about = "https://acme.example/keys"

[[rule]]
id = "acme-key"
title = "Acme key"
about = "https://acme.example/keys#live"
pattern = '\b(?P<secret>acme_[a-z]{8})\b'
entropy = 2.0
stopwords = ["sample"]
confidence = "high"
severity = 8.0
rotate = "Delete it."

[[rule.near]]
pattern = '(?P<id>id_[a-z]{4})'
within = 100

[rule.extend]
class = "[a-z]"
max = 600

[[rule.leaks]]
text = "acme_${lower:8}"

[[rule.clean]]
text = "acme_"
why = "too short"
`

// TestLoadRefuses changes one thing in a good file at a time. The message must
// say which file and rule, what is wrong, and what to do.
func TestLoadRefuses(t *testing.T) {
	const inRule = `rules: acme.toml: rule "acme-key": `
	long := "(?P<secret>acme_[a-z]{600})"
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{`about = "https://acme.example/keys#live"` + "\n", "", ""},
		{"[rule.extend]\nclass = \"[a-z]\"\nmax = 600\n", "", ""},
		{`class = "[a-z]"`, `until = "-----END"`, ""},
		{`class = "[a-z]"`, `class = "[[:alpha:]\\]]"`, ""},
		{`class = "[a-z]"`, `class = "[a]"`, ""},
		{`\b(?P<secret>acme_[a-z]{8})\b`, `acme_[a-z]{8}`, inRule + `neither the pattern nor a required near has a group named "secret"`},
		{`(?P<id>id_[a-z]{4})'`, `(?P<secret>id_[a-z]{4})'` + "\nrequired = true", ""},

		// Keys that are not known, at every level, and TOML that is none.
		{`name = `, `nmae = `, `rules: acme.toml: unknown key "nmae"`},
		{`title = `, `titel = `, `rules: acme.toml: unknown key "rule.titel"`},
		{`within = 100`, "within = 100\nwihtin = 1", `unknown key "rule.near.wihtin"`},
		{`max = 600`, "max = 600\nmin = 1", `unknown key "rule.extend.min"`},
		{`why = `, `because = `, `unknown key "rule.clean.because"`},
		{`text = "acme_${`, "want = {}\nexample = 1\ntext = \"acme_${", `unknown key "rule.leaks.example"`},
		{`[[rule]]`, "[settings]\na = 1\n[[rule]]", `unknown key "settings"`},
		{`why = "too short"`, `why = "too short`, `rules: acme.toml: toml: line`},
		{`severity = 8.0`, `severity = "high"`, `rules: acme.toml: toml: `},
		{`severity = 8.0`, "severity = 8.0\nseverity = 9.0", `rules: acme.toml: toml: line`},

		// The provider.
		{`provider = "acme"` + "\n", "", `rules: acme.toml: provider "": must be lower-case`},
		{`provider = "acme"`, `provider = "Acme Inc"`, `provider "Acme Inc": must be lower-case`},
		{`provider = "acme"`, `provider = "acme-"`, `provider "acme-": must be lower-case`},
		{`name = "Acme"` + "\n", "", `rules: acme.toml: no name: write`},
		{`about = "https://acme.example/keys"` + "\n", "", `rules: acme.toml: about "": must be the https address`},
		{`about = "https://acme.example/keys"` + "\n", `about = "http://acme.example"` + "\n", `about "http://acme.example": must be`},

		// The rule.
		{`id = "acme-key"`, "", `rule "": id must be lower-case`},
		{`id = "acme-key"`, `id = "acme_key"`, `rule "acme_key": id must be lower-case`},
		{`title = "Acme key"`, "", inRule + "no title: say"},
		{`keys#live"`, ` keys"`, inRule + `about "https://acme.example/ keys": must be an https address`},
		{`confidence = "high"`, "", inRule + `confidence "": must be high, medium or low`},
		{`confidence = "high"`, `confidence = "certain"`, inRule + `confidence "certain": must be`},
		{`severity = 8.0`, "", inRule + "severity 0: must be from 0.1 to 10"},
		{`severity = 8.0`, "severity = 10.1", inRule + "severity 10.1: must be"},
		{`severity = 8.0`, "severity = nan", inRule + "severity NaN: must be"},
		{`rotate = "Delete it."`, "", inRule + "no rotate: say"},
		{`entropy = 2.0`, "entropy = -1.0", inRule + "entropy -1: must be from 0 to 8"},
		{`entropy = 2.0`, "entropy = 9.0", inRule + "entropy 9: must be from 0 to 8"},
		{`entropy = 2.0`, "entropy = nan", inRule + "entropy NaN: must be from 0 to 8"},
		{`stopwords = ["sample"]`, `stopwords = ["sample", ""]`, inRule + "stopwords: an empty one is in every secret"},
		{"[[rule.leaks]]\ntext = \"acme_${lower:8}\"\n", "", inRule + "needs at least one [[rule.leaks]]"},
		{"[[rule.clean]]\ntext = \"acme_\"\nwhy = \"too short\"\n", "", inRule + "needs at least one [[rule.leaks]] and one [[rule.clean]]"},
		{`why = "too short"`, "", inRule + "clean example 0 has no why"},

		// Its pattern.
		{`{8})\b`, `{8}\b`, inRule + "error parsing regexp: missing closing )"},
		{`(?P<secret>acme_[a-z]{8})`, `(?P<secret>acme_(?!x)[a-z]{8})`, inRule + "error parsing regexp: invalid or unsupported Perl syntax"},
		{`(?P<secret>`, `(?P<key>`, inRule + "neither the pattern nor"},
		{`(?P<secret>`, `(`, inRule + "neither the pattern nor"},
		{`[a-z]{8}`, `[a-z]{8,}`, inRule + "the pattern has no greatest length: replace * and + by {0,n}, or use extend"},
		{`[a-z]{8}`, `[a-z]+`, inRule + "the pattern has no greatest length"},
		{`[a-z]{8}`, `(?:[a-z]*x){2}`, inRule + "the pattern has no greatest length"},
		{`(?P<secret>acme_[a-z]{8})`, long, inRule + "a match can have 605 bytes, the limit is 512: bound it, or"},
		{`[a-z]{8}`, `[^\x00]{200}`, inRule + "a match can have 805 bytes"},
		{`acme_[a-z]{8}`, `[a-z]{8}`, inRule + "no literal of 3 bytes or more is in every match; name one in the pattern, or declare literals"},
		{`acme_[a-z]{8}`, `ac[a-z]{8}`, inRule + "no literal of 3 bytes"},
		{`acme_[a-z]{8}`, `(?:acme_)?[a-z]{8}`, inRule + "no literal of 3 bytes"},
		{`acme_[a-z]{8}`, `(?:acme_|[0-9])[a-z]{8}`, inRule + "no literal of 3 bytes"},
		{`acme_[a-z]{8}`, `[^\x00-\x{10FFFF}]acme_`, inRule + "the pattern matches nothing"},
		{`entropy = 2.0`, `literals = ["ac"]`, inRule + `literal "ac": must have 3 bytes or more`},
		{`entropy = 2.0`, `literals = ["acme_", ""]`, inRule + `literal "": must have 3 bytes or more`},
		{`entropy = 2.0`, `literals = ["acme_"]`, ""},

		// What is near, and how it goes on.
		{`(?P<id>id_[a-z]{4})`, `id_[a-z]{4}`, inRule + "near 0: the pattern has no named group"},
		{`(?P<id>id_[a-z]{4})`, `(id_[a-z]{4}`, inRule + "near 0: error parsing regexp"},
		{`(?P<id>id_[a-z]{4})`, `(?P<id>id_[a-z]+)`, inRule + "near 0: the pattern has no greatest length"},
		{`(?P<id>id_[a-z]{4})`, `(?P<id>id_[a-z]{600})`, inRule + "near 0: a match can have 603 bytes"},
		{`within = 100`, "", inRule + "near 0: within 0: must be from 1 to 512"},
		{`within = 100`, "within = 513", inRule + "near 0: within 513: must be"},
		{`within = 100`, "within = -1", inRule + "near 0: within -1: must be"},
		{`class = "[a-z]"`, "", inRule + "extend needs either class or until"},
		{`class = "[a-z]"`, "class = \"[a-z]\"\nuntil = \"x\"", inRule + "extend needs either class or until"},
		{`max = 600`, "", inRule + "extend: max 0: must be from 1 to 1048576"},
		{`max = 600`, "max = 1048577", inRule + "extend: max 1048577: must be"},
		{`class = "[a-z]"`, `class = "a-z"`, inRule + `extend: class "a-z": must be a character class`},
		{`class = "[a-z]"`, `class = "[a-z]|xy"`, inRule + `extend: class "[a-z]|xy": must be a character class`},
		{`class = "[a-z]"`, `class = "[a-z]x"`, inRule + `extend: class "[a-z]x": must be a character class`},
		{`class = "[a-z]"`, `class = "[a-z"`, inRule + `extend: class "[a-z": must be a character class`},
		{`class = "[a-z]"`, `until = "("`, inRule + `extend: until: error parsing regexp`},
	} {
		if !strings.Contains(good, tt.old) {
			t.Fatalf("%q is not in the file", tt.old)
		}
		_, err := rules.Parse("acme.toml", strings.Replace(good, tt.old, tt.new, 1))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q for %q:\nerror %v\nwant  %s", tt.new, tt.old, err, tt.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "rules: acme.toml: ") {
			t.Errorf("%q for %q: error %v does not begin with the file", tt.new, tt.old, err)
		}
	}
	_, err := rules.Parse("acme.toml", good[:strings.Index(good, "[[rule]]")])
	if err == nil || err.Error() != "rules: acme.toml: no [[rule]]" {
		t.Errorf("a file without rules: %v", err)
	}
}

func TestLoad(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	two := strings.Replace(good, "acme-key", "acme-old-key", 1)
	ps, err := rules.Load(fstest.MapFS{"b.toml": file(two), "a.toml": file(good), "README": file("no rules"), "sub/c.toml": file("no TOML")})
	if err != nil || len(ps) != 2 || ps[0].File != "a.toml" || ps[1].File != "b.toml" {
		t.Errorf("two files: %v, %v", ps, err)
	}
	_, err = rules.Load(fstest.MapFS{"a.toml": file(good), "b.toml": file(good)})
	if want := `rules: b.toml: rule "acme-key" is already in a.toml`; err == nil || err.Error() != want {
		t.Errorf("the same rule in two files: %v, want %s", err, want)
	}
	rule := good[strings.Index(good, "[[rule]]"):]
	_, err = rules.Load(fstest.MapFS{"a.toml": file(good + rule)})
	if want := `rules: a.toml: rule "acme-key" is already in a.toml`; err == nil || err.Error() != want {
		t.Errorf("the same rule twice in a file: %v, want %s", err, want)
	}
	if ps, err := rules.Load(fstest.MapFS{}); err != nil || len(ps) != 0 {
		t.Errorf("no files: %v, %v", ps, err)
	}
	info := ps[0].Info(&ps[0].Rules[0])
	if info.ID != "acme-key" || info.Provider != "acme" || info.About != "https://acme.example/keys#live" || info.Severity != 8 || info.Sure != "high" {
		t.Errorf("Info = %+v", info)
	}
	ps[0].Rules[0].About = ""
	if got := ps[0].Info(&ps[0].Rules[0]).About; got != "https://acme.example/keys" {
		t.Errorf("a rule without about: %q", got)
	}
}

func TestWithout(t *testing.T) {
	p, err := rules.Parse("acme.toml", good)
	if err != nil {
		t.Fatal(err)
	}
	all := []*rules.Provider{p}
	for _, tt := range []struct {
		ids, err string
		left     int
	}{
		{"", "", 1}, {"acme-key", "", 0}, {"acme-key acme-key", "", 0}, {rules.Generic, "", 1}, {"acme-kee", `no rule has the id "acme-kee"`, 0},
	} {
		got, err := rules.Without(all, strings.Fields(tt.ids))
		if (err == nil) != (tt.err == "") || err != nil && err.Error() != tt.err || len(got) != tt.left {
			t.Errorf("without %q: %d providers, %v", tt.ids, len(got), err)
		}
	}
	if len(p.Rules) != 1 {
		t.Error("Without changed what it was given")
	}
}

func TestDigest(t *testing.T) {
	seen := map[string]string{}
	for _, change := range []string{"", "entropy = 2.0/entropy = 2.5", "acme_[a-z]{8}/acme_[a-z]{9}", "sample/example", "within = 100/within = 99", "max = 600/max = 599", `class = "[a-z]"/class = "[a-y]"`, "acme-key/acme-kex",
		"entropy = 2.0/checksum = \"x\"", "entropy = 2.0/structure = \"x\"", "entropy = 2.0/literals = [\"acme_\"]"} {
		old, new, _ := strings.Cut(change, "/")
		p, err := rules.Parse("acme.toml", strings.Replace(good, old, new, 1))
		if err != nil {
			t.Fatal(err)
		}
		d := rules.Digest([]*rules.Provider{p})
		if other, dup := seen[d]; dup {
			t.Errorf("%q and %q have the same digest", change, other)
		}
		seen[d] = change
	}
	p, _ := rules.Parse("other.toml", strings.Replace(good, "Delete it.", "Rotate it.", 1))
	if _, same := seen[rules.Digest([]*rules.Provider{p})]; !same {
		t.Error("the digest depends on more than what is found")
	}
}
