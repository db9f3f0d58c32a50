package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/rules"
)

// Exit codes. Findings and errors never share one.
const (
	exitClean       = 0
	exitFindings    = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitPolicy      = 4 // whosekey verify: nobody may be asked
	exitInterrupted = 130
)

// app is one invocation.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	level          slog.LevelVar
	logLevel       string
	quiet, noColor bool
	code           int        // what a command that ran leaves with
	served         bool       // it goes on until it is interrupted
	unwritten      []lostFile // reports that are not there, of a run that went on
	reported       bool       // what was found was written, though the run was interrupted
}

// failure is an error with what to do next.
type failure struct {
	err  error
	hint string
	code int
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
func (f *failure) Hint() string  { return f.hint }

// hintOf is what an error says can be done about it; empty if nobody knows.
func hintOf(err error) string {
	var e interface {
		error
		Hint() string
	}
	if errors.As(err, &e) {
		return e.Hint()
	}
	return ""
}

// usage makes an error that is the user's to mend.
func usage(err error, hint string) error { return &failure{err, hint, exitUsage} }

// run is the whole program; tests call it too.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root(args...)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := namedAsFlag(args)
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	switch {
	case ctx.Err() != nil && a.served && err == nil:
		return exitClean
	case ctx.Err() != nil && a.reported:
		fmt.Fprintln(stderr, "whosekey: interrupted: what was found is reported, but not all of it was asked about")
		return exitInterrupted
	case ctx.Err() != nil:
		if err != nil && !errors.Is(err, ctx.Err()) {
			fmt.Fprintf(stderr, "whosekey: error: %s\n", safe(err.Error()))
		}
		fmt.Fprintln(stderr, "whosekey: interrupted: the scan is not complete, nothing was reported")
		return exitInterrupted
	case err == nil:
		return a.code
	case errors.Is(err, syscall.EPIPE): // whosekey ... | head
		return exitInterrupted
	}
	fmt.Fprintf(stderr, "whosekey: error: %s\n", safe(err.Error()))
	if f := new(failure); errors.As(err, &f) {
		if f.hint != "" {
			fmt.Fprintf(stderr, "whosekey: hint: %s\n", safe(f.hint))
		}
		return f.code
	}
	return exitUsage
}

// safe masks credentials that came into a message with the name of a file or a
// line of a rule file, and makes it printable.
func safe(message string) string {
	if set := shipped(); set != nil {
		message = pipeline.MaskText(set, message)
	}
	return printable(message)
}

// shipped are the detectors that come with whosekey.
var shipped = sync.OnceValue(func() *detectors.Set {
	ps, err := rules.Shipped()
	if err != nil {
		return nil
	}
	ds, err := detectors.Compile(ps)
	if err != nil {
		return nil
	}
	return detectors.NewSet(append(ds, detectors.Builtin(nil)...)...)
})

// printable keeps control characters that come from file names or servers off
// the terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || 0x80 <= r && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, s)
}

// root is the program's command, with those below it that args can be about.
func (a *app) root(args ...string) *cobra.Command {
	root := &cobra.Command{
		Use:   "whosekey",
		Short: "Find leaked credentials and say whose they are",
		Long: `whosekey searches git history, files, container images and CI logs for leaked
credentials, and shows where each one is, whose it is and what to do.

It runs offline, and nothing it finds is sent anywhere, unless --verify asks
the providers of credentials whether they still work.

Exit codes: 0 clean, 1 findings, 2 usage or settings, 3 the scan is not
complete, 4 verification that the policy forbids, 130 interrupted. With
findings and an incomplete scan it is 1, with --strict 3.`,
		Example: `  whosekey git                        # the whole history of this repository
  whosekey git --staged               # what the next commit would add
  whosekey git --range main..HEAD     # what this branch adds
  whosekey dir . -f sarif=leaks.sarif # files, as SARIF
  whosekey image acme/app:1.4         # all layers of an image
  kubectl logs job/ci | whosekey stdin`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := a.level.UnmarshalText([]byte(a.logLevel)); err != nil {
				return usage(fmt.Errorf("--log-level %q", a.logLevel), "use debug, info, warn or error")
			}
			slog.SetDefault(slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: &a.level})))
			return nil
		},
	}
	root.PersistentFlags().StringVar(&a.logLevel, "log-level", "warn", "debug, info, warn or error")
	oneOf(root, "log-level", "debug", "info", "warn", "error")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "no progress, and no text when nothing was found")
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "plain text (also: NO_COLOR=1)")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage(err, fmt.Sprintf("see %q", c.CommandPath()+" --help"))
	})
	addNamed(root, args, a.commands(args))
	return root
}
