package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// scanning answers as GitHub's code scanning does. It fails at the first try, and one
// repository has it switched off.
func (f *fakeForge) scanning(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api/v3/repos/")
	f.mu.Lock()
	defer f.mu.Unlock()
	if name, ref, ok := strings.Cut(path, "/commits/"); ok {
		if ref != "refs/heads/main" {
			f.t.Errorf("%s is asked for %s", name, ref)
		}
		io.WriteString(w, strings.Repeat("ab", 20))
		return
	}
	name, _, _ := strings.Cut(path, "/code-scanning/")
	var body struct {
		Commit string `json:"commit_sha"`
		Ref    string
		Sarif  string
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.t.Errorf("the upload for %s is no JSON: %v", name, err)
	}
	packed, err := base64.StdEncoding.DecodeString(body.Sarif)
	if err != nil {
		f.t.Error(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		f.t.Error(err)
		return
	}
	text, err := io.ReadAll(z)
	if err != nil || body.Ref != "refs/heads/main" || len(body.Commit) != 40 {
		f.t.Errorf("%s gets %v, %v", name, body.Ref, err)
	}
	what := r.Method + r.URL.Path
	f.asked[what]++
	switch {
	case name == f.names[0]:
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"Code scanning is not enabled for this repository"}`)
	case f.asked[what] == 1:
		http.Error(w, "bad gateway", http.StatusBadGateway)
	default:
		f.sarif[name] = text
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprint(w, `{"id":"47177e22"}`)
	}
}

// TestSweepSARIF writes and uploads what is known of each repository, and nothing of
// another.
func TestSweepSARIF(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := plantedOf(t, dir, 8, 2) // three of them leak
	f := newFakeForge(t, dir)
	for _, db := range []string{"SQLite", "PostgreSQL"} {
		t.Run(db, func(t *testing.T) {
			f.set(func() { f.sarif, f.asked = map[string][]byte{}, map[string]int{} })
			at := []string{"--state", t.TempDir()}
			if db == "PostgreSQL" {
				verifytest.Program(t, "postgres")
				at = append(at, "--db", verifytest.NewPostgreSQL(t).Database("sarif"))
			}
			if code, _, errs := runSweep(t, append([]string{"--github", "acme", "--github-url", f.URL}, at...)...); code != exitFindings {
				t.Fatalf("%d, %s", code, errs)
			}
			out := filepath.Join(t.TempDir(), "sarif")
			cmd := sweeping(append([]string{"sarif", "--upload", "-o", out}, at...)...)
			var o, e strings.Builder
			cmd.Stdout, cmd.Stderr = &o, &e
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != exitIncomplete || !strings.Contains(o.String(), "3 files written, 2 uploaded, 1 not") || !strings.Contains(e.String(), "security_events:write") {
				t.Errorf("%d, %s, %s", code, o.String(), e.String())
			}
			files, err := filepath.Glob(filepath.Join(out, "*.sarif"))
			if err != nil || len(files) != len(want) {
				t.Fatalf("there are %v, %v", files, err)
			}
			for name, text := range f.sarif {
				if want[name] == "" || bytes.Contains(text, []byte(want[name])) {
					t.Errorf("%s gets %s", name, text)
				}
				var log struct {
					Runs []struct {
						Results []struct {
							Locations []struct {
								PhysicalLocation struct {
									ArtifactLocation struct{ URI string }
								}
							}
						}
					}
				}
				if err := json.Unmarshal(text, &log); err != nil || len(log.Runs) == 0 || len(log.Runs[0].Results) == 0 {
					t.Fatalf("%s gets %s, %v", name, text, err)
				}
				for _, r := range log.Runs[0].Results {
					if uri := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; uri != "deploy.env" {
						t.Errorf("%s: the result is in %q", name, uri)
					}
				}
				if kept, err := os.ReadFile(files[0]); err != nil || !json.Valid(kept) {
					t.Errorf("the file is no JSON: %v", err)
				}
			}
		})
	}
}
