package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) rulesCommand() *cobra.Command {
	c := &cobra.Command{Use: "rules", Short: "What whosekey searches for"}
	c.AddCommand(a.rulesListCommand())
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
