package convert

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/whosekey/whosekey/rules"
)

// GitleaksConfig is what a configuration of gitleaks means here. The format is
// that of https://github.com/gitleaks/gitleaks#configuration.
type GitleaksConfig struct {
	// Provider has the rules; nil if there are none.
	Provider *rules.Provider
	Defaults bool     // the rules that ship with the program are used too
	Disable  []string // ids of rules of whatever file that are left out
	Allow    []GitleaksAllow
	// Rules are all rules of the files, also those that are only required by others,
	// by their ids.
	Rules map[string]*GitleaksRule
	Notes []string // what is not quite honoured, for people
}

// GitleaksRule is what decides whether a match of a rule counts.
type GitleaksRule struct {
	Path     *regexp.Regexp // of files that it is for; nil for all
	Pattern  *regexp.Regexp // as it stands there; nil if it has none
	Group    int            // that is the credential; 0: the first that is not empty, or all
	Entropy  float64        // that the credential has more than
	Required []GitleaksRequired
}

// GitleaksRequired is a rule that must match nearby.
type GitleaksRequired struct {
	ID             string
	Lines, Columns *int // at most so many between where the matches begin; nil for any
}

// GitleaksAllow is an allowlist: one of its conditions must hold, or all of those
// that are given.
type GitleaksAllow struct {
	Reason    string
	Rules     []string // ids; none for all
	All       bool
	Commits   []string // in lower case
	Paths     []*regexp.Regexp
	Target    string // what Values are compared with: secret, match, line
	Values    []*regexp.Regexp
	Stopwords []string
}

// glConfig is a file.
type glConfig struct {
	Title, MinVersion, Description string
	Extend                         struct {
		UseDefault    bool
		Path, URL     string
		DisabledRules texts
	}
	Rules      []glRule
	Allowlist  *glAllow
	Allowlists []glAllow
	gone       []string // ids of rules that were disabled
}

type glRule struct {
	ID, Description, Regex, Path string
	SecretGroup                  int
	Entropy                      float64
	Keywords, Tags               texts
	SkipReport                   bool
	Required                     []glRequired
	Allowlist                    *glAllow
	Allowlists                   []glAllow
}

type glRequired struct {
	ID                         string
	WithinLines, WithinColumns *int
}

type glAllow struct {
	ID, Description, Condition, RegexTarget string
	TargetRules, Commits, Paths             texts
	Regexes, Stopwords                      texts
}

// maxExtended is how many files may extend each other, as in gitleaks.
const maxExtended = 3

// ReadGitleaksConfig reads a configuration. open reads a file that one extends.
func ReadGitleaksConfig(text string, open func(name string) (string, error)) (*GitleaksConfig, error) {
	out := &GitleaksConfig{Rules: map[string]*GitleaksRule{}}
	c, err := out.read(text, open, 1)
	if err != nil {
		return nil, err
	}
	out.Defaults = c.Extend.UseDefault
	if out.Defaults {
		out.note("its useDefault turns on the rules that ship with whosekey, not those of gitleaks")
	}
	p := &rules.Provider{ID: "custom", Name: "own rules", About: "https://github.com/gitleaks/gitleaks#configuration", File: "the configuration of gitleaks"}
	for i := range c.Rules {
		if err := out.rule(p, &c.Rules[i], c.Extend.DisabledRules); err != nil {
			return nil, err
		}
	}
	if err := out.required(c.Rules); err != nil {
		return nil, err
	}
	for _, id := range c.Extend.DisabledRules {
		if !slices.Contains(c.gone, id) && !slices.ContainsFunc(c.Rules, func(r glRule) bool { return r.ID == id }) {
			out.Disable = append(out.Disable, id)
		}
	}
	if err := out.allow(nil, c.Allowlist, c.Allowlists); err != nil {
		return nil, err
	}
	if len(p.Rules) > 0 {
		out.Provider = p
	}
	return out, nil
}

func (g *GitleaksConfig) note(format string, args ...any) {
	if n := fmt.Sprintf(format, args...); !slices.Contains(g.Notes, n) {
		g.Notes = append(g.Notes, n)
	}
}

