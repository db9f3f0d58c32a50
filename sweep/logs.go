package sweep

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/scanners"
	"github.com/whosekey/whosekey/store"
)

// LogSource is the logs of a repository's CI. Reported is called when what was found
// in them is written down.
type LogSource interface {
	scanners.Source
	Reported() error
	Close() error
}

// Times of logs.
const (
	// overlap is how long before the last look runs are asked for again: those that
	// were not finished then.
	overlap = 3 * 24 * time.Hour
	// firstLogs is how far the first look goes back.
	firstLogs = 30 * 24 * time.Hour
)

// hasLogs reports whether a repository may have logs that can be had.
func (w *Sweep) hasLogs(r *store.Repository) bool {
	forge := strings.HasPrefix(r.Source, "github:") || strings.HasPrefix(r.Source, "gitlab:")
	return w.cfg.Logs != nil && forge && !strings.HasPrefix(r.Native, "wiki ") && !strings.HasPrefix(r.Native, gistMark)
}

// logsJobs are those that search the logs of some repositories.
func (l *listing) logsJobs(rs []*store.Repository) (jobs []Job) {
	for _, r := range rs {
		if l.w.hasLogs(r) {
			jobs = append(jobs, Job{Kind: Logs, Repository: r.ID})
		}
	}
	return jobs
}

// logs is the job that searches the logs of a repository's CI.
func (w *Sweep) logs(ctx context.Context, id int64, done func(*store.Tx) error) error {
	r, err := w.s.Repository(ctx, id)
	if err != nil {
		return fmt.Errorf("read the repository: %w", err)
	}
	finish := func() error { return w.s.Do(ctx, done) }
	switch {
	case r == nil || w.cfg.Logs == nil || r.State == store.Gone || r.State == store.Skipped || r.State == store.Failed && r.ScannedAt.IsZero():
		return finish()
	case r.ScannedAt.IsZero():
		return &Later{w.shortly(), "the repository itself is searched first"}
	}
	return w.leased(ctx, r, (*searching).logs, done)
}

// shortly is after how long what has to wait for another job looks again.
func (w *Sweep) shortly() time.Duration {
	if w.cfg.Once {
		return time.Second
	}
	return time.Minute
}

// logs searches the logs that are new. What is known of the repository itself stays.
func (k *searching) logs(ctx context.Context) (*store.Outcome, error) {
	tips, err := k.w.s.Tips(ctx, k.r.ID)
	if err != nil {
		return nil, fmt.Errorf("read what was searched: %w", err)
	}
	last, err := k.w.s.LastScan(ctx, k.r.ID, Logs)
	if err != nil {
		return nil, err
	}
	since := k.started.Add(-firstLogs)
	if !last.IsZero() {
		since = last.Add(-overlap)
	}
	src, err := k.w.cfg.Logs(ctx, k.r, since, filepath.Join(k.w.cfg.State, "logs", fmt.Sprint(k.r.ID)))
	if err != nil {
		return nil, err
	}
	k.src = src
	o := &store.Outcome{
		Scan:  store.Scan{Repository: k.r.ID, Kind: Logs, Started: k.started, Worker: k.w.id, Rules: k.r.Rules, Refs: k.r.Refs},
		Fence: k.fence, Pushed: k.r.Searched, Tips: slices.Clone(tips), Due: k.r.State != store.Done,
	}
	a, err := k.w.cfg.Search(ctx, &Query{Source: src, Name: k.r.Name, Exposure: k.r.Exposure})
	if err != nil {
		return nil, err
	}
	k.answer(o, a)
	return o, nil
}

// ForgeOf is the forge that a repository was listed by; nil for none.
func ForgeOf(r *store.Repository) *Forge {
	kind, rest, _ := strings.Cut(r.Source, ":")
	if usualBase[kind] == "" {
		return nil
	}
	f, err := parseForge(kind, rest)
	if err != nil {
		return nil
	}
	return f
}
