package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/verify/verifytest"
)

// actions answers as GitHub does for the runs of a repository, of which there is one
// at most.
func (f *fakeForge) actions(w http.ResponseWriter, r *http.Request) {
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v3/repos/"), "/actions/runs")
	f.mu.Lock()
	run := f.runs[name]
	f.mu.Unlock()
	switch {
	case strings.HasSuffix(rest, "/logs"):
		w.Write(run)
	case run == nil || rest != "":
		fmt.Fprint(w, `{"total_count":0,"workflow_runs":[]}`)
	default:
		json.NewEncoder(w).Encode(map[string]any{"total_count": 1, "workflow_runs": []map[string]any{
			{"id": 4711, "name": "CI", "status": "completed", "run_attempt": 1, "created_at": time.Now().Add(-10 * 24 * time.Hour)}}})
	}
}

// TestSweepLogs sweeps repositories with the logs of their CI, on both databases:
// what is in a log is found once, with the job that printed it, and each log is read
// once for the same rules, and once more where all is to be searched again.
func TestSweepLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := plantedOf(t, dir, 6, 4)
	f := newFakeForge(t, dir)
	line, secret, err := makeToken("github-personal-access-token", 0, t.Name())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	e, err := z.Create("deploy/3_Ship it.txt")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(e, "2026-01-02T03:04:05.1234567Z a\n2026-01-02T03:04:05.1234567Z %s\n", line)
	z.Close()
	f.runs = map[string][]byte{f.names[0]: b.Bytes()}
	read := func() (n int) {
		f.mu.Lock()
		defer f.mu.Unlock()
		for what, k := range f.asked {
			if strings.HasSuffix(what, "/logs") {
				n += k
			}
		}
		return n
	}
	for _, db := range []string{"SQLite", "PostgreSQL"} {
		t.Run(db, func(t *testing.T) {
			f.set(func() { f.asked = map[string]int{} })
			args := []string{"--github", "acme", "--github-url", f.URL, "--state", t.TempDir(), "--logs"}
			if db == "PostgreSQL" {
				verifytest.Program(t, "postgres")
				args = append(args, "--db", verifytest.NewPostgreSQL(t).Database("logs"))
			}
			for pass, add := range [][]string{nil, nil, {"--disable", "npm-access-token"}, {"--disable", "npm-access-token"}, {"--disable", "npm-access-token", "--full"}} {
				code, out, errs := runSweep(t, append(args[:len(args):len(args)], add...)...)
				if n, want := read(), []int{1, 1, 2, 2, 3}[pass]; n != want {
					t.Errorf("pass %d: the log was read %d times, want %d", pass, n, want)
				}
				if code != exitFindings || strings.Contains(out, secret) {
					t.Fatalf("pass %d: %d, %s", pass, code, errs)
				}
				var r struct {
					Findings []struct {
						Locations []struct {
							Path, Job, Step, Run string
						}
					}
					Summary struct {
						Notes   []string
						Skipped []any
					}
				}
				if err := json.Unmarshal([]byte(out), &r); err != nil {
					t.Fatal(err)
				}
				places := 0
				for _, k := range r.Findings {
					for _, l := range k.Locations {
						if l.Job == "deploy" && l.Step == "Ship it" && l.Run == "4711" {
							places++
						}
					}
				}
				if places != 1 || len(r.Findings) != len(want)+1 || len(r.Summary.Skipped) > 0 {
					t.Errorf("pass %d: %d findings, want %d; %d in the log; skipped %v", pass, len(r.Findings), len(want)+1, places, r.Summary.Skipped)
				}
				if notes := strings.Join(r.Summary.Notes, "\n"); !strings.Contains(notes, "CI logs of 6 repositories") {
					t.Errorf("pass %d says %s", pass, notes)
				}
			}
		})
	}
}