// read decodes a file and what it extends.
func (g *GitleaksConfig) read(text string, open func(string) (string, error), depth int) (*glConfig, error) {
	c := &glConfig{}
	md, err := decode(text, c)
	if err != nil {
		return nil, err
	}
	g.last(c)
	for _, key := range md.Undecoded() {
		if why := theirOwn[key[len(key)-1]]; why != "" && (len(key) == 1 || key[0] == "rules") {
			g.note("its key %q is of Betterleaks: %s", key, why)
		} else {
			g.note("its key %q is not known", key)
		}
	}
	if c.Extend.URL != "" {
		g.note("extend.url is not followed: no settings are read from the network")
	}
	if c.Extend.Path == "" {
		return c, nil
	}
	if c.Extend.UseDefault {
		return nil, fmt.Errorf("extend has both useDefault and path")
	}
	if depth == maxExtended {
		return nil, fmt.Errorf("extend: %s: more than %d files extend each other", c.Extend.Path, maxExtended-1)
	}
	text, err = open(c.Extend.Path)
	if err != nil {
		return nil, fmt.Errorf("extend: %w", err)
	}
	base, err := g.read(text, open, depth+1)
	if err != nil {
		return nil, fmt.Errorf("extend: %s: %w", c.Extend.Path, err)
	}
	c.over(base)
	return c, nil
}

// theirOwn says what becomes of the keys that Betterleaks has and gitleaks has not:
// https://github.com/betterleaks/betterleaks/blob/main/docs/config.md
var theirOwn = map[string]string{
	"prefilter":             "expressions are not evaluated, so that what it leaves out is searched; write it as an allowlist",
	"filter":                "expressions are not evaluated, so that what it drops is reported; write it as an allowlist",
	"validate":              "expressions are not evaluated; --verify asks the providers that whosekey knows",
	"tokenEfficiency":       "words are left out without it",
	"specificity":           "of several rules for the same text the longer match is reported",
	"betterleaksMinVersion": "it says nothing of whosekey",
}

// over adds what a file extends. Of rules with the same id what is set counts, and
// lists are joined.
func (c *glConfig) over(base *glConfig) {
	c.Extend.UseDefault = base.Extend.UseDefault
	for _, b := range base.Rules {
		if slices.Contains(c.Extend.DisabledRules, b.ID) {
			c.gone = append(c.gone, b.ID)
			continue
		}
		i := slices.IndexFunc(c.Rules, func(r glRule) bool { return r.ID == b.ID })
		if i < 0 {
			c.Rules = append(c.Rules, b)
			continue
		}
		r := &c.Rules[i]
		for _, s := range []struct{ to, from *string }{{&r.Description, &b.Description}, {&r.Regex, &b.Regex}, {&r.Path, &b.Path}} {
			if *s.to == "" {
				*s.to = *s.from
			}
		}
		if r.Entropy == 0 {
			r.Entropy = b.Entropy
		}
		if r.SecretGroup == 0 {
			r.SecretGroup = b.SecretGroup
		}
		r.Required, r.SkipReport = b.Required, b.SkipReport // gitleaks takes these from there alone
		r.Keywords = append(r.Keywords, b.Keywords...)
		r.Allowlists = append(r.Allowlists, b.Allowlists...)
		if r.Allowlist == nil {
			r.Allowlist = b.Allowlist
		} else if b.Allowlist != nil {
			r.Allowlists = append(r.Allowlists, *b.Allowlist)
		}
	}
	c.Extend.DisabledRules = append(c.Extend.DisabledRules, base.Extend.DisabledRules...)
	c.Allowlists = append(c.Allowlists, base.Allowlists...)
	if base.Allowlist != nil {
		c.Allowlists = append(c.Allowlists, *base.Allowlist)
	}
}

// rule adds a rule to p.
func (g *GitleaksConfig) rule(p *rules.Provider, r *glRule, disabled []string) error {
	if r.ID == "" {
		return fmt.Errorf("a rule has no id (%q)", r.Description)
	}
	if slices.Contains(disabled, r.ID) {
		return nil
	}
	if err := g.allow([]string{r.ID}, r.Allowlist, r.Allowlists); err != nil {
		return fmt.Errorf("rule %q: %w", r.ID, err)
	}
	if r.Regex == "" && r.Path == "" {
		if g.extends(r) {
			return nil
		}
		return fmt.Errorf("rule %q: has neither regex nor path", r.ID)
	}
	if err := g.conditions(r); err != nil {
		return fmt.Errorf("rule %q: %w", r.ID, err)
	}
	if r.Regex == "" {
		g.note("rule %q is left out: it looks at paths alone", r.ID)
		return nil
	}
	if r.SkipReport {
		return nil // it may be required
	}
	title := r.Description
	if title == "" {
		title = r.ID
	}
	made, notes, err := rules.Foreign{ID: r.ID, Title: title, Pattern: r.Regex, Group: r.SecretGroup, Keywords: r.Keywords, Entropy: r.Entropy}.Rule()
	if errors.Is(err, rules.ErrNoLiteral) || errors.Is(err, rules.ErrTooLong) {
		g.note("rule %q is left out: %s", r.ID, err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("rule %q: %w", r.ID, err)
	}
	for _, n := range notes {
		g.note("rule %q: %s", r.ID, n)
	}
	p.Rules = append(p.Rules, made)
	return nil
}
