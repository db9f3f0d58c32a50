package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// conversation is GitHub's API of the comments of pull request 7.
type conversation struct {
	mu       sync.Mutex
	body     string // of the comment; empty for none
	requests []string
	refuse   bool
}

func (c *conversation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	var sent struct{ Body string }
	json.NewDecoder(r.Body).Decode(&sent)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.URL.Path == "/user" || c.refuse:
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodGet && c.body == "":
		fmt.Fprint(w, "[]")
	case r.Method == http.MethodGet:
		json.NewEncoder(w).Encode([]any{map[string]any{"id": 1, "body": c.body, "user": map[string]any{"type": "Bot", "login": "github-actions[bot]"}}})
	default: // POST, PATCH
		c.body = sent.Body
		fmt.Fprint(w, "{}")
	}
}

// TestCommentOnPullRequest: there is one comment, which says how it is now; nobody
// is asked unless that is permitted, and the exit code is the scan's.
func TestCommentOnPullRequest(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", h.keys["pull"]+"\n") })
	api := &conversation{}
	server := httptest.NewServer(api)
	defer server.Close()
	work := h.checkout("refs/pull/7/merge", 0)
	try := func(payload string, with map[string]string) ran {
		t.Helper()
		with["token"] = "a-token-of-the-run"
		api.requests = nil
		r := &runner{t: t, workspace: work, with: with, env: []string{"GITHUB_API_URL=" + server.URL, "GITHUB_SHA=" + h.ids["result"]}}
		out := r.run("pull_request", payload)
		if strings.Contains(out.stdout+out.stderr+out.summary+api.body, "a-token-of-the-run") || strings.Contains(api.body, h.keys["pull"]) {
			t.Error("a secret is shown")
		}
		return out
	}
	on := func() map[string]string { return map[string]string{"comment": "on-findings"} }

	for name, out := range map[string]ran{
		"off":    try(h.payload("pull_request"), map[string]string{}),
		"a fork": try(h.payload("pull_request", "@OWNER@", "eve"), on()),
	} {
		if len(api.requests) > 0 || out.code != exitFindings {
			t.Errorf("%s: exit code %d, requests %q", name, out.code, api.requests)
		}
	}
	if out := try(h.payload("pull_request"), on()); out.code != exitFindings || !strings.HasPrefix(api.body, "<!-- whosekey:pr -->\n") || !strings.Contains(api.body, "a.txt") {
		t.Errorf("exit code %d, the comment is %q\n%s", out.code, api.body, out.stderr)
	}
	first := api.body
	if try(h.payload("pull_request"), on()); api.body != first || strings.Contains(strings.Join(api.requests, " "), "PATCH") {
		t.Errorf("the same again: %q", api.requests)
	}
	with := on()
	with["base"] = "HEAD"
	if out := try(h.payload("pull_request"), with); out.code != exitIncomplete || !strings.Contains(api.body, "0 commits were searched") || strings.Contains(api.body, "a.txt") ||
		out.outputs["findings"] != "" || out.outputs["incomplete"] != "true" {
		t.Errorf("compared with itself: exit code %d, %v, the comment is %q", out.code, out.outputs, api.body)
	}
	with["base"] = "HEAD^2"
	if out := try(h.payload("pull_request"), with); out.code != exitClean || strings.Contains(api.body, "a.txt") || out.outputs["findings"] != "0" {
		t.Errorf("nothing new: exit code %d, %v, the comment is %q", out.code, out.outputs, api.body)
	}
	api.refuse = true
	if out := try(h.payload("pull_request"), on()); out.code != exitFindings || !strings.Contains(out.stderr, "pull-requests: write") {
		t.Errorf("refused: exit code %d\n%s", out.code, out.stderr)
	}
}

// TestBaselineOfBase: what the base's baseline knows is no news, and a baseline that
// the pull request changes is that of the base.
func TestBaselineOfBase(t *testing.T) {
	name := ""
	h := small(t, func(h *hub) {
		name = filepath.Join(h.dir, ".whosekey-baseline.jsonl")
		h.write("a.txt", h.keys["pull"]+"\n")
		h.commit("known")
		if code, _, stderr := whosekey(t, nil, "baseline", "create", h.dir, "--baseline", name, "--reason", "known"); code != exitClean {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		if err := os.Remove(filepath.Join(h.dir, "a.txt")); err != nil {
			t.Fatal(err)
		}
	}, func(h *hub) {
		h.write("a.txt", h.keys["pull"]+"\n")
		h.write(".whosekey-baseline.jsonl", "# whosekey-baseline v1 salt=aaaaaaaaaaaaaaaaaaaaaaaa\n")
	})
	for _, with := range []map[string]string{{}, {"baseline": ".whosekey-baseline.jsonl"}, {"fail-on": "any"}} {
		r := &runner{t: t, workspace: h.checkout("refs/pull/7/merge", 1), with: with, env: []string{"GITHUB_SHA=" + h.ids["result"]}}
		want := exitClean
		if with["fail-on"] == "any" {
			want = exitFindings
		}
		if out := r.run("pull_request", h.payload("pull_request")); out.code != want {
			t.Errorf("%v: exit code %d, want %d\n%s%s", with, out.code, want, out.stdout, out.stderr)
		}
	}
}
