// Package pipeline connects a source, detectors, a policy and a report. It is
// the only package that knows the order of the stages:
//
//	scan      Source.Scan -> Set.Scan -> collector   every byte; parallel inside the source
//	locate    Source.Locate, then positions          the places of distinct credentials
//	verify    Keep, then Verify                      of what policy keeps; traps are known without it
//	report    Start, Finding..., Finish              in a stable order; one goroutine
//
// Detection runs on the goroutine that produced the chunk: chunks are never
// queued, so their buffers can be reused and cancelling is just returning.
package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/verify"
)

// Config is everything that a run needs. An optional field left at its zero
// value turns its stage off.
type Config struct {
	Run       report.Run
	Source    scanners.Source
	Detectors *detectors.Set
	Keep      func(*leak.Finding) bool // policy: allow lists and the like; optional
	// Inline reads the comments beside a credential; optional. See policy.Allowance.
	Inline func(before, after []byte) *leak.Allowance
	// Fits names the conditions of the settings that the text around a place meets, of
	// which it gets up to 16 KiB on either side; optional.
	Fits func(f *leak.Finding, before, credential, after []byte) []string
	// Account adds to the summary what policy has to say of the run: what it
	// ignored, and notes; optional.
	Account func(*report.Summary)
	// Servers gives passwords the pieces that stand around them and say where they let
	// in, before Verify: see identity.Servers. Optional.
	Servers func(context.Context, []*identity.Query) error
	// Verify asks whether the credentials work, and sets their Verdicts; optional.
	// It gets what Keep keeps, so that what policy ignores is sent to nobody. If
	// it was interrupted, what is known is reported before Run returns its error.
	Verify func(context.Context, []*leak.Finding) error
	// Identify finds out whose the credentials are, and sets their Identity;
	// optional. It comes after Verify, whose facts it uses.
	Identify func(context.Context, []*identity.Query) error
	Fails    func(*leak.Finding) bool // does this finding make the run fail? optional
	Memory   Memory                   // of earlier runs; optional
	Report   report.Handler
	Salt     []byte // for Finding.ID
	Max      int    // findings reported; 0 for all
	// MustSearch says that there should be something to search: a run that saw
	// not a byte is incomplete.
	MustSearch bool
	// Searched counts the bytes that were searched so far; optional.
	Searched *atomic.Int64
	// Many is called once if there is so much found that it fills the memory; optional.
	Many func()
	// Look is shown every chunk before it is searched; optional. It may be called by
	// several goroutines, and keeps nothing of the Data.
	Look func(*leak.Chunk)
}

// Run scans cfg.Source and reports what it finds. An error means that the
// report is not complete; what could only not be read stands in the summary.
func Run(ctx context.Context, cfg Config) (report.Summary, error) {
	col := newCollector(cfg.Detectors)
	col.many = cfg.Many
	cov, err := cfg.Source.Scan(ctx, cfg.Detectors.Reach(), func(c *leak.Chunk) error {
		if cfg.Look != nil {
			cfg.Look(c)
		}
		col.scan(c)
		if cfg.Searched != nil {
			cfg.Searched.Add(int64(len(c.Data)))
		}
		return ctx.Err()
	})
	if err != nil {
		return report.Summary{}, fmt.Errorf("scan: %w", err)
	}
	if cfg.MustSearch && cov.Counts()["bytes"] == 0 {
		cov.Skip("nothing was searched: there was not a single byte", "check the path, and what is excluded", "")
	}
	col.tell(cov)
	creds, err := col.credentials(ctx)
	if err != nil {
		return report.Summary{}, fmt.Errorf("sort what was found: %w", err)
	}
	findings, around, err := cfg.locate(ctx, col, creds, cov)
	if err != nil {
		return report.Summary{}, fmt.Errorf("locate findings: %w", err)
	}
	parts := col.parts()
	return cfg.conclude(ctx, findings, around, cov, col.redactor(), newNamed(parts))
}

