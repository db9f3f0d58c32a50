package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// logsOfRun is GitHub's API of run 289782451, which the recorded event is about.
func logsOfRun(t *testing.T, log, artifact string, status int) *httptest.Server {
	zipped := func(name, text string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		f, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(f, text)
		z.Close()
		return b.Bytes()
	}
	const run = "/repos/acme/app/actions/runs/289782451"
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the storage got the token")
		}
		if r.URL.Path == "/artifact" {
			w.Write(zipped("app.env", artifact))
			return
		}
		w.Write(zipped("build/1_Set up job.txt", "2026-03-11T09:00:00.0000000Z "+log+"\n"))
	}))
	t.Cleanup(storage.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("Authorization") != "Bearer a-token-of-the-run" || status != http.StatusOK:
			w.WriteHeader(max(status, http.StatusForbidden))
			fmt.Fprint(w, `{"message": "Resource not accessible by integration"}`)
		case r.URL.Path == run:
			fmt.Fprint(w, `{"id": 289782451, "name": "build", "status": "completed", "run_attempt": 1, "created_at": "2026-03-11T09:00:00Z", "head_branch": "topic"}`)
		case r.URL.Path == run+"/attempts/1/logs":
			http.Redirect(w, r, storage.URL+"/log", http.StatusFound)
		case r.URL.Path == run+"/attempts/1/jobs":
			fmt.Fprint(w, `{"total_count": 0, "jobs": []}`)
		case r.URL.Path == run+"/artifacts":
			fmt.Fprint(w, `{"total_count": 1, "artifacts": [{"id": 5, "name": "env", "size_in_bytes": 200, "archive_download_url": "http://`+r.Host+`/repos/acme/app/actions/artifacts/5/zip"}]}`)
		case r.URL.Path == "/repos/acme/app/actions/artifacts/5/zip":
			http.Redirect(w, r, storage.URL+"/artifact", http.StatusFound)
		default:
			t.Errorf("unknown request %s", r.URL)
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// TestLogsOfRun: with a token the logs and artifacts of the run that ended are searched
// beside its commit; what cannot be had makes the scan incomplete, and says what to do.
func TestLogsOfRun(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", h.keys["pull"]+"\n") })
	clean := small(t, nil, func(h *hub) { h.write("a.txt", "clean\n") })
	for _, h := range []*hub{h, clean} {
		for i, name := range []string{"merge", "31"} {
			_, key, err := makeToken("github-personal-access-token", 0, fmt.Sprint(t.Name(), i))
			if err != nil {
				t.Fatal(err)
			}
			h.keys[name] = key
		}
	}
	for _, tt := range []struct {
		name          string
		hub           *hub
		log, artifact string
		token         string
		status        int
		code, found   int
		incomplete    bool
		says          string
	}{
		{"code, log and artifact", h, h.keys["merge"], "K=" + h.keys["31"], "a-token-of-the-run", 200, 1, 3, false, "build/1_Set up job.txt"},
		{"clean", clean, "nothing", "nothing", "a-token-of-the-run", 200, 0, 0, false, ""},
		{"no token", clean, clean.keys["merge"], "", "", 200, 3, 0, true, "actions: read"},
		{"no token, and a leak", h, h.keys["merge"], "", "", 200, 1, 1, true, "actions: read"},
		{"a token that may not", h, h.keys["merge"], "", "a-token-of-the-run", 403, 1, 1, true, "actions:read"},
		{"logs that are gone", clean, "", "", "a-token-of-the-run", 404, 3, 0, true, "actions:read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := logsOfRun(t, tt.log, tt.artifact, tt.status)
			r := &runner{t: t, workspace: tt.hub.checkout("refs/heads/main", 0), with: map[string]string{"token": tt.token}, env: []string{"GITHUB_API_URL=" + server.URL}}
			out := r.run("workflow_run", tt.hub.payload("workflow_run"))
			all := out.stdout + out.stderr + out.summary
			if out.code != tt.code || out.outputs["findings"] != fmt.Sprint(tt.found) || out.outputs["incomplete"] != fmt.Sprint(tt.incomplete) || !strings.Contains(all, tt.says) {
				t.Errorf("exit code %d, %s findings, incomplete %s\n%s", out.code, out.outputs["findings"], out.outputs["incomplete"], all)
			}
			for _, key := range tt.hub.keys {
				if strings.Contains(all, key) || strings.Contains(all, "a-token-of-the-run") {
					t.Error("a secret is shown")
				}
			}
		})
	}
}
