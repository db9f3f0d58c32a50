package convert

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// conditions takes what decides whether a match of a rule counts.
func (g *GitleaksConfig) conditions(r *glRule) (err error) {
	out := &GitleaksRule{Group: r.SecretGroup, Entropy: r.Entropy}
	for _, q := range r.Required {
		if q.ID == "" {
			return errors.New("required: an empty id")
		}
		out.Required = append(out.Required, GitleaksRequired{q.ID, q.WithinLines, q.WithinColumns})
	}
	if r.Path != "" {
		if out.Path, err = regexp.Compile(r.Path); err != nil {
			return fmt.Errorf("path: %w", err)
		}
	}
	if r.Regex != "" {
		if out.Pattern, err = regexp.Compile(r.Regex); err != nil {
			return err
		}
		if n := out.Pattern.NumSubexp(); r.SecretGroup > n {
			return fmt.Errorf("secretGroup %d: the pattern has %d", r.SecretGroup, n)
		}
	}
	g.Rules[r.ID] = out
	return nil
}

// required sees to it that the rules that others require are there.
func (g *GitleaksConfig) required(all []glRule) error {
	needed := map[string]bool{}
	for _, r := range all {
		for _, q := range r.Required {
			if other := g.Rules[q.ID]; other == nil {
				return fmt.Errorf("rule %q: required: no rule has the id %q", r.ID, q.ID)
			} else if other.Pattern == nil {
				return fmt.Errorf("rule %q: required: rule %q has no regex", r.ID, q.ID)
			}
			needed[q.ID] = true
		}
	}
	for _, r := range all {
		if r.SkipReport && !needed[r.ID] {
			g.note("rule %q is left out: it has skipReport, and no rule requires it", r.ID)
		}
	}
	return nil
}

// extends reports whether a rule only changes one that is not in the file.
func (g *GitleaksConfig) extends(r *glRule) bool {
	if r.Allowlist == nil && len(r.Allowlists) == 0 && len(r.Keywords) == 0 && r.Entropy == 0 && r.Description == "" {
		return false
	}
	g.note("rule %q: only its allowlists count, for a rule of this id", r.ID)
	return true
}

// allow adds allowlists.
func (g *GitleaksConfig) allow(ids []string, one *glAllow, more []glAllow) error {
	if one != nil {
		more = append([]glAllow{*one}, more...)
	}
	for i := range more {
		a := &more[i]
		out := GitleaksAllow{Reason: a.Description, Rules: append(slices.Clone(ids), a.TargetRules...), Target: cmp.Or(a.RegexTarget, "secret"), Stopwords: a.Stopwords}
		for _, c := range a.Commits {
			out.Commits = append(out.Commits, strings.ToLower(strings.TrimSpace(c)))
		}
		if out.Reason == "" {
			out.Reason = "an allowlist of the configuration of gitleaks"
		}
		switch strings.ToUpper(a.Condition) {
		case "", "OR", "||":
		case "AND", "&&":
			out.All = true
		default:
			return fmt.Errorf("allowlist: condition %q: must be AND or OR", a.Condition)
		}
		if len(a.Commits)+len(a.Paths)+len(a.Regexes)+len(a.Stopwords) == 0 {
			return fmt.Errorf("allowlist: has no commits, paths, regexes or stopwords")
		}
		var err error
		if out.Paths, err = compiled("paths", a.Paths); err != nil {
			return err
		}
		if out.Values, err = compiled("regexes", a.Regexes); err != nil {
			return err
		}
		switch a.RegexTarget {
		case "", "secret", "match", "line":
		default:
			return fmt.Errorf("allowlist: regexTarget %q: must be secret, match or line", a.RegexTarget)
		}
		g.Allow = append(g.Allow, out)
	}
	return nil
}

func compiled(what string, patterns []string) (out []*regexp.Regexp, err error) {
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, fmt.Errorf("allowlist: %s: %w", what, err)
		}
		out = append(out, re)
	}
	return out, nil
}
