package convert

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestGitleaksConfig: what is understood, what is noted and what is an error.
func TestGitleaksConfig(t *testing.T) {
	rule := func(more string) string { return "[[rules]]\nid = \"acme\"\n" + more + "\n" }
	for _, tt := range []struct{ text, rules, notes, err string }{
		{rule("regex = 'acme_[a-z]{8}'"), "acme (?P<secret>acme_[a-z]{8}) acme_", "", ""},
		{rule("regex = 'acme=([a-z]{8});(x)'"), "acme acme=(?P<secret>[a-z]{8});(x) acme=", "", ""},
		{rule("regex = 'acme=(y)([a-z]{8})'\nsecretGroup = 2"), "acme acme=(y)(?P<secret>[a-z]{8}) acme=y", "", ""},
		{rule("regex = 'acme=(?P<key>[a-z]{8})'\ntags = ['a']\nentropy = 3.5"), "acme acme=(?P<secret>[a-z]{8}) acme=", "", ""},
		{rule("regex = 'acme_[a-z]+'"), "acme (?P<secret>acme_[a-z]{1,500}) until [a-z] acme_", "500 times at most", ""},
		{rule("regex = 'acme\\s*=\\s*([a-z]{8,})'"), `acme acme[\t\n\f\r ]{0,16}=[\t\n\f\r ]{0,16}(?P<secret>[a-z]{8,400}) until [a-z] acme`, "400 times at most; rule \"acme\": what it finds has 16384 bytes at most", ""},
		{rule("regex = 'acme = \"([^\"]{8,})\"'"), `acme acme = "(?P<secret>[^"]{8,100})" acme = "`, "100 times at most", ""},
		{rule("regex = 'acme = ([^\"]{8,})'"), "acme acme = (?P<secret>[^\"]{8,100}) until [\\x00-!#-\\x7f] acme = ", "100 times at most", ""},
		{rule("regex = '(?i)acme_[a-z0-9]{186}'"), "acme (?P<secret>(?i:ACME_)[0-9A-Za-z]{186}) acme_", "", ""},
		{rule("regex = 'BEGIN ACME.{4,}?END'"), "acme (?P<secret>BEGIN ACME) until ^(?:(?-s:.{4,}?END)) BEGIN ACME", "16384 bytes at most", ""},
		{rule("regex = '[a-f0-9]{32}'\nkeywords = ['acme', 'x']"), "acme (?i)(?:acme) near (?P<secret>[0-9a-f]{32}) acme", "its keyword must stand within 512 bytes", ""},
		{rule("regex = '[a-f0-9]{32}'"), "", `rule "acme" is left out: its pattern has no text`, ""},
		{rule("path = '\\.pem$'"), "", "looks at paths alone", ""},
		{rule("regex = 'acme_x'\nskipReport = true"), "", "skipReport", ""},
		{rule("regex = 'acme_x'\n[[rules.required]]\nid = 'other'"), "", "", `rule "acme": required: no rule has the id "other"`},
		{rule("regex = 'acme_x'\n[[rules.required]]\nwithinLines = 1"), "", "", "required: an empty id"},
		{rule("regex = 'acme_x'\n[[rules.required]]\nid = 'other'\nwithinLines = 1") + "[[rules]]\nid = 'other'\nregex = 'other_x'\nskipReport = true", "acme (?P<secret>acme_x) acme_x", "", ""},
		{rule("regex = 'a=(x{8})|b=(y{8})|(c=z{8})'"), "acme a=(?P<secret>x{8})|b=(?P<secret__1>y{8})|(?P<secret__2>c=z{8}) a=xxxxxxxx b=yyyyyyyy c=zzzzzzzz", "", ""},
		{"filter = 'x'\n" + rule("regex = 'acme_x'"), "acme (?P<secret>acme_x) acme_x", "filter\" is of Betterleaks: expressions are not evaluated", ""},
		{rule("regex = 'acme_x'\ncolour = 1"), "acme (?P<secret>acme_x) acme_x", `key "rules.colour" is not known`, ""},
		{rule("regex = 'acme_x'") + "[extend]\nuseDefault = true\ndisabledRules = ['acme', 'aws']", "", "useDefault turns on", ""},
		{"[extend]\npath = 'base'\n" + rule("regex = 'acme_y'"), "acme (?P<secret>acme_y) acme_y; other (?P<secret>other_x) other_x", "", ""},
		{"[extend]\npath = 'base'\ndisabledRules = ['other']\n", "acme (?P<secret>acme_base) acme_base", "", ""},
		{"[extend]\npath = 'loop'", "", "", "more than 2 files extend each other"},
		{"[extend]\npath = 'none'", "", "", "extend: none: not there"},
		{"[extend]\npath = 'base'\nuseDefault = true", "", "", "both useDefault and path"},
		{"[[rules]]\nregex = 'acme_x'", "", "", "a rule has no id"},
		{rule(""), "", "", "neither regex nor path"},
		{rule("regex = 'acme_('"), "", "", `rule "acme": error parsing regexp`},
		{rule("regex = 'acme_(x)'\nsecretGroup = 2"), "", "", "secretGroup 2: the pattern has 1"},
		{rule("regex = 'acme_x'\npath = '('"), "", "", `rule "acme": path: error parsing`},
		{"[allowlist]\nregexes = ['(']", "", "", "allowlist: regexes: error parsing"},
		{"[[allowlists]]\ndescription = 'x'", "", "", "has no commits, paths, regexes or stopwords"},
		{"[[allowlists]]\ncondition = 'XOR'\npaths = ['x']", "", "", `condition "XOR": must be`},
		{"[[allowlists]]\nregexTarget = 'file'\nregexes = ['x']", "", "", `regexTarget "file"`},
		{"[[allowlists]]\nregexTarget = 'line'\nregexes = ['x']", "", "", ""},
		{"x = [", "", "", "toml: line"},
		{rule("regex = 'acme_x'") + "[allowlists]\npaths = ['x']", "acme (?P<secret>acme_x) acme_x", "", ""},
		{rule("regex = 'acme_x'\nkeywords = 'acme'") + "[allowlist]\npaths = 'x'", "acme (?P<secret>acme_x) acme_x", "", ""},
		{rule("regex = 'acme_x'") + " [ rules.allowlists ] # one\npaths = ['x']", "acme (?P<secret>acme_x) acme_x", "", ""},
		{rule("regex = 'acme_x'") + rule("regex = 'acme_y'"), "acme (?P<secret>acme_y) acme_y", `rule "acme" is there twice: the last counts`, ""},
		{"extend = true", "", "", `(last key "extend"): expected table but found bool`},
		{"[[allowlist]]\npaths = ['x']", "", "", `(last key "allowlist"): expected table but found an array of tables`},
		{"[allowlist]\npaths = [3]", "", "", `(last key "allowlist.paths"): expected text but found int64`},
		{rule("entropy = 'x'"), "", "", `(last key "rules.entropy"): expected float but found string`},
	} {
		files := map[string]string{"base": rule("regex = 'acme_base'") + "[[rules]]\nid = 'other'\nregex = 'other_x'", "loop": "[extend]\npath = 'loop'"}
		g, err := ReadGitleaksConfig(tt.text, func(name string) (string, error) {
			if text, ok := files[name]; ok {
				return text, nil
			}
			return "", fmt.Errorf("%s: not there", name)
		})
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: error %v, want %q", tt.text, err, tt.err)
		}
		if err != nil {
			continue
		}
		var got []string
		if g.Provider != nil {
			for _, r := range g.Provider.Rules {
				s := r.ID + " " + r.Pattern
				for _, n := range r.Near {
					s += " near " + n.Pattern
				}
				if r.Extend != nil {
					s += " until " + r.Extend.Until + r.Extend.Class
				}
				for _, l := range r.Shape.Literals {
					s += " " + l.Text
				}
				got = append(got, s)
			}
		}
		if s := strings.Join(got, "; "); s != tt.rules {
			t.Errorf("%q: rules\n     %s\nwant %s", tt.text, s, tt.rules)
		}
		if notes := strings.Join(g.Notes, "; "); (notes == "") != (tt.notes == "") || !strings.Contains(notes, tt.notes) {
			t.Errorf("%q: notes %q, want %q", tt.text, notes, tt.notes)
		}
	}
}

// TestGitleaksRules: what stands for a rule that gitleaks ships with is there.
func TestGitleaksRules(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, p := range ps {
		for _, r := range p.Rules {
			known[r.ID] = true
		}
	}
	for theirs := range gitleaksRules {
		for _, id := range GitleaksRules(theirs) {
			if !known[id] && !rules.InGo(id) {
				t.Errorf("%s: no rule has the id %q", theirs, id)
			}
		}
	}
}
