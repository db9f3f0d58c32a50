package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/convert"
	"github.com/whosekey/whosekey/rules"
)

// theirs puts our rules in the place of those that a configuration names and does not
// have, as it means those that gitleaks ships with, and disables rules.
func (s *scan) theirs(g *convert.GitleaksConfig) error {
	ps, err := rules.Shipped()
	if err != nil {
		return err
	}
	ours := func(id string) []string {
		if names := convert.GitleaksRules(id); len(names) > 0 {
			s.note("%q of gitleaks is %s here", id, strings.Join(names, ", "))
			return names
		}
		if rules.InGo(id) || slices.ContainsFunc(ps, func(p *rules.Provider) bool {
			return slices.ContainsFunc(p.Rules, func(r rules.Rule) bool { return r.ID == id })
		}) {
			return []string{id}
		}
		return nil
	}
	for _, id := range g.Disable {
		var names []string
		if g.Defaults {
			names = ours(id)
		}
		if s.config.Rules.Disable = append(s.config.Rules.Disable, names...); names == nil {
			s.note("disabledRules: no rule has the id %q", id)
		}
	}
	if g.Defaults {
		s.writtenAnew(g)
	}
	for i := range g.Allow {
		var all []string
		for _, id := range g.Allow[i].Rules {
			names := []string{id}
			if g.Rules[id] == nil {
				names = ours(id)
			}
			if all = append(all, names...); names == nil {
				s.note("an allowlist is of the rule %q, which is not there", id)
			}
		}
		if g.Allow[i].Rules != nil && all == nil {
			all = []string{""} // of none, which is not of all
		}
		g.Allow[i].Rules = all
	}
	return nil
}

// writtenAnew disables our rules in the place of those that gitleaks ships with and that a
// configuration writes anew.
func (s *scan) writtenAnew(g *convert.GitleaksConfig) {
	for _, id := range slices.Sorted(maps.Keys(g.Rules)) {
		names := slices.DeleteFunc(convert.GitleaksRules(id), func(name string) bool { return g.Rules[name] != nil })
		if g.Rules[id].Pattern == nil || len(names) == 0 {
			continue
		}
		s.note("its rule %q is in the place of ours: %s", id, strings.Join(names, ", "))
		for _, name := range names {
			if !slices.Contains(s.config.Rules.Disable, name) {
				s.config.Rules.Disable = append(s.config.Rules.Disable, name)
			}
		}
	}
}

// note adds to what is told of a configuration of gitleaks.
func (s *scan) note(format string, args ...any) {
	n := filepath.Base(s.config.File) + ": " + fmt.Sprintf(format, args...)
	if !slices.Contains(s.notes, n) {
		s.notes = append(s.notes, n)
	}
}
