package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// baselineFlags are those of the commands that search for a baseline.
type baselineFlags struct {
	scanFlags
	file  string // the baseline
	files bool   // search files, not the history
	entry policy.Entry
	days  int
	from  string
}

func (f *baselineFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.file, "baseline", policy.BaselineName, "the baseline `file`")
	fl.StringVar(&f.config, "config", "", "settings `file` (see docs/configuration.md)")
	fl.StringArrayVar(&f.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	fl.StringSliceVar(&f.disable, "disable", nil, "rule `ids` to leave out")
	fl.BoolVar(&f.files, "files", false, "search the files as they lie there, not the history")
	fl.BoolVar(&f.ignore.noInline, "no-inline-ignores", false, "comments beside credentials, such as whosekey:allow, do not count")
	fl.IntVar(&f.workers, "workers", 0, "how many to search at once (default: one per CPU)")
	f.addLFS(c, lfsAll)
}

// addEntry adds what is said of new entries.
func (f *baselineFlags) addEntry(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.entry.Reason, "reason", "", "why new entries are no leaks, or are known")
	fl.StringVar(&f.entry.Owner, "owner", "", "`who` answers for new entries, such as @acme/security")
	fl.StringVar(&f.entry.Expires, "expires", "", "the last `day` on which new entries count, such as 2027-01-31")
}

func (a *app) baselineCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "baseline",
		Short: "Keep a list of credentials that are known, so that only new ones alarm",
		Long: `A baseline is a file with a line for each credential that is known. A scan with
--baseline FILE leaves them out, counts them, and lists them with -v.

A line has a keyed hash of rule and credential: moving the file or the line,
squashing and rebasing keep it, and another credential in the same place alarms. The
file has no times and no numbers of lines; lines of two branches merge by keeping
both ("` + policy.BaselineName + ` merge=union" in .gitattributes).

The key is made of the salt in the file with scrypt, so whoever has the file can
try guesses of weak passwords, slowly. With ` + policy.BaselineKey + ` in the
environment they need that too.`,
		Example: `  whosekey baseline create --reason "before whosekey" --owner @acme/security
  whosekey git --baseline ` + policy.BaselineName + `
  whosekey baseline import .gitleaksignore
  whosekey baseline stats
  whosekey baseline prune`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.baselineCreate(), a.baselineImport(), a.baselineStats(), a.baselinePrune())
	return c
}

func (a *app) baselineCreate() *cobra.Command {
	f := &baselineFlags{}
	c := &cobra.Command{
		Use:   "create [PATH]",
		Short: "Put everything that is found now into the baseline",
		Long: `Search the history of the repository at PATH (default: the current folder; what
is no repository is searched as files), and add every credential to the baseline.
What is in it stays as it is.`,
		Example: `  whosekey baseline create
  whosekey baseline create --files src --reason "test data" --path 'test/**'`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return a.createBaseline(c.Context(), f, args) },
	}
	f.add(c)
	f.addEntry(c)
	c.Flags().StringVar(&f.entry.Path, "path", "", "new entries count at paths that match this `pattern` only, and only what is there is added")
	return c
}

func (a *app) baselinePrune() *cobra.Command {
	f := &baselineFlags{}
	c := &cobra.Command{
		Use:     "prune [PATH]",
		Example: "  whosekey baseline prune",
		Short:   "Take entries out of the baseline that have expired or are not found any more",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.pruneBaseline(c.Context(), f, args) },
	}
	f.add(c)
	return c
}

// survey is a search for a baseline.
type survey struct {
	*scan
	findings []*leak.Finding
	sum      report.Summary
	repo     *gitrepo.Repo // nil for what is in none
	seed     string        // names what was searched
}

// survey searches. The findings have all their places, but for those that settings
// and comments allow.
func (a *app) survey(ctx context.Context, f *baselineFlags, b *policy.Baseline, path string) (*survey, error) {
	f.failOn, f.verify.mode, f.identity.Off = "none", "off", true
	s, err := f.prepare()
	if err != nil {
		return nil, err
	}
	v := &survey{scan: s}
	var src scanners.Source
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, usage(err, "")
	}
	v.seed = filepath.Base(abs)
	v.repo, err = gitrepo.Open(path, gitrepo.Options{Workers: workers(f.workers), Archives: f.archives, LFSHere: f.lfs == lfsHere})
	if err != nil && !errors.Is(err, gitrepo.ErrNotRepository) && !f.files {
		return nil, usage(err, "")
	}
	if err == nil { // a checkout begins with the same salt as the history
		v.seed = cmp.Or(v.repo.FirstCommit(), v.repo.Tree().Name())
	}
	if v.repo != nil && !f.files {
		tuneMemory(v.repo.Objects())
		src = gitrepo.NewHistory(v.repo)
	} else if src, err = dir.New(dir.Options{Paths: []string{path}, Exclude: s.config.Exclude, Workers: workers(f.workers), Archives: f.archives, LFSHere: f.lfs == lfsHere}); err != nil {
		return nil, usage(err, "")
	}
	s.ignores.Baseline, s.ignores.All = b, true
	found := &kept{}
	bar := a.progress(src, new(atomic.Int64))
	defer bar.stop()
	cfg := pipeline.Config{Source: src, Detectors: s.set, Keep: s.ignores.Keep, Report: found, Salt: s.salt}
	cfg.Fits = s.config.Fits
	if s.ignores.Inline != "off" {
		cfg.Inline = policy.Allowance
	}
	if _, err := pipeline.Run(ctx, cfg); err != nil {
		return nil, &failure{err, "", exitIncomplete}
	}
	v.findings, v.sum = found.findings, found.summary
	return v, nil
}

