package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/ci"
	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/scanners/cilog"
	"github.com/whosekey/whosekey/scanners/dir"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/scanners/image"
)

// files searches what is not in git: files as they lie there, saved logs, images.
func (r *ciRun) files(ctx context.Context) error {
	theirs, err := r.review(ctx)
	if err != nil {
		return err
	}
	defer theirs.close()
	s, err := r.prepare()
	if err != nil {
		return theirs.plain(err)
	}
	r.guard(s)
	tuneForFiles()
	s.scanned = append(hereRepository(), r.path, theirs.dir)
	run := report.Run{Mode: r.mode, Target: r.path}
	top, below, err := r.place()
	if err != nil {
		return usage(err, "")
	}
	run.Root = top
	src, done, err := r.outside(s, below)
	if err != nil {
		return usage(err, "")
	}
	defer done()
	if r.mode == "image" {
		run.Target, run.Root = strings.Join(r.images, " "), ""
	}
	return theirs.plain(r.run(ctx, s, src, run, true))
}

// place is the repository that the folder is in, and where in it: reports name files as
// it does. Elsewhere it is the folder itself. What is in logs is in none.
func (r *ciRun) place() (top, below string, err error) {
	abs, err := filepath.Abs(r.path)
	if real, bad := filepath.EvalSymlinks(abs); bad == nil {
		abs = real
	}
	repo := ""
	if err == nil && r.mode == "dir" {
		repo = policy.RepositoryOf(abs)
	}
	if repo == "" || err != nil {
		return abs, "", err
	}
	rel, err := filepath.Rel(repo, abs)
	if err != nil || rel == "." || !within(repo, abs) {
		return abs, "", nil
	}
	return repo, filepath.ToSlash(rel), nil
}

// outside is the source of what is not in git. done ends it.
func (r *ciRun) outside(s *scan, below string) (src scanners.Source, done func(), err error) {
	switch r.mode {
	case "logs":
		l, err := cilog.New(cilog.Options{Paths: []string{r.path}, Workers: workers(r.workers), MaxFile: r.maxBlob, Workflows: strings.Join(hereRepository(), ""), Archives: r.archives})
		if err != nil {
			return nil, nil, err
		}
		return l, func() { l.Close() }, nil
	case "image":
		i, err := image.New(image.Options{Refs: r.images, Workers: workers(r.workers), MaxFile: r.maxBlob, Archives: r.archives})
		if err != nil {
			return nil, nil, err
		}
		s.behind = func() behind { return behind{labels: i.Labels, name: i.Repository()} }
		return i, func() { i.Close() }, nil
	}
	d, err := dir.New(dir.Options{Paths: []string{r.path}, Show: below, Exclude: s.config.Exclude, Workers: workers(r.workers), MaxFile: r.maxBlob, Archives: r.archives, LFSHere: r.lfs == lfsHere})
	if err == nil {
		s.behind = func() behind { return treeOf(d, []string{r.path}) }
	}
	return d, func() {}, err
}

// review finds out whose settings count, as for what is in git. Logs and images need
// no checkout, unless a file is named that may lie in it.
func (r *ciRun) review(ctx context.Context) (*baseFiles, error) {
	what := fmt.Sprintf("%s, whatever happened", r.mode)
	r.job = &ci.Job{Event: "--mode " + r.mode, What: what}
	j, err := r.what()
	if err != nil {
		return &baseFiles{}, err
	}
	plain := r.job
	j.Outside()
	j.What, r.job = what, j
	named := cmp.Or(r.config, r.ignore.baseline, r.keyFile, r.identity.Leavers) != "" || len(r.ruleFiles)+len(r.identity.Inventory) > 0
	if r.mode != "dir" && !named && r.server != nil {
		if !j.Proposed() { // unless something else is checked out here
			if err := r.find(ctx); err == nil {
				r.found.Repo.Close()
			}
		}
		return &baseFiles{}, nil
	}
	if err := r.find(ctx); errors.Is(err, gitrepo.ErrNotRepository) && (r.server == nil || !j.Proposed()) {
		r.job = plain // no pull request can have brought it
		return &baseFiles{}, nil
	} else if err != nil {
		return &baseFiles{}, err
	}
	defer r.found.Repo.Close()
	return r.settings(ctx)
}
