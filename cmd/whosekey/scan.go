package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/detectors"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/archive"
	"github.com/whosekey/whosekey/verify"
)

// publicSalt keys the ids of findings where nobody gave a key.
const publicSalt = "whosekey ids, version 1"

// scanFlags are the flags that all scanning commands have.
type scanFlags struct {
	out         outputFlags
	config      string
	ruleFiles   []string
	disable     []string
	failOn      string
	failElse    string // the threshold if neither a flag nor settings say one; empty for new
	keyFile     string
	strict      bool
	found       foundCode
	workers     int
	maxBlob     int64
	maxFindings int
	verify      verifyFlags
	identity    identityFlags
	archives    archive.Limits
	lfs         string // lfsAll, lfsHere; empty for commands that meet no pointers
	ignore      ignoreFlags
}

func (f *scanFlags) add(c *cobra.Command) {
	f.addOffline(c)
	f.verify.add(c)
	c.Flags().Var(&f.found, "exit-code", "exit with `N` where findings make the run fail: 1, or 5 and more")
}

// addOffline adds those of scans that ask nobody.
func (f *scanFlags) addOffline(c *cobra.Command) {
	f.out.add(c)
	fl := c.Flags()
	fl.StringVar(&f.config, "config", "", "settings `file` (see docs/configuration.md)")
	fl.StringArrayVar(&f.ruleFiles, "rules", nil, "further provider `file`, TOML; repeatable")
	fl.StringSliceVar(&f.disable, "disable", nil, "rule `ids` to leave out")
	fl.StringVar(&f.failOn, "fail-on", "", "exit with 1 on: none, any, new, live, risk:N, confidence:high|medium|low (default new)")
	f.identity.add(c)
	f.ignore.add(c)
	fl.StringVar(&f.keyFile, "key-file", "", "`file` with a secret key for the ids of findings; without it they can be guessed by who knows the credential")
	fl.BoolVar(&f.strict, "strict", false, "an incomplete scan exits with 3 even if there are findings, and with --fail-on live one that could not find out what works")
	fl.IntVar(&f.workers, "workers", 0, "how many to search at once (default: one per CPU)")
	fl.Int64Var(&f.maxBlob, "max-blob", 0, "leave out files and blobs over this many `bytes` (default: none)")
	fl.IntVar(&f.maxFindings, "max-findings", 0, "report this many at most and count the rest (default: all)")
	f.archives = archive.Defaults()
	fl.IntVar(&f.archives.Depth, "archive-depth", f.archives.Depth, "look into archives and documents, up to `N` in each other; 0 opens none")
	fl.Int64Var(&f.archives.Ratio, "archive-ratio", f.archives.Ratio, "unpack up to `N` times the size of a file")
	fl.Int64Var(&f.archives.Size, "archive-size", f.archives.Size, "unpack up to this many `bytes` of a file")
	fl.Int64Var(&f.archives.Entries, "archive-entries", f.archives.Entries, "look into up to `N` files of an archive")
	fl.DurationVar(&f.archives.Time, "archive-time", f.archives.Time, "look into a file for this `duration` at most")
	oneOf(c, "fail-on", "none", "any", "new", "live", "risk:70", "confidence:high", "confidence:medium", "confidence:low")
}

// failsOn gives --fail-on another default, which counts whatever settings say.
func (f *scanFlags) failsOn(c *cobra.Command, otherwise string) {
	fl := c.Flags().Lookup("fail-on")
	f.failOn, fl.DefValue, fl.Usage = otherwise, otherwise, strings.TrimSuffix(fl.Usage, " (default new)")
}

// scan is a scan that is ready to run.
type scan struct {
	flags  *scanFlags
	config *policy.Config
	set    *detectors.Set
	digest string
	fails  func(*leak.Finding) bool
	salt   []byte
	// ignores leaves out what is no leak. whole is set where everything is
	// searched that an entry of the baseline can be about.
	ignores *policy.Ignores
	whole   bool
	wholly  bool // what is left out for its size makes the scan incomplete
	// given are findings that another scanner made, imported its rules; then
	// nothing is searched.
	given    *givenFindings
	imported []leak.RuleInfo
	// further are the providers of files that the user named, the first typed of
	// them on the command line; off are the ids of rules that are left out.
	further []*rules.Provider
	own     []*rules.Provider // rules in the settings file itself
	notes   []string          // on settings, for people
	offline bool              // nobody is asked, whatever settings say
	typed   int
	off     []string
	// memory is of earlier runs; nil if nothing is remembered.
	memory memory
	// seen are the certificates in what is searched, if providers are asked.
	seen verify.Certificates
	// scanned are the folders that are searched, with the repositories around
	// them: settings in there are not the user's own.
	scanned []string
	// swept are folders of which all repositories are searched.
	swept []string
	// providers are those whose rules are used. behind opens what those may look
	// at who find out whose credentials are; nil for nothing.
	providers []*rules.Provider
	behind    func() behind
}

