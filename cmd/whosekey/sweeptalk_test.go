package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// saidAt is when everything in the tests was written.
var saidAt = time.Now().Add(-48 * time.Hour).UTC().Format(time.RFC3339)

// hasSaid reports whether a request is for what people wrote, on GitLab or Gitea.
func (f *fakeForge) hasSaid(r *http.Request) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, known := f.said[r.URL.Path]
	rest := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/api/v4/projects/"), "/api/v1/repos/")
	return known || f.said != nil && rest != r.URL.Path && strings.Contains(rest, "/")
}

// say answers with what a test has for the path on the second page, unless it was
// written before what is asked for.
func (f *fakeForge) say(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	since, _ := time.Parse(time.RFC3339, q.Get("since")+q.Get("updated_after"))
	at, _ := time.Parse(time.RFC3339, saidAt)
	text, ok := f.said[r.URL.Path]
	w.Header().Set("ETag", `"1"`)
	switch {
	case ok && text == "":
		http.Error(w, `{"message":"403 Forbidden"}`, http.StatusForbidden)
	case strings.HasSuffix(r.URL.Path, "/raw"), strings.HasPrefix(text, "{"):
		fmt.Fprint(w, text)
	case !ok || at.Before(since):
		fmt.Fprint(w, "[]")
	case q.Get("page") == "" || q.Get("page") == "1":
		q.Set("page", "2")
		w.Header().Set("X-Next-Page", "2")
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, f.URL, r.URL.Path, q.Encode()))
		fmt.Fprint(w, "[]")
	default:
		fmt.Fprint(w, text)
	}
}

// TestSweepTalk: issues, requests, comments, reviews and snippets of GitLab and Gitea
// are searched once, kept nowhere, and what could not be read is read the next time.
func TestSweepTalk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	planted := plantedOf(t, dir, 2, 1)
	leaks := map[string]string{}
	text := func(name string) string {
		line, secret, err := makeToken("github-personal-access-token", 0, t.Name()+name)
		if err != nil {
			t.Fatal(err)
		}
		leaks[name] = secret
		return line
	}
	quoted := func(name string) string { return fmt.Sprintf("%q", text(name)) }
	ada := `"updated_at":"` + saidAt + `","author":{"username":"ada"},"user":{"login":"ada"}`
	for _, k := range []struct {
		kind    string
		said    map[string]string
		refused string
		want    []string
	}{{
		kind: "gitlab", refused: "/api/v4/projects/1/merge_requests",
		said: map[string]string{
			"/api/v4/projects/1/issues":                             `[{"id":112,"iid":12,"title":"It fails","description":` + quoted("issue") + `,"user_notes_count":2,"labels":[],` + ada + `}]`,
			"/api/v4/projects/1/issues/12/notes":                    `[{"id":5,"body":` + quoted("note") + `,` + ada + `},{"id":4,"body":"no",` + ada + `}]`,
			"/api/v4/projects/1/merge_requests":                     `[{"iid":3,"title":` + quoted("title") + `,"description":"","user_notes_count":1,` + ada + `}]`,
			"/api/v4/projects/1/merge_requests/3/notes":             `[{"id":6,"type":"DiffNote","body":` + quoted("line") + `,` + ada + `}]`,
			"/api/v4/projects/1/snippets":                           `[{"id":8,"title":"x","file_name":"a.env","files":[{"path":"a.env"}],` + ada + `},{"id":9,"title":"y","files":[{"path":"b.env","raw_url":"x/-/snippets/9/raw/trunk/b.env"},{"path":"d/c.env","raw_url":"x/-/snippets/9/raw/trunk/d/c.env"}],` + ada + `}]`,
			"/api/v4/projects/1/snippets/8/raw":                     text("one file"),
			"/api/v4/projects/1/snippets/9/files/trunk/b.env/raw":   "nothing",
			"/api/v4/projects/1/snippets/9/files/trunk/d/c.env/raw": text("two files"),
			"/api/v4/projects/2/snippets":                           "", // switched off
		},
		want: []string{"issues/12", "issues/12#note_5", "merge_requests/3", "merge_requests/3#note_6", "snippets/8/a.env", "snippets/9/d/c.env"},
	}, {
		kind: "gitea", refused: "/api/v1/repos/team0/repo0000/issues/comments",
		said: map[string]string{
			"/api/v1/repos/team0/repo0000/issues":                     `[{"number":12,"title":"It fails","body":` + quoted("issue") + `,` + ada + `},{"number":3,"title":` + quoted("title") + `,"pull_request":{},` + ada + `}]`,
			"/api/v1/repos/team0/repo0000/issues/comments":            `[{"id":5,"body":` + quoted("note") + `,"issue_url":"http://x/team0/repo0000/issues/12",` + ada + `}]`,
			"/api/v1/repos/team0/repo0000/pulls/3/reviews":            `[{"id":7,"body":"no","comments_count":1,` + ada + `}]`,
			"/api/v1/repos/team0/repo0000/pulls/3/reviews/7/comments": `[{"id":6,"body":` + quoted("line") + `,` + ada + `}]`,
		},
		want: []string{"issues/12", "issues/12#issuecomment-5", "pulls/3", "pulls/3#issuecomment-6"},
	}} {
		for _, db := range []string{"SQLite", "PostgreSQL"} {
			t.Run(k.kind+" "+db, func(t *testing.T) {
				t.Parallel()
				f := newFakeForge(t, dir)
				state := t.TempDir()
				args := []string{"--" + k.kind, "acme", "--" + k.kind + "-url", f.URL, "--state", state, "--issues"}
				where := filepath.Join(state, "whosekey.db")
				if db == "PostgreSQL" {
					verifytest.Program(t, "postgres")
					where = verifytest.NewPostgreSQL(t).Database("talk")
					args = append(args, "--db", where)
				}
				f.said = map[string]string{}
				for path, text := range k.said {
					f.said[path] = text
				}
				f.said[k.refused] = ""
				if _, out, _ := runSweep(t, args...); !strings.Contains(out, "the forge did not give") {
					t.Errorf("what was refused is not told: %s", sweepStatusOf(t, args))
				}
				f.said[k.refused] = k.said[k.refused]
				for pass := range 2 {
					f.asked = map[string]int{}
					code, out, errs := runSweep(t, args...)
					for name, s := range leaks {
						if strings.Contains(out+errs, s) {
							t.Errorf("the secret of the %s is in the report", name)
						}
					}
					var got []string
					var r struct {
						Findings []struct {
							Locations []struct{ Path, Author string }
						}
					}
					if err := json.Unmarshal([]byte(out), &r); err != nil {
						t.Fatal(err)
					}
					for _, k := range r.Findings {
						for _, l := range k.Locations {
							if l.Author == "ada" {
								got = append(got, l.Path)
							}
						}
					}
					slices.Sort(got)
					if !slices.Equal(got, k.want) || code != exitFindings {
						t.Errorf("pass %d: %d, %q, want %q and %d others: %s", pass, code, got, k.want, len(planted), errs)
					}
					for what := range f.asked {
						if pass == 1 && strings.Contains(what, "/notes") {
							t.Errorf("what was searched is asked for again: %s", what)
						}
					}
				}
				kept, err := store.Open(t.Context(), where)
				if err != nil {
					t.Fatal(err)
				}
				defer kept.Close()
				var all, n int
				if err := kept.DB().QueryRow(`select count(*), count(case when address like '%/issues%' or address like '%/pulls/%' or address like '%/merge%' or address like '%/snippets%' then 1 end) from answers`).Scan(&all, &n); err != nil || all == 0 || n > 0 {
					t.Errorf("of %d answers that are kept %d are what was written: %v", all, n, err)
				}
			})
		}
	}
}

