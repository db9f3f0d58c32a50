package main

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners/cilog"
)

// logsFlags are the flags of whosekey logs.
type logsFlags struct {
	scanFlags
	workflows string
	live      liveFlags
}

func (a *app) logsCommand() *cobra.Command {
	var f logsFlags
	c := &cobra.Command{
		Use:   "logs [FILE|DIR]...",
		Short: "Search the logs of CI services",
		Long: `Search saved logs of GitHub Actions, GitLab, Jenkins, CircleCI, Buildkite,
Azure Pipelines and Bitbucket: files, folders, gzip, the zip archives and the
JSON that they export, and standard input (-).

Time stamps, colours and notes are taken out, lines that were cut are joined,
and what is encoded, several times too, is decoded: masking knows a secret only
as it is. A finding names workflow, job, step and line, and the identities of
the CI that had the secret.

With --github and the like a service is asked for its logs, the newest first,
within its limits. Tokens come from the environment or --token-file; for a
GitHub App from WHOSEKEY_GITHUB_APP_ID and WHOSEKEY_GITHUB_APP_KEY_FILE.`,
		Example: `  whosekey logs logs_123.zip
  whosekey logs ./logs -f sarif=logs.sarif
  gh run view 123 --log | whosekey logs -
  whosekey logs --workflows ~/src/app logs_123.zip
  whosekey logs --github acme/api --since 7d --state ~/.cache/acme-api
  whosekey logs --gitlab acme/api --branch main --artifacts
  whosekey logs --jenkins https://ci.acme.example/job/app`,
		RunE: func(c *cobra.Command, args []string) error { return a.logs(c, &f, args) },
	}
	f.add(c)
	f.live.add(c)
	c.Flags().StringVar(&f.workflows, "workflows", "", "`folder` with the workflow files that printed them (default: the repository that the current folder is in)")
	return c
}

func (a *app) logs(c *cobra.Command, f *logsFlags, args []string) error {
	l, err := f.live.live(c)
	if err != nil {
		return err
	}
	s, err := f.prepare()
	if err != nil {
		return err
	}
	tuneForFiles()
	here := hereRepository()
	opts := cilog.Options{Workers: workers(f.workers), MaxFile: f.maxBlob, Workflows: f.workflows, Archives: f.archives}
	if opts.Workflows == "" && len(here) > 0 {
		opts.Workflows = here[0]
	}
	var known *logMemory
	if l != nil && l.State != "" {
		if known, err = s.logs(c.Context(), l); err != nil {
			return err
		}
		defer known.store.Close()
		s.memory, l.How, l.Seen = known, known.how, known.seen
	}
	src, target, err := a.logSource(f, l, args, opts)
	if err != nil {
		return err
	}
	defer src.Close()
	if known != nil {
		known.source = src
	}
	s.scanned = append(args, here...)
	run := report.Run{Mode: "logs", Target: target}
	if len(args) == 1 && args[0] != "-" {
		if abs, err := filepath.Abs(args[0]); err == nil {
			run.Root = abs
		}
	}
	if err := a.scan(c.Context(), s, src, run, l == nil); err != nil {
		return err
	}
	return src.Reported()
}
