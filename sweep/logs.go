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

// LogSource is the logs of a repository's CI, or what people wrote about it. Reported is called when what was found
// in them is written down.
type LogSource interface {
	scanners.Source
	Reported() error
	Close() error
}

// LogQuery says which logs of a repository are wanted: those of runs since a time that
// were not read for these rules, as the folder State remembers; if Again those that were, too.
type LogQuery struct {
	Since time.Time
	State string
	Rules string
	Again bool
}

// Times of logs.
const (
	// overlap is how long before the last look runs are asked for again: those that
	// were not finished then.
	overlap = 3 * 24 * time.Hour
	// firstLogs is how far the first look goes back.
	firstLogs = 30 * 24 * time.Hour
	// clocks is by how much those of a forge and of this machine may differ.
	clocks = time.Hour
)

// has reports whether there may be what a kind of job searches.
func (w *Sweep) has(kind string, r *store.Repository) bool {
	forge, _, _ := strings.Cut(r.Source, ":")
	if besideCode(r) || isImage(r) {
		return false
	}
	switch kind {
	case Logs:
		return w.cfg.Logs != nil && (forge == "github" || forge == "gitlab")
	case Issues:
		return w.cfg.Issues && usualBase[forge] != ""
	}
	return false
}

// beside are the jobs that search what there is beside some repositories.
func (l *listing) beside(rs []*store.Repository) (jobs []Job) {
	for _, r := range rs {
		for _, kind := range []string{Logs, Issues} {
			if l.w.has(kind, r) {
				jobs = append(jobs, Job{Kind: kind, Repository: r.ID})
			}
		}
	}
	return jobs
}

// beside is the job that searches the logs of a repository's CI, or what people wrote
// about it.
func (w *Sweep) beside(ctx context.Context, j Job, done func(*store.Tx) error) error {
	r, err := w.s.Repository(ctx, j.Repository)
	if err != nil {
		return fmt.Errorf("read the repository: %w", err)
	}
	switch {
	case r == nil || !w.has(j.Kind, r) || r.State == store.Gone || r.State == store.Skipped || r.State == store.Failed && r.ScannedAt.IsZero():
		return w.s.Do(ctx, done)
	case r.ScannedAt.IsZero():
		return &Later{w.shortly(), "the repository itself is searched first"}
	}
	return w.leased(ctx, r, func(k *searching, ctx context.Context) (*store.Outcome, error) { return k.beside(ctx, j.Kind) }, done)
}

// shortly is after how long what has to wait for another job looks again.
func (w *Sweep) shortly() time.Duration {
	if w.cfg.Once {
		return time.Second
	}
	return time.Minute
}

// beside searches what is new. What is known of the repository itself stays.
func (k *searching) beside(ctx context.Context, kind string) (*store.Outcome, error) {
	k.beyond = kind + " of " + k.r.Name
	tips, err := k.w.s.Tips(ctx, k.r.ID)
	if err != nil {
		return nil, fmt.Errorf("read what was searched: %w", err)
	}
	last, rules, err := k.w.s.LastScan(ctx, k.r.ID, kind)
	if err != nil {
		return nil, err
	}
	if k.w.cfg.Full || kind == Logs && rules != k.w.cfg.Rules {
		last = time.Time{}
	}
	if k.src, err = k.open(ctx, kind, last); err != nil {
		return nil, err
	}
	o := &store.Outcome{
		Scan: store.Scan{Repository: k.r.ID, Kind: kind, Started: k.started, Worker: k.w.id, Rules: k.r.Rules, Refs: k.r.Refs},
		For:  k.w.cfg.Rules, Whose: k.r.Whose, Owners: k.r.Owners,
		Fence: k.fence, Pushed: k.r.Searched, Tips: slices.Clone(tips), Due: k.r.State != store.Done,
	}
	a, err := k.w.cfg.Search(ctx, &Query{Source: k.src, Name: k.r.Name, Exposure: k.r.Exposure, Archived: k.r.Archived})
	if err != nil {
		return nil, err
	}
	k.answer(o, a)
	if t, ok := k.src.(*talk); ok { // what it could not read, the next look asks for again
		o.Renews = kind
		if t.failed {
			o.Kind += partly
		}
		k.leftOut(o, a)
	}
	return o, nil
}

// partly stands behind the kind of a scan that did not read everything: the next goes
// on from the last that did.
const partly = ", partly"

// open opens what was not searched when a kind was last.
func (k *searching) open(ctx context.Context, kind string, last time.Time) (LogSource, error) {
	if kind == Issues {
		if !last.IsZero() {
			last = last.Add(-clocks)
		}
		return newTalk(k.r, k.w.cfg.Logins, last)
	}
	since := k.started.Add(-firstLogs)
	if !last.IsZero() {
		since = last.Add(-overlap)
	}
	state := filepath.Join(k.w.cfg.State, "logs", fmt.Sprint(k.r.ID))
	return k.w.cfg.Logs(ctx, k.r, LogQuery{since, state, k.w.cfg.Rules, k.w.cfg.Full})
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
