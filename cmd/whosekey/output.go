package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
)

// outputFlags say what is written where.
type outputFlags struct {
	formats     []string
	output      string
	showSecrets bool
	owners      string
	salt        []byte // of hashes of people
	explain     string
	verbose     bool
	sarif       sarifFlags
	page        report.Page
	calm        func(report.Handler) report.Handler // stands around text on standard output; nil for nothing
	replayed    bool                                // the runs are old, and when they were is not known
	// lenient goes on where a file cannot be written: what was found is shown all the
	// same, and the run fails at its end.
	lenient bool
	// more makes further handlers, with the options that the others have; nil for none.
	more func(report.Options) ([]report.Handler, error)
}

// sarifFlags say what of a run becomes SARIF.
type sarifFlags struct {
	split, suppressed bool
	history           string
}

func (f *sarifFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.BoolVar(&f.split, "sarif-split", false, "keep SARIF within what GitHub takes: worst first, in several runs, cut with a remark")
	fl.StringVar(&f.history, "sarif-history", report.HistoryKeep, "which results SARIF has: `"+strings.Join(report.Histories, "|")+"` (see docs/reports.md)")
	fl.BoolVar(&f.suppressed, "sarif-suppressed", false, "SARIF also has what no longer works and what was ignored, as suppressed results")
	oneOf(c, "sarif-history", report.Histories...)
}

func (f *sarifFlags) check() error {
	if f.history != "" && !slices.Contains(report.Histories, f.history) {
		return usage(fmt.Errorf("--sarif-history %s: there are %s", printable(f.history), strings.Join(report.Histories, ", ")), "")
	}
	return nil
}

func (f *outputFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringArrayVarP(&f.formats, "format", "f", nil, "`FORMAT` or FORMAT=FILE: "+strings.Join(report.Formats(), ", ")+"; repeatable (default text)")
	fl.StringVarP(&f.output, "output", "o", "", "write to `file` instead of standard output")
	fl.BoolVar(&f.showSecrets, "show-secrets", false, "write the secrets themselves into the report")
	fl.StringVar(&f.owners, "owners", "", "how people are shown: handles (the default; formats for CI servers then leave out whom only git's history names), emails, or hash")
	fl.StringVar(&f.explain, "explain", "", "show only the finding with this `ID` (or its beginning), with all evidence, risk factors and the plan")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "show every place of every finding")
	f.sarif.add(c)
	oneOf(c, "owners", "handles", "emails", "hash")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoSpace))
}

// open makes the handlers for all outputs.
func (a *app) open(f *outputFlags) (report.Handler, *outputs, error) {
	formats := f.formats
	if len(formats) == 0 {
		formats = []string{"text"}
	}
	outs := &outputs{lenient: f.lenient}
	people, err := record.ParsePeople(f.owners)
	if err != nil {
		return nil, outs, usage(err, "")
	}
	if f.owners == "" {
		people = "" // nobody asked for people
	}
	if err := f.sarif.check(); err != nil {
		return nil, outs, err
	}
	var all multi
	direct := 0
	for _, spec := range formats {
		format, file, named := strings.Cut(spec, "=")
		if !named {
			if direct++; direct > 1 {
				return nil, outs, usage(errors.New("two formats for one output"), "give all but one a file: -f sarif=leaks.sarif")
			}
			file = f.output
		}
		w := io.Writer(a.stdout)
		opts := report.Options{
			ShowSecrets: f.showSecrets, People: people, Salt: f.salt, Verbose: f.verbose || f.explain != "",
			SARIFSplit: f.sarif.split, SARIFHistory: f.sarif.history, SARIFSuppressed: f.sarif.suppressed, Page: f.page,
		}
		if !f.replayed {
			opts.Clock = clock
		}
		if file == "" || file == "-" {
			opts.Color, opts.Width = a.terminal(a.stdout)
		} else {
			out, err := create(file)
			switch {
			case err != nil && f.lenient:
				outs.lose(file, err)
				continue
			case err != nil:
				outs.discard()
				return nil, outs, usage(fmt.Errorf("write %s: %w", file, err), "")
			}
			outs.files = append(outs.files, out)
			if w = out; f.lenient {
				w = &forgiving{outs: outs, file: out}
			}
		}
		buf := bufio.NewWriter(w)
		outs.buffers = append(outs.buffers, buf)
		h, err := report.New(format, buf, opts)
		if err != nil {
			outs.discard()
			return nil, outs, usage(err, "")
		}
		if f.calm != nil && format == "text" && !named {
			h = f.calm(h)
		} else if a.quiet && format == "text" {
			h = &quiet{Handler: h}
		}
		if f.explain != "" {
			h = &explainer{Handler: h, id: f.explain, text: format == "text"}
		}
		all = append(all, h)
	}
	if f.more != nil {
		further, err := f.more(report.Options{People: people, Salt: f.salt})
		if err != nil {
			outs.discard()
			return nil, outs, err
		}
		all = append(all, further...)
	}
	return all, outs, nil
}

