package sweep

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/store"
)

// Digest says what has happened since a time, to each owner.
type Digest struct {
	Since  time.Time     `json:"since"`
	Until  time.Time     `json:"until"`
	Open   int           `json:"open"`
	Fixed  int           `json:"fixed"`
	Owners []OwnerDigest `json:"owners"` // the most urgent first
	// Troubles is what could not be listed, read or searched: Failed repositories, sources and
	// logs and issues of repositories (Unlisted, of which the latest are in Where), and what
	// sources have and do not hand over (Withheld).
	Troubles int     `json:"troubles"`
	Failed   int     `json:"failed"`
	Unlisted int     `json:"unlisted"`
	Where    []Where `json:"unlisted_sources"`
	Withheld []Held  `json:"withheld"`
	// Incomplete are repositories that were not wholly searched, Waiting those that were not
	// searched yet.
	Incomplete int `json:"incomplete"`
	Waiting    int `json:"waiting"`

	omitted int // owners that a text has no room for
}

// Where is a source that could not be listed, or what of a repository could not be read.
type Where struct {
	Source  string     `json:"source"` // "github:org/acme", "logs of acme/api"
	Problem string     `json:"problem"`
	At      time.Time  `json:"at"`
	Listed  *time.Time `json:"last_listed"`
}

// Held is something of a kind that a source names and does not hand over.
type Held struct {
	Source string   `json:"source"`
	Reason string   `json:"reason"`
	Count  int64    `json:"count"`
	First  []string `json:"first"`
}

// OwnerDigest is the part of an owner: empty for nobody known.
type OwnerDigest struct {
	Owner string `json:"owner"`
	New   Part   `json:"new"`
	Live  Part   `json:"still_live"`
	Late  Part   `json:"late"`
	Fixed Part   `json:"fixed"`
}

// Part is a list, the worst first, which may be cut: Count is of all.
type Part struct {
	Count    int    `json:"count"`
	Findings []Line `json:"findings,omitempty"`
}

// Line is a finding in a digest.
type Line struct {
	ID         string      `json:"id"`
	Title      string      `json:"title"`
	Provider   string      `json:"provider"`
	Risk       int         `json:"risk"`
	Band       string      `json:"band"`
	Verdict    leak.Status `json:"verdict"`
	Repository string      `json:"repository"`
	Path       string      `json:"path,omitempty"`
	Line       int         `json:"line,omitempty"`
	Places     int         `json:"places"`
	FirstSeen  time.Time   `json:"first_seen"`
	LiveSince  *time.Time  `json:"live_since,omitempty"`
	FixedAt    *time.Time  `json:"fixed_at,omitempty"`
	Due        *time.Time  `json:"due,omitempty"` // when it should have been fixed
	Identity   string      `json:"identity,omitempty"`
}

// DigestOptions say what a digest is of.
type DigestOptions struct {
	Since     time.Time
	LiveAfter time.Duration            // still live counts after
	Limits    map[string]time.Duration // by band: how long a finding may be open
	Owner     string                   // only that one; "-" for findings without
	Most      int                      // findings of each kind; 0: 500
	Clear     func(string) string      // makes what went wrong a text that holds no credential; nil: as it is
}

// DefaultLimits are how long a finding may be open, by the band of its risk.
func DefaultLimits() map[string]time.Duration {
	const day = 24 * time.Hour
	return map[string]time.Duration{"critical": day, "high": 7 * day, "medium": 30 * day, "low": 90 * day}
}

// bands in their order.
var bands = []string{"critical", "high", "medium", "low", "info"}

