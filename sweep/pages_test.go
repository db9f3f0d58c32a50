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

// keptAnswers are answers in memory.
type keptAnswers map[string][2]string

func (k keptAnswers) Answer(_ context.Context, address string) (string, []byte, error) {
	return k[address][0], []byte(k[address][1]), nil
}

func (k keptAnswers) KeepAnswer(_ context.Context, address, tag string, body []byte) error {
	k[address] = [2]string{tag, string(body)}
	return nil
}

// namesOf lists a source.
func namesOf(t *testing.T, spec string, logins *sweep.Logins) (string, error) {
	t.Helper()
	src, err := sweep.ParseSource(spec, logins)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	err = src.List(t.Context(), func(rs []*store.Repository) error {
		for _, r := range rs {
			got = append(got, r.Name)
		}
		return nil
	})
	slices.Sort(got)
	return strings.Join(got, " "), err
}

// TestPagesThatAreNumbered: of GitLab a number alone says that there is another page, also
// when what was kept is all that is known of the one before.
func TestPagesThatAreNumbered(t *testing.T) {
	asked, same := 0, 0
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		if page == "" {
			page = "1"
		}
		asked++
		w.Header().Set("ETag", `"`+page+`"`)
		if r.Header.Get("If-None-Match") == `"`+page+`"` {
			same++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("X-Next-Page", map[string]string{"1": "2", "2": "3", "3": ""}[page])
		fmt.Fprintf(w, `[{"id":%s,"path_with_namespace":"acme/p%s","http_url_to_repo":"%s/acme/p%s.git","last_activity_at":"2026-01-02T03:04:05Z"}]`, page, page, srv.URL, page)
	}))
	defer srv.Close()
	logins := &sweep.Logins{Answers: keptAnswers{}}
	for range 3 {
		if got, err := namesOf(t, "gitlab:group/acme@"+srv.URL, logins); err != nil || got != "acme/p1 acme/p2 acme/p3" {
			t.Errorf("listed %q, %v", got, err)
		}
	}
	if asked != 9 || same != 6 {
		t.Errorf("%d questions, of which %d have the answer of before", asked, same)
	}
}

// TestSecondaryLimits: GitHub need not say for how long, nor in a header that it is one;
// another refusal is not asked for again.
func TestSecondaryLimits(t *testing.T) {
	for name, k := range map[string]struct {
		code  int
		body  string
		waits int
	}{
		"in words":          {403, `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}`, 3},
		"with an address":   {403, `{"message":"no","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`, 3},
		"as of old":         {403, `{"message":"You have triggered an abuse detection mechanism."}`, 3},
		"too many":          {429, ``, 3},
		"no permission":     {403, `{"message":"Resource not accessible by integration"}`, 0},
		"without any words": {403, ``, 0},
	} {
		t.Run(name, func(t *testing.T) {
			left := 3
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if left--; left >= 0 {
					w.WriteHeader(k.code)
					fmt.Fprint(w, k.body)
					return
				}
				fmt.Fprint(w, `[]`)
			}))
			defer srv.Close()
			var waits []time.Duration
			logins := &sweep.Logins{Sleep: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}
			_, err := namesOf(t, "github:org/acme@"+srv.URL, logins)
			if (err == nil) != (k.waits > 0) || len(waits) != k.waits {
				t.Errorf("%v, after waiting %v", err, waits)
			}
			for _, d := range waits {
				if d < time.Minute {
					t.Errorf("waits %v, and GitHub wants a minute at least", d)
				}
			}
		})
	}
}

// TestAForgeThatIsMaintained: it says with 503 how long that takes.
func TestAForgeThatIsMaintained(t *testing.T) {
	left := 2
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if left--; left >= 0 {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, `[]`)
	}))
	defer srv.Close()
	var waits []time.Duration
	logins := &sweep.Logins{Sleep: func(_ context.Context, d time.Duration) error { waits = append(waits, d); return nil }}
	if _, err := namesOf(t, "github:org/acme@"+srv.URL, logins); err != nil || len(waits) != 2 || waits[0] < 2*time.Minute {
		t.Errorf("%v, after waiting %v", err, waits)
	}
}

// TestWhatAUserHas: whose the token is sees private repositories and secret gists, of
// others GitHub lists what is public; who it is is kept nowhere.
func TestWhatAUserHas(t *testing.T) {
	status := http.StatusOK
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		repo := func(name string) {
			fmt.Fprintf(w, `[{"id":1,"full_name":%q,"clone_url":"%s/%s.git"}]`, name, srv.URL, name)
		}
		switch strings.TrimPrefix(r.URL.Path, "/api/v3") {
		case "/user":
			w.WriteHeader(status)
			fmt.Fprint(w, `{"login":"Ada","email":"ada@acme.example"}`)
		case "/user/repos":
			if r.URL.Query().Get("affiliation") != "owner" {
				t.Error("repositories of others are asked for")
			}
			repo("Ada/private")
		case "/users/ada/repos":
			repo("Ada/public")
		case "/users/bob/repos":
			repo("bob/public")
		case "/gists":
			fmt.Fprintf(w, `[{"id":"s1","git_pull_url":"%s/gist/s1.git","public":false}]`, srv.URL)
		case "/users/bob/gists", "/users/ada/gists":
			fmt.Fprint(w, `[]`)
		default:
			t.Errorf("asked for %s", r.URL)
		}
	}))
	defer srv.Close()
	for _, k := range []struct {
		user, token string
		status      int
		want        string
	}{
		{"ada", "t", 200, "Ada/private gists/ada/s1"}, {"bob", "t", 200, "bob/public"}, {"ada", "", 401, "Ada/public"}, {"ada", "of an action", 403, "Ada/public"},
	} {
		status = k.status
		kept := keptAnswers{}
		got, err := namesOf(t, "github:user/"+k.user+"@"+srv.URL+"?gists", &sweep.Logins{Tokens: map[string]string{"github": k.token}, Answers: kept})
		if err != nil || got != k.want {
			t.Errorf("%s with %q: %q, %v; want %q", k.user, k.token, got, err, k.want)
		}
		if _, ok := kept[srv.URL+"/api/v3/user"]; ok {
			t.Error("who the token is of is kept")
		}
	}
	status = 401
	if _, err := namesOf(t, "github:user/ada@"+srv.URL, &sweep.Logins{Tokens: map[string]string{"github": "ended"}}); err == nil {
		t.Error("with a token that is refused what is public counts as all")
	}
}

// TestAForgeOfAnotherAddress: a forge of which every repository is elsewhere is no forge
// without repositories.
func TestAForgeOfAnotherAddress(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `[{"id":1,"full_name":"acme/a","path_with_namespace":"acme/a","clone_url":"https://git.acme.example/acme/a.git","http_url_to_repo":"https://git.acme.example/acme/a.git"}]`)
	}))
	defer srv.Close()
	for _, spec := range []string{"github:org/acme@", "gitlab:group/acme@", "gitea:org/acme@"} {
		if got, err := namesOf(t, spec+srv.URL, &sweep.Logins{}); err == nil || got != "" || !strings.Contains(err.Error(), `"git.acme.example"`) {
			t.Errorf("%s: %q, %v", spec, got, err)
		}
	}
}
