package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

func (a *app) sweepStatusCommand() *cobra.Command {
	var f storeFlags
	var format string
	c := &cobra.Command{
		Use:   "status",
		Short: "Say how things stand: findings, coverage, jobs and workers",
		Example: `  whosekey sweep status
  whosekey sweep status -f json --db postgres://whosekey@db.acme.example/whosekey`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if format != "text" && format != "json" {
				return usage(fmt.Errorf("--format %s: there are text, json", printable(format)), "")
			}
			db, err := f.open(c.Context(), false)
			if err != nil {
				return err
			}
			defer db.Close()
			st, err := readStatus(c.Context(), db)
			if err != nil {
				return &failure{err, "", exitIncomplete}
			}
			if format == "json" {
				e := json.NewEncoder(a.stdout)
				e.SetIndent("", "  ")
				return e.Encode(st)
			}
			return st.write(a.stdout)
		},
	}
	f.add(c)
	c.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	return c
}

// sweepStatus is what the command shows.
type sweepStatus struct {
	Open         int              `json:"open"`
	Fixed        int              `json:"fixed"`
	Ignored      int              `json:"ignored"`
	ByVerdict    map[string]int   `json:"open_by_verdict"`
	ByBand       map[string]int   `json:"open_by_risk"`
	Identities   int              `json:"identities"`
	Repositories map[string]int   `json:"repositories"`
	Incomplete   int              `json:"incomplete"`
	Never        int              `json:"never_searched"`
	Scans        int              `json:"scans"`
	Bytes        int64            `json:"bytes"`
	LastScan     *time.Time       `json:"last_scan"`
	Oldest       *time.Time       `json:"oldest_scan"`
	Jobs         map[string]int   `json:"jobs"`
	Full         bool             `json:"full"`
	Workers      []statusWorker   `json:"workers"`
	Troubles     []statusTrouble  `json:"troubles"`
	Sources      []statusSource   `json:"unlisted_sources"`
	Gaps         map[string]int64 `json:"gaps"`
	LeftOut      map[string]int64 `json:"left_out"`
}

type statusWorker struct {
	ID    string    `json:"id"`
	Alive bool      `json:"alive"`
	Since time.Time `json:"since"`
}

type statusTrouble struct {
	Repository string    `json:"repository"`
	State      string    `json:"state"`
	Problem    string    `json:"problem"`
	At         time.Time `json:"at"`
	Failures   int       `json:"failures"`
}

// statusSource is one that could not be listed.
type statusSource struct {
	Source   string     `json:"source"`
	Problem  string     `json:"problem"`
	At       time.Time  `json:"at"`
	Failures int        `json:"failures"`
	Listed   *time.Time `json:"last_listed"`
}

// maxTroubles is how many repositories a status names.
const maxTroubles = 50

