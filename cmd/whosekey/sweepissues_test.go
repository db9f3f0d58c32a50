package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// talk answers as GitHub does for issues and comments, of which the second page has
// one that leaks, if any does; what was not changed since a time is left out.
func (f *fakeForge) talk(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	text, ok := f.talks[r.URL.Path]
	f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("ETag", `"1"`) // that must not have it kept
	since, _ := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
	written := time.Now().Add(-48 * time.Hour)
	if !ok || written.Before(since) {
		fmt.Fprint(w, `[]`)
		return
	}
	if r.URL.Query().Get("page") == "" {
		q := r.URL.Query()
		q.Set("page", "2")
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, f.URL, r.URL.Path, q.Encode()))
		text = "nothing"
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/v3/repos/"), "/issues")
	json.NewEncoder(w).Encode([]map[string]any{{
		"number": 12, "id": 5, "title": "It fails", "body": "As I said:\n" + text, "updated_at": written, "user": map[string]any{"login": "ada"},
		"html_url": f.URL + "/" + name + "/issues/12" + map[bool]string{true: "#issuecomment-5"}[strings.HasSuffix(r.URL.Path, "comments")],
	}})
}

// TestSweepIssues searches what people wrote, once, and keeps none of it.
func TestSweepIssues(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	want := plantedOf(t, dir, 4, 2)
	f := newFakeForge(t, dir)
	var secrets []string
	f.talks = map[string]string{}
	for i, list := range []string{"/issues", "/issues/comments", "/pulls/comments"} {
		line, secret, err := makeToken("github-personal-access-token", 0, t.Name()+list)
		if err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, secret)
		f.talks["/api/v3/repos/"+f.names[i]+list] = line
	}
	for _, db := range []string{"SQLite", "PostgreSQL"} {
		t.Run(db, func(t *testing.T) {
			state := t.TempDir()
			args := []string{"--github", "acme", "--github-url", f.URL, "--state", state, "--issues"}
			where := filepath.Join(state, "whosekey.db")
			if db == "PostgreSQL" {
				verifytest.Program(t, "postgres")
				where = verifytest.NewPostgreSQL(t).Database("issues")
				args = append(args, "--db", where)
			}
			for pass := range 2 {
				code, out, errs := runSweep(t, args...)
				for _, s := range secrets {
					if strings.Contains(out+errs, s) {
						t.Fatal("a secret is in the report")
					}
				}
				var r struct {
					Findings []struct {
						Locations []struct{ Path, Author string }
					}
					Summary struct {
						Notes   []string
						Skipped []any
					}
				}
				if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitFindings {
					t.Fatalf("pass %d: %d, %v, %s", pass, code, err, errs)
				}
				var paths []string
				for _, k := range r.Findings {
					for _, l := range k.Locations {
						if l.Author == "ada" {
							paths = append(paths, l.Path)
						}
					}
				}
				if len(paths) != 3 || len(r.Findings) != len(want)+3 || len(r.Summary.Skipped) > 0 {
					t.Errorf("pass %d: %d findings, want %d; %q; skipped %v", pass, len(r.Findings), len(want)+3, paths, r.Summary.Skipped)
				}
				if got := strings.Join(paths, " "); !strings.Contains(got, "issues/12") || !strings.Contains(got, "issues/12#issuecomment-5") {
					t.Errorf("pass %d: the places are %q", pass, paths)
				}
			}
			kept, err := store.Open(t.Context(), where)
			if err != nil {
				t.Fatal(err)
			}
			defer kept.Close()
			var all, n int
			if err := kept.DB().QueryRow(`select count(*), count(case when address like '%/issues%' or address like '%/pulls/%' then 1 end) from answers`).Scan(&all, &n); err != nil || all == 0 || n > 0 {
				t.Errorf("of %d answers that are kept %d are what was written: %v", all, n, err)
			}
		})
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for what := range f.asked {
		if strings.Contains(what, "comments") && strings.Contains(what, "page=2") && strings.Contains(what, "since=") {
			t.Errorf("what was searched is asked for again: %s", what)
		}
	}
}
