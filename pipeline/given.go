package pipeline

import (
	"context"
	"fmt"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/scanners"
)

// Given reports findings that somebody else made, such as another scanner, as Run
// reports its own: policy, verification and identities included. A location with
// a Span is one in a text that cfg.Source opens; its position is taken from there.
// The others keep theirs.
func Given(ctx context.Context, cfg Config, fs []*leak.Finding, cov *scanners.Coverage) (report.Summary, error) {
	all := partsOf(fs)
	known := redactor(all)
	var around *texts
	if cfg.Identify != nil || cfg.Servers != nil {
		around = choose(fs)
	}
	if err := cfg.position(ctx, newCollector(cfg.Detectors), fs, known, around); err != nil {
		return report.Summary{}, fmt.Errorf("locate findings: %w", err)
	}
	cfg.redact(fs, known)
	return cfg.conclude(ctx, fs, around, cov, known, newNamed(all))
}

// inlineFunc is Config.Inline.
type inlineFunc func(before, after []byte) *leak.Allowance

// beside reads the comments beside a target. k stands at its start. Of long lines
// what is further away than a frame reaches does not count.
func (read inlineFunc) beside(k *ruler, t target) *leak.Allowance {
	if read == nil || t.pos.NoText {
		return nil
	}
	at, end := k.counted, int(t.span.End-k.base)
	return read(k.window[max(0, at-around):at], k.window[end:min(len(k.window), end+around)])
}

// fitsFunc is Config.Fits.
type fitsFunc func(f *leak.Finding, before, credential, after []byte) []string

// around asks what the text around a target meets. k stands at its start.
func (ask fitsFunc) around(k *ruler, t target) []string {
	if ask == nil {
		return nil
	}
	at, end := k.counted, int(t.span.End-k.base)
	return ask(t.of, k.window[max(0, at-textAround):at], k.window[at:end], k.window[end:min(len(k.window), end+textAround)])
}

// maskAccount masks what policy tells of a run: reasons are free text, and may
// stand in what was scanned. The names of files are masked already.
func (cfg *Config) maskAccount(sum *report.Summary, mask func(string) string) {
	for i := range sum.Notes {
		sum.Notes[i] = maskMailboxes(mask(sum.Notes[i]))
	}
	for i := range sum.Ignored {
		g := &sum.Ignored[i]
		g.Reason, g.Owner = maskMailboxes(mask(g.Reason)), maskMailboxes(mask(g.Owner))
	}
}
