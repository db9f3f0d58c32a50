package sweep_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// TestGists lists those of the members of an organisation, page by page, and of a
// user; what would take the token elsewhere is left out.
func TestGists(t *testing.T) {
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		page := r.URL.Query().Get("page")
		gist := func(id, address string, public bool) string {
			return fmt.Sprintf(`{"id":%q,"git_pull_url":%q,"public":%v,"updated_at":"2026-01-02T03:04:05Z"}`, id, address, public)
		}
		switch strings.TrimPrefix(r.URL.Path, "/api/v3") {
		case "/orgs/acme/repos", "/users/ada/repos":
			fmt.Fprint(w, `[]`)
		case "/orgs/acme/members":
			if page == "" {
				w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next"`, srv.URL, r.URL.Path))
				fmt.Fprint(w, `[{"login":"ada"}]`)
				return
			}
			fmt.Fprint(w, `[{"login":"bob"}]`)
		case "/users/ada/gists":
			if page == "" {
				w.Header().Set("Link", fmt.Sprintf(`<%s%s?page=2>; rel="next"`, srv.URL, r.URL.Path))
				fmt.Fprintf(w, `[%s,%s]`, gist("a1", srv.URL+"/gist/a1.git", true), gist("evil", "https://evil.example/a.git", true))
				return
			}
			fmt.Fprintf(w, `[%s]`, gist("a2", srv.URL+"/gist/a2.git", false))
		case "/users/bob/gists":
			fmt.Fprintf(w, `[%s]`, gist("b1", srv.URL+"/gist/b1.git", true))
		default:
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer srv.Close()
	for spec, want := range map[string]string{
		"github:org/acme@" + srv.URL + "?gists": "gists/ada/a1 public; gists/ada/a2 private; gists/bob/b1 public",
		"github:user/ada@" + srv.URL + "?gists": "gists/ada/a1 public; gists/ada/a2 private",
		"github:user/ada@" + srv.URL + "?forks": "",
	} {
		src, err := sweep.ParseSource(spec, &sweep.Logins{Sleep: func(context.Context, time.Duration) error { return nil }})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := src.List(t.Context(), func(rs []*store.Repository) error {
			for _, r := range rs {
				got = append(got, r.Name+" "+r.Exposure)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if slices.Sort(got); strings.Join(got, "; ") != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
}
