package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/whosekey/whosekey/ci"
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
	tuneMemory(0)
	s.scanned = append(hereRepository(), r.path, theirs.dir)
	run := report.Run{Mode: r.mode, Target: r.path}
	if run.Root, err = filepath.Abs(r.path); err != nil {
		return usage(err, "")
	}
	src, done, err := r.outside(s)
	if err != nil {
		return usage(err, "")
	}
	defer done()
	if r.mode == "image" {
		run.Target, run.Root = strings.Join(r.images, " "), ""
	}
	return theirs.plain(r.run(ctx, s, src, run, true))
}

// outside is the source of what is not in git. done ends it.
func (r *ciRun) outside(s *scan) (src scanners.Source, done func(), err error) {
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
	d, err := dir.New(dir.Options{Paths: []string{r.path}, Exclude: s.config.Exclude, Workers: workers(r.workers), MaxFile: r.maxBlob, Archives: r.archives})
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
	if r.server == nil {
		return &baseFiles{}, nil
	}
	j, err := r.what()
	if err != nil {
		return &baseFiles{}, err
	}
	j.Outside()
	j.What, r.job = what, j
	named := cmp.Or(r.config, r.ignore.baseline, r.keyFile, r.identity.Leavers) != "" || len(r.ruleFiles)+len(r.identity.Inventory) > 0
	if r.mode != "dir" && !named {
		if !j.Proposed() { // unless something else is checked out here
			if err := r.find(ctx); err == nil {
				r.found.Repo.Close()
			}
		}
		return &baseFiles{}, nil
	}
	if err := r.find(ctx); errors.Is(err, gitrepo.ErrNotRepository) && !j.Proposed() {
		return &baseFiles{}, nil
	} else if err != nil {
		return &baseFiles{}, err
	}
	defer r.found.Repo.Close()
	return r.settings(ctx)
}
