package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
)

// exposed is a line of a metric, and label the value of its label.
var (
	exposed = regexp.MustCompile(`^(whosekey_[a-z_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\["\\n])*)"\})? ([0-9]+)$`)
	heading = regexp.MustCompile(`^# (HELP|TYPE) (whosekey_[a-z_]+) (.+)$`)
)

// metricsOf reads the text format of Prometheus strictly: each metric has one HELP and one
// TYPE, in that order, its lines follow, and none is there twice.
func metricsOf(t *testing.T, text string) map[string]string {
	t.Helper()
	out, kinds, now := map[string]string{}, map[string]string{}, ""
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		if m := heading.FindStringSubmatch(lines.Text()); m != nil {
			if _, twice := kinds[m[2]]; twice && m[1] == "HELP" || m[1] == "TYPE" && (m[2] != now || m[3] != "gauge" && m[3] != "counter" || (m[3] == "counter") != strings.HasSuffix(m[2], "_total")) {
				t.Errorf("%s is out of place", lines.Text())
			}
			now, kinds[m[2]] = m[2], m[3]
			continue
		}
		m := exposed.FindStringSubmatch(lines.Text())
		if m == nil || m[1] != now {
			t.Errorf("nobody can read %q", lines.Text())
			continue
		}
		name := m[1]
		if m[2] != "" {
			name += "{" + m[3] + "}"
		}
		if _, twice := out[name]; twice {
			t.Errorf("%s is there twice", name)
		}
		out[name] = m[4]
	}
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line does not end")
	}
	return out
}

func fetched(t *testing.T, address string) (int, string, string) {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		return 0, "", ""
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b), res.Header.Get("Content-Type")
}

// TestSweepMetrics: what a scraper gets is what the store has, in the format that it reads,
// with a series for each value that a label can have, and without names.
func TestSweepMetrics(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	plantedOf(t, dir, 4, 1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	ctx, end := context.WithTimeout(t.Context(), 2*time.Minute)
	defer end()
	var o, e syncText
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"sweep", "run", "--dir", dir, "--state", state, "--listen", address}, strings.NewReader(""), &o, &e)
	}()
	for !strings.Contains(o.String(), "**2 new**") && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	status, text, kind := fetched(t, "http://"+address+"/metrics")
	if status != http.StatusOK || kind != "text/plain; version=0.0.4; charset=utf-8" {
		t.Fatalf("%d %s\n%s%s", status, kind, o.String(), e.String())
	}
	got := metricsOf(t, text)
	for name, want := range map[string]string{
		"findings_open{unchecked}": "2", "findings_open{live}": "0", "findings_open_risk{critical}": "0", "findings_fixed": "0", "findings_ignored": "0",
		"repositories{done}": "4", "repositories{failed}": "0", "repositories_incomplete": "0", "jobs{waiting}": "0", "jobs{given_up}": "0", "workers": "1",
		"searches_total{full}": "4", "searches_total{verify}": "0", "findings_new_total": "2", "troubles{list}": "0", "troubles{notices}": "0",
	} {
		if got["whosekey_"+name] != want {
			t.Errorf("%s is %q, want %s", name, got["whosekey_"+name], want)
		}
	}
	for _, name := range []string{"last_listing", "last_scan", "oldest_scan"} {
		var at int64
		if _, err := fmt.Sscan(got["whosekey_"+name+"_timestamp_seconds"], &at); err != nil || time.Since(time.Unix(at, 0)).Abs() > 5*time.Minute {
			t.Errorf("%s was %q: %v", name, got["whosekey_"+name+"_timestamp_seconds"], err)
		}
	}
	if strings.Contains(text, dir) || strings.Contains(text, "acme") {
		t.Errorf("there are names in it:\n%s", text)
	}
	for _, path := range []string{"/healthz", "/livez"} {
		if status, text, _ := fetched(t, "http://"+address+path); status != http.StatusOK || text != "ok\n" {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	db, err := store.Open(ctx, filepath.Join(state, "whosekey.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, spec := range []string{"notices", "logs of acme/hush", "issues of acme/hush", "issues of acme/b", "github:org/hush"} {
		if err := db.Unlisted(ctx, spec, "no hush token"); err != nil {
			t.Fatal(err)
		}
	}
	_, text, _ = fetched(t, "http://"+address+"/metrics")
	got = metricsOf(t, text)
	for kind, want := range map[string]string{"list": "1", "logs": "1", "issues": "2", "notices": "1"} {
		if n := got["whosekey_troubles{"+kind+"}"]; n != want {
			t.Errorf("%s troubles of %s, want %s", n, kind, want)
		}
	}
	if strings.Contains(text, "hush") {
		t.Errorf("there are names in it:\n%s", text)
	}
	end()
	if got := <-code; got != exitClean {
		t.Errorf("exit %d\n%s", got, e.String())
	}
}