func (v *survey) close() {
	if v.repo != nil {
		v.repo.Close()
	}
}

// pathOf is the argument of a command, or the current folder.
func pathOf(args []string) string { return cmp.Or(append(args, ".")[0], ".") }

// readBaseline reads the baseline if there is one.
func readBaseline(file string) (*policy.Baseline, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	b, err := policy.LoadBaseline(file)
	if err != nil {
		return nil, usage(err, baselineHint(err))
	}
	return b, nil
}

func (a *app) createBaseline(ctx context.Context, f *baselineFlags, args []string) error {
	if _, err := policy.NewBaseline(f.file, "").Add(policy.Entry{ID: "sha1:" + fmt.Sprintf("%040d", 0), Path: f.entry.Path, Expires: f.entry.Expires}); err != nil {
		return usage(err, "") // before the search, not after it
	}
	b, err := readBaseline(f.file)
	if err != nil {
		return err
	}
	v, err := a.survey(ctx, f, b, pathOf(args))
	if err != nil {
		return err
	}
	defer v.close()
	if b == nil {
		b = policy.NewBaseline(f.file, v.seed)
	}
	added := 0
	for _, found := range v.findings {
		e := f.entry
		e.ID, e.Rule = b.IDOf(found.Parts[leak.SecretPart], found.Rule.ID), found.Rule.ID
		is, err := b.Learn(e, found)
		if err != nil {
			return usage(err, "")
		}
		if is {
			added++
		}
	}
	if err := writeBaseline(b); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s: %s, %d new\n", printable(f.file), entries(len(b.Entries)), added)
	if n := b.Unaudited(); n > 0 {
		fmt.Fprintf(a.stdout, "%d of them give no reason: look at them one by one, and say why they are no leaks, or rotate them\n", n)
	}
	if n := b.Expired(time.Now()); n > 0 {
		fmt.Fprintf(a.stdout, "%s expired: set another day in the file, or take them out with \"whosekey baseline prune\" and create them again\n", entries(n))
	}
	return a.surveyed(v)
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// surveyed tells of what was not searched, and sets the exit code.
func (a *app) surveyed(v *survey) error {
	if !v.sum.Incomplete {
		return nil
	}
	for _, g := range v.sum.Skipped {
		fmt.Fprintf(a.stderr, "whosekey: not searched: %d × %s\n", g.Count, printable(g.Reason))
		if g.Fix != "" {
			fmt.Fprintf(a.stderr, "whosekey: hint: %s\n", printable(g.Fix))
		}
	}
	a.code = exitIncomplete
	return nil
}

func writeBaseline(b *policy.Baseline) error {
	out, err := create(b.File)
	if err != nil {
		return usage(fmt.Errorf("write the baseline: %w", err), "")
	}
	outs := &outputs{files: []*outFile{out}}
	defer outs.discard()
	if _, err := out.Write(b.Bytes()); err != nil {
		return &failure{fmt.Errorf("write the baseline: %w", err), "", exitIncomplete}
	}
	if err := outs.commit(); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	return nil
}

// baselineHint is what to do about a baseline that cannot be read.
func baselineHint(err error) string {
	switch {
	case errors.Is(err, policy.ErrKey):
		return "give " + policy.BaselineKey + " the value with which the file was made; with a new key all entries must be made anew, in a new file"
	case errors.Is(err, fs.ErrNotExist):
		return `make one with "whosekey baseline create"`
	}
	return ""
}

func (a *app) pruneBaseline(ctx context.Context, f *baselineFlags, args []string) error {
	b, err := policy.LoadBaseline(f.file)
	if err != nil {
		return usage(err, baselineHint(err))
	}
	v, err := a.survey(ctx, f, b, pathOf(args))
	if err != nil {
		return err
	}
	defer v.close()
	if v.sum.Incomplete {
		a.surveyed(v)
		return &failure{errors.New("not everything was searched, so that entries may only look stale: nothing was taken out"), "", exitIncomplete}
	}
	stale, now, gone := b.Stale(), time.Now(), 0
	var left []policy.Entry
	for i := range b.Entries {
		e := &b.Entries[i]
		switch {
		case e.Expired(now):
			fmt.Fprintf(a.stdout, "expired on %s: %s\n", e.Expires, printable(e.Title()))
		case slices.Contains(stale, i):
			fmt.Fprintf(a.stdout, "not found any more: %s\n", printable(e.Title()))
		default:
			left = append(left, *e)
			continue
		}
		gone++
	}
	b.Entries = left
	if gone > 0 {
		if err := writeBaseline(b); err != nil {
			return err
		}
	}
	fmt.Fprintf(a.stdout, "%s: %s, %d taken out\n", printable(f.file), entries(len(left)), gone)
	return nil
}
