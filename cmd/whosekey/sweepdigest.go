package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/sweep"
)

// digestFlags are those of whosekey sweep digest.
type digestFlags struct {
	storeFlags
	tellFlags
	since          string
	format, output string
	owner          string
}

func (a *app) sweepDigestCommand() *cobra.Command {
	var f digestFlags
	c := &cobra.Command{
		Use:   "digest",
		Short: "Say what is new, still live, late and fixed, for each owner",
		Long: `Write what has happened since a time, for each owner: credentials that are new,
still live, open for longer than they should be (--limit), and fixed, which
means that their provider refuses them.

--webhook sends it too: as JSON with -f json, otherwise as {"text": ...}, which
chat programs take, or as a --template in JSON says. The address comes from the
environment, as it is a secret.`,
		Example: `  whosekey sweep digest --since 24h
  whosekey sweep digest --since 7d --owner @acme/payments -f html -o digest.html
  WHOSEKEY_WEBHOOK=https://hooks.acme.example/T1 whosekey sweep digest --since 24h --webhook env`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.sweepDigest(c.Context(), &f) },
	}
	f.storeFlags.add(c)
	fl := c.Flags()
	fl.StringVar(&f.since, "since", "24h", "from when on: a `time` such as 24h or 7d ago, or a date such as 2027-01-31")
	fl.StringVarP(&f.format, "format", "f", "markdown", strings.Join(sweep.DigestFormats, ", "))
	fl.StringVarP(&f.output, "output", "o", "", "write to `file` instead of standard output")
	fl.StringVar(&f.owner, "owner", "", "only what is `who`se; - for what is nobody's")
	f.tellFlags.add(c)
	oneOf(c, "format", sweep.DigestFormats...)
	return c
}

func (a *app) sweepDigest(ctx context.Context, f *digestFlags) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	o.Owner, o.Clear = f.owner, safe
	if o.Since, err = parseSince(f.since, time.Now()); err != nil {
		return usage(fmt.Errorf("--since %w", err), "")
	}
	send, err := f.sender(f.format == "json")
	if err != nil {
		return err
	}
	if !slices.Contains(sweep.DigestFormats, f.format) {
		return usage(fmt.Errorf("--format %s", printable(f.format)), "there are "+strings.Join(sweep.DigestFormats, ", "))
	}
	db, err := f.open(ctx, false)
	if err != nil {
		return err
	}
	defer db.Close()
	d, err := sweep.MakeDigest(ctx, db, o)
	if err != nil {
		return &failure{err, "", exitIncomplete}
	}
	if err := a.writeDigest(f, d); err != nil {
		return err
	}
	return send(ctx, d) // at last, as it cannot be taken back
}

func (a *app) writeDigest(f *digestFlags, d *sweep.Digest) error {
	if f.output == "" || f.output == "-" {
		return sweep.WriteDigest(a.stdout, f.format, d)
	}
	out, err := create(f.output)
	if err != nil {
		return usage(fmt.Errorf("write %s: %w", f.output, err), "")
	}
	files := &outputs{files: []*outFile{out}}
	defer files.discard()
	if err := sweep.WriteDigest(out, f.format, d); err != nil {
		return err
	}
	return files.commit()
}

// parseSince reads a time ago, or a date that is past.
func parseSince(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		if t.After(now.Add(24 * time.Hour)) { // east of Greenwich the day begins earlier
			return t, fmt.Errorf("%s is not past", text)
		}
		return t, nil
	}
	d, err := parseDays(text)
	return now.Add(-d), err
}

// parseDays reads a duration, in which d are days.
func parseDays(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err == nil && n >= 0 && n < 100_000 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no time: write it as 24h or 7d", printable(text))
}
