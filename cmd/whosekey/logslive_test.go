package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSinceTime(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for in, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "2026-01-31": "2026-01-31T00:00:00Z", "2026-01-31T01:02:03Z": "2026-01-31T01:02:03Z",
		"36h": "2026-03-09T00:00:00Z", "7d": "2026-03-03T12:00:00Z",
	} {
		if got, err := sinceTime(in, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("sinceTime(%q) = %v, %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"yesterday", "-3h", "d", "2026-13-01"} {
		if _, err := sinceTime(in, now); err == nil {
			t.Errorf("sinceTime(%q) is no error", in)
		}
	}
}

// TestLiveLogs asks a server as a user does: the token comes from the
// environment, what was reported is not asked for again, and a token that may
// not is told what it needs.
func TestLiveLogs(t *testing.T) {
	_, secret, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	traces := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.EscapedPath()
		switch {
		case r.Header.Get("PRIVATE-TOKEN") != "of the environment":
			http.Error(w, "{}", http.StatusForbidden)
		case strings.HasSuffix(p, "/pipelines"):
			json.NewEncoder(w).Encode([]map[string]any{{"id": 5, "created_at": "2026-01-02T03:04:05Z"}})
		case strings.HasSuffix(p, "/jobs"):
			json.NewEncoder(w).Encode([]map[string]any{{"id": 6, "name": "build", "finished_at": "2026-01-02T03:04:05Z", "web_url": srvPage}})
		default:
			traces++
			io.WriteString(w, "2026-01-02T03:04:05.123456Z 00O + curl "+secret+"\n")
		}
	}))
	defer srv.Close()
	state := t.TempDir()
	logs := func(args ...string) (int, string) {
		var out, errs strings.Builder
		code := run(t.Context(), append([]string{"logs", "--gitlab", "acme/api", "--api", srv.URL, "--state", state}, args...), strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	t.Setenv("GITLAB_TOKEN", "of nobody")
	if code, out := logs(); code != exitIncomplete || !strings.Contains(out, "read_api") || strings.Contains(out, "of nobody") {
		t.Errorf("without the right: %d, %s", code, out)
	}
	t.Setenv("GITLAB_TOKEN", "of the environment")
	if code, out := logs(); code != exitFindings || !strings.Contains(out, "job build, run 5, printed by set -x") || !strings.Contains(out, srvPage) || strings.Contains(out, secret) {
		t.Errorf("with it: %d, %s", code, out)
	}
	if code, out := logs(); code != exitFindings || !strings.Contains(out, "job build, run 5, printed by set -x") || strings.Contains(out, secret) || !strings.Contains(out, "read before") {
		t.Errorf("again: %d, %s", code, out)
	}
	if left, err := os.ReadDir(filepath.Join(state, "logs")); err != nil || len(left) > 0 {
		t.Errorf("left are %v, %v", left, err)
	}
	for _, args := range [][]string{{"logs", "--since", "7d", "x"}, {"logs", "--github", "acme"}, {"logs", "--github", "a/b", "--gitlab", "c"}, {"logs", "--github", "a/b", "file"}, {"logs", "--gitlab", "a", "--api", "http://ci.example.com"}} {
		if code := run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard); code != exitUsage {
			t.Errorf("%v: %d", args, code)
		}
	}
}

const srvPage = "https://gitlab.example/acme/api/-/jobs/6"

