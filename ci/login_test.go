package ci

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/scanners/gitrepo"
)

// private serves a site over HTTP to whoever has the login, and tells who else asked.
func (s *site) private(user, token string) *httptest.Server {
	s.t.Helper()
	execPath, err := exec.Command("git", "--exec-path").Output()
	backend := filepath.Join(strings.TrimSpace(string(execPath)), "git-http-backend")
	if _, serr := os.Stat(backend); err != nil || serr != nil {
		s.t.Skip("there is no git http-backend")
	}
	s.git(s.dir, "config", "uploadpack.allowAnySHA1InWant", "true")
	serve := &cgi.Handler{Path: backend, Env: []string{"GIT_PROJECT_ROOT=" + s.dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header.Values("Authorization")) > 1 {
			http.Error(w, "duplicate header", http.StatusBadRequest) // as GitHub does
			return
		}
		u, t, ok := r.BasicAuth()
		if bearer, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); user == "" {
			ok, t, u = isBearer, bearer, ""
		}
		if !ok || u != user || t != token {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			http.Error(w, "who are you", http.StatusUnauthorized)
			return
		}
		serve.ServeHTTP(w, r)
	}))
	s.t.Cleanup(server.Close)
	return server
}

func (s *site) open(dir string) func() (*gitrepo.Repo, error) {
	return func() (*gitrepo.Repo, error) { return gitrepo.Open(dir, gitrepo.Options{}) }
}

// TestFetchWithToken: a private repository that is checked out without login is made
// deeper with the token of the run, which no argument and no file shows.
func TestFetchWithToken(t *testing.T) {
	token := "ghs_" + strings.Repeat("x", 36)
	real, err := exec.LookPath("git")
	if err != nil {
		t.Skip(err)
	}
	for _, tt := range []struct{ name, server, variable, user, persisted string }{
		{"GitHub", "GITHUB_SERVER_URL", "WHOSEKEY_GITHUB_TOKEN", "x-access-token", ""},
		{"GitHub, an old login in the checkout", "GITHUB_SERVER_URL", "GITHUB_TOKEN", "x-access-token", "AUTHORIZATION: basic b2xkOm9sZA=="},
		{"GitLab", "CI_SERVER_URL", "CI_JOB_TOKEN", "gitlab-ci-token", ""},
		{"Azure", "SYSTEM_COLLECTIONURI", "SYSTEM_ACCESSTOKEN", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t, 30)
			server := s.private(tt.user, token)
			dir := s.checkout("refs/heads/main", 1)
			s.git(dir, "remote", "set-url", "origin", server.URL+"/.git")
			if tt.persisted != "" {
				s.git(dir, "config", "http."+server.URL+"/.extraheader", tt.persisted)
			}
			config, err := os.ReadFile(filepath.Join(dir, ".git", "config"))
			if err != nil {
				t.Fatal(err)
			}
			bin, said := t.TempDir(), filepath.Join(t.TempDir(), "said")
			script := "#!/bin/sh\necho \"$@\" >>" + said + "\nexec " + real + " \"$@\"\n"
			if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
			t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
			env := environment(tt.server+"="+server.URL+"/acme", tt.variable+"="+token)
			job := func() *Job { return &Job{Kind: Everything} }
			without, err := job().Find(t.Context(), s.open(dir), &Fetcher{Dir: dir, Budget: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			without.Repo.Close()
			if len(without.Gaps) != 1 || !without.Repo.Shallow() {
				t.Errorf("without a token: %v", without.Gaps)
			}
			f := &Fetcher{Dir: dir, Budget: time.Minute, Login: LoginOf(env)}
			found, err := job().Find(t.Context(), s.open(dir), f)
			if err != nil {
				t.Fatal(err)
			}
			defer found.Repo.Close()
			if found.Repo.Shallow() || !f.whole {
				t.Errorf("shallow %v, all came %v: %v", found.Repo.Shallow(), f.whole, found.Gaps)
			}
			args, _ := os.ReadFile(said)
			now, _ := os.ReadFile(filepath.Join(dir, ".git", "config"))
			if strings.Contains(string(args), token) || !strings.Contains(string(args), "fetch") || string(now) != string(config) {
				t.Errorf("arguments:\n%s\nconfiguration:\n%s", args, now)
			}
		})
	}
}

// TestLoginGoesNowhereElse: the token is for the server alone.
func TestLoginGoesNowhereElse(t *testing.T) {
	for _, bad := range []string{"http://github.example", "ftp://github.example", "github.example", ""} {
		if l := LoginOf(environment("GITHUB_SERVER_URL="+bad, "GITHUB_TOKEN=t")); l != nil {
			t.Errorf("%q: %v", bad, l.address)
		}
	}
	l := LoginOf(environment("GITHUB_SERVER_URL=https://user:pw@github.example/x", "GITHUB_TOKEN=abc"))
	if l.address != "https://github.example/" {
		t.Errorf("address %q", l.address)
	}
	if got := l.hide("remote: abc is wrong"); strings.Contains(got, "abc") {
		t.Error(got)
	}
	env := strings.Join(l.environment([]string{"GIT_CONFIG_COUNT=1", "GIT_TRACE_CURL=1", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c"}), "\n")
	if !strings.Contains(env, "GIT_CONFIG_COUNT=4") || !strings.Contains(env, "GIT_CONFIG_KEY_0=a.b") || strings.Contains(env, "TRACE") {
		t.Error(env)
	}

	// Another host that the checkout's origin names is not told.
	s := newSite(t, 3)
	asked := ""
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked += r.Header.Get("Authorization")
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer other.Close()
	dir := s.checkout("refs/heads/main", 1)
	s.git(dir, "remote", "set-url", "origin", other.URL+"/")
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	f := &Fetcher{Dir: dir, Budget: time.Minute, Login: l}
	if found, err := (&Job{Kind: Everything}).Find(t.Context(), s.open(dir), f); err == nil {
		found.Repo.Close()
	}
	if asked != "" {
		t.Errorf("another host got %q", asked)
	}
}
