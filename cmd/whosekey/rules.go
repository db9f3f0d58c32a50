package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "What whosekey searches for", Example: `  whosekey rules list
  whosekey rules show slack-bot-token
  whosekey rules explain slack-bot-token config/app.yml:12
  whosekey rules example slack-bot-token
  whosekey rules hosts`}
	c.AddCommand(a.rulesListCommand(), a.rulesShowCommand(), a.rulesTestCommand(), a.rulesExplainCommand(), a.rulesLintCommand(), a.rulesExampleCommand(), a.rulesHostsCommand())
	return c
}

func (a *app) rulesListCommand() *cobra.Command {
	var f scanFlags
	c := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "List the rules, or those whose id, title or provider has a text in it",
		Example: `  whosekey rules list
  whosekey rules list github`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			f.failOn = "new"
			s, err := f.prepare()
			if err != nil {
				return err
			}
			text := strings.ToLower(strings.Join(args, ""))
			w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
			fmt.Fprintln(w, "RULE\tPROVIDER\tCONFIDENCE\tSEVERITY\tWHAT IT IS")
			n := 0
			for _, r := range s.set.Rules() {
				if strings.Contains(strings.ToLower(r.ID+" "+r.Provider+" "+r.Title), text) {
					fmt.Fprintf(w, "%s\t%s\t%s\t%.1f\t%s\n", r.ID, r.Provider, r.Sure, r.Severity, r.Title)
					n++
				}
			}
			if err := w.Flush(); err != nil {
				return fmt.Errorf("write list: %w", err)
			}
			fmt.Fprintf(a.stdout, "%d rules\n", n)
			return nil
		},
	}
	c.Flags().StringVar(&f.config, "config", "", "settings `file`")
	c.Flags().StringArrayVar(&f.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	return c
}

func (a *app) rulesExampleCommand() *cobra.Command {
	var seed string
	var bare bool
	c := &cobra.Command{
		Use:   "example RULE",
		Short: "Print a made-up credential that a rule finds, to try a set-up with",
		Long: `Print text with a made-up credential in it that the rule finds. It opens
nothing, but other scanners take it for real too.`,
		Example: `  whosekey rules example github-personal-access-token
  whosekey rules example --bare slack-bot-token | whosekey stdin`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: ruleIDs,
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := example(args[0], seed, bare)
			if err != nil {
				return usage(err, `list the rules with "whosekey rules list"`)
			}
			_, err = fmt.Fprintln(a.stdout, text)
			return err
		},
	}
	c.Flags().StringVar(&seed, "seed", "", "`text` that decides what is made up; the same gives the same (default: random)")
	c.Flags().BoolVar(&bare, "bare", false, "print the credential alone")
	return c
}

func example(id, seed string, bare bool) (string, error) {
	ps, err := rules.Builtin()
	if err != nil {
		return "", err
	}
	if seed == "" {
		seed = rand.Text()
	}
	for _, p := range ps {
		for _, r := range p.Rules {
			if r.ID != id {
				continue
			}
			text, err := rules.Expand(r.Leaks[0].Text, seed, detectors.Checksum(r.Checksum))
			if err != nil || !bare {
				return text, err
			}
			return credentialIn(p, r, text)
		}
	}
	if rules.InGo(id) {
		return "", fmt.Errorf("the rule %q is written in Go, and has no example", id)
	}
	return "", fmt.Errorf("no rule has the id %q", id)
}

// credentialIn cuts the credential out of an example.
func credentialIn(p *rules.Provider, r rules.Rule, text string) (out string, err error) {
	ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{r}}})
	if err != nil {
		return "", err
	}
	detectors.NewSet(ds...).Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
		out = text[m.Span.Start:m.Span.End]
	})
	if out == "" {
		return "", errors.New("the random example happens to be none; try again")
	}
	return out, nil
}