func readStatus(ctx context.Context, db *store.Store) (*sweepStatus, error) {
	o, err := db.Overview(ctx)
	if err != nil {
		return nil, err
	}
	st := &sweepStatus{
		Open: o.Open, Fixed: o.Fixed, Ignored: o.Ignored, ByVerdict: byName(o.ByStatus), ByBand: byName(o.ByBand), Identities: o.Identities, Repositories: byName(o.Repositories),
		Incomplete: o.Incomplete, Never: o.NeverScanned, Scans: o.Scans, Bytes: o.Bytes, LastScan: known(o.LastScan), Oldest: known(o.Oldest),
		Jobs: map[string]int{}, Workers: []statusWorker{}, Troubles: []statusTrouble{}, Sources: []statusSource{}, Gaps: map[string]int64{}, LeftOut: map[string]int64{},
	}
	e, err := sweep.NewEngine(ctx, db, sweep.EngineOptions{Worker: "status"})
	if err != nil {
		return nil, err
	}
	q, err := e.Queue(ctx)
	if err != nil {
		return nil, err
	}
	st.Jobs["waiting"], st.Jobs["running"], st.Jobs["retry"], st.Jobs["given_up"] = q.Waiting, q.Running, q.Retry, q.Lost
	if q.Left() > 0 {
		roomy, err := db.Roomy(ctx)
		if err != nil { // who may only read asks too
			slog.Debug("it is not known if the database has room", "err", err)
		}
		st.Full = !roomy
	}
	ws, err := db.Workers(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range ws {
		st.Workers = append(st.Workers, statusWorker{w.ID, w.Alive, w.Started})
	}
	rs, err := db.Troubled(ctx, maxTroubles)
	if err != nil {
		return nil, err
	}
	for _, r := range rs {
		st.Troubles = append(st.Troubles, statusTrouble{r.Name, string(r.State), safe(r.Problem), r.FailedAt, r.Failures})
	}
	sources, err := db.TroubledSources(ctx, maxTroubles)
	if err != nil {
		return nil, err
	}
	for _, k := range sources {
		st.Sources = append(st.Sources, statusSource{k.Spec, safe(k.Problem), k.FailedAt, k.Failures, known(k.ListedAt)})
	}
	gaps, err := db.GapsByReason(ctx, 1)
	if err != nil {
		return nil, err
	}
	held, err := db.SourceGaps(ctx, time.Time{})
	for _, g := range append(gaps, held...) {
		to := st.Gaps
		if g.Chosen {
			to = st.LeftOut
		}
		to[g.Reason] += g.Count
	}
	return st, err
}

func byName(cs []store.Count) map[string]int {
	out := map[string]int{}
	for _, c := range cs {
		name := c.Name
		if name == "" {
			name = "unknown"
		}
		out[name] += c.N
	}
	return out
}

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (st *sweepStatus) write(w io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-13s %s\n", name, printable(fmt.Sprintf(format, args...)))
	}
	ignored := ""
	if st.Ignored > 0 {
		ignored = fmt.Sprintf(", %d ignored", st.Ignored)
	}
	line("findings", "%d open, %d fixed%s; %d identities", st.Open, st.Fixed, ignored, st.Identities)
	if st.Open > 0 {
		line("  verdict", "%s", inWords(st.ByVerdict, "live", "restricted", "unknown", "unchecked", "unverifiable", "skipped", "canary"))
		line("  risk", "%s", inWords(st.ByBand, "critical", "high", "medium", "low", "info", "unknown"))
	}
	line("repositories", "%s; %d never searched, %d not wholly", inWords(st.Repositories, "done", "due", "new", "failed", "gone", "skipped"), st.Never, st.Incomplete)
	if st.LastScan != nil {
		line("last scan", "%s; the oldest is of %s", moment(*st.LastScan), moment(*st.Oldest))
	}
	line("jobs", "%s", inWords(st.Jobs, "waiting", "running", "retry", "given_up"))
	if st.Full {
		line("database", "has no room: sweeps go on when there is")
	}
	for _, k := range st.Workers {
		word := "alive"
		if !k.Alive {
			word = "not heard of"
		}
		line("worker", "%s: %s, since %s", k.ID, word, moment(k.Since))
	}
	for _, k := range st.Sources {
		before := "never listed"
		if k.Listed != nil {
			before = "last listed " + moment(*k.Listed)
		}
		if k.Source == sweep.Notices {
			line("not told", "what was found: %s (%s, last %s)", k.Problem, times(k.Failures), moment(k.At))
			continue
		}
		line("not listed", "%s: %s (%s, last %s; %s)", k.Source, k.Problem, times(k.Failures), moment(k.At), before)
	}
	for _, t := range st.Troubles {
		line(t.State, "%s: %s (%s, last %s)", t.Repository, t.Problem, times(t.Failures), moment(t.At))
	}
	for _, reason := range slices.Sorted(maps.Keys(st.Gaps)) {
		line("not searched", "%s: %d", reason, st.Gaps[reason])
	}
	for _, reason := range slices.Sorted(maps.Keys(st.LeftOut)) {
		line("left out", "%s: %d", reason, st.LeftOut[reason])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// moment is a time for people, who may be anywhere.
func moment(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// inWords lists counts, in an order.
func inWords(m map[string]int, order ...string) string {
	var parts []string
	for _, name := range order {
		if n := m[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(name, "_", " ")))
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
