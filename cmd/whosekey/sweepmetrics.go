package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// listen serves what monitoring asks for, until the returned function is called.
// Names of repositories, owners and credentials are not in it.
func (a *app) listen(address string, db *store.Store, w *sweep.Sweep) (func(), error) {
	if address == "" {
		return func() {}, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usage(fmt.Errorf("--listen: %w", err), "such as 127.0.0.1:9464")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := db.DB().PingContext(ctx); err != nil {
			http.Error(rw, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		io.WriteString(rw, "ok\n")
	})
	// Who restarts what does not answer must not restart who waits for a database.
	mux.HandleFunc("GET /livez", func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "ok\n") })
	mux.HandleFunc("GET /metrics", func(rw http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 20*time.Second)
		defer cancel()
		text, err := metrics(ctx, db, w)
		if err != nil {
			slog.Warn("metrics", "err", err)
			http.Error(rw, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		rw.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		io.WriteString(rw, text)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second}
	go server.Serve(l)
	slog.Info("serving /metrics, /healthz and /livez", "address", l.Addr().String())
	return func() { server.Close() }, nil
}

// known values of labels: a series that is not there looks like one that is not measured.
var (
	openVerdicts = []string{"live", "restricted", "unknown", "unchecked", "unverifiable", "skipped", "canary"}
	riskBands    = []string{"critical", "high", "medium", "low", "info"}
	repoStates   = []string{"new", "due", "done", "failed", "gone", "skipped"}
	sourceKinds  = []string{store.TroubleList, store.TroubleLogs, store.TroubleIssues, store.TroubleNotices}
)

// exposition writes the text format of Prometheus.
// https://prometheus.io/docs/instrumenting/exposition_formats/
type exposition struct{ strings.Builder }

func (b *exposition) metric(name, kind, help string) {
	fmt.Fprintf(b, "# HELP whosekey_%s %s\n# TYPE whosekey_%s %s\n", name, help, name, kind)
}

// one writes a metric without labels.
func (b *exposition) one(name, kind, help string, n int64) {
	b.metric(name, kind, help)
	fmt.Fprintf(b, "whosekey_%s %d\n", name, n)
}

// at writes a time, if there is one.
func (b *exposition) at(name, help string, t time.Time) {
	if b.metric(name, "gauge", help); !t.IsZero() {
		fmt.Fprintf(b, "whosekey_%s %d\n", name, t.Unix())
	}
}

// by writes a metric for each value of a label: those that are known, then others.
func (b *exposition) by(name, kind, help, label string, known []string, counts []store.Count) {
	b.metric(name, kind, help)
	n := byName(counts)
	write := func(value string) { fmt.Fprintf(b, "whosekey_%s{%s=%q} %d\n", name, label, value, n[value]) }
	for _, value := range known {
		write(value)
		delete(n, value)
	}
	for _, value := range slices.Sorted(maps.Keys(n)) {
		write(value)
	}
}

// metrics reads them from the store, and what this process did.
func metrics(ctx context.Context, db *store.Store, w *sweep.Sweep) (string, error) {
	o, err := db.Overview(ctx)
	if err != nil {
		return "", err
	}
	q, err := w.Engine().Queue(ctx)
	if err != nil {
		return "", err
	}
	troubles, listed, err := db.SourceOverview(ctx)
	if err != nil {
		return "", err
	}
	workers, err := db.Workers(ctx)
	if err != nil {
		return "", err
	}
	alive := int64(0)
	for _, k := range workers {
		if k.Alive {
			alive++
		}
	}
	b := &exposition{}
	b.metric("build_info", "gauge", "Always 1: which whosekey this is.")
	fmt.Fprintf(b, "whosekey_build_info{version=%q} 1\n", version())
	b.by("findings_open", "gauge", "Credentials that are open, by verdict.", "verdict", openVerdicts, o.ByStatus)
	b.by("findings_open_risk", "gauge", "Credentials that are open, by risk.", "band", riskBands, o.ByBand)
	b.one("findings_fixed", "gauge", "Credentials that no longer work.", int64(o.Fixed))
	b.one("findings_ignored", "gauge", "Credentials that a baseline or an allow list ignores.", int64(o.Ignored))
	b.by("repositories", "gauge", "Repositories, by state.", "state", repoStates, o.Repositories)
	b.one("repositories_incomplete", "gauge", "Repositories of which something could not be searched.", int64(o.Incomplete))
	b.by("troubles", "gauge", "Sources that could not be listed, logs and issues of repositories that could not be read, and notices that could not be sent, the last time.", "kind", sourceKinds, troubles)
	b.at("last_listing_timestamp_seconds", "When a source was listed last.", listed)
	b.at("last_scan_timestamp_seconds", "When a repository was searched last.", o.LastScan)
	b.at("oldest_scan_timestamp_seconds", "When the repository was searched last for which that is the longest ago.", o.Oldest)
	b.by("jobs", "gauge", "Jobs, by state.", "state", []string{"waiting", "running", "retry", "given_up"},
		[]store.Count{{Name: "waiting", N: q.Waiting}, {Name: "running", N: q.Running}, {Name: "retry", N: q.Retry}, {Name: "given_up", N: q.Lost}})
	b.one("workers", "gauge", "Processes that were heard of in the last seconds.", alive)
	did := w.Done()
	b.by("searches_total", "counter", "Searches of this process, by kind.", "kind", []string{"full", "increment", "rules", "verify", "identities", "logs", "issues", "failed"},
		[]store.Count{{Name: "full", N: did.Full}, {Name: "increment", N: did.Increments}, {Name: "rules", N: did.Rules}, {Name: "verify", N: did.Verified},
			{Name: "identities", N: did.Resolved}, {Name: "logs", N: did.Logs}, {Name: "issues", N: did.Issues}, {Name: "failed", N: did.Failed}})
	b.one("searched_bytes_total", "counter", "What this process searched.", did.Bytes)
	b.one("findings_new_total", "counter", "Credentials that this process was the first to find.", int64(did.Added))
	return b.String(), nil
}
