package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
	"github.com/whosekey/whosekey/verify"
)

func (a *app) sweepRunCommand() *cobra.Command {
	var f sweepFlags
	var once bool
	var cron string
	c := &cobra.Command{
		Use:   "run",
		Short: "List repositories, search what has changed, and report",
		Long: `List repositories and search those that are new or have changed, in this one
process. With --once it then reports every open finding of the store, and exits
as a scan does; without, it stays and begins anew at the times of --cron. After
each round, or at the times of --report-cron, it says what is new, still live, late
and fixed, as whosekey sweep digest does; with -f or -o it writes the report of
--once instead. --webhook env sends the digest too, --upload SARIF to GitHub.
SIGTERM and SIGINT end it in order, with 0.

It may be stopped or killed at any moment: what was searched is kept, and the
next run goes on from there.`,
		Example: `  whosekey sweep run --dir /srv/git --once
  whosekey sweep run --dir /srv/git --cron '0 3 * * *'
  WHOSEKEY_WEBHOOK=https://hooks.acme.example/T1 whosekey sweep run --github acme --webhook env -f html=leaks.html
  whosekey sweep run --repos repositories.txt --state /var/lib/whosekey --once -f sarif=leaks.sarif`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("cron") && once {
				return usage(errors.New("--once and --cron exclude each other"), "")
			}
			if f.reportCron != "" && once {
				return usage(errors.New("--once and --report-cron exclude each other"), "with --once the report is written at the end")
			}
			return a.sweepRun(c.Context(), &f, once, cron)
		},
	}
	f.addAll(c)
	c.Flags().BoolVar(&once, "once", false, "one pass, a report, and the end")
	c.Flags().StringVar(&cron, "cron", "@daily", "when to begin anew: five fields as of cron, or @hourly, @daily, @weekly")
	return c
}

func (a *app) sweepWorkerCommand() *cobra.Command {
	var f sweepFlags
	c := &cobra.Command{
		Use:   "worker",
		Short: "Search what others have listed",
		Long: `Search the repositories that are due in a database, until it is stopped. Any
number of workers, on any number of machines, share the work; each needs the key
file of the others.`,
		Example: `  whosekey sweep worker --db postgres://whosekey@db.acme.example/whosekey --key-file key
  WHOSEKEY_DB=postgres://... whosekey sweep worker --key-file key --disk 20GB`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.sweepStay(c.Context(), &f, nil) },
	}
	f.add(c)
	return c
}

func (a *app) sweepScheduleCommand() *cobra.Command {
	var f sweepFlags
	var cron string
	c := &cobra.Command{
		Use:   "schedule",
		Short: "Have repositories listed at certain times; workers do the rest",
		Long: `Add the jobs that list repositories to a database, at the times of --cron and
once at the start, until it is stopped. Of several schedulers one does so.`,
		Example: `  whosekey sweep schedule --db postgres://whosekey@db.acme.example/whosekey --dir /srv/git --cron '0 3 * * *'`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			next, err := sweep.Cron(cron)
			if err != nil {
				return usage(err, "such as '0 3 * * *': at three in the morning")
			}
			return a.sweepStay(c.Context(), &f, next)
		},
	}
	f.addAll(c)
	c.Flags().StringVar(&cron, "cron", "@daily", "when to list: five fields as of cron, or @hourly, @daily, @weekly")
	return c
}

// addAll adds those of sources too.
func (f *sweepFlags) addAll(c *cobra.Command) {
	f.add(c)
	f.sourceFlags.add(c)
	f.tellFlags.add(c)
	c.Flags().StringVar(&f.reportCron, "report-cron", "", "when to report, as `--cron` (default: after each round)")
	c.Flags().BoolVar(&f.upload, "upload", false, "upload SARIF of the repositories that were searched to the code scanning of GitHub (security_events:write)")
}

// asking of a sweep: one for all repositories, whose verdicts its store keeps.
func (f *sweepFlags) asking(s *scan, db *store.Store) (*asking, error) {
	listed, err := f.listed()
	if err != nil {
		return nil, err
	}
	s.swept = f.dirs
	q, err := s.askSettings(listed, verify.Off)
	if err != nil {
		return nil, err
	}
	if q.mode == verify.Plan {
		return nil, usage(errors.New("--verify plan: a sweep has no plan"), "see what would be asked of one repository: whosekey git --verify plan")
	}
	q.store = db
	if q.fresh, err = f.reverifyAfter(); err != nil {
		return nil, err
	}
	if q.on() {
		err = q.start(s, nil)
	}
	return q, err
}

func (a *app) sweepRun(ctx context.Context, f *sweepFlags, once bool, cron string) error {
	if specs, err := f.specs(); err != nil || len(specs) == 0 {
		if err == nil {
			err = errNoSource
		}
		return err
	}
	if !once {
		next, err := sweep.Cron(cron)
		if err != nil {
			return usage(err, "such as '0 3 * * *': at three in the morning")
		}
		return a.sweepStay(ctx, f, next)
	}
	s, db, cfg, end, err := a.sweepOpen(ctx, f)
	if err != nil {
		return err
	}
	defer end()
	cfg.Once = true
	cfg.Engine = sweep.EngineOptions{Attempts: 4, Retry: 500 * time.Millisecond}
	started := time.Now()
	n, err := f.notices(a)
	if err != nil {
		return err
	}
	done, unlisted, err := a.pass(ctx, f, cfg)
	if err != nil {
		return err
	}
	if err := a.sweepReport(ctx, f, s, db, cfg.Sources, passed{done, unlisted, started}); err != nil {
		return err
	}
	return n.once(ctx, db)
}

