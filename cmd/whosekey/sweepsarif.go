package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// sarifCommandFlags are those of whosekey sweep sarif.
type sarifCommandFlags struct {
	storeFlags
	sarif  sarifFlags
	output string
	upload bool
}

func (a *app) sweepSARIFCommand() *cobra.Command {
	var f sarifCommandFlags
	c := &cobra.Command{
		Use:   "sarif [REPOSITORY]...",
		Short: "Write SARIF for each repository, and upload it to code scanning",
		Long: `Write what the store knows of each repository, or of those that are named, as
SARIF: a file for each in a folder. With --upload those on GitHub get it as their
own, if code scanning is on and the token may: so that each team sees its own.

Repositories in which nothing was ever found have no file, and nothing is
uploaded for them.`,
		Example: `  whosekey sweep sarif -o sarif/
  whosekey sweep sarif --upload
  whosekey sweep sarif --upload acme/api`,
		RunE: func(c *cobra.Command, names []string) error { return a.sweepSARIF(c.Context(), &f, names) },
	}
	f.storeFlags.add(c)
	f.sarif.add(c)
	f.sarif.split = true
	c.Flags().Lookup("sarif-split").DefValue = "true"
	c.Flags().StringVarP(&f.output, "output", "o", "", "`folder` for the files, made if missing")
	c.Flags().BoolVar(&f.upload, "upload", false, "upload them to the code scanning of GitHub (security_events:write)")
	return c
}

func (a *app) sweepSARIF(ctx context.Context, f *sarifCommandFlags, names []string) error {
	if f.output == "" && !f.upload {
		return usage(errors.New("nothing to do"), "name a folder with -o, or --upload")
	}
	if err := f.sarif.check(); err != nil {
		return err
	}
	logins, err := sweepLogins()
	if err != nil {
		return err
	}
	db, err := f.open(ctx, false)
	if err != nil {
		return err
	}
	defer db.Close()
	rs, err := namedRepositories(ctx, db, names)
	if err != nil {
		return err
	}
	if f.output != "" {
		if err := os.MkdirAll(f.output, 0o700); err != nil {
			return usage(fmt.Errorf("make the folder of --output: %w", err), "")
		}
	}
	written, uploaded, failed := 0, 0, 0
	for _, r := range rs {
		text, err := repositorySARIF(ctx, db, r, f.sarif)
		if err != nil {
			return &failure{fmt.Errorf("write SARIF of %s: %w", printable(r.Name), err), "", exitIncomplete}
		}
		if text == nil {
			continue
		}
		if f.output != "" {
			if err := os.WriteFile(filepath.Join(f.output, sarifName(r)), text, 0o600); err != nil {
				return &failure{err, "", exitIncomplete}
			}
			written++
		}
		if !f.upload || !sweep.CanUpload(r) {
			continue
		}
		if err := sweep.Upload(ctx, r, logins, text); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			failed++
			fmt.Fprintf(a.stderr, "whosekey: %s: %s\n", printable(r.Name), safe(err.Error()))
			continue
		}
		uploaded++
	}
	fmt.Fprintf(a.stdout, "SARIF: %d files written, %d uploaded, %d not\n", written, uploaded, failed)
	if failed > 0 {
		a.code = exitIncomplete
	}
	return nil
}

// namedRepositories returns the repositories with some names, all if there are none.
func namedRepositories(ctx context.Context, db *store.Store, names []string) ([]*store.Repository, error) {
	all, err := db.Repositories(ctx)
	if err != nil {
		return nil, &failure{err, "", exitIncomplete}
	}
	for _, n := range names {
		if !slices.ContainsFunc(all, func(r *store.Repository) bool { return r.Name == n }) {
			return nil, usage(fmt.Errorf("there is no repository %s in the store", printable(n)), "")
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(r *store.Repository) bool { return !slices.Contains(names, r.Name) }), nil
}

// repositorySARIF is what is known of a repository; nil if nothing was ever found in it.
func repositorySARIF(ctx context.Context, db *store.Store, r *store.Repository, f sarifFlags) ([]byte, error) {
	var fs []*leak.Finding
	if err := db.Leaks(ctx, store.Filter{Repository: r.Name}, func(k *leak.Finding) error {
		k.Locations = slices.DeleteFunc(k.Locations, func(l leak.Location) bool { return l.Repository != r.Name })
		if len(k.Locations) > 0 {
			for i := range k.Locations {
				k.Locations[i].Repository = "" // paths are those of the checkout
			}
			fs = append(fs, k)
		}
		return nil
	}); err != nil || len(fs) == 0 {
		return nil, err
	}
	var out bytes.Buffer
	h := report.NewSARIF(&out, report.Options{Unnamed: true, SARIFSplit: f.split, SARIFSuppressed: f.suppressed, SARIFHistory: f.history})
	run := report.Run{Tool: "whosekey", Version: version(), Mode: "git", Target: r.Name, RulesVersion: r.Rules, Salted: true}
	sum := report.Summary{Findings: len(fs), Incomplete: r.Incomplete}
	known := map[string]bool{}
	for _, k := range fs {
		sum.Places += len(k.Locations)
		if !known[k.Rule.ID] {
			known[k.Rule.ID] = true
			run.Catalog = append(run.Catalog, k.Rule)
		}
	}
	if err := h.Start(run); err != nil {
		return nil, err
	}
	for _, k := range fs {
		if err := h.Finding(k); err != nil {
			return nil, err
		}
	}
	err := h.Finish(sum)
	return out.Bytes(), err
}

var notInNames = lazy.New(`[^A-Za-z0-9._-]+`)

// sarifName is the name of a repository's file, which is in the folder whatever the
// repository is called.
func sarifName(r *store.Repository) string {
	name := strings.TrimLeft(notInNames.ReplaceAllString(r.Name, "_"), ".")
	return fmt.Sprintf("%s-%d.sarif", name[:min(len(name), 100)], r.ID)
}
