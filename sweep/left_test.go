package sweep_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// answering is a forge that lists what a test sets, by the end of the path.
func answering(t *testing.T) (srv *httptest.Server, set func(map[string]string)) {
	answers := map[string]string{}
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for end, text := range answers {
			if strings.HasSuffix(r.URL.Path, end) && strings.Contains(r.URL.Path, "/api/") {
				fmt.Fprint(w, strings.ReplaceAll(text, "HOST", "http://"+r.Host))
				return
			}
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv, func(m map[string]string) { answers = m }
}

// heldBack are what sources do not hand over: "reason: count".
func heldBack(t *testing.T, s *store.Store) string {
	t.Helper()
	gaps, err := s.SourceGaps(t.Context(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, g := range gaps {
		out = append(out, fmt.Sprintf("%s: %d %v %v", g.Reason, g.Count, g.First, g.Chosen))
	}
	return strings.Join(out, "; ")
}

// TestWhatForgesDoNotHandOver: records without a name, without a number and with that of
// another are told or searched, whatever the order in which they come; and so is what the choice
// leaves out.
func TestWhatForgesDoNotHandOver(t *testing.T) {
	srv, set := answering(t)
	for forge, c := range map[string]struct{ spec, path, record string }{
		"github": {"github:org/acme@" + srv.URL, "/orgs/acme/repos", `{"id":%d,"full_name":"%s","clone_url":"HOST/x.git","archived":%v,"fork":%v}`},
		"gitlab": {"gitlab:group/acme@" + srv.URL, "/groups/acme/projects", `{"id":%d,"path_with_namespace":"%s","http_url_to_repo":"HOST/x.git","archived":%v,"last_activity_at":"2020-01-02T03:04:05Z"}`},
		"gitea":  {"gitea:org/acme@" + srv.URL, "/orgs/acme/repos", `{"id":%d,"full_name":"%s","clone_url":"HOST/x.git","archived":%v,"fork":%v}`},
	} {
		t.Run(forge, func(t *testing.T) {
			both(t, func(t *testing.T, s *store.Store) {
				record := func(id int, name string, archived, fork bool) string {
					return fmt.Sprintf(strings.ReplaceAll(c.record, `"fork":%v`, fmt.Sprintf(`"fork":%v`, fork)), id, name, archived)
				}
				none, a, b, x, y := record(9, "", false, false), record(0, "acme/a", false, false), record(0, "acme/b", false, false), record(7, "acme/x", false, false), record(7, "acme/y", false, false)
				for _, order := range [][]string{{none, a, b, x, y, x}, {y, x, b, none, a}, {x, y, a, b, none}} {
					set(map[string]string{c.path: "[" + strings.Join(order, ",") + "]"})
					passes(t, s, c.spec, func(c *sweep.Config) { c.Once = true })
					is(t, s, map[string]string{"acme/a": "failed: no such repository", "acme/b": "failed: no such repository", "acme/x": "failed: no such repository", "acme/y": "failed: no such repository"})
					if got, want := heldBack(t, s), "repository that is listed without a name: 1 [HOST/x.git] false"; got != strings.ReplaceAll(want, "HOST", srv.URL) {
						t.Errorf("%s, want %s", got, want)
					}
				}
				set(map[string]string{c.path: "[" + x + "," + record(8, "acme/x", false, false) + "]"})
				passes(t, s, c.spec, func(c *sweep.Config) { c.Once = true })
				if got := heldBack(t, s); got != "repository that is listed under the name of another: 1 [acme/x] false" {
					t.Error(got)
				}
				set(map[string]string{c.path: "[" + record(1, "acme/old", true, false) + "]"})
				passes(t, s, c.spec, func(c *sweep.Config) { c.Once = true })
				if got := heldBack(t, s); got != "repository that is archived: 1 [acme/old] true" {
					t.Error(got)
				}
				if all, err := s.TroubledSources(t.Context(), 9); err != nil || len(all) > 0 {
					t.Errorf("a source of which all is left out by choice has trouble: %+v, %v", all, err)
				}
			})
		})
	}
}

// TestGistsElsewhere are told.
func TestGistsElsewhere(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		srv, set := answering(t)
		set(map[string]string{
			"/orgs/acme/repos":   `[{"id":1,"full_name":"acme/x","clone_url":"HOST/x.git"}]`,
			"/orgs/acme/members": `[{"login":"ada"}]`,
			"/users/ada/gists":   `[{"id":"a","git_pull_url":"https://evil.example/a.git"},{"git_pull_url":"HOST/b.git"}]`,
		})
		passes(t, s, "github:org/acme@"+srv.URL+"?gists", func(c *sweep.Config) { c.Once = true })
		if got := heldBack(t, s); got != "gist at another host, which gets no request: 1 [gists/ada/a] false; gist that is listed without a name: 1 [gists/ada] false" {
			t.Error(got)
		}
	})
}

// TestDigestTellsWhatWasNotSearched, in each of its forms, also to whom nothing has happened.
func TestDigestTellsWhatWasNotSearched(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		s.Now = c.now
		srv, set := answering(t)
		set(map[string]string{"/orgs/acme/repos": `[{"id":1,"full_name":"acme/x","clone_url":"HOST/x.git"},{"id":2}]`, "/orgs/empty/repos": `[]`})
		for _, org := range []string{"acme", "empty"} {
			passes(t, s, "github:org/"+org+"@"+srv.URL, func(c *sweep.Config) { c.Once = true })
		}
		for _, spec := range []string{"logs of acme/<b>", sweep.Notices} {
			if err := s.Unlisted(t.Context(), spec, "no *token*"); err != nil {
				t.Fatal(err)
			}
		}
		o := sweep.DigestOptions{Since: c.now().Add(-time.Hour), Clear: func(s string) string { return strings.ReplaceAll(s, "token", "[masked]") }}
		d, err := sweep.MakeDigest(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if d.Troubles != 4 || d.Failed != 1 || d.Unlisted != 2 || len(d.Withheld) != 1 || d.Withheld[0].Count != 1 {
			t.Errorf("%+v", d)
		}
		var b bytes.Buffer
		for format, want := range map[string][]string{
			"json":     {`"troubles": 4`, `"owners": []`, "lists no repository", `"source": "logs of acme/\u003cb\u003e"`},
			"markdown": {"1 repository could not be searched, 0 not wholly", "lists no repository", "logs of acme/&#60;b&#62;", `no \*\[masked\]\*`, "Of github"},
			"html":     {"1 repository could not be searched, 0 not wholly", "lists no repository", "logs of acme/&lt;b&gt;", "1: repository that is listed without a name"},
		} {
			b.Reset()
			if err := sweep.WriteDigest(&b, format, d); err != nil {
				t.Fatal(err)
			}
			for _, w := range want {
				if !strings.Contains(b.String(), w) {
					t.Errorf("%s has no %q:\n%s", format, w, b.String())
				}
			}
		}
		body, err := sweep.FillTemplate(`{"t": {{troubles}}, "text": "{{text}}"}`, d)
		var got struct {
			T    int
			Text string
		}
		if json.Unmarshal(body, &got); err != nil || got.T != 4 || !strings.Contains(got.Text, "lists no repository") {
			t.Errorf("%s, %v", body, err)
		}
		// Nobody sweeps them any more.
		c.Time = c.Add(store.Stands + time.Hour)
		o.Since = c.now().Add(-time.Hour)
		if d, err = sweep.MakeDigest(t.Context(), s, o); err != nil || d.Troubles != 1 || d.Unlisted != 0 {
			t.Errorf("%+v, %v", d, err)
		}
	})
}
