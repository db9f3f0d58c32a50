package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/verify"
)

// checkFlags are the flags of whosekey verify.
type checkFlags struct {
	scanFlags
	rule   string
	parts  []string
	report string
	reread string
}

func (a *app) verifyCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "verify -",
		Short: "Ask whether a credential works, or all of a report again",
		Long: `Read a credential from standard input, alone or with text around it, and ask
its provider whether it works. Which kind it is is guessed; --rule says it.

With --report ask about all credentials of a run that was kept as JSON lines,
and write that run with the new verdicts. The credentials come out of the
report if it was written with --show-secrets, else out of what was scanned,
which --reread searches again.

Only calls that change nothing are made; docs/verification.md says which.

Exit codes: 0 none works, 1 one works, 2 usage or settings, 3 it is not known of
one, 4 the policy forbids to ask about one, 130 interrupted. 1 beats 4, and 4
beats 3.`,
		Example: `  pbpaste | whosekey verify -
  whosekey verify - --rule okta-api-token --part domain=acme.okta.com < token.txt
  whosekey verify - --verify plan < token.txt
  whosekey verify --report run.jsonl --reread ~/src/app -f jsonl -o again.jsonl`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case f.report == "" && (len(args) == 0 || args[0] != "-"):
				return usage(errors.New("nothing to verify"), `give a credential on standard input, "whosekey verify -", or a run with --report; never as an argument, where others can read it`)
			case f.report != "" && len(args) > 0:
				return usage(errors.New("--report and - exclude each other"), "")
			case f.report != "" && (f.rule != "" || len(f.parts) > 0):
				return usage(errors.New("--rule and --part are for a credential on standard input"), "")
			case f.report == "" && f.reread != "":
				return usage(errors.New("--reread needs --report"), "")
			}
			s, err := f.prepare()
			if err != nil {
				return err
			}
			if f.report != "" {
				return a.verifyReport(c.Context(), s, &f)
			}
			return a.verifyStdin(c.Context(), s, &f)
		},
	}
	f.add(c)
	fl := c.Flags()
	fl.StringVar(&f.rule, "rule", "", "`ID` of the rule whose credential it is (default: guessed)")
	fl.StringArrayVar(&f.parts, "part", nil, "another piece of the credential, `NAME=VALUE`: user=..., host=...; repeatable")
	fl.StringVar(&f.report, "report", "", "a run's JSON lines, `file`")
	fl.StringVar(&f.reread, "reread", "", "`path` of what the run searched, to find its credentials again")
	f.failsOn(c, "live")
	fl.Lookup("verify").Usage = "plan, safe or extended (default safe)"
	return c
}

// check is one call of whosekey verify.
type check struct {
	*app
	scan         *scan
	parts        leak.Parts // that the user added
	mode, target string
	given        bool   // the user said which rule's credential it is
	repository   string // that the credentials come from, if that is known
	asked        []*leak.Finding
	asking       *asking
	shown        *verifying
}

func (k *check) run() report.Run {
	r := report.Run{Mode: k.mode, Target: k.target, Tool: "whosekey", Version: version(), Salted: k.scan.flags.keyFile != ""}
	r.Rules, r.RulesVersion, r.Catalog = k.scan.set.Len(), k.scan.digest, k.scan.set.Rules()
	return r
}

// begin makes ready to ask.
func (k *check) begin() (err error) {
	if k.asking, err = k.scan.askSettings(k.scan.scanned, verify.Safe); err != nil {
		return err
	}
	if !k.asking.on() {
		why := "verification is off in your settings"
		if k.scan.flags.verify.mode != "" {
			why = "--verify off: nobody is asked"
		}
		return &failure{errors.New(why), "to ask: --verify safe; to see who would be asked: --verify plan", exitPolicy}
	}
	k.asking.given = k.given
	k.shown = &verifying{w: k.stderr, on: !k.quiet && isTerminal(k.stderr)}
	if err = k.asking.start(k.scan, k.shown.progress); err == nil {
		k.tell(k.asking)
	}
	return err
}