// conclude is what comes after all places are known. known has the pieces of all
// credentials, names those that open something.
func (cfg *Config) conclude(ctx context.Context, findings []*leak.Finding, around *texts, cov *scanners.Coverage, known *leak.Redactor, names *named) (report.Summary, error) {
	recalled, err := cfg.recall(findings, known)
	if err != nil {
		return report.Summary{}, fmt.Errorf("look for what is known: %w", err)
	}
	kept := cfg.keep(findings)
	verify.Traps(kept)
	var asked error
	if cfg.Servers != nil && len(kept) > 0 {
		if err := cfg.Servers(ctx, queries(kept, around, func(string) {})); err != nil {
			return report.Summary{}, fmt.Errorf("find the servers of passwords: %w", err)
		}
	}
	if cfg.Verify != nil && len(kept) > 0 {
		if asked = cfg.Verify(ctx, kept); asked != nil {
			cov.Skip("asking whether credentials work was interrupted", "run it again", "")
		}
	}
	maskAnswers(cfg.Detectors, kept, known)
	suppressed := len(findings) - len(kept)
	kept = joined(kept, recalled)
	if cfg.Identify != nil && len(kept) > 0 && ctx.Err() == nil {
		if err := cfg.identify(ctx, kept, around, cov, names); err != nil {
			return report.Summary{}, fmt.Errorf("find out whose credentials are: %w", err)
		}
	}
	nameServices(kept)
	sum, err := cfg.report(kept, suppressed, cov, known)
	if err == nil && asked == nil && cfg.Memory != nil {
		err = cfg.Memory.Learn(ctx, kept, func(s string) string { return MaskText(cfg.Detectors, known.Names(s)) })
	}
	if err == nil && asked != nil {
		err = fmt.Errorf("verify: %w", asked)
	}
	return sum, err
}

// keep returns the findings that policy keeps, in the order of the report.
func (cfg *Config) keep(fs []*leak.Finding) []*leak.Finding {
	var kept []*leak.Finding
	for _, f := range fs {
		if cfg.Keep == nil || cfg.Keep(f) {
			kept = append(kept, f)
		}
	}
	slices.SortStableFunc(kept, order)
	return kept
}

// locate turns credentials into findings. One without a place is none: the
// source knows that it is of no interest.
func (cfg *Config) locate(ctx context.Context, col *collector, creds []*credential, cov *scanners.Coverage) ([]*leak.Finding, *texts, error) {
	locs, err := cfg.Source.Locate(ctx, cfg.toLocate(creds, cov))
	if err != nil {
		return nil, nil, err
	}
	var out []*leak.Finding
	var same shared
	for i, c := range creds {
		sayNames(locs[i])
		if len(locs[i]) > 0 {
			f := cfg.finding(c, locs[i])
			f.Why, f.Rule.Title = same.list(f.Why), same.text(f.Rule.Title)
			out = append(out, f)
		}
		creds[i], locs[i] = nil, nil
	}
	col.told()
	known := col.redactor()
	var around *texts
	if cfg.Identify != nil || cfg.Servers != nil {
		around = choose(out)
	}
	if err := cfg.position(ctx, col, out, known, around); err != nil {
		return nil, nil, err
	}
	doubtWrapped(cfg.Detectors, out)
	cfg.nameFields(ctx, out, known)
	cfg.redact(out, known)
	return out, around, nil
}

// byName sorts files, whose numbers depend on who was first to open one. Other
// places stay in the order that their source gave them.
func byName(a, b leak.Location) int {
	if a.Kind != b.Kind || a.Kind != leak.KindFile && a.Kind != leak.KindLog {
		return 0
	}
	return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
}

// redactor knows pieces of credentials.
func redactor(all []leak.Parts) *leak.Redactor {
	r := new(leak.Redactor)
	r.Words(language.Word)
	for _, p := range all {
		r.Add(p)
	}
	r.Ready()
	return r
}

