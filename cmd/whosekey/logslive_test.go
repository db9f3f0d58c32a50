package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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
	if code, out := logs(); code != exitClean || traces != 1 {
		t.Errorf("again: %d, %d traces, %s", code, traces, out)
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