// prepare checks all flags before anything is read.
func (f *scanFlags) prepare() (*scan, error) {
	s := &scan{flags: f, config: &policy.Config{}, salt: []byte(publicSalt)}
	var err error
	if f.config != "" {
		if s.config, err = policy.Load(f.config); err != nil {
			return nil, usage(err, "")
		}
	}
	f.failOn = cmp.Or(f.failOn, s.config.Policy.FailOn, f.failElse, "new")
	if s.fails, err = policy.FailOn(f.failOn); err != nil {
		return nil, usage(err, "")
	}
	if f.workers < 0 || f.maxBlob < 0 || f.maxFindings < 0 {
		return nil, usage(errors.New("--workers, --max-blob and --max-findings count from 0"), "")
	}
	if f.archives == (archive.Limits{}) { // a command without the flags
		f.archives = archive.Defaults()
	}
	if err := f.archives.Check(); err != nil {
		return nil, usage(err, "")
	}
	if err := f.checkLFS(); err != nil {
		return nil, err
	}
	if f.keyFile != "" {
		if s.salt, err = policy.ReadFile(f.keyFile); err != nil {
			return nil, usage(fmt.Errorf("read --key-file: %w", err), "make one with: head -c 32 /dev/urandom > FILE")
		}
		if len(s.salt) < 16 {
			return nil, usage(fmt.Errorf("--key-file %s has %d bytes, which is too short", f.keyFile, len(s.salt)), "make one with: head -c 32 /dev/urandom > FILE")
		}
	}
	if err := f.identity.merge(s.config.Identity); err != nil {
		return nil, usage(err, "")
	}
	if policy.NeedsRisk(f.failOn) && f.identity.Off {
		return nil, usage(fmt.Errorf("--fail-on %s: nobody looks whose credentials are, so that there is no risk", f.failOn), "leave --no-identity out")
	}
	if err := s.loadIgnores(); err != nil {
		return nil, err
	}
	return s, s.loadRules()
}

func (s *scan) loadRules() error {
	var ps []*rules.Provider
	var err error
	own, err := s.ownRules()
	if err != nil {
		return err
	}
	if s.config.UseDefaults() {
		if ps, err = rules.Shipped(); err != nil {
			return err // a bug: a test loads them all
		}
	}
	files := s.flags.ruleFiles
	s.typed = len(files)
	for _, name := range s.config.Rules.Files {
		files = append(files, filepath.Join(filepath.Dir(s.config.File), name))
	}
	for _, name := range files {
		b, err := policy.ReadFile(name)
		if err != nil {
			return usage(fmt.Errorf("read rules: %w", err), "")
		}
		p, err := rules.Parse(name, string(b))
		if err == nil {
			err = detectors.CheckExamples(p)
		}
		if err != nil {
			return usage(err, "docs/rules.md describes the format")
		}
		ps, s.further = append(ps, p), append(s.further, p)
	}
	s.own, ps = own, append(s.replaced(ps, own), own...)
	if err := rules.Distinct(ps); err != nil {
		return usage(err, "give it another id")
	}
	if err := s.tune(ps); err != nil {
		return usage(fmt.Errorf("settings %s: %w", s.config.File, err), `list the rules with "whosekey rules list"`)
	}
	s.off = append(append([]string{}, s.flags.disable...), s.config.Rules.Disable...)
	if ps, err = rules.Without(ps, s.off); err != nil {
		return usage(err, `list the rules with "whosekey rules list"`)
	}
	s.providers = ps
	ds, err := detectors.Compile(ps)
	if err != nil {
		return usage(err, "")
	}
	if s.config.UseDefaults() {
		ds = append(ds, detectors.Builtin(s.off)...)
	}
	if len(ds) == 0 {
		return usage(errors.New("no rules: the scan would find nothing"), "name rules with --rules, or leave the ones that ship with whosekey on")
	}
	s.set, s.digest = detectors.NewSet(ds...), rules.Digest(ps)
	return nil
}