// pass runs one pass.
func (a *app) pass(ctx context.Context, f *sweepFlags, cfg sweep.Config) (sweep.Tally, map[string]error, error) {
	w, err := sweep.New(ctx, cfg)
	if err != nil {
		return sweep.Tally{}, nil, &failure{err, "", exitIncomplete}
	}
	end, err := a.listen(f.listen, cfg.Store, w)
	if err != nil {
		return sweep.Tally{}, nil, err
	}
	defer end()
	stop, err := w.Start(ctx)
	if err != nil {
		return sweep.Tally{}, nil, &failure{err, "", exitIncomplete}
	}
	_, err = w.Pass(ctx)
	stop()
	if err != nil && ctx.Err() != nil {
		fmt.Fprintln(a.stderr, "whosekey: what was searched is kept: the next sweep goes on from there")
		return w.Done(), nil, err
	}
	if err != nil {
		return w.Done(), nil, &failure{err, "", exitIncomplete}
	}
	return w.Done(), w.Unlisted(), nil
}

// sweepOpen opens what a sweep works with. done closes it, if there is no error.
func (a *app) sweepOpen(ctx context.Context, f *sweepFlags) (s *scan, db *store.Store, cfg sweep.Config, done func(), err error) {
	if s, db, err = f.prepare(ctx); err != nil {
		return nil, nil, cfg, nil, err
	}
	q, err := f.asking(s, db)
	if err != nil {
		db.Close()
		return nil, nil, cfg, nil, err
	}
	a.tell(q)
	done = func() {
		q.close()
		db.Close()
	}
	if cfg, err = a.sweepConfig(f, s, db, q); err != nil {
		done()
		return nil, nil, cfg, nil, err
	}
	return s, db, cfg, done, nil
}

// sweepStay works until it is stopped. next says when sources are listed; nil for
// never.
func (a *app) sweepStay(ctx context.Context, f *sweepFlags, next func(time.Time) time.Time) error {
	s, db, cfg, end, err := a.sweepOpen(ctx, f)
	if err != nil {
		return err
	}
	defer end()
	judged := make(chan struct{})
	go func() { // of a large store that takes a while
		defer close(judged)
		if err := applyPolicy(ctx, s, db); err != nil && ctx.Err() == nil {
			slog.Warn("baseline and allow lists are not applied to what is in the store", "err", err)
		}
	}()
	defer func() { <-judged }()
	if next != nil && len(cfg.Sources) == 0 {
		return errNoSource
	}
	var specs []string
	for _, src := range cfg.Sources {
		specs = append(specs, src.Spec())
		if next != nil {
			cfg.Engine.Every = append(cfg.Engine.Every, sweep.Timed{Next: next, Job: sweep.Job{Kind: sweep.List, Source: src.Spec()}})
		}
	}
	var w *sweep.Sweep
	if next != nil {
		n, err := f.notices(a)
		if err != nil {
			return err
		}
		before := passed{started: time.Now()}
		cfg.Notify = func(ctx context.Context, since time.Time) error {
			now := passed{Tally: w.Done(), unlisted: w.Unlisted(), started: time.Now()}
			err := n.tell(ctx, db, since, func() error {
				one, err := s.of(&sweep.Query{}) // what policy leaves out is counted anew
				if err != nil {
					return err
				}
				return a.sweepReport(ctx, f, one, db, cfg.Sources, passed{now.Tally.Since(before.Tally), now.unlisted, before.started})
			})
			if err == nil {
				before = now
			}
			return err
		}
		if cfg.Rounds = n.cron == nil; !cfg.Rounds {
			next = n.cron
		}
		cfg.Engine.Every = append(cfg.Engine.Every, sweep.Timed{Next: next, Job: sweep.Job{Kind: sweep.Notify}})
	}
	if w, err = sweep.New(ctx, cfg); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	done, err := a.listen(f.listen, db, w)
	if err != nil {
		return err
	}
	defer done()
	stop, err := w.Start(ctx)
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	defer stop()
	if err := w.Want(ctx, specs...); err != nil {
		return &failure{err, "", exitIncomplete}
	}
	slog.Info("sweeping", "sources", specs, "store", store.Shown(f.db))
	a.served = true
	<-ctx.Done()
	return nil
}

// toldOf writes what happens, if it is to be seen.
func (a *app) toldOf(f *sweepFlags) func(sweep.Event) {
	return func(e sweep.Event) {
		attrs := []any{"repository", e.Repository, "what", e.Kind, "findings", e.Findings, "new", e.Added, "took", e.Took.Round(time.Millisecond).String()}
		if e.Err != nil {
			slog.Warn("repository", append(attrs, "err", safe(e.Err.Error()))...)
			return
		}
		slog.Info("repository", attrs...)
	}
}
