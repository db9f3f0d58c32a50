package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// passed is what a pass did.
type passed struct {
	sweep.Tally
	unlisted map[string]error
	started  time.Time
}

// sweepReport writes every open finding of the store, once each, and sets the exit
// code.
func (a *app) sweepReport(ctx context.Context, f *sweepFlags, s *scan, db *store.Store, sources []sweep.Source, did passed) error {
	f.out.salt = s.salt
	h, outs, err := a.open(&f.out)
	if err != nil {
		return err
	}
	defer outs.discard()
	var specs []string
	for _, src := range sources {
		specs = append(specs, src.Spec())
	}
	run := report.Run{
		Tool: "whosekey", Version: version(), Mode: "sweep", Target: strings.Join(specs, " "),
		Rules: s.set.Len(), RulesVersion: s.digest, Catalog: s.set.Rules(), Salted: true,
	}
	var sum report.Summary
	err = sweep.Patient(ctx, func(ctx context.Context) (err error) {
		if sum, err = sweepSummary(ctx, db, did); err != nil {
			return err
		}
		return reopen(ctx, s, db)
	})
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	sum.Took = time.Since(did.started)
	var ignored []string
	if err := h.Start(run); err != nil {
		return err
	}
	doubt := &unsettled{failOn: s.flags.failOn}
	fails := doubt.watch(s.fails)
	err = eachOpen(ctx, db, func(k *store.Finding) error {
		if dropped(s, k) {
			ignored = append(ignored, k.ID)
			return nil
		}
		if fails(&k.Finding) {
			sum.Failing++
		}
		if n := int64(s.flags.maxFindings); n > 0 && int64(sum.Findings) == n {
			sum.Truncated++
			return nil
		}
		sum.Findings++
		sum.Places += len(k.Locations)
		return h.Finding(&k.Finding)
	})
	sum.Ignored = s.ignores.Dropped()
	doubt.tell(&sum)
	if err == nil {
		err = sweep.Patient(ctx, func(ctx context.Context) error { return db.Judge(ctx, ignored, store.StateOpen, store.StateIgnored) })
	}
	if err == nil {
		err = h.Finish(sum)
	}
	if failed := new(failure); errors.As(err, &failed) {
		return failed
	}
	if err != nil {
		return &failure{fmt.Errorf("report: %w", err), "", exitIncomplete}
	}
	if err := outs.commit(); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	a.code = a.verdict(s, sum)
	return nil
}

// eachOpen calls visit for every open finding, once each. If the database goes away it
// waits, and goes on where it was.
func eachOpen(ctx context.Context, db *store.Store, visit func(*store.Finding) error) error {
	x := store.Filter{State: store.StateOpen}
	var stopped error
	err := sweep.Patient(ctx, func(ctx context.Context) error {
		err := db.Each(ctx, x, func(k *store.Finding) error {
			if stopped = visit(k); stopped == nil {
				x.AfterRisk, x.AfterID = k.Risk, k.ID
			}
			return stopped
		})
		if stopped != nil { // a broken pipe is no database that is away
			return nil
		}
		return err
	})
	return cmp.Or(stopped, err)
}

// dropped applies policy to a finding of the store, which may be older than a baseline
// or an allow list. One of which not all places are at hand stays.
func dropped(s *scan, k *store.Finding) bool {
	all := len(k.Locations) >= k.Places
	before := k.Locations
	if s.ignores.Keep(&k.Finding) {
		return false
	}
	if !all {
		k.Locations = before
	}
	return all
}

