package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
)

// Why a match of a rule of gitleaks does not count.
const (
	otherPath   = "the rule is for other paths"
	notRequired = "a rule that it requires matches nothing nearby"
)

// gate decides which matches count by a configuration of gitleaks.
type gate struct {
	*convert.GitleaksConfig
	shipped map[string]*regexp.Regexp // patterns of our own rules, of those that were asked for
}

func newGate(g *convert.GitleaksConfig) *gate {
	return &gate{GitleaksConfig: g, shipped: map[string]*regexp.Regexp{}}
}

// screens has one for each reason. fits is nil if nothing depends on the text around
// a credential.
func (g *gate) screens() (out []policy.Screen, fits func(f *leak.Finding, before, credential, after []byte) []string) {
	reasons := map[string]bool{}
	for i := range g.Allow {
		reasons[g.Allow[i].Reason] = true
		if len(g.Allow[i].Values) > 0 && g.Allow[i].Target != "secret" {
			fits = g.fits
		}
	}
	for _, r := range g.Rules {
		if r.Path != nil {
			reasons[otherPath] = true
		}
		if len(r.Required) > 0 {
			reasons[notRequired], fits = true, g.fits
		}
	}
	for reason := range reasons {
		out = append(out, policy.Screen{Reason: reason, Covers: func(f *leak.Finding, l *leak.Location) bool { return g.reason(f, l) == reason }})
	}
	slices.SortFunc(out, func(a, b policy.Screen) int { return bytes.Compare([]byte(a.Reason), []byte(b.Reason)) })
	return out, fits
}

// reason says why a place does not count; empty if it does. gitleaks reports the matches
// of several rules one by one, so that one of its rules that counts is enough.
func (g *gate) reason(f *leak.Finding, l *leak.Location) string {
	if g.Rules[f.Rule.ID] == nil {
		return g.allowed(append([]string{f.Rule.ID}, f.Also...), f, l)
	}
	first := ""
	for _, id := range append([]string{f.Rule.ID}, f.Also...) {
		r := g.Rules[id]
		if r == nil {
			continue
		}
		why := ""
		switch {
		case r.Path != nil && !r.Path.MatchString(l.Path):
			why = otherPath
		case len(r.Required) > 0 && fitting(l) != nil && !slices.Contains(fitting(l), meets(id)):
			why = notRequired
		default:
			why = g.allowed([]string{id}, f, l)
		}
		if why == "" {
			return ""
		}
		if first == "" {
			first = why
		}
	}
	return first
}

// allowed is the reason of the first allowlist of all rules, or of one of some, that
// covers a place.
func (g *gate) allowed(ids []string, f *leak.Finding, l *leak.Location) string {
	for i := range g.Allow {
		a := &g.Allow[i]
		for _, id := range ids {
			if aims(a, id) && g.covers(i, id, f, l) {
				return a.Reason
			}
		}
	}
	return ""
}

// aims reports whether an allowlist is of a rule.
func aims(a *convert.GitleaksAllow, id string) bool {
	return len(a.Rules) == 0 || slices.Contains(a.Rules, id)
}

// covers reports whether the conditions of an allowlist hold of a match of a rule.
func (g *gate) covers(i int, id string, f *leak.Finding, l *leak.Location) bool {
	a := &g.Allow[i]
	value, word := detectors.Fits(f.Parts[leak.SecretPart], a.Values, a.Stopwords)
	if a.Target != "secret" {
		value = slices.Contains(fitting(l), has(i, id))
	}
	path := l.Path != "" && slices.ContainsFunc(a.Paths, func(re *regexp.Regexp) bool { return re.MatchString(l.Path) })
	commit := l.Commit != "" && slices.Contains(a.Commits, l.Commit)
	if !a.All {
		return value || word || path || commit
	}
	return (value || len(a.Values) == 0) && (word || len(a.Stopwords) == 0) && (path || len(a.Paths) == 0) && (commit || len(a.Commits) == 0)
}

// fitting are the conditions that a place meets: of a file that is there in HEAD, the
// place there. Nil if nobody could look at the text, or did when it was kept for later.
func fitting(l *leak.Location) []string {
	if l.Head != nil {
		return l.Head.Fits
	}
	return l.Fits
}

