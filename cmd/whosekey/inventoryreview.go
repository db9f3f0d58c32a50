package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity/inventory"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/identity/risk"
	"github.com/whosekey/whosekey/leak"
)

func (a *app) inventoryReviewCommand() *cobra.Command {
	var f readingFlags
	var people peopleFlags
	var output, format, dir, owner string
	c := &cobra.Command{
		Use:   "review [FILE]...",
		Short: "Write access-review sheets: what each owner has to decide about",
		Long: `Read runs or inventories from files or standard input and write, for each owner, the identities with why they are theirs, the evidence, what to do and by
when: critical risks within a day, high ones within 7, medium ones within 30.

The owner writes keep, rotate, revoke or not mine into the column decision, a name
into reviewer and a day into reviewed. The sheet that comes back is imported:

  whosekey inventory import inventory.jsonl SHEET... -o inventory.jsonl

What is to be revoked is retired from then on, so that diff and scans report it if
it still works; what is not theirs loses that owner. Identities of foreign tenants
are left out.`,
		Example: `  whosekey inventory review run.jsonl --dir sheets            # a file for each owner
  whosekey inventory review run.jsonl --dir sheets -f markdown
  whosekey inventory review run.jsonl --owner @acme/payments > payments.csv`,
		RunE: func(c *cobra.Command, args []string) error {
			if format != "csv" && format != "markdown" {
				return usage(fmt.Errorf("unknown format %q: there are csv, markdown", format), "")
			}
			if dir != "" && output != "" {
				return usage(errors.New("--dir and --output exclude each other"), "")
			}
			o, err := f.options()
			if err != nil {
				return err
			}
			shown, err := people.options()
			if err != nil {
				return err
			}
			var all []*record.Record
			invs, err := a.records(c, o, args, func(r *record.Record) error {
				all = append(all, inventory.Shown(r, shown))
				return nil
			})
			a.problems(invs...)
			if err != nil {
				return err
			}
			sheets := inventory.Sheets(all, time.Now())
			if owner != "" {
				sheets = slices.DeleteFunc(sheets, func(s inventory.Sheet) bool { return !strings.EqualFold(s.Owner, owner) })
			}
			return a.writeSheets(sheets, format, dir, output)
		},
	}
	f.add(c)
	people.add(c, "handles")
	fl := c.Flags()
	fl.StringVarP(&format, "format", "f", "csv", "`FORMAT`: csv, markdown")
	fl.StringVarP(&output, "output", "o", "", "write to `file` instead of standard output")
	fl.StringVar(&dir, "dir", "", "write a file for each owner into a `folder`, which is made")
	fl.StringVar(&owner, "owner", "", "only the sheet of this `owner`")
	oneOf(c, "format", "csv", "markdown")
	return c
}

func (a *app) writeSheets(sheets []inventory.Sheet, format, dir, output string) error {
	now := time.Now()
	put := func(w io.Writer, list ...inventory.Sheet) error {
		if format == "markdown" {
			return inventory.WriteSheetsMarkdown(w, now, list...)
		}
		return inventory.WriteSheetsCSV(w, list...)
	}
	if dir == "" {
		return a.write(output, func(w io.Writer) error { return put(w, sheets...) })
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return usage(err, "")
	}
	ext := map[string]string{"csv": ".csv", "markdown": ".md"}[format]
	taken := map[string]bool{}
	for _, s := range sheets {
		name := s.FileName(ext)
		for n := 2; taken[name]; n++ {
			name = strings.TrimSuffix(s.FileName(ext), ext) + fmt.Sprintf("-%d", n) + ext
		}
		taken[name] = true
		if err := a.write(filepath.Join(dir, name), func(w io.Writer) error { return put(w, s) }); err != nil {
			return err
		}
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "whosekey: %d sheets in %s\n", len(sheets), dir)
	}
	return nil
}

// attestFormats are those of whosekey inventory attest.
var attestFormats = []string{"markdown", "json", "html"}

