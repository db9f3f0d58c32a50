package serve

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/report"
	"github.com/whosekey/whosekey/store"
)

const (
	// most is how many findings of a store a page has: the worst, as many as are
	// read within two seconds. The others can be selected.
	most = 5_000
	// places is how many places of each it has.
	places = 100
	// weeks of the trend; of a store that is younger than days, each day is a point.
	weeks = 12
	days  = 42
	// fresh is for how long a version counts: each open page asks every few seconds.
	fresh = 4 * time.Second
	// gapNames is how many things of a kind that could not be searched are named.
	gapNames = 5
	// maxTold is how many sources and logs that could not be listed or read are counted.
	maxTold = 10_000
)

// Store shows a store. The query of a page selects findings: owner, repository,
// provider, rule, state, band; fixed=1 for those that were fixed.
type Store struct {
	Store   *store.Store
	Name    string // as it may be shown
	Tool    string // version of whosekey
	Options report.Options

	mu       sync.Mutex
	version  string
	overview *store.Overview
	asked    time.Time
}

// Version goes by the last scan, and by how many findings, repositories and troubles there are
// of what kind.
func (s *Store) Version(ctx context.Context) (string, error) {
	version, _, err := s.state(ctx, "")
	return version, err
}

// state reads the overview, unless that was done just now: for the version that is
// asked for, or any.
func (s *Store) state(ctx context.Context, of string) (string, *store.Overview, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overview != nil && time.Since(s.asked) < fresh && (of == "" || of == s.version) {
		return s.version, s.overview, nil
	}
	o, err := s.Store.Overview(ctx)
	if err != nil {
		return "", nil, err
	}
	var last int64
	scans, err := s.Store.Scans(ctx, 1)
	if err != nil {
		return "", nil, err
	}
	for _, k := range scans {
		last = k.ID
	}
	troubles, _, err := s.Store.SourceOverview(ctx)
	if err != nil {
		return "", nil, err
	}
	s.version = fmt.Sprint(last, o.Open, o.Fixed, o.ByStatus, o.ByBand, o.Identities, o.LastScan.UnixNano(), o.Repositories, troubles)
	s.overview, s.asked = o, time.Now()
	return s.version, o, nil
}

// filter is what a query selects, and in words.
func filter(query url.Values) (store.Filter, string) {
	x := store.Filter{
		State: store.StateOpen, Owner: query.Get("owner"), Repository: query.Get("repository"), Provider: query.Get("provider"),
		Rule: query.Get("rule"), Status: leak.Status(query.Get("state")), Band: query.Get("band"), Limit: most,
	}
	var words []string
	for _, key := range []string{"owner", "repository", "provider", "rule", "state", "band"} {
		if v := query.Get(key); v != "" {
			words = append(words, key+" "+v)
		}
	}
	if query.Get("fixed") == "1" {
		x.State = store.StateFixed
		words = append(words, "fixed")
	}
	return x, strings.Join(words, ", ")
}

// Write writes the page of what is selected.
func (s *Store) Write(ctx context.Context, w io.Writer, version string, query url.Values) error {
	_, o, err := s.state(ctx, version)
	if err != nil {
		return err
	}
	opts := s.Options
	opts.Page.Live, opts.Page.Version, opts.Page.Limit, opts.Page.Events = true, version, most, map[string][]report.Event{}
	// The trend looks at all findings: it is read while the worst are.
	g, ctx := errgroup.WithContext(ctx)
	opts.Page.Trend = &report.Trend{}
	g.Go(func() error {
		t, err := s.trend(ctx)
		if err != nil {
			return fmt.Errorf("read the trend: %w", err)
		}
		*opts.Page.Trend = *t
		return nil
	})
	err = s.write(ctx, w, o, query, opts, g.Wait)
	return cmp.Or(g.Wait(), err)
}