// The conditions that are about the text around a credential.
func has(allowlist int, id string) string { return fmt.Sprintf("allowlist %d of %s", allowlist, id) }
func meets(id string) string              { return "required by " + id }

// fits names the conditions that the text around a credential meets; not nil if there are none.
func (g *gate) fits(f *leak.Finding, before, credential, after []byte) []string {
	out := []string{}
	t := &surroundings{text: slices.Concat(before, credential, after), start: len(before), end: len(before) + len(credential)}
	for _, id := range append([]string{f.Rule.ID}, f.Also...) {
		match := t.match(g.pattern(id))
		for i := range g.Allow {
			a := &g.Allow[i]
			if a.Target == "secret" || !aims(a, id) {
				continue
			}
			text := t.line(match)
			if a.Target == "match" {
				text = bytes.Trim(t.text[match[0]:match[1]], "\n")
			}
			if slices.ContainsFunc(a.Values, func(re *regexp.Regexp) bool { return re.Match(text) }) {
				out = append(out, has(i, id))
			}
		}
		if r := g.Rules[id]; r != nil && len(r.Required) > 0 && g.met(r, t, match) {
			out = append(out, meets(id))
		}
	}
	return out
}

// pattern is that of a rule; nil if it has none.
func (g *gate) pattern(id string) *regexp.Regexp {
	if r := g.Rules[id]; r != nil {
		return r.Pattern
	}
	re, ok := g.shipped[id]
	if ok {
		return re
	}
	ps, err := rules.Shipped()
	if _, r, no := find(ps, id); err == nil && no == nil {
		re, _ = regexp.Compile(r.Pattern)
	}
	g.shipped[id] = re
	return re
}

// met reports whether each of the rules that a rule requires matches near a match of it.
func (g *gate) met(r *convert.GitleaksRule, t *surroundings, match [2]int) bool {
	line, column := t.position(match[0])
	for _, q := range r.Required {
		if !slices.ContainsFunc(t.matches(g.Rules[q.ID]), func(at int) bool {
			l, c := t.position(at)
			return (q.Lines == nil || max(l-line, line-l) <= *q.Lines) && (q.Columns == nil || max(c-column, column-c) <= *q.Columns)
		}) {
			return false
		}
	}
	return true
}

// surroundings are a credential with the text around it.
type surroundings struct {
	text       []byte
	start, end int // of the credential
}

// match is the match of a pattern that has the credential; that alone if there is none,
// as where it was decoded.
func (t *surroundings) match(re *regexp.Regexp) [2]int {
	if re != nil {
		for _, m := range re.FindAllIndex(t.text, -1) {
			if m[0] <= t.start && t.end <= m[1] {
				return [2]int{m[0], m[1]}
			}
		}
	}
	return [2]int{t.start, t.end}
}

// matches are where the matches of a rule begin that have its entropy.
func (t *surroundings) matches(r *convert.GitleaksRule) (out []int) {
	for _, m := range r.Pattern.FindAllSubmatchIndex(t.text, -1) {
		secret := t.text[m[0]:m[1]]
		for i := 1; i < len(m)/2; i++ {
			if m[2*i] >= 0 && (i == r.Group || r.Group == 0 && m[2*i+1] > m[2*i]) {
				secret = t.text[m[2*i]:m[2*i+1]]
				break
			}
		}
		if r.Entropy == 0 || detectors.Entropy(string(secret)) > r.Entropy {
			out = append(out, m[0])
		}
	}
	return out
}

// line has the whole lines that a match is in.
func (t *surroundings) line(match [2]int) []byte {
	from := bytes.LastIndexByte(t.text[:match[0]], '\n') + 1
	to := len(t.text)
	if i := bytes.IndexByte(t.text[match[1]:], '\n'); i >= 0 {
		to = match[1] + i
	}
	return bytes.TrimRight(t.text[from:to], "\r")
}

// position counts lines and columns in bytes, from the beginning of the text.
func (t *surroundings) position(at int) (line, column int) {
	return bytes.Count(t.text[:at], []byte("\n")), at - bytes.LastIndexByte(t.text[:at], '\n')
}
