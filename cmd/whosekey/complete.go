package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/rules"
)

// What shells complete besides names of commands and flags.

// oneOf has a shell complete a flag that has one of some words.
func oneOf(c *cobra.Command, flag string, words ...string) {
	c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// ruleIDs completes the id of a built-in rule as the first argument; what follows is a file.
func ruleIDs(_ *cobra.Command, args []string, begun string) (out []string, _ cobra.ShellCompDirective) {
	ps, err := rules.Shipped()
	if len(args) > 0 || err != nil {
		return nil, cobra.ShellCompDirectiveDefault
	}
	add := func(id, title string) {
		if strings.HasPrefix(id, begun) {
			out = append(out, cobra.CompletionWithDesc(id, title))
		}
	}
	for _, p := range ps {
		for _, r := range p.Rules {
			add(r.ID, r.Title)
		}
	}
	for _, d := range detectors.Builtin(nil) {
		add(d.Spec().Rule.ID, d.Spec().Rule.Title)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
