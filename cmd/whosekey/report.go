package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/serve"
)

// htmlName is where --html writes the page if standard output is a terminal,
// which cannot show it.
const htmlName = "whosekey.html"

func (a *app) reportCommand() *cobra.Command {
	var f outputFlags
	var page bool
	c := &cobra.Command{
		Use:   "report [RUN.jsonl]...",
		Short: "Turn a run's JSON lines into any other format, or into a page",
		Long: `Read a run that was written with -f jsonl, from a file or from standard input,
and write it in another format. Nothing is scanned again.

--html is the format html: one page with everything in it, which a browser opens
from the file and which asks for nothing from anywhere. Of several runs the last
is written; html shows in lines how it went on from one to the next.`,
		Example: `  whosekey git -f jsonl > run.jsonl
  whosekey report -f sarif < run.jsonl > leaks.sarif
  whosekey report --html -o leaks.html run.jsonl
  whosekey report --html -o leaks.html monday.jsonl tuesday.jsonl`,
		RunE: func(c *cobra.Command, files []string) error {
			if page {
				if err := a.asPage(&f); err != nil {
					return err
				}
			}
			return a.convert(c.Context(), &f, files)
		},
	}
	f.salt = []byte(publicSalt)
	f.add(c)
	c.Flags().BoolVar(&page, "html", false, "write one page with everything in it: short for -f html")
	return c
}

// asPage adds the format html. On a terminal the page goes to a file.
func (a *app) asPage(f *outputFlags) error {
	if slices.ContainsFunc(f.formats, func(spec string) bool { return !strings.Contains(spec, "=") }) {
		return usage(errors.New("--html and --format are two formats for one output"), "give one a file: -f html=leaks.html")
	}
	out, ok := a.stdout.(*os.File)
	if f.output == "" && ok && term.IsTerminal(int(out.Fd())) {
		f.formats = append(f.formats, "html="+htmlName)
		fmt.Fprintf(a.stderr, "whosekey: the page is %s\n", htmlName)
		return nil
	}
	f.formats = append(f.formats, "html")
	return nil
}

// convert plays runs back into the formats that are asked for.
func (a *app) convert(ctx context.Context, f *outputFlags, files []string) error {
	var outs *outputs
	var err error
	f.replayed = true
	where := "standard input"
	if len(files) == 0 {
		var h report.Handler
		if h, outs, err = a.open(f); err == nil {
			err = readError(report.Replay(&patient{ctx, a.stdin}, h), where)
		}
	} else {
		err = serve.WriteRuns(ctx, files, report.Options{}, func(opts report.Options) (h report.Handler, err error) {
			f.page = opts.Page
			h, outs, err = a.open(f)
			return h, err
		})
		err = readError(err, "")
	}
	if outs != nil {
		defer outs.discard()
	}
	if err != nil {
		return err
	}
	return outs.commit()
}

// readError says what to do about a run that cannot be read.
func readError(err error, where string) error {
	if f := new(failure); err == nil || errors.As(err, &f) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return usage(err, "")
	}
	hint := "make one with: whosekey git -f jsonl > run.jsonl"
	if errors.Is(err, report.ErrAnotherRun) {
		hint = "give each run a file of its own; of several, --html shows the last, and how it went on: whosekey report --html FIRST.jsonl LAST.jsonl"
	}
	if where != "" {
		err = fmt.Errorf("read the run from %s: %w", where, err)
	}
	return &failure{err, hint, exitIncomplete}
}

// patient reads until its context is done: a terminal may never end.
type patient struct {
	ctx context.Context
	r   io.Reader
}

func (p *patient) Read(b []byte) (int, error) {
	type answer struct {
		n   int
		err error
	}
	own := make([]byte, len(b)) // b is the caller's again when ctx is done
	done := make(chan answer, 1)
	go func() {
		n, err := p.r.Read(own)
		done <- answer{n, err}
	}()
	select {
	case <-p.ctx.Done():
		return 0, p.ctx.Err()
	case a := <-done:
		return copy(b, own[:a.n]), a.err
	}
}