// redact masks secrets that stand where reports print text: in the names of
// files, authors and folders. Frames are masked where they are made.
func (cfg *Config) redact(fs []*leak.Finding, known *leak.Redactor) {
	clean := map[string]string{}
	mask := func(s *string) {
		out, ok := clean[*s]
		if !ok {
			out = MaskText(cfg.Detectors, known.Names(*s))
			clean[*s] = out
		}
		*s = out
	}
	for _, f := range fs {
		if strings.HasPrefix(f.Rule.Title, valueOf) { // the name of a field
			mask(&f.Rule.Title)
		}
		for i := range f.Locations {
			l := &f.Locations[i]
			outer := l.Outer()
			joined := outer != l.Path // of standard input, which has no name, the path is the rest
			mask(&outer)
			mask(&l.InArchive)
			if l.Path = outer; joined {
				l.Path += "!" + l.InArchive
			}
			mask(&l.Author)
			mask(&l.Field)
			mask(&l.NoteFor)
			mask(&l.Problem)
			if l.Image != nil { // instructions are the user's own text
				mask(&l.Image.Name)
				mask(&l.Image.Instruction)
				mask(&l.Image.RemovedBy)
			}
			if l.Log != nil {
				eachText(l.Log, func(s string) string {
					mask(&s)
					return s
				})
			}
		}
	}
}

func (cfg *Config) report(kept []*leak.Finding, suppressed int, cov *scanners.Coverage, known *leak.Redactor) (report.Summary, error) {
	mask := func(s string) string { return MaskText(cfg.Detectors, known.Clean(s)) }
	sum := summaryOf(cov, mask)
	sum.Suppressed = suppressed
	for _, f := range kept { // the exit code counts also what is not printed
		if cfg.Fails != nil && cfg.Fails(f) {
			sum.Failing++
		}
	}
	if cfg.Account != nil { // which may tell what Fails has seen
		cfg.Account(&sum)
		cfg.maskAccount(&sum, mask)
	}
	if cfg.Max > 0 && len(kept) > cfg.Max {
		sum.Truncated = int64(len(kept) - cfg.Max)
		kept = kept[:cfg.Max]
	}
	run := cfg.Run
	for _, s := range []*string{&run.Target, &run.RepositoryURI, &run.Branch, &run.Root} {
		*s = MaskText(cfg.Detectors, known.Names(*s))
	}
	if err := cfg.Report.Start(run); err != nil {
		return sum, fmt.Errorf("report: %w", err)
	}
	for _, f := range kept {
		sum.Findings++
		sum.Places += len(f.Locations)
		if err := cfg.Report.Finding(f); err != nil {
			return sum, fmt.Errorf("report: %w", err)
		}
	}
	if err := cfg.Report.Finish(sum); err != nil {
		return sum, fmt.Errorf("report: %w", err)
	}
	return sum, nil
}

// order sorts findings: the surest and most severe first, then by place.
func order(a, b *leak.Finding) int {
	sure := func(f *leak.Finding) int {
		switch f.Confidence {
		case leak.High:
			return 0
		case leak.Medium:
			return 1
		}
		return 2
	}
	x, y := &a.Locations[0], &b.Locations[0]
	return cmp.Or(
		cmp.Compare(sure(a), sure(b)),
		cmp.Compare(b.Rule.Severity, a.Rule.Severity),
		strings.Compare(a.Rule.ID, b.Rule.ID),
		strings.Compare(x.Path, y.Path),
		cmp.Compare(x.Line, y.Line),
		cmp.Compare(x.Column, y.Column),
		strings.Compare(a.ID, b.ID),
	)
}

// summaryOf says what was covered. The names in it can hold a credential.
func summaryOf(cov *scanners.Coverage, mask func(string) string) report.Summary {
	all := func(texts []string) []string {
		for i := range texts { // copies that Coverage has made for us
			texts[i] = mask(texts[i])
		}
		return texts
	}
	gaps := func(gs []scanners.Gap) (out []report.Gap) {
		for _, g := range gs {
			out = append(out, report.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: all(g.First)})
		}
		return out
	}
	sum := report.Summary{
		Counts: cov.Counts(), Skipped: gaps(cov.Skipped()), LeftOut: gaps(cov.LeftOut()), Notes: all(cov.Notes()),
	}
	sum.Incomplete = len(sum.Skipped) > 0
	return sum
}
