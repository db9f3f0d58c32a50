package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func (a *app) rulesLintCommand() *cobra.Command {
	var f ruleFlags
	var all bool
	c := &cobra.Command{
		Use:   "lint [RULE|PROVIDER]...",
		Short: "Say what is weak in rules: examples, literals, overlaps, cost",
		Long: `Check rules for what no error is and yet is weak: less than two examples of a kind, clean
examples that are like no leak, literals that source code is full of, no word on verification,
other rules that find the same, and what a rule costs. Your own rules are checked, or those that are
named, or all with --all. The exit code is 1 if there is anything to say.`,
		Example: `  whosekey rules lint --rules acme.toml
  whosekey rules lint slack
  whosekey rules lint --all`,
		RunE: func(_ *cobra.Command, args []string) error {
			ps, own, err := f.load()
			if err != nil {
				return err
			}
			for _, name := range args {
				if !slices.ContainsFunc(ps, func(p *rules.Provider) bool { return p.ID == name }) {
					if _, _, err := find(ps, name); err != nil {
						return err
					}
				}
			}
			l, err := newLinter(ps)
			if err != nil {
				return err
			}
			n := 0
			for i, p := range ps {
				for j := range p.Rules {
					r := &p.Rules[j]
					if !all && !slices.Contains(args, p.ID) && !slices.Contains(args, r.ID) && (len(args) > 0 || i < len(ps)-own) {
						continue
					}
					n++
					said := l.rule(p, r)
					for _, s := range said {
						fmt.Fprintln(a.stdout, printable(r.ID+": "+s))
					}
					if len(said) > 0 {
						a.code = exitFindings
					}
					if len(args) > 0 || own > 0 && !all {
						fmt.Fprintf(a.stdout, "%s: costs %s\n", r.ID, l.cost(p, r))
					}
				}
			}
			if n == 0 {
				return usage(fmt.Errorf("there is nothing to check"), "name rules or providers, your own files with --rules, or --all")
			}
			fmt.Fprintf(a.stdout, "%d rules checked\n", n)
			return nil
		},
	}
	f.add(c)
	c.Flags().BoolVar(&all, "all", false, "check all rules, those that ship with whosekey too")
	return c
}

// linter checks rules beside all others.
type linter struct {
	set        *detectors.Set
	identities map[string]string // by rule: the type of identity
	text       []byte            // what rules are timed on
	providers  []*rules.Provider
	idle       time.Duration // that one takes which finds nothing; 0 until it is known

	once  sync.Once
	pairs map[string]map[string]bool // of rules that find the same
}

func identityOf(r *rules.Rule) string {
	if r.Identity == nil {
		return ""
	}
	return string(r.Identity.Type)
}

// timedOn is how much text a rule is timed on, in bytes.
const timedOn = 1 << 20

func newLinter(ps []*rules.Provider) (*linter, error) {
	ds, err := detectors.Compile(ps)
	if err != nil {
		return nil, usage(err, "")
	}
	l := &linter{set: detectors.NewSet(ds...), identities: map[string]string{}, providers: ps}
	for _, p := range ps {
		for i := range p.Rules {
			l.identities[p.Rules[i].ID] = identityOf(&p.Rules[i])
		}
	}
	// All examples, between lines of code: what a rule meets where it costs something.
	for len(l.text) < timedOn {
		for _, p := range ps {
			for i := range p.Rules {
				r := &p.Rules[i]
				if len(r.Leaks) == 0 { // of another scanner
					continue
				}
				text, err := rules.Expand(r.Leaks[0].Text, fmt.Sprint(r.ID, len(l.text)), detectors.Checksum(r.Checksum))
				if err == nil && len(text) < 2000 {
					l.text = append(append(l.text, "if err := client.Do(ctx, request, token); err != nil { return fmt.Errorf(\"read key %s: %w\", name, err) }\n"...), text+"\n"...)
				}
			}
		}
	}
	l.text = l.text[:timedOn]
	return l, nil
}

// tooCommon is how often a MB of source code may have a literal.
const tooCommon = 150

