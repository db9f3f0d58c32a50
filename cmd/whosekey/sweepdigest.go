package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/policy"
	"github.com/whosekey/whosekey/sweep"
)

// digestFlags are those of whosekey sweep digest.
type digestFlags struct {
	storeFlags
	since, liveAfter string
	limits           []string
	format, output   string
	owner            string
	webhook          string
	template         string
	most             int
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
	fl.StringVar(&f.liveAfter, "live-after", "7d", "a credential is still live after this `long`")
	fl.StringSliceVar(&f.limits, "limit", nil, "how long one may be open, by its risk, as `BAND=TIME` (default critical=1d,high=7d,medium=30d,low=90d)")
	fl.StringVarP(&f.format, "format", "f", "markdown", strings.Join(sweep.DigestFormats, ", "))
	fl.StringVarP(&f.output, "output", "o", "", "write to `file` instead of standard output")
	fl.StringVar(&f.owner, "owner", "", "only what is `who`se; - for what is nobody's")
	fl.StringVar(&f.webhook, "webhook", "", "send it to the address in the environment variable WHOSEKEY_WEBHOOK, if this is `env`")
	fl.StringVar(&f.template, "template", "", "`file` with the JSON that the webhook gets, with words such as {{text}} in it (see docs/sweep.md)")
	fl.IntVar(&f.most, "most", 500, "list this many of each kind at most, and count the rest")
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(sweep.DigestFormats, cobra.ShellCompDirectiveNoFileComp))
	return c
}

func (a *app) sweepDigest(ctx context.Context, f *digestFlags) error {
	o := sweep.DigestOptions{Owner: f.owner, Limits: sweep.DefaultLimits(), Most: f.most}
	var err error
	if o.Since, err = parseSince(f.since, time.Now()); err != nil {
		return usage(fmt.Errorf("--since %w", err), "")
	}
	if o.LiveAfter, err = parseDays(f.liveAfter); err != nil {
		return usage(fmt.Errorf("--live-after %w", err), "")
	}
	for _, l := range f.limits {
		band, text, _ := strings.Cut(l, "=")
		if o.Limits[band], err = parseDays(text); err != nil || !slices.Contains([]string{"critical", "high", "medium", "low", "info"}, band) {
			return usage(fmt.Errorf("--limit %s", printable(l)), "write it as high=7d")
		}
	}
	address := os.Getenv("WHOSEKEY_WEBHOOK")
	if f.webhook != "" && (f.webhook != "env" || address == "") {
		return usage(fmt.Errorf("--webhook: the address is a secret"), "put it into the environment as WHOSEKEY_WEBHOOK, and write --webhook env")
	}
	template, err := f.body()
	if err != nil {
		return err
	}
	if !slices.Contains(sweep.DigestFormats, f.format) || f.most < 1 {
		return usage(fmt.Errorf("--format %s, --most %d", printable(f.format), f.most), "there are "+strings.Join(sweep.DigestFormats, ", "))
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
	if f.webhook != "" {
		body, err := sweep.FillTemplate(template, d)
		if err != nil {
			return usage(err, "")
		}
		if err := sweep.PostDigest(ctx, address, body); err != nil {
			return &failure{err, "", exitIncomplete}
		}
	}
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

// body is the template of what a webhook gets.
func (f *digestFlags) body() (string, error) {
	switch {
	case f.template != "" && f.webhook == "":
		return "", usage(errors.New("--template is for --webhook"), "add --webhook env")
	case f.template != "":
		text, err := policy.ReadFile(f.template)
		if err != nil {
			return "", usage(fmt.Errorf("read --template: %w", err), "")
		}
		if _, err := sweep.FillTemplate(string(text), &sweep.Digest{}); err != nil {
			return "", usage(err, "")
		}
		return string(text), nil
	case f.format == "json":
		return "{{json}}", nil
	}
	return sweep.DefaultTemplate, nil
}

// parseSince reads a time ago, or a date.
func parseSince(text string, now time.Time) (time.Time, error) {
	if t, err := time.Parse(time.DateOnly, text); err == nil {
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
