package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/identity/inventory"
	"github.com/whosekey/whosekey/identity/record"
)

func (a *app) inventoryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "inventory",
		Short: "The organisation's identities: read, export, compare, review, attest",
		Long: `Keep the list of non-human identities that scans compare findings with
(--inventory), and make lists, pictures, review sheets and evidence of what a run
found. Nothing here uses the network.`,
		Example: `  whosekey inventory import nhi.csv gcloud.json -o inventory.jsonl
  whosekey git --inventory inventory.jsonl -f jsonl -o run.jsonl
  whosekey inventory diff inventory.jsonl run.jsonl
  whosekey inventory review run.jsonl --dir sheets
  whosekey inventory export run.jsonl -f mermaid`,
	}
	c.AddCommand(a.inventoryImportCommand(), a.inventoryExportCommand(), a.inventoryDiffCommand(), a.inventoryReviewCommand(), a.inventoryAttestCommand())
	return c
}

// readingFlags say how inventories are read.
type readingFlags struct {
	maps    []string
	dialect string
	dates   string
}

func (f *readingFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVar(&f.maps, "map", nil, "which column is which field, as `FIELD=COLUMN`: owner=\"Support Group\"; repeatable")
	fl.StringVar(&f.dialect, "dialect", "", "the `kind` of export that the files are (default: their content tells)")
	fl.StringVar(&f.dates, "dates", "", "how to read 03/04/2025: dmy or mdy (default: such dates are left out)")
	oneOf(c, "dialect", inventory.Dialects()...)
	oneOf(c, "dates", "dmy", "mdy")
}

func (f *readingFlags) options() (inventory.Options, error) {
	o := inventory.Options{Dialect: f.dialect, Dates: inventory.DateOrder(f.dates), Map: map[string]string{}}
	for _, m := range f.maps {
		name, column, ok := strings.Cut(m, "=")
		if !ok || name == "" || column == "" {
			return o, usage(fmt.Errorf("--map %q", m), "write FIELD=COLUMN")
		}
		o.Map[name] = column
	}
	if err := o.Check(); err != nil {
		return o, usage(err, "")
	}
	return o, nil
}

// peopleFlags say how people are shown.
type peopleFlags struct{ owners string }

func (f *peopleFlags) add(c *cobra.Command, otherwise string) {
	c.Flags().StringVar(&f.owners, "owners", otherwise, "how people are shown: handles, emails, or hash")
	oneOf(c, "owners", "handles", "emails", "hash")
}

func (f *peopleFlags) options() (record.Options, error) {
	p, err := record.ParsePeople(f.owners)
	if err != nil {
		return record.Options{}, usage(err, "")
	}
	return record.Options{People: p}, nil
}

func (a *app) inventoryImportCommand() *cobra.Command {
	var f readingFlags
	var people peopleFlags
	var output string
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Read inventories of any kind into one that scans read",
		Long: `Read tables and exports, find out what each is, join the rows about the same
identity, and write an inventory that --inventory of scans reads (they read the
exports themselves, too). It is JSON lines; docs/inventory.md describes it.

A row that cannot be read is reported with its line, the others are imported, and
the exit code is 3. A review sheet that was signed off is read like any other file:
its decisions are in the inventory then.

The inventory holds the addresses of owners, because scans recognise people by
them: keep it private, or leave them out with --owners handles.

It reads CSV with any delimiter, JSON, JSON lines, YAML, XML and the tables of
Markdown, in UTF-8 and UTF-16. The kinds of exports:

` + inventory.DialectHelp(),
		Example: `  whosekey inventory import nhi.csv -o inventory.jsonl
  aws iam get-credential-report | whosekey inventory import -
  whosekey inventory import cmdb.csv --map owner="Support Group" --map name=CI
  whosekey inventory import inventory.jsonl review-payments.csv -o inventory.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			shown, err := people.options()
			if err != nil {
				return err
			}
			inv, err := a.loadInventory(c, &f, args)
			if err != nil {
				return err
			}
			defer inv.Close()
			if err := a.write(output, func(w io.Writer) error { return inv.Write(w, shown, args...) }); err != nil {
				return err
			}
			n, err := inv.Len()
			if err != nil {
				return err
			}
			a.problems(inv)
			if !a.quiet {
				fmt.Fprintf(a.stderr, "whosekey: %d identities of %d rows, %d rows joined to others, %d lost\n", n, inv.Rows, inv.Joined, inv.Lost)
			}
			return nil
		},
	}
	f.add(c)
	people.add(c, "emails")
	c.Flags().StringVarP(&output, "output", "o", "", "write to `file` instead of standard output")
	return c
}

// loadInventory reads files into one inventory; - is standard input.
func (a *app) loadInventory(c *cobra.Command, f *readingFlags, names []string) (*inventory.Inventory, error) {
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	tuneForLists()
	inv := inventory.New()
	for _, name := range names {
		if name == "-" {
			err = inv.Load("standard input", &patient{c.Context(), a.stdin}, o)
		} else {
			err = inv.LoadFile(name, o)
		}
		if err != nil {
			inv.Close()
			return nil, readFailure(err)
		}
	}
	return inv, nil
}

// readFailure is a file that is not there, or cannot be read.
func readFailure(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return usage(err, "")
	}
	return &failure{err, "", exitIncomplete}
}

// maxShown is how many problems are printed.
const maxShown = 50

// problems prints what could not be read, and sets the exit code if rows are
// lost.
func (a *app) problems(invs ...*inventory.Inventory) {
	var b strings.Builder
	n, left := 0, 0
	for _, inv := range invs {
		if inv == nil {
			continue
		}
		if inv.Lost > 0 {
			a.code = exitIncomplete
		}
		for _, p := range inv.Problems {
			switch {
			case n >= maxShown:
				left++
			case p.Lost:
				fmt.Fprintf(&b, "whosekey: %s: %s: not imported\n", p.Source, p.Why)
				n++
			case !a.quiet:
				fmt.Fprintf(&b, "whosekey: %s: %s\n", p.Source, p.Why)
				n++
			}
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "whosekey: and %d more\n", left)
	}
	if b.Len() > 0 {
		io.WriteString(a.stderr, safe(b.String()))
	}
}

// write writes to a file, which is replaced as a whole, or to standard output.
func (a *app) write(name string, put func(io.Writer) error) error {
	outs := &outputs{}
	defer outs.discard()
	w := io.Writer(a.stdout)
	if name != "" && name != "-" {
		f, err := create(name)
		if err != nil {
			return usage(fmt.Errorf("write %s: %w", name, err), "")
		}
		outs.files = append(outs.files, f)
		w = f
	}
	b := bufio.NewWriter(w)
	outs.buffers = append(outs.buffers, b)
	if err := put(b); err != nil {
		return err
	}
	return outs.commit()
}