// MakeDigest reads one out of a store.
func MakeDigest(ctx context.Context, s *store.Store, o DigestOptions) (*Digest, error) {
	now := s.Now().UTC()
	d := &digesting{s: s, o: o, now: now, owners: map[string]*OwnerDigest{}}
	if d.o.Most == 0 {
		d.o.Most = 500
	}
	view, err := s.Overview(ctx)
	if err != nil {
		return nil, err
	}
	out := &Digest{
		Since: o.Since.UTC(), Until: now, Open: view.Open, Fixed: view.Fixed, Incomplete: view.Incomplete,
		Owners: []OwnerDigest{}, Where: []Where{}, Withheld: []Held{},
	}
	if err := out.troubles(ctx, s, view, o.Clear); err != nil {
		return nil, fmt.Errorf("read what could not be searched: %w", err)
	}
	steps := []struct {
		filter store.Filter
		part   func(*OwnerDigest) *Part
		limit  time.Duration
	}{
		{store.Filter{State: store.StateOpen, FirstSince: o.Since}, func(w *OwnerDigest) *Part { return &w.New }, 0},
		{store.Filter{State: store.StateOpen, LiveUntil: now.Add(-o.LiveAfter)}, func(w *OwnerDigest) *Part { return &w.Live }, 0},
		{store.Filter{State: store.StateFixed, ClosedFrom: o.Since}, func(w *OwnerDigest) *Part { return &w.Fixed }, 0},
	}
	for _, band := range bands {
		if limit := o.Limits[band]; limit > 0 {
			f := store.Filter{State: store.StateOpen, Band: band, FirstUntil: now.Add(-limit)}
			steps = append(steps, steps[0])
			last := &steps[len(steps)-1]
			last.filter, last.part, last.limit = f, func(w *OwnerDigest) *Part { return &w.Late }, limit
		}
	}
	for _, step := range steps {
		if err := d.part(ctx, step.filter, step.part, step.limit); err != nil {
			return nil, fmt.Errorf("read the store: %w", err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.owners)) {
		out.Owners = append(out.Owners, *d.owners[name])
	}
	slices.SortStableFunc(out.Owners, func(a, b OwnerDigest) int {
		return cmp.Or(cmp.Compare(b.Late.Count, a.Late.Count), cmp.Compare(b.New.Count, a.New.Count), cmp.Compare(b.Live.Count, a.Live.Count))
	})
	return out, nil
}

type digesting struct {
	s      *store.Store
	o      DigestOptions
	now    time.Time
	owners map[string]*OwnerDigest
}

func (d *digesting) owner(name string) *OwnerDigest {
	w := d.owners[name]
	if w == nil {
		w = &OwnerDigest{Owner: name}
		d.owners[name] = w
	}
	return w
}

// part counts what a filter selects, and lists the worst of it.
func (d *digesting) part(ctx context.Context, x store.Filter, part func(*OwnerDigest) *Part, limit time.Duration) error {
	x.Owner = d.o.Owner
	counts, err := d.s.CountByOwner(ctx, x)
	if err != nil {
		return err
	}
	total := 0
	for name, n := range counts {
		part(d.owner(name)).Count += n
		total += n
	}
	if total == 0 {
		return nil
	}
	x.Limit = d.o.Most
	fs, err := d.s.Findings(ctx, x)
	if err != nil {
		return err
	}
	if err := d.s.Glance(ctx, fs); err != nil {
		return err
	}
	for _, f := range fs {
		p := part(d.owner(f.Owner))
		p.Findings = append(p.Findings, line(f, limit))
	}
	return nil
}

func line(f *store.Finding, limit time.Duration) Line {
	l := Line{
		ID: f.ID, Title: f.Rule.Title, Provider: f.Rule.Provider, Risk: f.Risk, Band: f.Band, Verdict: f.Verdict.Status,
		Places: f.Places, FirstSeen: f.FirstSeen, LiveSince: when(f.LiveSince), FixedAt: when(f.ClosedAt),
	}
	if limit > 0 {
		l.Due = when(f.FirstSeen.Add(limit))
	}
	if f.Identity != nil {
		l.Identity = f.Identity.Name
	}
	if len(f.Locations) > 0 {
		p := &f.Locations[0]
		l.Repository, l.Path, l.Line = p.Repository, strings.ToValidUTF8(p.Path, "\uFFFD"), p.Line
	}
	return l
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