// applyPolicy makes findings of the store ignored that policy leaves out, and opens
// those that it does not any more. What has neither is not looked at.
func applyPolicy(ctx context.Context, s *scan, db *store.Store) error {
	o, err := db.Overview(ctx)
	if err != nil {
		return err
	}
	if o.Ignored > 0 {
		if err := reopen(ctx, s, db); err != nil {
			return err
		}
	}
	if s.config.File == "" && s.ignores.Baseline == nil && s.ignores.Least == "" {
		return nil
	}
	one, err := s.of(&sweep.Query{})
	if err != nil {
		return err
	}
	var ignored []string
	err = db.Each(ctx, store.Filter{State: store.StateOpen}, func(k *store.Finding) error {
		if dropped(one, k) {
			ignored = append(ignored, k.ID)
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if len(ignored) > 0 {
		slog.Info("policy ignores what was found before", "findings", len(ignored))
	}
	return db.Judge(ctx, ignored, store.StateOpen, store.StateIgnored)
}

// reopen opens what policy ignored and does no more. It counts nothing: the report
// does.
func reopen(ctx context.Context, s *scan, db *store.Store) error {
	again, err := s.of(&sweep.Query{})
	if err != nil {
		return err
	}
	var ids []string
	err = db.Each(ctx, store.Filter{State: store.StateIgnored}, func(k *store.Finding) error {
		if !dropped(again, k) {
			ids = append(ids, k.ID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return db.Judge(ctx, ids, store.StateIgnored, store.StateOpen)
}

// notes say in words what a pass did.
func (did passed) notes() (out []string) {
	out = append(out, fmt.Sprintf("this pass: %s listed, %d searched whole, %d for what is new, %d for changed rules, %d not changed, %d tries that failed",
		counted(int64(did.Listed), "repository"), did.Full, did.Increments, did.Rules, did.Unchanged, did.Failed))
	if did.Verified > 0 {
		out = append(out, "searched again, to ask about what was found before: "+counted(int64(did.Verified), "repository"))
	}
	if did.Resolved > 0 {
		out = append(out, "searched again, to find out whose is what was found before: "+counted(int64(did.Resolved), "repository"))
	}
	if did.Logs > 0 {
		out = append(out, "searched CI logs of "+counted(int64(did.Logs), "repository"))
	}
	if did.Issues > 0 {
		out = append(out, "searched issues and comments of "+counted(int64(did.Issues), "repository"))
	}
	return out
}

// sweepTroubles are the sources that could not be listed, and the logs and issues that could
// not be read: by this process, or by another one since the pass began.
func sweepTroubles(ctx context.Context, db *store.Store, did passed) (out []report.Gap, err error) {
	for _, spec := range slices.Sorted(maps.Keys(did.unlisted)) {
		out = append(out, unlistedGap(spec, did.unlisted[spec].Error()))
	}
	all, err := db.TroubledSources(ctx, maxTroubled)
	if err != nil {
		return nil, fmt.Errorf("read what could not be listed: %w", err)
	}
	beside := map[string]*report.Gap{}
	for _, k := range all {
		kind, name := k.Kind()
		reason := "CI logs that could not be read"
		if kind == store.TroubleIssues {
			reason = "issues that could not be read"
		}
		switch {
		case k.FailedAt.Before(did.started) || kind == store.TroubleNotices:
		case kind != store.TroubleList:
			g := beside[reason]
			if g == nil {
				g = &report.Gap{Reason: reason, Fix: "whosekey sweep status says why"}
				beside[reason] = g
			}
			if g.Count++; len(g.First) < maxNames {
				g.First = append(g.First, name)
			}
		case !slices.ContainsFunc(out, func(g report.Gap) bool { spec, _, _ := strings.Cut(g.First[0], "?"); return spec == k.Spec }):
			out = append(out, unlistedGap(k.Spec, k.Problem))
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(beside)) {
		out = append(out, *beside[reason])
	}
	return out, nil
}

// maxTroubled is how many troubles of a store a report counts.
const maxTroubled = 10_000

func unlistedGap(spec, problem string) report.Gap {
	fix := "check the name, the address and the token"
	if strings.HasPrefix(spec, "dir:") {
		fix = "have it read by the user that runs whosekey, mend or remove it"
	}
	return report.Gap{Reason: "source that could not be listed: " + safe(problem), Fix: fix, Count: 1, First: []string{spec}}
}

// maxNames is how many repositories a gap names.
const maxNames = 5

// sweepSummary says what was covered: by this pass, and of all repositories.
func sweepSummary(ctx context.Context, db *store.Store, did passed) (report.Summary, error) {
	sum := report.Summary{Counts: map[string]int64{}}
	all, err := db.Repositories(ctx)
	if err != nil {
		return sum, fmt.Errorf("read the repositories: %w", err)
	}
	lost, due, gone := new(report.Gap), new(report.Gap), new(report.Gap)
	lost.Reason, lost.Fix = store.Failed.Gap()
	due.Reason, due.Fix = store.Due.Gap()
	gone.Reason, gone.Fix = store.Gone.Gap()
	for _, r := range all {
		var to *report.Gap
		switch {
		case r.State == store.Gone:
			to = gone
		case r.State == store.Failed || r.ScannedAt.IsZero() && r.State != store.Skipped:
			to = lost
		case r.State == store.Due:
			to = due
		}
		if to != gone {
			if !r.ScannedAt.IsZero() {
				sum.Counts["repositories"]++
			}
			sum.Counts["bytes"] += r.Bytes
		}
		if to != nil {
			if to.Count++; len(to.First) < maxNames {
				to.First = append(to.First, r.Name)
			}
		}
	}
	gaps, err := db.GapsByReason(ctx, maxNames)
	if err != nil {
		return sum, fmt.Errorf("read the coverage: %w", err)
	}
	troubles, err := sweepTroubles(ctx, db, did)
	if err != nil {
		return sum, err
	}
	sum.Skipped = append(sum.Skipped, troubles...)
	if lost.Count > 0 {
		sum.Skipped = append(sum.Skipped, *lost)
	}
	if due.Count > 0 {
		sum.Skipped = append(sum.Skipped, *due)
	}
	held, err := db.SourceGaps(ctx, did.started)
	if err != nil {
		return sum, fmt.Errorf("read what sources do not hand over: %w", err)
	}
	for _, g := range append(gaps, held...) {
		to := &sum.Skipped
		if g.Chosen {
			to = &sum.LeftOut
		}
		*to = append(*to, report.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: g.First})
	}
	if gone.Count > 0 {
		sum.LeftOut = append(sum.LeftOut, *gone)
	}
	sum.Incomplete = len(sum.Skipped) > 0
	sum.Notes = append(sum.Notes, did.notes()...)
	return sum, nil
}