// write writes the page. The trend is there when ready returns.
func (s *Store) write(ctx context.Context, w io.Writer, o *store.Overview, query url.Values, opts report.Options, ready func() error) error {
	x, selected := filter(query)
	var err error
	if opts.Page.Totals, err = s.totals(ctx, o, x, selected); err != nil {
		return fmt.Errorf("count findings: %w", err)
	}
	sum, err := s.summary(ctx, o, selected)
	if err != nil {
		return err
	}
	sum.Findings = opts.Page.Totals.Findings
	page := report.NewHTML(w, opts)
	if err := page.Start(report.Run{Tool: "whosekey", Version: s.Tool, Mode: "sweep", Target: s.Name, Salted: true}); err != nil {
		return err
	}
	fs, err := s.Store.Findings(ctx, x)
	if err != nil {
		return fmt.Errorf("read findings: %w", err)
	}
	if err := s.fill(ctx, fs, func(f *store.Finding) error {
		sum.Places += f.Places
		return page.Finding(&f.Finding)
	}); err != nil {
		return fmt.Errorf("read findings: %w", err)
	}
	if err := s.events(ctx, fs, opts.Page.Events); err != nil {
		return fmt.Errorf("read what was answered: %w", err)
	}
	if err := ready(); err != nil {
		return err
	}
	return page.Finish(sum)
}

// atOnce is how many findings are read while those before them are written.
const atOnce = 500

