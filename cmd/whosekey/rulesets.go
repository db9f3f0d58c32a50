package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/internal/nearest"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/rules"
)

// ruleFlags name the rules that a command is about: those that ship with the
// program, with their examples, and the user's own.
type ruleFlags struct {
	config string
	files  []string
}

func (f *ruleFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "", "settings `file`")
	c.Flags().StringArrayVar(&f.files, "rules", nil, "further provider `file`, TOML; repeatable")
}

// load returns the providers, the user's own last, and how many those are. Examples
// are not run.
func (f *ruleFlags) load() (ps []*rules.Provider, own int, err error) {
	if ps, err = rules.Builtin(); err != nil {
		return nil, 0, err
	}
	shipped := len(ps)
	for _, name := range f.files {
		b, err := policy.ReadFile(name)
		if err != nil {
			return nil, 0, usage(fmt.Errorf("read rules: %w", err), "")
		}
		p, err := rules.Parse(name, string(b))
		if err != nil {
			return nil, 0, usage(err, "docs/rules.md describes the format")
		}
		ps = append(ps, p)
	}
	if f.config != "" {
		s := scanFlags{config: f.config}
		ready, err := s.prepare()
		if err != nil {
			return nil, 0, err
		}
		ps = append(ps, ready.further...)
		ps = append(ps, ready.own...)
	}
	if err := rules.Distinct(ps); err != nil {
		return nil, 0, usage(err, "give it another id")
	}
	return ps, len(ps) - shipped, nil
}

// find returns a rule by its id.
func find(ps []*rules.Provider, id string) (*rules.Provider, *rules.Rule, error) {
	ids := []string{rules.Generic}
	for _, p := range ps {
		for i := range p.Rules {
			if p.Rules[i].ID == id {
				return p, &p.Rules[i], nil
			}
			ids = append(ids, p.Rules[i].ID)
		}
	}
	hint := `list the rules with "whosekey rules list"`
	if names := convert.GitleaksRules(id); len(names) > 0 {
		hint = fmt.Sprintf("so gitleaks calls what is %s here", strings.Join(names, ", "))
	} else if k := nearest.Of(id, ids); k != "" {
		hint = fmt.Sprintf("did you mean %q?", k)
	}
	return nil, nil, usage(fmt.Errorf("no rule has the id %q", id), hint)
}

// alone is a provider with one of its rules.
func alone(p *rules.Provider, r *rules.Rule) []*rules.Provider {
	q := *p
	q.Rules = []rules.Rule{*r}
	return []*rules.Provider{&q}
}

// detector returns the detector of a rule, also of one that is written in Go.
func detector(ps []*rules.Provider, id string) (detectors.Detector, error) {
	for _, d := range detectors.Builtin(nil) {
		if d.Spec().Rule.ID == id {
			return d, nil
		}
	}
	p, r, err := find(ps, id)
	if err != nil {
		return nil, err
	}
	ds, err := detectors.Compile(alone(p, r))
	if err != nil {
		return nil, usage(err, "")
	}
	return ds[0], nil
}
