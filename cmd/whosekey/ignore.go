package main

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
)

// ignoreFlags say what is left out of reports though it was found.
type ignoreFlags struct {
	baseline    string
	least       string // confidence
	noInline    bool
	failOnStale bool
	exitZero    bool
}

func (f *ignoreFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.baseline, "baseline", "", "`file` with what is known already (see whosekey baseline)")
	fl.StringVar(&f.least, "min-confidence", "", "leave out findings below: high, medium or low (default: none is left out)")
	oneOf(c, "min-confidence", "high", "medium", "low")
	fl.BoolVar(&f.noInline, "no-inline-ignores", false, "comments beside credentials, such as whosekey:allow, do not count")
	fl.BoolVar(&f.failOnStale, "fail-on-stale", false, "exit with 1 if entries of the baseline are expired or stale")
	fl.BoolVar(&f.exitZero, "exit-zero", false, "findings never make the run fail; says so on standard error")
}

// loadIgnores reads the baseline. Only the user names one: what is searched cannot
// silence itself.
func (s *scan) loadIgnores() error {
	f := &s.flags.ignore
	f.failOnStale = f.failOnStale || s.config.Policy.FailOnStale
	least, err := policy.Confidence(cmp.Or(f.least, s.config.Policy.MinConfidence))
	if err != nil {
		return usage(fmt.Errorf("--min-confidence: %w", err), "")
	}
	s.ignores = &policy.Ignores{Config: s.config, Inline: cmp.Or(s.config.Policy.Inline, policy.InlineModes[0]), All: policy.ReportsKnown(s.flags.failOn), Now: time.Now(), Least: least}
	if f.noInline {
		s.ignores.Inline = "off"
	}
	name := cmp.Or(f.baseline, s.config.Baseline.File)
	if name == "" {
		if f.failOnStale {
			return usage(fmt.Errorf("--fail-on-stale: there is no baseline"), "name one with --baseline")
		}
		return nil
	}
	b, err := policy.LoadBaseline(name)
	if err != nil {
		return usage(err, baselineHint(err))
	}
	return s.useBaseline(b)
}

// useBaseline sets what is known already.
func (s *scan) useBaseline(b *policy.Baseline) error {
	s.ignores.Baseline = b
	if b.Open() {
		s.notes = append(s.notes, policy.BaselineKey+" is set, but the baseline was made without a key: who knows a candidate can find out from the file if it is the credential; make it anew in a new file")
	}
	if s.flags.keyFile == "" {
		s.salt = b.Salt()
	}
	return nil
}

// account is pipeline.Config.Account.
func (s *scan) account(sum *report.Summary) {
	if s.wholly {
		large := func(g report.Gap) bool { return g.Fix == scanners.RaiseLimit }
		for _, g := range sum.LeftOut {
			if large(g) {
				sum.Skipped, sum.Incomplete = append(sum.Skipped, g), true
			}
		}
		sum.LeftOut = slices.DeleteFunc(sum.LeftOut, large)
	}
	sum.Ignored = s.ignores.Dropped()
	sum.Notes = append(sum.Notes, s.notes...)
	sum.Notes = append(sum.Notes, s.ignores.Notes(s.whole && !sum.Incomplete)...)
	if s.flags.ignore.exitZero {
		sum.Forgiven = true
		sum.Notes = append(sum.Notes, "--exit-zero is on: findings do not make this run fail")
	}
}

// verdict is the code that a scan exits with.
func (a *app) verdict(s *scan, sum report.Summary) int {
	f := &s.flags.ignore
	code := exitCode(sum, s.flags.strict)
	if n := s.ignores.Lapsed(s.whole && !sum.Incomplete); code == exitClean && f.failOnStale && n > 0 {
		fmt.Fprintf(a.stderr, "whosekey: %s of the baseline expired or stale, and --fail-on-stale makes the run fail; \"whosekey baseline prune\" takes that out\n", entries(n))
		code = exitFindings
	}
	if code == exitClean && sum.Unsettled > 0 {
		fmt.Fprintf(a.stderr, "whosekey: WARNING: --fail-on %s did not fail, but it is NOT KNOWN whether all credentials are dead: %d could not be asked about, or gave no clear answer; --strict makes that exit code 3\n", s.flags.failOn, sum.Unsettled)
	}
	if f.exitZero {
		code = a.zero(code, sum.Incomplete || code == exitIncomplete, sum.Failing)
	}
	return s.flags.found.exit(code)
}

// zero is what --exit-zero makes of an exit code, and says so: a green run that
// found something must not look like one that did not.
func (a *app) zero(code int, incomplete bool, failing int) int {
	was := code
	if code == exitFindings && incomplete {
		code = exitIncomplete // nobody asked to hide that
	} else if code == exitFindings {
		code = exitClean
	}
	fmt.Fprintf(a.stderr, "whosekey: WARNING: --exit-zero IS ON: FINDINGS DO NOT MAKE THIS RUN FAIL (%d would; exit code %d instead of %d)\n", failing, code, was)
	return code
}
