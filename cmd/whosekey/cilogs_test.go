package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
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

// assetsOfRelease is GitHub's API of release 11248810, which the recorded event is about.
func assetsOfRelease(t *testing.T, text string, status int) *httptest.Server {
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the storage got the token")
		}
		z := gzip.NewWriter(w)
		fmt.Fprint(z, text)
		z.Close()
	}))
	t.Cleanup(storage.Close)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const asset = `{"id": 1, "name": "app.gz", "state": "%s", "size": 10, "created_at": "2026-03-11T09:00:00Z"}`
		switch {
		case r.Header.Get("Authorization") != "Bearer a-token-of-the-run" || status != http.StatusOK:
			w.WriteHeader(max(status, http.StatusForbidden))
			fmt.Fprint(w, `{"message": "Resource not accessible by integration"}`)
		case r.URL.Path == "/repos/acme/app/releases/11248810/assets" && r.URL.Query().Get("page") == "2":
			fmt.Fprint(w, `[`+strings.Replace(fmt.Sprintf(asset, "uploaded"), `"id": 1`, `"id": 2`, 1)+`]`)
		case r.URL.Path == "/repos/acme/app/releases/11248810/assets":
			w.Header().Set("Link", "<http://"+r.Host+r.URL.Path+`?page=2>; rel="next"`)
			fmt.Fprint(w, `[]`)
		case r.URL.Path == "/repos/acme/app/releases/assets/2" && r.Header.Get("Accept") == "application/octet-stream":
			http.Redirect(w, r, storage.URL+"/app.gz", http.StatusFound)
		default:
			t.Errorf("unknown request %s, %s", r.URL, r.Header.Get("Accept"))
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// withoutAssets is the event of a release that nothing was uploaded to.
func withoutAssets(payload string) string {
	at := strings.Index(payload, `"assets": [`)
	end := at + strings.IndexByte(payload[at:], ']')
	return payload[:at] + `"assets": []` + payload[end+1:]
}

// TestAssetsOfRelease: with a token what was uploaded to a release is searched beside its
// tag; what cannot be had makes the scan incomplete, and says what to do.
func TestAssetsOfRelease(t *testing.T) {
	h := small(t, nil, func(h *hub) { h.write("a.txt", "clean\n") })
	h.git("tag", "v1", "main")
	_, key, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	payload := h.payload("release")
	deleted := strings.Replace(payload, `"published"`, `"deleted"`, 1)
	none := withoutAssets(payload)
	for _, tt := range []struct {
		name, payload, text, token string
		status, code, found        int
		says                       string
	}{
		{"a leak", payload, "K=" + key, "a-token-of-the-run", 200, 1, 1, "releases/11248810/app.gz"},
		{"clean", payload, "nothing", "a-token-of-the-run", 200, 0, 0, ""},
		{"no token", payload, "", "", 200, 3, 0, "contents: read"},
		{"no token, and no assets", none, "", "", 200, 0, 0, ""},
		{"a token that may not", payload, "", "a-token-of-the-run", 403, 3, 0, "contents:read"},
		{"it is deleted", deleted, "", "", 200, 0, 0, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := assetsOfRelease(t, tt.text, tt.status)
			r := &runner{t: t, workspace: h.checkout("refs/heads/main", 0), with: map[string]string{"token": tt.token}, env: []string{"GITHUB_API_URL=" + server.URL}}
			out := r.run("release", tt.payload)
			all := out.stdout + out.stderr + out.summary
			if out.code != tt.code || out.outputs["findings"] != fmt.Sprint(tt.found) || out.outputs["incomplete"] != fmt.Sprint(tt.code == 3) || !strings.Contains(all, tt.says) {
				t.Errorf("exit code %d, %s findings, incomplete %s\n%s", out.code, out.outputs["findings"], out.outputs["incomplete"], all)
			}
			if strings.Contains(all, key) || strings.Contains(all, "a-token-of-the-run") {
				t.Error("a secret is shown")
			}
		})
	}
}