// clock is now, unless the environment says what counts as now, for the sake of equal
// bytes. Source: https://reproducible-builds.org/specs/source-date-epoch/
func clock() time.Time {
	if n, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil && n >= 0 {
		return time.Unix(n, 0)
	}
	return time.Now()
}

// explainer lets one finding through.
type explainer struct {
	report.Handler
	id    string
	text  bool // for people, who asked for nothing else
	found bool
}

func (e *explainer) Finding(f *leak.Finding) error {
	if !strings.HasPrefix(f.ID, strings.ToLower(e.id)) {
		return nil
	}
	e.found = true
	return e.Handler.Finding(f)
}

func (e *explainer) Finish(s report.Summary) error {
	if !e.found {
		return usage(fmt.Errorf("no finding has the id %s", printable(e.id)), "reports show the beginning of each id in brackets")
	}
	if e.text {
		return nil
	}
	return e.Handler.Finish(s)
}

// planOutput is where a plan goes: standard output, unless a report for
// programs is there, which then has it as well.
func (a *app) planOutput(f *outputFlags) io.Writer {
	for _, spec := range f.formats {
		format, file, named := strings.Cut(spec, "=")
		if !named {
			file = f.output
		}
		if format != "text" && (file == "" || file == "-") {
			return a.stderr
		}
	}
	return a.stdout
}

// terminal reports whether w may be coloured, and its width.
func (a *app) terminal(w io.Writer) (color bool, width int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, _ = term.GetSize(int(f.Fd()))
	return !a.noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", width
}

// multi hands everything to several handlers.
type multi []report.Handler

func (m multi) Start(r report.Run) error {
	for _, h := range m {
		if err := h.Start(r); err != nil {
			return err
		}
	}
	return nil
}

func (m multi) Finding(f *leak.Finding) error {
	for _, h := range m {
		if err := h.Finding(f); err != nil {
			return err
		}
	}
	return nil
}

func (m multi) Finish(s report.Summary) error {
	for _, h := range m {
		if err := h.Finish(s); err != nil {
			return err
		}
	}
	return nil
}

// quiet prints nothing unless there is something to say.
type quiet struct {
	report.Handler
	run     report.Run
	started bool
}

func (q *quiet) Start(r report.Run) error {
	q.run = r
	return nil
}

func (q *quiet) begin() error {
	if q.started {
		return nil
	}
	q.started = true
	return q.Handler.Start(q.run)
}

func (q *quiet) Finding(f *leak.Finding) error {
	if err := q.begin(); err != nil {
		return err
	}
	return q.Handler.Finding(f)
}

func (q *quiet) Finish(s report.Summary) error {
	if !q.started && !s.Incomplete {
		return nil
	}
	if err := q.begin(); err != nil {
		return err
	}
	return q.Handler.Finish(s)
}