// attestFlags are the flags of whosekey inventory attest.
type attestFlags struct {
	readingFlags
	peopleFlags
	output, format string
	frameworks     []string
	since, reviews []string
}

func (a *app) inventoryAttestCommand() *cobra.Command {
	var f attestFlags
	var ids []string
	for _, w := range inventory.Frameworks {
		ids = append(ids, w.ID)
	}
	c := &cobra.Command{
		Use:   "attest RUN...",
		Short: "Write evidence for auditors: scope, coverage, findings, owners, state, rotations",
		Long: `Read runs (-f jsonl) and write what they show for the controls of frameworks:
what was searched and what was not, the identities with their owners, the state of
each credential and when it was checked, and what was rotated since.

The frameworks are ` + strings.Join(ids, ", ") + `.
` + inventory.Disclaimer,
		Example: `  whosekey inventory attest run.jsonl > evidence.md
  whosekey inventory attest run.jsonl --since last-quarter.jsonl --framework soc2 -f html -o soc2.html
  whosekey inventory attest run.jsonl --reviews inventory.jsonl -f json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for _, w := range f.frameworks {
				if !slices.Contains(ids, w) {
					return usage(fmt.Errorf("unknown framework %q: there are %s", w, strings.Join(ids, ", ")), "")
				}
			}
			if !slices.Contains(attestFormats, f.format) {
				return usage(fmt.Errorf("unknown format %q: there are %s", f.format, strings.Join(attestFormats, ", ")), "")
			}
			return a.attest(c, &f, args)
		},
	}
	f.readingFlags.add(c)
	f.peopleFlags.add(c, "handles")
	fl := c.Flags()
	fl.StringVarP(&f.format, "format", "f", "markdown", "`FORMAT`: "+strings.Join(attestFormats, ", "))
	fl.StringVarP(&f.output, "output", "o", "", "write to `file` instead of standard output")
	fl.StringArrayVar(&f.frameworks, "framework", nil, "only this `framework`; repeatable")
	fl.StringArrayVar(&f.since, "since", nil, "an earlier `run`: what worked then and does not now was rotated; repeatable")
	fl.StringArrayVar(&f.reviews, "reviews", nil, "an inventory or review sheet with decisions, a `file`; repeatable")
	oneOf(c, "format", attestFormats...)
	oneOf(c, "framework", ids...)
	return c
}

func (a *app) attest(c *cobra.Command, f *attestFlags, runs []string) error {
	o, err := f.readingFlags.options()
	if err != nil {
		return err
	}
	shown, err := f.peopleFlags.options()
	if err != nil {
		return err
	}
	t := inventory.Attest{Options: shown, Catalog: controlCatalog(), Judge: spread()}
	var invs []*inventory.Inventory
	for _, name := range runs {
		inv, err := t.AddFile(name, filepath.Base(name), o)
		if err != nil {
			return readFailure(err)
		}
		invs = append(invs, inv)
	}
	for _, name := range f.since {
		inv, err := t.AddBefore(name, o)
		if err != nil {
			return readFailure(err)
		}
		invs = append(invs, inv)
	}
	if len(f.reviews) > 0 {
		inv, err := a.loadInventory(c, &f.readingFlags, f.reviews)
		if err != nil {
			return err
		}
		defer inv.Close()
		t.AddReviews(inv)
		invs = append(invs, inv)
	}
	a.problems(invs...)
	report, err := t.Done(time.Now(), f.frameworks...)
	if err != nil {
		return err
	}
	return a.write(f.output, func(w io.Writer) error { return report.Write(w, f.format) })
}

// controlCatalog lists all controls there are, for those without a finding.
func controlCatalog() (all []leak.Control) {
	for _, titles := range []map[string]string{risk.OWASP, risk.Clauses} {
		for id, title := range titles {
			all = append(all, leak.Control{ID: id, Title: title})
		}
	}
	return all
}