// TestSweepSnippetsWithheld: a 403 is no gap where snippets are switched off, and is one
// where the token may not read them, until it may.
func TestSweepSnippetsWithheld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plantedOf(t, dir, 1, 1)
	for _, k := range []struct {
		project string
		off     bool
	}{
		{`{"id":1,"snippets_access_level":"disabled","snippets_enabled":true}`, true},
		{`{"id":1,"snippets_enabled":false}`, true},
		{`{"id":1,"snippets_access_level":"private","snippets_enabled":true}`, false},
		{`{"id":1,"snippets_enabled":true}`, false},
		{"", false}, // not even that is told
	} {
		f := newFakeForge(t, dir)
		f.said = map[string]string{"/api/v4/projects/1/snippets": "", "/api/v4/projects/1": k.project}
		args := []string{"--gitlab", "acme", "--gitlab-url", f.URL, "--state", t.TempDir(), "--issues"}
		_, out, _ := runSweep(t, args...)
		status := sweepStatusOf(t, args)
		if k.off != strings.Contains(status, "left out      issues, requests or snippets that are switched off: 1") || k.off == strings.Contains(status, "not searched  issues and comments that the forge did not give: 1") {
			t.Errorf("%s: %s", k.project, status)
		}
		if k.off != strings.Contains(out, "switched off") || k.off == strings.Contains(out, "did not give") {
			t.Errorf("%s: the report says\n%s", k.project, out)
		}
		f.said = map[string]string{}
		runSweep(t, args...)
		if status := sweepStatusOf(t, args); strings.Contains(status, "left out") || strings.Contains(status, "not searched") || !strings.Contains(status, "0 not wholly") {
			t.Errorf("%s: it is all there now: %s", k.project, status)
		}
	}
}

// TestSweepTalkBroken: an answer that GitLab's own client cannot read ends in a line of
// the status, and nowhere else.
func TestSweepTalkBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	plantedOf(t, dir, 1, 1)
	f := newFakeForge(t, dir)
	for _, answer := range []string{`[{"iid":12,"title":"without labels"}]`, `[null]`, `{"iid":1}`, `[{"iid":"x"}]`, `<html>`} {
		f.said = map[string]string{"/api/v4/projects/1/issues": answer}
		args := []string{"--gitlab", "acme", "--gitlab-url", f.URL, "--state", t.TempDir(), "--issues"}
		code, _, errs := runSweep(t, args...)
		if status := sweepStatusOf(t, args); code != exitFindings || !strings.Contains(status, "the forge did not give") || strings.Contains(status, "given up") {
			t.Errorf("%s: %d %s %s", answer, code, errs, status)
		}
	}
}