// fill reads what belongs to findings, and calls visit for each, in their order. It
// reads the next ones meanwhile: both take as long.
func (s *Store) fill(ctx context.Context, fs []*store.Finding, visit func(*store.Finding) error) error {
	g, ctx := errgroup.WithContext(ctx)
	filled := make(chan []*store.Finding, 1)
	g.Go(func() error {
		defer close(filled)
		for part := range slices.Chunk(fs, atOnce) {
			if err := s.Store.Fill(ctx, part, places); err != nil {
				return err
			}
			select {
			case filled <- part:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		for part := range filled {
			for _, f := range part {
				if err := visit(f); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return g.Wait()
}

// events are what the store knows of the past of findings.
func (s *Store) events(ctx context.Context, fs []*store.Finding, out map[string][]report.Event) error {
	ids := make([]string, len(fs))
	for i, f := range fs {
		ids[i] = f.ID
	}
	asked, err := s.Store.Histories(ctx, ids)
	if err != nil {
		return err
	}
	for _, f := range fs {
		list := []report.Event{{At: f.FirstSeen, What: "found by a sweep"}}
		for _, v := range asked[f.ID] {
			if v.Status != leak.Unchecked && !v.At.Equal(f.Verdict.When) {
				list = append(list, report.Event{At: v.At, What: "asked: " + string(v.Status), Detail: v.Reason, State: v.Status})
			}
		}
		if !f.ClosedAt.IsZero() {
			list = append(list, report.Event{At: f.ClosedAt, What: "fixed", State: leak.Dead})
		}
		out[f.ID] = list
	}
	return nil
}

// totals count all that is selected, not only what the page has. The overview
// has counted all that is open.
func (s *Store) totals(ctx context.Context, o *store.Overview, x store.Filter, selected string) (*report.Totals, error) {
	t := &report.Totals{Findings: o.Open, Bands: map[string]int{}, States: map[string]int{}}
	var err error
	if selected != "" {
		t.Findings, t.Bands, t.States, err = s.Store.Breakdown(ctx, x)
	} else {
		for _, c := range o.ByBand {
			t.Bands[c.Name] = c.N
		}
		for _, c := range o.ByStatus {
			t.States[c.Name] = c.N
		}
	}
	delete(t.Bands, "") // of which nobody knows
	return t, err
}

// summary is the coverage of all sweeps.
func (s *Store) summary(ctx context.Context, o *store.Overview, selected string) (report.Summary, error) {
	sum := report.Summary{Counts: map[string]int64{"bytes": o.Bytes}}
	for _, c := range o.Repositories {
		state, to := store.RepositoryState(c.Name), &sum.Skipped
		if state == store.Gone {
			to = &sum.LeftOut
		} else if state != store.Skipped {
			sum.Counts["repositories"] += int64(c.N)
		}
		if reason, fix := state.Gap(); reason != "" {
			*to = append(*to, report.Gap{Reason: reason, Fix: fix, Count: int64(c.N)})
		}
	}
	sum.Counts["repositories"] -= int64(o.NeverScanned)
	gaps, err := s.gaps(ctx, &sum)
	if err != nil {
		return sum, fmt.Errorf("read the coverage: %w", err)
	}
	for _, g := range gaps {
		to := &sum.Skipped
		if g.Chosen {
			to = &sum.LeftOut
		}
		*to = append(*to, report.Gap{Reason: g.Reason, Fix: g.Fix, Count: g.Count, First: g.First})
	}
	sum.Incomplete = len(sum.Skipped) > 0
	if selected != "" {
		sum.Notes = append(sum.Notes, "Only these findings are in this page: "+selected+".")
	}
	if o.Fixed > 0 {
		sum.Notes = append(sum.Notes, fmt.Sprintf("%d findings were fixed: add ?fixed=1 to the address for them.", o.Fixed))
	}
	if !o.LastScan.IsZero() {
		sum.Notes = append(sum.Notes, "The last scan ended on "+o.LastScan.UTC().Format("2006-01-02 at 15:04 UTC")+".")
	}
	return sum, nil
}

// gaps are those of repositories and of what sources do not hand over. What could not be
// listed or read goes to the summary.
func (s *Store) gaps(ctx context.Context, sum *report.Summary) ([]store.Gap, error) {
	since := s.Store.Now().Add(-store.Stands)
	all, err := s.Store.TroubledSources(ctx, maxTold)
	if err != nil {
		return nil, err
	}
	kinds := map[string]report.Gap{
		store.TroubleList:   {Reason: "source that could not be listed", Fix: "whosekey sweep status says why"},
		store.TroubleLogs:   {Reason: "CI logs that could not be read", Fix: "whosekey sweep status says why"},
		store.TroubleIssues: {Reason: "issues that could not be read", Fix: "whosekey sweep status says why"},
	}
	for _, k := range all {
		kind, name := k.Kind()
		g, ok := kinds[kind]
		if !ok || k.FailedAt.Before(since) {
			continue
		}
		if g.Count++; len(g.First) < gapNames {
			g.First = append(g.First, name)
		}
		kinds[kind] = g
	}
	for _, kind := range []string{store.TroubleList, store.TroubleLogs, store.TroubleIssues} {
		if kinds[kind].Count > 0 {
			sum.Skipped = append(sum.Skipped, kinds[kind])
		}
	}
	gaps, err := s.Store.GapsByReason(ctx, gapNames)
	if err != nil {
		return nil, err
	}
	held, err := s.Store.SourceGaps(ctx, since)
	return append(gaps, held...), err
}

// trend has a point for each week in which the store was there, or for each day of a
// store that is not there for long.
func (s *Store) trend(ctx context.Context) (*report.Trend, error) {
	all, err := s.Store.Days(ctx, 7*weeks)
	if err != nil {
		return nil, err
	}
	first := slices.IndexFunc(all, func(d store.Day) bool { return d.Still+d.New+d.Closed > 0 })
	if first < 0 {
		return report.TrendOf(), nil
	}
	of, long := "week", 7
	if len(all)-first <= days {
		of, long, all = "day", 1, all[first:]
	} else {
		all = all[first/7*7:]
	}
	var points []report.Point
	for part := range slices.Chunk(all, long) {
		p := report.Point{Label: part[len(part)-1].Date.Format(time.DateOnly), Findings: part[len(part)-1].Still}
		for _, d := range part {
			p.New += d.New
			p.Gone += d.Closed
		}
		points = append(points, p)
	}
	t := report.TrendOf(points...)
	t.Of = of
	return t, nil
}
