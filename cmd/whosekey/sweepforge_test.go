package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeForge is GitHub, GitLab and Gitea in one: repositories of a folder, listed by
// the APIs and served by git's own smart HTTP. It wants a token.
type fakeForge struct {
	t     *testing.T
	dir   string
	token string
	*httptest.Server

	mu        sync.Mutex
	names     []string
	pushed    map[string]time.Time
	requests  int
	unchanged int // answers 304
	clones    map[string]int
	// fails is how many of a hundred requests fail, each once; limit refuses the
	// next listings, as GitHub does when it was asked too often.
	fails, limit int
	failed       map[string]bool
	expired      bool
	page         int
}

func newFakeForge(t *testing.T, dir string) *fakeForge {
	t.Helper()
	f := &fakeForge{t: t, dir: dir, token: "tok" + "en-of-a-test", pushed: map[string]time.Time{}, clones: map[string]int{}, failed: map[string]bool{}, page: 20}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*.git"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range found {
		rel, _ := filepath.Rel(dir, p)
		f.names = append(f.names, strings.TrimSuffix(rel, ".git"))
	}
	slices.Sort(f.names)
	core, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	git := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(core)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=" + os.DevNull, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.serve(git, w, r) }))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeForge) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func (f *fakeForge) serve(git http.Handler, w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.requests++
	_, password, basic := r.BasicAuth()
	bearer := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "token ")
	allowed := !f.expired && (basic && password == f.token || bearer == f.token || r.Header.Get("PRIVATE-TOKEN") == f.token)
	h := fnv.New32()
	h.Write([]byte(r.Method + r.URL.String()))
	broken := int(h.Sum32()%100) < f.fails && !f.failed[r.Method+r.URL.String()]
	f.failed[r.Method+r.URL.String()] = true
	if strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
		f.clones[strings.TrimSuffix(strings.Trim(strings.TrimSuffix(r.URL.Path, "/git-upload-pack"), "/"), ".git")]++
	}
	f.mu.Unlock()
	switch {
	case !allowed:
		w.Header().Set("WWW-Authenticate", "Basic")
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case broken:
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		f.list(w, r)
	default:
		git.ServeHTTP(w, r)
	}
}

// list answers all three APIs with all that each of them needs.
func (f *fakeForge) list(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.limit > 0 {
		f.limit--
		w.Header().Set("Retry-After", "0")
		http.Error(w, `{"message":"You have exceeded a secondary rate limit"}`, http.StatusForbidden)
		return
	}
	page := max(1, atoi(r.URL.Query().Get("page")))
	var out []map[string]any
	for i, name := range f.names {
		if i/f.page != page-1 {
			continue
		}
		at := f.pushed[name]
		if at.IsZero() {
			at = epoch
		}
		address := f.URL + "/" + name + ".git"
		out = append(out, map[string]any{
			"id": i + 1, "full_name": name, "path_with_namespace": name, "clone_url": address, "http_url_to_repo": address, "default_branch": "main",
			"visibility": "private", "private": true, "pushed_at": at, "updated_at": at, "last_activity_at": at,
		})
	}
	body, err := json.Marshal(out)
	if err != nil {
		f.t.Error(err)
	}
	h := fnv.New64()
	h.Write(body)
	tag := fmt.Sprintf(`W/"%x"`, h.Sum64())
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		f.unchanged++
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if page*f.page < len(f.names) {
		q := r.URL.Query()
		q.Set("page", strconv.Itoa(page+1))
		w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next", <%s>; rel="last"`, f.URL, r.URL.Path, q.Encode(), f.URL))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// pushedTo stands before the name of a repository for what was pushed to it.
const pushedTo = "pushed to "

// push adds a commit with a credential to a repository, and returns the credential.
func (f *fakeForge) push(name string) string {
	f.t.Helper()
	line, secret, err := makeToken("slack-bot-token", 0, pushedTo+name)
	if err != nil {
		f.t.Fatal(err)
	}
	r := newBareRepo(f.t, filepath.Join(f.dir, name+".git"))
	head, err := os.ReadFile(filepath.Join(r.dir, "refs/heads/main"))
	if err != nil {
		f.t.Fatal(err)
	}
	r.head, r.n = strings.TrimSpace(string(head)), 100
	r.commit(map[string]string{"pushed.env": line + "\n"})
	f.set(func() { f.pushed[name] = epoch.Add(time.Hour) })
	return secret
}

func TestForges(t *testing.T) {
	for _, forge := range []struct{ name, group, env string }{{"github", "acme", "GITHUB_TOKEN"}, {"gitlab", "acme/tools", "GITLAB_TOKEN"}, {"gitea", "acme", "GITEA_TOKEN"}} {
		t.Run(forge.name, func(t *testing.T) {
			dir, state := t.TempDir(), t.TempDir()
			want := plantedRepos(t, dir, 45)
			f := newFakeForge(t, dir)
			t.Setenv(forge.env, f.token)
			args := []string{"--" + forge.name, forge.group, "--" + forge.name + "-url", f.URL, "--state", state}
			f.set(func() { f.fails, f.limit = 5, 2 })
			complete(t, sweepOnce(t, args...), want)
			for name, n := range f.clones {
				if n > 2 { // one may have failed
					t.Errorf("%s was cloned %d times", name, n)
				}
			}
			if len(f.clones) != 45 {
				t.Errorf("%d repositories were cloned, want 45", len(f.clones))
			}
			// The token is nowhere but in memory.
			if out, err := exec.Command("grep", "-rl", f.token, state).CombinedOutput(); err == nil {
				t.Errorf("the token is kept in %s", out)
			}

			f.set(func() { f.clones, f.requests = map[string]int{}, 0 })
			complete(t, sweepOnce(t, args...), want)
			if len(f.clones) > 0 || f.requests > 4 || f.unchanged != 3 {
				t.Errorf("nothing has changed: %d clones, %d requests, %d of them unchanged", len(f.clones), f.requests, f.unchanged)
			}

			pushed := f.names[1]
			want[pushed] = f.push(pushed)
			complete(t, sweepOnce(t, args...), want)
			if len(f.clones) != 1 || f.clones[pushed] == 0 {
				t.Errorf("one has changed, and fetched were %v", f.clones)
			}

			// The token expires, and a new one comes.
			f.set(func() { f.expired = true })
			out, err := exec.Command("whosekey", append([]string{"sweep", "run", "--once", "--exit-zero"}, args...)...).CombinedOutput()
			if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != exitIncomplete || !strings.Contains(string(out), "could not be listed") {
				t.Errorf("with an expired token: %v\n%s", err, out)
			}
			f.set(func() { f.expired = false })
			complete(t, sweepOnce(t, args...), want)
		})
	}
}