func (l *linter) rule(p *rules.Provider, r *rules.Rule) (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if len(r.Leaks) < 2 {
		say("one leak example: show where else it stands")
	}
	if len(r.Clean) < 2 {
		say("one clean example: show what else is similar and harmless")
	}
	for i, e := range r.Leaks {
		if !strings.Contains(e.Text, "${") {
			say("leak example %d is no template: nothing in it is made up when it runs", i+1)
		}
	}
	alike := false
	for _, c := range r.Clean {
		text, err := rules.Expand(c.Text, r.ID, detectors.Checksum(r.Checksum))
		if err != nil {
			continue // the examples' own check says so
		}
		found, err := literalsOf(p, r, text)
		alike = alike || err == nil && len(found) > 0
	}
	if !alike {
		say("no clean example has one of its literals: none shows that a check says no")
	}
	for _, lit := range r.Shape.Literals {
		if r.Common != "" {
			break // it says why
		}
		if n := detectors.Commonness(lit.Text); n > tooCommon {
			say("the literal %q may stand %d times in a MB of source code: take a longer one, or write common = and why there is none", lit.Text, n)
		}
	}
	if !slices.ContainsFunc(p.Verify, func(v rules.Verify) bool { return len(v.Rules) == 0 || slices.Contains(v.Rules, r.ID) }) {
		say("no [[verify]]: say how to ask whether it works, or why there is no safe way")
	}
	if r.Identity == nil {
		say("no [rule.identity]: say what it belongs to")
	}
	if others := l.overlaps(p, r); len(others) > 0 {
		say("of the same confidence, and finds the same: %s. Nothing but their names says which is reported", strings.Join(others, ", "))
	}
	return out
}

// overlaps are the rules of the same confidence that find the secret of one of the
// leaks, where the pipeline does not say which is reported: one that knows the provider
// before one that knows a form, then the one with more parts. Two kinds of one provider
// that are the same identity say the same.
func (l *linter) overlaps(p *rules.Provider, r *rules.Rule) []string {
	l.once.Do(l.findPairs)
	return slices.Sorted(maps.Keys(l.pairs[r.ID]))
}

// findPairs looks through the leaks of all rules: what one rule has as an example may be
// what another is about as well.
func (l *linter) findPairs() {
	l.pairs = map[string]map[string]bool{}
	for _, p := range l.providers {
		for i := range p.Rules {
			r := &p.Rules[i]
			for j, e := range r.Leaks {
				if text, err := rules.Expand(e.Text, fmt.Sprint(r.ID, j), detectors.Checksum(r.Checksum)); err == nil {
					l.pairsIn(text)
				}
			}
		}
	}
}

func (l *linter) pairsIn(text string) {
	found := map[leak.Span][]leak.Match{}
	l.set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) { found[m.Span] = append(found[m.Span], m) })
	for _, all := range found {
		for _, m := range all {
			for _, o := range all {
				if m.Rule == o.Rule || len(m.Parts) != len(o.Parts) || !l.alike(l.set.Rule(m.Rule), l.set.Rule(o.Rule)) {
					continue
				}
				if l.pairs[m.Rule] == nil {
					l.pairs[m.Rule] = map[string]bool{}
				}
				l.pairs[m.Rule][o.Rule] = true
			}
		}
	}
}

// alike reports whether nothing says which of two rules is surer, and which one is matters.
func (l *linter) alike(a, b leak.RuleInfo) bool {
	return a.Sure == b.Sure && rules.Form(a.Provider) == rules.Form(b.Provider) && (a.Provider != b.Provider || l.identities[a.ID] != l.identities[b.ID])
}

// cost is what a rule takes beyond one that finds nothing, on text that is full of
// examples.
func (l *linter) cost(p *rules.Provider, r *rules.Rule) string {
	ds, err := detectors.Compile(alone(p, r))
	if err != nil {
		return "nothing is known"
	}
	if l.idle == 0 {
		none, err := detectors.Compile([]*rules.Provider{{Rules: []rules.Rule{rules.Nothing()}}})
		if err != nil {
			return "nothing is known"
		}
		l.idle, _ = l.timed(detectors.NewSet(none...))
	}
	took, looks := l.timed(detectors.NewSet(ds...))
	return fmt.Sprintf("%d ns a MB and %d looks, alone and on text that is full of credentials", max(0, took-l.idle).Nanoseconds(), looks)
}

// timed is the least of a few times that a set takes for the text.
func (l *linter) timed(set *detectors.Set) (best time.Duration, looks int) {
	set.Scan(&leak.Chunk{Data: []byte("x")}, func(leak.Match) {})
	best = time.Hour
	for range 5 {
		c := &leak.Chunk{Data: l.text}
		started := time.Now()
		set.Scan(c, func(leak.Match) {})
		best, looks = min(best, time.Since(started)), c.Looks
	}
	return best, looks
}
