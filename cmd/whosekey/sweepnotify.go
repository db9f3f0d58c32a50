package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// tellFlags say what a digest has, and who gets it.
type tellFlags struct {
	liveAfter string
	limits    []string
	webhook   string
	template  string
	most      int
}

func (f *tellFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.StringVar(&f.liveAfter, "live-after", "7d", "in a digest a credential is still live after this `long`")
	fl.StringSliceVar(&f.limits, "limit", nil, "how long one may be open, by its risk, as `BAND=TIME` (default critical=1d,high=7d,medium=30d,low=90d)")
	fl.StringVar(&f.webhook, "webhook", "", "send the digest to the address in the environment variable WHOSEKEY_WEBHOOK, if this is `env`")
	fl.StringVar(&f.template, "template", "", "`file` with the JSON that the webhook gets, with words such as {{text}} in it (see docs/sweep.md)")
	fl.IntVar(&f.most, "most", 500, "a digest lists this many of each kind at most, and counts the rest")
}

// options are those of a digest.
func (f *tellFlags) options() (o sweep.DigestOptions, err error) {
	o = sweep.DigestOptions{Limits: sweep.DefaultLimits(), Most: f.most}
	if o.LiveAfter, err = parseDays(f.liveAfter); err != nil {
		return o, usage(fmt.Errorf("--live-after %w", err), "")
	}
	for _, l := range f.limits {
		band, text, _ := strings.Cut(l, "=")
		if o.Limits[band], err = parseDays(text); err != nil || !slices.Contains([]string{"critical", "high", "medium", "low", "info"}, band) {
			return o, usage(fmt.Errorf("--limit %s", printable(l)), "write it as high=7d")
		}
	}
	if f.most < 1 {
		return o, usage(fmt.Errorf("--most %d", f.most), "it counts from 1")
	}
	return o, nil
}

// sender returns what sends a digest to the webhook; nobody gets it if there is none.
func (f *tellFlags) sender(whole bool) (func(context.Context, *sweep.Digest) error, error) {
	address := os.Getenv("WHOSEKEY_WEBHOOK")
	switch {
	case f.webhook != "" && (f.webhook != "env" || address == ""):
		return nil, usage(errors.New("--webhook: the address is a secret"), "put it into the environment as WHOSEKEY_WEBHOOK, and write --webhook env")
	case f.template != "" && f.webhook == "":
		return nil, usage(errors.New("--template is for --webhook"), "add --webhook env")
	case f.webhook == "":
		return func(context.Context, *sweep.Digest) error { return nil }, nil
	}
	hook := &sweep.Webhook{Address: address}
	if err := hook.Check(); err != nil {
		return nil, usage(err, "WHOSEKEY_WEBHOOK wants one such as https://hooks.acme.example/T1")
	}
	template := sweep.DefaultTemplate
	if whole {
		template = "{{json}}"
	}
	if f.template != "" {
		text, err := policy.ReadFile(f.template)
		if err != nil {
			return nil, usage(fmt.Errorf("read --template: %w", err), "")
		}
		template = string(text)
	}
	if _, err := sweep.FillTemplate(template, &sweep.Digest{}); err != nil {
		return nil, usage(err, "")
	}
	return func(ctx context.Context, d *sweep.Digest) error {
		body, err := sweep.FillTemplate(template, d)
		if err == nil {
			err = hook.Post(ctx, body)
		}
		if err != nil {
			return &failure{err, "", exitIncomplete}
		}
		return nil
	}, nil
}

// notices are what a sweep tells by itself.
type notices struct {
	a      *app
	flags  *sweepFlags
	opts   sweep.DigestOptions
	send   func(context.Context, *sweep.Digest) error
	cron   func(time.Time) time.Time // nil: after each round
	logins *sweep.Logins             // to upload SARIF with; nil if none is
}

// notices looks at flags before anything is done.
func (f *sweepFlags) notices(a *app) (n *notices, err error) {
	n = &notices{a: a, flags: f}
	if n.opts, err = f.tellFlags.options(); err != nil {
		return nil, err
	}
	if n.send, err = f.sender(false); err != nil {
		return nil, err
	}
	if f.reportCron != "" {
		if n.cron, err = sweep.Cron(f.reportCron); err != nil {
			return nil, usage(err, "such as '0 8 * * 1-5': at eight on working days")
		}
	}
	if f.upload {
		if n.logins, err = sweepLogins(); err != nil {
			return nil, err
		}
	}
	if f.reports() {
		_, outs, err := a.open(&f.out)
		outs.discard()
		if err != nil {
			return nil, err
		}
	}
	return n, nil
}

// reports reports whether the user named formats or files of reports.
func (f *sweepFlags) reports() bool { return len(f.out.formats) > 0 || f.out.output != "" }

// tell says what has happened since a time: the report or the digest, then SARIF for
// each repository, and at last what cannot be taken back.
func (n *notices) tell(ctx context.Context, db *store.Store, since time.Time, report func() error) error {
	d, err := n.digest(ctx, db, since)
	if err != nil {
		return err
	}
	if n.flags.reports() {
		err = report()
	} else {
		out := bufio.NewWriter(n.a.stdout)
		if err = sweep.WriteDigest(out, "markdown", d); err == nil {
			err = out.Flush()
		}
	}
	if err != nil {
		return err
	}
	return n.others(ctx, db, d)
}

// once tells after a pass that has written its report. What goes wrong is no reason to
// forget it.
func (n *notices) once(ctx context.Context, db *store.Store) error {
	if n.flags.webhook == "" && n.logins == nil {
		return nil
	}
	since, err := db.Notified(ctx)
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	until := db.Now()
	d, err := n.digest(ctx, db, since)
	if err == nil {
		err = n.others(ctx, db, d)
	}
	if err == nil {
		err = db.Do(ctx, func(tx *store.Tx) error { return tx.SetNotified(ctx, until) })
	}
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	return nil
}

func (n *notices) digest(ctx context.Context, db *store.Store, since time.Time) (*sweep.Digest, error) {
	o := n.opts
	o.Since, o.Clear = since, safe
	return sweep.MakeDigest(ctx, db, o)
}

func (n *notices) others(ctx context.Context, db *store.Store, d *sweep.Digest) error {
	if n.logins != nil {
		if err := n.uploads(ctx, db, d.Since); err != nil {
			return err
		}
	}
	return n.send(ctx, d)
}

// uploads sends SARIF of what was searched since a time. What GitHub does not take from
// this token is told, and tried with the next round.
func (n *notices) uploads(ctx context.Context, db *store.Store, since time.Time) error {
	rs, err := db.Repositories(ctx)
	if err != nil {
		return err
	}
	for _, r := range rs {
		if !sweep.CanUpload(r) || r.ScannedAt.Before(since) || r.State == store.Gone {
			continue
		}
		text, err := repositorySARIF(ctx, db, r, sarifFlags{split: true, suppressed: n.flags.out.sarif.suppressed, history: n.flags.out.sarif.history})
		if err != nil {
			return fmt.Errorf("write SARIF of %s: %w", r.Name, err)
		}
		if text == nil {
			continue
		}
		switch err := sweep.Upload(ctx, r, n.logins, text); {
		case errors.Is(err, sweep.ErrNotPermitted):
			slog.Warn("SARIF is not uploaded", "repository", r.Name, "err", safe(err.Error()))
		case err != nil:
			return fmt.Errorf("upload SARIF of %s: %w", r.Name, err)
		}
	}
	return nil
}
