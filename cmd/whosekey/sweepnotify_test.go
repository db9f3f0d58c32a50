package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// syncText is an output that a test reads while it is written.
type syncText struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncText) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncText) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// TestSweepStaysAndTells: without --once a sweep tells after its first round, to standard
// output, to the webhook and into files, and ends with 0 when it is told to end.
func TestSweepStaysAndTells(t *testing.T) {
	dir := t.TempDir()
	plantedOf(t, dir, 4, 1)
	posts := make(chan string, 100)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		posts <- string(b)
	}))
	defer hook.Close()
	t.Setenv("WHOSEKEY_WEBHOOK", hook.URL)
	file := filepath.Join(t.TempDir(), "leaks.json")
	template := filepath.Join(t.TempDir(), "t.json")
	if err := os.WriteFile(template, []byte(`{"new": {{new}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct {
		name   string
		args   []string
		post   string // "" for none
		stdout string
		file   bool
	}{
		{"a digest", []string{"run"}, "", "**2 new**", false},
		{"webhook", []string{"run", "--webhook", "env", "--template", template}, `{"new": 2}`, "**2 new**", false},
		{"a file", []string{"run", "-f", "json=" + file, "--webhook", "env", "--template", template}, `{"new": 2}`, "", true},
		{"at a time of its own", []string{"run", "--report-cron", "* * * * *"}, "", "**2 new**", false},
		{"a scheduler", []string{"schedule", "--webhook", "env", "--template", template}, `{"new": 2}`, "**2 new**", false},
		{"once", []string{"run", "--once", "--webhook", "env", "--template", template}, `{"new": 2}`, "", false},
	} {
		t.Run(k.name, func(t *testing.T) {
			if k.name == "at a time of its own" && testing.Short() {
				t.Skip("takes a minute")
			}
			ctx, end := context.WithTimeout(t.Context(), 3*time.Minute)
			defer end()
			var o, e syncText
			code := make(chan int, 1)
			go func() {
				code <- run(ctx, append(append([]string{"sweep"}, k.args...), "--dir", dir, "--state", t.TempDir()), strings.NewReader(""), &o, &e)
			}()
			told := func() bool {
				_, err := os.Stat(file)
				return strings.Contains(o.String(), k.stdout) && (!k.file || err == nil)
			}
			for !told() && ctx.Err() == nil {
				time.Sleep(50 * time.Millisecond)
			}
			if k.post != "" {
				select {
				case got := <-posts:
					if got != k.post {
						t.Errorf("the webhook got %s, want %s", got, k.post)
					}
				case <-ctx.Done():
					t.Errorf("the webhook got nothing\n%s%s", o.String(), e.String())
				}
			}
			want := exitFindings
			if k.name != "once" {
				want = exitClean
				end()
			}
			if got := <-code; got != want || !told() {
				t.Errorf("exit %d, want %d\n%s\n%s", got, want, o.String(), e.String())
			}
			if k.file {
				var r struct{ Findings []any }
				if b, err := os.ReadFile(file); err != nil || json.Unmarshal(b, &r) != nil || len(r.Findings) != 2 {
					t.Errorf("the file has %d findings, %v", len(r.Findings), err)
				}
			}
		})
	}
}

// TestSweepNoticesAreCheckedFirst: what is wrong with what would be told is told before
// anything is searched.
func TestSweepNoticesAreCheckedFirst(t *testing.T) {
	dir := t.TempDir()
	plantedOf(t, dir, 1, 1)
	for _, args := range [][]string{
		{"run", "--webhook", "env"}, {"run", "--webhook", "https://hooks.acme.example/T1"}, {"run", "--template", "x.json"}, {"run", "--report-cron", "now"},
		{"run", "--limit", "much=1d"}, {"run", "-f", "nothing"}, {"schedule", "--most", "0"}, {"run", "--once", "--report-cron", "@daily"}, {"run", "--live-after", "soon"},
	} {
		var o, e strings.Builder
		if code := run(t.Context(), append(append([]string{"sweep"}, args...), "--dir", dir, "--state", t.TempDir()), strings.NewReader(""), &o, &e); code != exitUsage {
			t.Errorf("%q: exit %d\n%s", args, code, e.String())
		}
	}
}

// TestDigestIsWrittenWhereTheWebhookFails: what could not be sent is on standard output all
// the same, and who called hears why; nothing has the address.
func TestDigestIsWrittenWhereTheWebhookFails(t *testing.T) {
	dir, state := t.TempDir(), t.TempDir()
	plantedOf(t, dir, 2, 1)
	if code := run(t.Context(), []string{"sweep", "run", "--once", "-q", "--dir", dir, "--state", state}, strings.NewReader(""), io.Discard, io.Discard); code != exitFindings {
		t.Fatalf("exit %d", code)
	}
	tries := 0
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries++; tries == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusGone)
	}))
	defer hook.Close()
	t.Setenv("WHOSEKEY_WEBHOOK", hook.URL+"/services/hush-hush")
	var o, e strings.Builder
	code := run(t.Context(), []string{"sweep", "digest", "--webhook", "env", "--state", state}, strings.NewReader(""), &o, &e)
	if code != exitIncomplete || tries != 2 || !strings.Contains(o.String(), "**1 new**") || !strings.Contains(e.String(), "410 Gone") || strings.Contains(o.String()+e.String(), "hush") {
		t.Errorf("exit %d after %d tries\n%s\n%s", code, tries, o.String(), e.String())
	}
	soon := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	if code := run(t.Context(), []string{"sweep", "digest", "--since", soon, "--state", state}, strings.NewReader(""), io.Discard, io.Discard); code != exitUsage {
		t.Errorf("since %s: exit %d", soon, code)
	}
	for _, bad := range []string{"hooks.acme.example/hush", "ftp://hooks.acme.example/hush", "https:///hush", "https://hooks acme/hush"} {
		t.Setenv("WHOSEKEY_WEBHOOK", bad)
		var e strings.Builder
		if code := run(t.Context(), []string{"sweep", "digest", "--webhook", "env", "--state", state}, strings.NewReader(""), io.Discard, &e); code != exitUsage || strings.Contains(e.String(), "hush") {
			t.Errorf("%s: exit %d\n%s", bad, code, e.String())
		}
	}
}
