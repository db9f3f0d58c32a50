package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/pipeline"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// kept is a report that stays in memory.
type kept struct {
	run      report.Run
	findings []*leak.Finding
	summary  report.Summary
}

func (k *kept) Start(r report.Run) error      { k.run = r; return nil }
func (k *kept) Finding(f *leak.Finding) error { k.findings = append(k.findings, f); return nil }
func (k *kept) Finish(s report.Summary) error { k.summary = s; return nil }
func (k *kept) lacks(f *leak.Finding) bool    { return f.Parts[leak.SecretPart].Len() == 0 }

// verifyReport asks about the credentials of a run again.
func (a *app) verifyReport(ctx context.Context, s *scan, f *checkFlags) error {
	in, err := os.Open(f.report)
	if err != nil {
		return usage(fmt.Errorf("read --report: %w", err), "")
	}
	defer in.Close()
	old := &kept{}
	if err := report.Replay(in, old); errors.As(err, new(*report.OtherSchema)) {
		return usage(fmt.Errorf("read the run %s: %w", f.report, err), "make one with: whosekey git -f jsonl -o run.jsonl")
	} else if err != nil {
		return &failure{fmt.Errorf("read the run %s: %w", f.report, err), "make one with: whosekey git -f jsonl -o run.jsonl", exitIncomplete}
	}
	if f.reread != "" {
		if err := a.reread(ctx, s, old, f.reread); err != nil {
			return err
		}
	} else if len(old.findings) > 0 && all(old.findings, old.lacks) {
		return usage(fmt.Errorf("the run %s has no secrets in it", f.report),
			"name what was scanned, to find them again: --reread PATH; or keep a run with --show-secrets")
	}
	s.scanned = append(s.scanned, old.run.Target)
	k := &check{app: a, scan: s, repository: old.run.RepositoryURI}
	return k.list(ctx, old.run, old.findings, old.summary)
}

func all(fs []*leak.Finding, is func(*leak.Finding) bool) bool {
	for _, f := range fs {
		if !is(f) {
			return false
		}
	}
	return true
}

// reread searches again what a run searched, and gives its findings their
// credentials.
func (a *app) reread(ctx context.Context, s *scan, old *kept, path string) error {
	src, done, err := a.again(s, old.run.Mode, path)
	if err != nil {
		return err
	}
	defer done()
	now := &kept{}
	if _, err := pipeline.Run(ctx, pipeline.Config{Source: src, Detectors: s.set, Report: now, Salt: s.salt, Look: s.look, Servers: s.servers}); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	again := map[string]*leak.Finding{}
	for _, f := range now.findings {
		again[f.ID] = f
	}
	found := 0
	for _, f := range old.findings {
		if n := again[f.ID]; n != nil {
			f.Parts, f.Loose, f.Elsewhere, f.Others = n.Parts, n.Loose, n.Elsewhere, n.Others
			found++
		}
	}
	if found == 0 && len(old.findings) > 0 {
		hint := "--reread must name what the run searched: " + old.run.Target
		if old.run.Salted && s.flags.keyFile == "" {
			hint = "the ids of the run are keyed: give its --key-file"
		}
		return usage(errors.New("none of the credentials of the run was found again"), hint)
	}
	return nil
}

// again opens what a run searched.
func (a *app) again(s *scan, mode, path string) (scanners.Source, func(), error) {
	s.scanned = []string{path}
	if mode != "git" {
		src, err := dir.New(dir.Options{Paths: []string{path}, Workers: workers(s.flags.workers), MaxFile: s.flags.maxBlob, Archives: s.flags.archives})
		if err != nil {
			err = usage(err, "")
		}
		return src, func() {}, err
	}
	repo, err := gitrepo.Open(path, gitrepo.Options{MaxBlob: s.flags.maxBlob, Workers: workers(s.flags.workers), Archives: s.flags.archives})
	if err != nil {
		return nil, nil, usage(err, "the run is of a git repository; --reread must name one")
	}
	s.scanned = repositoryFolders(repo, path)
	return gitrepo.NewHistory(repo), func() { repo.Close() }, nil
}