// run scans a source and sets the exit code.
func (a *app) scan(ctx context.Context, s *scan, src scanners.Source, run report.Run, mustSearch bool) error {
	started := time.Now()
	q := &asking{mode: verify.Off}
	if !s.offline {
		var err error
		if q, err = s.askSettings(s.scanned, verify.Off); err != nil {
			return err
		}
	}
	v := &verifying{w: a.stderr, on: !a.quiet && isTerminal(a.stderr)}
	if q.on() {
		if err := q.start(s, v.progress); err != nil {
			return err
		}
		defer q.close()
		a.tell(q)
	}
	s.flags.out.salt = s.salt
	whose, err := s.linker()
	if err != nil {
		return err
	}
	h, outputs, err := a.open(&s.flags.out)
	if err != nil {
		return err
	}
	defer outputs.discard()
	run.Tool, run.Version = "whosekey", version()
	run.Rules, run.RulesVersion, run.Catalog = s.set.Len(), s.digest, s.set.Rules()
	run.Catalog = append(run.Catalog, s.imported...)
	run.Salted = s.flags.keyFile != ""
	slog.Info("scan", "mode", run.Mode, "target", run.Target, "rules", run.Rules)
	doubt := &unsettled{failOn: s.flags.failOn}
	var searched atomic.Int64
	bar := a.progress(src, &searched)
	cfg := pipeline.Config{
		Run: run, Source: src, Detectors: s.set, Keep: s.ignores.Keep, Fails: doubt.watch(s.fails), Account: doubt.account(s.account),
		Report: &timed{h, started, bar.stop}, Salt: s.salt, Max: s.flags.maxFindings, MustSearch: mustSearch, Searched: &searched, Many: func() { tuneMemory(manyObjects + 1) },
	}
	cfg.Fits = s.config.Fits
	if s.ignores.Inline != "off" {
		cfg.Inline = policy.Allowance
	}
	if whose != nil {
		cfg.Identify = whose.link
	}
	if s.memory != nil {
		s.memory.asks(q.on())
		cfg.Memory = s.memory
	}
	if q.on() || s.flags.out.showSecrets { // whoever keeps a run with secrets may ask later
		cfg.Servers = s.servers
	}
	var made plan
	if q.on() {
		cfg.Look = s.look
		cfg.Verify = func(ctx context.Context, fs []*leak.Finding) error {
			bar.stop()
			defer v.stop()
			if q.mode == verify.Plan {
				made = makePlan(q.engine.Plan(fs), q.config.Budget)
			}
			err := q.ask(ctx, fs, run.RepositoryURI)
			v.interrupted = err != nil
			return err
		}
	}
	sum, err := s.execute(ctx, cfg)
	bar.stop()
	if f := new(failure); errors.As(err, &f) {
		return f
	}
	if err != nil && (!v.interrupted || ctx.Err() == nil || !errors.Is(err, ctx.Err())) {
		return &failure{err, hintOf(err), exitIncomplete}
	}
	a.reported = v.interrupted
	if err := outputs.commit(); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	if q.mode == verify.Plan {
		if err := made.write(a.planOutput(&s.flags.out)); err != nil {
			return &failure{err, "", exitIncomplete}
		}
	}
	a.code = a.verdict(s, sum)
	a.lost(outputs)
	slog.Info("done", "findings", sum.Findings, "failing", sum.Failing, "incomplete", sum.Incomplete, "code", a.code)
	return nil
}

// execute searches, or takes what was given.
func (s *scan) execute(ctx context.Context, cfg pipeline.Config) (report.Summary, error) {
	if s.given == nil {
		return pipeline.Run(ctx, cfg)
	}
	for _, f := range s.given.findings { // the ids are ours
		if secret, ok := f.Parts[leak.SecretPart]; ok {
			f.ID = secret.Fingerprint(s.salt, f.Rule.ID)
		}
	}
	return pipeline.Given(ctx, cfg, s.given.findings, s.given.cov)
}

// look keeps the certificates that keys may belong to.
func (s *scan) look(c *leak.Chunk) { s.seen.Look(c.Data) }

func exitCode(sum report.Summary, strict bool) int {
	switch {
	case strict && (sum.Failing > 0 && sum.Incomplete || sum.Unsettled > 0):
		return exitIncomplete
	case sum.Failing > 0:
		return exitFindings
	case sum.Incomplete:
		return exitIncomplete
	}
	return exitClean
}
