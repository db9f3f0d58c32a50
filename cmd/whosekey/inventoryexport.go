package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity/inventory"
	"github.com/whosekey/whosekey/identity/record"
)

func (a *app) inventoryExportCommand() *cobra.Command {
	var f readingFlags
	var people peopleFlags
	var output, format, names string
	c := &cobra.Command{
		Use:   "export [FILE]...",
		Short: "Write the identities of a run or an inventory as a list or a picture",
		Long: `Read runs (-f jsonl or json), or any inventories, from files or standard input
and write their identities. Those of several files are joined: one credential in
two repositories is one, and its reach and risk are judged again. The formats:

  json       a list of records, see docs/schema/nhi-v1.json
  csv        a table, for spreadsheets
  graph      nodes and edges in JSON: secrets, identities, owners, consumers
  dot        the same for Graphviz
  mermaid    the same as a picture that forges draw in Markdown
  cyclonedx  credentials as cryptographic assets, identities as services (1.6)

E-mail addresses are left out, but with --owners emails. Cells that a spreadsheet
would take for a formula begin with an apostrophe.`,
		Example: `  whosekey inventory export run.jsonl -f csv -o nhi.csv
  whosekey inventory export payments.jsonl billing.jsonl   # one identity, two repositories
  whosekey inventory export run.jsonl -f dot | dot -Tsvg > nhi.svg
  whosekey inventory export run.jsonl -f csv --names github`,
		RunE: func(c *cobra.Command, args []string) error {
			shown, err := people.options()
			if err != nil {
				return err
			}
			if names != "nhi" && names != "github" {
				return usage(fmt.Errorf("unknown names %q: there are nhi, github", names), "")
			}
			if !slices.Contains(inventory.Formats, format) {
				return usage(fmt.Errorf("unknown format %q: there are %s", format, strings.Join(inventory.Formats, ", ")), "")
			}
			o, err := f.options()
			if err != nil {
				return err
			}
			var invs []*inventory.Inventory
			err = a.write(output, func(w io.Writer) error {
				return inventory.Export(w, format, func(visit func(*record.Record) error) error {
					invs, err = a.records(c, o, args, visit)
					return err
				}, inventory.ExportOptions{Options: shown, GitHub: names == "github"})
			})
			a.problems(invs...)
			return err
		},
	}
	f.add(c)
	people.add(c, "handles")
	fl := c.Flags()
	fl.StringVarP(&format, "format", "f", "json", "`FORMAT`: "+strings.Join(inventory.Formats, ", "))
	fl.StringVarP(&output, "output", "o", "", "write to `file` instead of standard output")
	fl.StringVar(&names, "names", "nhi", "names of the fields in json and csv: nhi, or github for those of GitHub's inventory")
	oneOf(c, "format", inventory.Formats...)
	oneOf(c, "names", "nhi", "github")
	return c
}

// diffFormats are those of whosekey inventory diff.
var diffFormats = []string{"text", "json", "csv", "markdown"}

func (a *app) inventoryDiffCommand() *cobra.Command {
	var f readingFlags
	var people peopleFlags
	var output, format string
	var gone bool
	var only []string
	c := &cobra.Command{
		Use:   "diff OLD NEW...",
		Short: "Compare what is known with what there is",
		Long: `Compare an inventory with runs, or two of either, and list

  shadow            identities of NEW that are not in OLD
  orphaned          whose owners have all left
  retired-but-live  that OLD says are retired, and that work or are in use
  unowned           that nobody is known to own
  changed-owner     that somebody else owns than before
  unknown           of which nobody can know if OLD has them
  gone              of OLD that are not in NEW (with --gone)

What nobody asked the provider about counts as live: run scans with --verify safe
to know. The exit code is 1 if there are differences, else 3 if rows were lost.`,
		Example: `  whosekey inventory diff inventory.jsonl run.jsonl
  whosekey inventory diff last-month.jsonl run.jsonl --gone -f markdown
  whosekey inventory diff nhi.csv run.jsonl --only shadow --only retired-but-live`,
		Args: cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(diffFormats, format) {
				return usage(fmt.Errorf("unknown format %q: there are %s", format, strings.Join(diffFormats, ", ")), "")
			}
			for _, k := range only {
				if !slices.Contains(inventory.Kinds, k) {
					return usage(fmt.Errorf("unknown kind %q: there are %s", k, strings.Join(inventory.Kinds, ", ")), "")
				}
			}
			if args[0] == "-" && slices.Contains(args[1:], "-") {
				return usage(errors.New("both lists cannot be standard input"), "")
			}
			shown, err := people.options()
			if err != nil {
				return err
			}
			list, err := a.diff(c, &f, args, gone || slices.Contains(only, inventory.Gone))
			if err != nil {
				return err
			}
			list = slices.DeleteFunc(list, func(d inventory.Difference) bool { return len(only) > 0 && !slices.Contains(only, d.Kind) })
			for i := range list {
				list[i] = list[i].Shown(shown)
			}
			if len(list) > 0 {
				a.code = exitFindings
			}
			return a.write(output, func(w io.Writer) error { return inventory.WriteDiff(w, format, list) })
		},
	}
	f.add(c)
	people.add(c, "handles")
	fl := c.Flags()
	fl.StringVarP(&format, "format", "f", "text", "`FORMAT`: "+strings.Join(diffFormats, ", "))
	fl.StringVarP(&output, "output", "o", "", "write to `file` instead of standard output")
	fl.BoolVar(&gone, "gone", false, "list the identities of OLD that are not in NEW, too")
	fl.StringArrayVar(&only, "only", nil, "list only this `kind`; repeatable")
	oneOf(c, "format", diffFormats...)
	oneOf(c, "only", inventory.Kinds...)
	return c
}

func (a *app) diff(c *cobra.Command, f *readingFlags, args []string, gone bool) ([]inventory.Difference, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	old, err := a.loadInventory(c, f, args[:1])
	if err != nil {
		return nil, err
	}
	defer old.Close()
	var now []*inventory.Inventory
	list, err := inventory.Diff(old, func(visit func(*record.Record) error) error {
		now, err = a.records(c, o, args[1:], visit)
		return err
	}, gone, time.Now())
	for _, inv := range now {
		defer inv.Close()
	}
	a.problems(append(now, old)...)
	return list, err
}
