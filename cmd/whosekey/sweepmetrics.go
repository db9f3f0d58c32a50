package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
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
	slog.Info("serving /metrics and /healthz", "address", l.Addr().String())
	return func() { server.Close() }, nil
}

// metrics writes the format of Prometheus.
func metrics(ctx context.Context, db *store.Store, w *sweep.Sweep) (string, error) {
	o, err := db.Overview(ctx)
	if err != nil {
		return "", err
	}
	q, err := w.Engine().Queue(ctx)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	metric := func(name, kind, help string) {
		fmt.Fprintf(&b, "# HELP whosekey_%s %s\n# TYPE whosekey_%s %s\n", name, help, name, kind)
	}
	value := func(name, label, is string, n any) {
		if label != "" {
			name += fmt.Sprintf("{%s=%q}", label, is)
		}
		fmt.Fprintf(&b, "whosekey_%s %v\n", name, n)
	}
	metric("findings_open", "gauge", "Credentials that are open, by verdict.")
	for _, c := range o.ByStatus {
		value("findings_open", "verdict", c.Name, c.N)
	}
	metric("findings_open_risk", "gauge", "Credentials that are open, by risk.")
	for _, c := range o.ByBand {
		value("findings_open_risk", "band", c.Name, c.N)
	}
	metric("findings_fixed", "gauge", "Credentials that no longer work.")
	value("findings_fixed", "", "", o.Fixed)
	metric("repositories", "gauge", "Repositories, by state.")
	for _, c := range o.Repositories {
		value("repositories", "state", c.Name, c.N)
	}
	metric("repositories_incomplete", "gauge", "Repositories of which something could not be searched.")
	value("repositories_incomplete", "", "", o.Incomplete)
	metric("repositories_unlisted_sources", "gauge", "Sources that could not be listed.")
	value("repositories_unlisted_sources", "", "", len(w.Unlisted()))
	metric("oldest_scan_seconds", "gauge", "Since the repository was searched for which it is the longest ago.")
	if !o.Oldest.IsZero() {
		value("oldest_scan_seconds", "", "", int64(time.Since(o.Oldest).Seconds()))
	}
	metric("jobs", "gauge", "Jobs, by state.")
	for _, c := range []store.Count{{Name: "waiting", N: q.Waiting}, {Name: "running", N: q.Running}, {Name: "retry", N: q.Retry}, {Name: "given_up", N: q.Lost}} {
		value("jobs", "state", c.Name, c.N)
	}
	did := w.Done()
	metric("searches_total", "counter", "Searches of this process, by kind.")
	for _, c := range []store.Count{{Name: "full", N: did.Full}, {Name: "increment", N: did.Increments}, {Name: "rules", N: did.Rules}, {Name: "failed", N: did.Failed}} {
		value("searches_total", "kind", c.Name, c.N)
	}
	metric("searched_bytes_total", "counter", "What this process searched.")
	value("searched_bytes_total", "", "", did.Bytes)
	metric("findings_new_total", "counter", "Credentials that this process was the first to find.")
	value("findings_new_total", "", "", did.Added)
	return b.String(), nil
}