// TestKnownLogs repeats what is in logs that an earlier run read, while the service has them:
// it does not read them again, unless what decides about findings has changed.
func TestKnownLogs(t *testing.T) {
	_, secret, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{"/6": "+ curl " + secret + "\n", "/7": "nothing\n", "/8": "echo " + secret + "\n"}
	jobs := []string{"7", "6"}
	read := map[string]int{} // to its end, by log
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.EscapedPath()
		if strings.HasSuffix(p, "/pipelines") {
			json.NewEncoder(w).Encode([]map[string]any{{"id": 5, "created_at": "2026-01-02T03:04:05Z"}})
			return
		}
		if strings.HasSuffix(p, "/jobs") {
			var out []map[string]any
			for _, id := range jobs {
				n, _ := strconv.Atoi(id)
				out = append(out, map[string]any{"id": n, "name": "job" + id, "finished_at": "2026-01-02T03:04:05Z", "web_url": srvPage + id})
			}
			json.NewEncoder(w).Encode(out)
			return
		}
		id := path.Base(strings.TrimSuffix(p, "/trace"))
		text, ok := texts["/"+id]
		if !ok {
			http.NotFound(w, r)
			return
		}
		read[id]++
		io.WriteString(w, text)
	}))
	defer srv.Close()
	t.Setenv("GITLAB_TOKEN", "of the environment")
	dir := t.TempDir()
	state := filepath.Join(dir, "state")
	logs := func(name string, code int, want []string, args ...string) {
		t.Helper()
		var out, errs strings.Builder
		got := run(t.Context(), append([]string{"logs", "--gitlab", "acme/api", "--api", srv.URL, "--state", state, "-f", "json"}, args...), strings.NewReader(""), &out, &errs)
		var doc struct {
			Findings []struct {
				ID        string
				Locations []struct {
					Line   int
					Job    string
					RunURL string `json:"run_url"`
				}
			}
		}
		if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
			t.Fatalf("%s: %v: %s", name, err, errs.String())
		}
		var places []string
		for _, f := range doc.Findings {
			for _, l := range f.Locations {
				places = append(places, fmt.Sprintf("%s:%d", l.Job, l.Line))
			}
		}
		slices.Sort(places)
		if got != code || len(doc.Findings) > 1 || !slices.Equal(places, want) {
			t.Errorf("%s: %d, %d findings at %v, want %d, %v: %s", name, got, len(doc.Findings), places, code, want, errs.String())
		}
		if strings.Contains(out.String()+errs.String(), secret) && !slices.Contains(args, "--show-secrets") {
			t.Errorf("%s: the secret gets out", name)
		}
	}
	asked := func(name string, want map[string]int) {
		t.Helper()
		if !maps.Equal(read, want) {
			t.Errorf("%s: asked for %v, want %v", name, read, want)
		}
		clear(read)
	}
	logs("first", exitFindings, []string{"job6:1"})
	asked("first", map[string]int{"6": 1, "7": 1})
	logs("again", exitFindings, []string{"job6:1"})
	asked("again", map[string]int{"6": 1}) // whether it is there
	jobs = []string{"8", "7", "6"}
	logs("a new log", exitFindings, []string{"job6:1", "job8:1"})
	asked("a new log", map[string]int{"6": 1, "8": 1})
	logs("both known", exitFindings, []string{"job6:1", "job8:1"})
	clear(read)
	logs("with secrets", exitFindings, []string{"job6:1", "job8:1"}, "--show-secrets")
	asked("with secrets", map[string]int{"6": 2, "8": 2})

	// Who says that it is known, says so of known logs too; and one that was read is not
	// read for that again.
	config := filepath.Join(dir, "whosekey.toml")
	write := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(config, "[[allow]]\nrules = ['github-personal-access-token']\nreason = 'a test'\n")
	logs("allowed", exitClean, nil, "--config", config)
	clear(read)
	logs("still allowed", exitClean, nil, "--config", config)
	asked("still allowed", map[string]int{"6": 1, "8": 1})
	logs("allowed no more", exitFindings, []string{"job6:1", "job8:1"})

	// Other rules: all is read again.
	clear(read)
	logs("other rules", exitFindings, []string{"job6:1", "job8:1"}, "--disable", "slack-bot-token")
	asked("other rules", map[string]int{"6": 1, "7": 1, "8": 1})

	// Whoever deletes the logs has nothing left to be told of.
	delete(texts, "/6")
	delete(texts, "/8")
	logs("deleted", exitClean, nil, "--disable", "slack-bot-token")

	entries, err := os.ReadDir(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if b, _ := os.ReadFile(filepath.Join(state, e.Name())); strings.Contains(string(b), secret) {
			t.Errorf("%s has the secret", e.Name())
		}
		if st, err := e.Info(); err != nil || runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is for everybody: %v, %v", e.Name(), st.Mode(), err)
		}
	}
}