func (k *check) ask(ctx context.Context, fs []*leak.Finding) error {
	defer k.shown.stop()
	for _, f := range fs {
		if len(k.parts) > 0 {
			f.Parts = maps.Clone(f.Parts)
			maps.Copy(f.Parts, k.parts)
			f.Loose = slices.DeleteFunc(slices.Clone(f.Loose), func(name string) bool { return k.parts[name].Len() > 0 }) // the user says so
		}
	}
	k.asked = fs
	err := k.asking.ask(ctx, fs, k.repository)
	pipeline.MaskAnswers(k.scan.set, fs)
	return err
}

// search asks about all credentials in a text.
func (k *check) search(ctx context.Context, text []byte) error {
	if err := k.begin(); err != nil {
		return err
	}
	defer k.asking.close()
	h, outs, err := k.open(&k.scan.flags.out)
	if err != nil {
		return err
	}
	defer outs.discard()
	src := dir.NewStdin(bytes.NewReader(text), k.target, 1)
	defer src.Close()
	_, err = pipeline.Run(ctx, pipeline.Config{
		Run: k.run(), Source: src, Detectors: k.scan.set, Keep: k.scan.ignores.Keep, Fails: k.scan.fails, Account: k.scan.account,
		Report: h, Salt: k.scan.salt, Max: k.scan.flags.maxFindings, Servers: k.scan.servers, Verify: k.ask, Look: k.scan.look,
	})
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	return k.finish(outs, 0)
}

// list asks about credentials and writes them as a run. missing is how many
// could not be asked about, as they are gone.
func (k *check) list(ctx context.Context, run report.Run, fs []*leak.Finding, sum report.Summary) error {
	if err := k.begin(); err != nil {
		return err
	}
	defer k.asking.close()
	h, outs, err := k.open(&k.scan.flags.out)
	if err != nil {
		return err
	}
	defer outs.discard()
	var known []*leak.Finding
	for _, f := range fs {
		if f.Parts[leak.SecretPart].Len() > 0 {
			known = append(known, f)
		}
	}
	if err := k.ask(ctx, known); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	if k.asking.mode != verify.Plan {
		if err := k.scan.relink(ctx, fs, known); err != nil {
			return &failure{err, "", exitIncomplete}
		}
	}
	sum.Findings, sum.Places, sum.Failing = len(fs), 0, 0
	for _, f := range fs {
		sum.Places += len(f.Locations)
		if k.scan.fails(f) {
			sum.Failing++
		}
	}
	missing := len(fs) - len(known)
	if missing > 0 {
		sum.Notes = append(sum.Notes, fmt.Sprintf("%d of %d credentials were not found again; their verdicts are those of the report", missing, len(fs)))
	}
	if err := playRun(h, run, fs, sum); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	return k.finish(outs, missing)
}

func playRun(h report.Handler, run report.Run, fs []*leak.Finding, sum report.Summary) error {
	if err := h.Start(run); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, f := range fs {
		if err := h.Finding(f); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	if err := h.Finish(sum); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// finish puts the reports in their places and sets the exit code.
func (k *check) finish(outs *outputs, missing int) error {
	if err := outs.commit(); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	if k.asking.mode == verify.Plan {
		planned := k.asking.engine.Plan(k.asked)
		k.code = planCode(planned)
		return makePlan(planned, k.asking.config.Budget).write(k.planOutput(&k.scan.flags.out))
	}
	k.code = verdictCode(k.asked, k.scan.fails)
	if k.code == exitClean && missing > 0 {
		k.code = exitIncomplete
	}
	if k.scan.flags.ignore.exitZero {
		k.code = k.zero(k.code, missing > 0, len(k.asked))
	}
	k.code = k.scan.flags.found.exit(k.code)
	return nil
}

// verdictCode is the exit code for what came of asking.
func verdictCode(fs []*leak.Finding, fails func(*leak.Finding) bool) int {
	has := func(states ...leak.Status) bool {
		return slices.ContainsFunc(fs, func(f *leak.Finding) bool { return slices.Contains(states, f.Verdict.Status) })
	}
	switch {
	case slices.ContainsFunc(fs, fails):
		return exitFindings
	case has(leak.SkippedCheck):
		return exitPolicy
	case has(leak.Unknown, leak.Unverifiable, leak.Unchecked):
		return exitIncomplete
	}
	return exitClean
}
