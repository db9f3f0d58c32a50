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
	// fails is how many of a hundred requests fail; limit refuses the next listings,
	// as GitHub does when it was asked too often.
	fails, limit int
	asked        map[string]int
	expired      bool
	page         int
	moved        map[string]string // repositories that have another name now, which the old one leads to
	apps         int               // tokens that a GitHub App got
	runs         map[string][]byte // the archive of the logs of a repository's one run
	sarif        map[string][]byte // what was uploaded for a repository; nil: it takes none
	talks        map[string]string // what is written, by the path of its list; on its second page
	tokens       map[string]bool   // those that are good
	archived     map[string]bool   // repositories that are
	images       []string          // of its registry
	said         map[string]string // what GitLab and Gitea answer, by path; empty for a failure
}

// What fake forges and registries want, and sweeping brings.
const (
	forgeToken   = "tok" + "en-of-a-test"
	registryUser = "ada"
	registryWord = "word of a registry"
)

// sweeping is the program in a process of its own, with what the fake forges want: no
// test changes this one's environment for it, so they wait side by side.
func sweeping(args ...string) *exec.Cmd {
	cmd := exec.Command("whosekey", append([]string{"sweep"}, args...)...)
	cmd.Env = append(os.Environ(), "WHOSEKEY_PATIENCE=900", "GITHUB_TOKEN="+forgeToken, "GITLAB_TOKEN="+forgeToken, "GITEA_TOKEN="+forgeToken,
		"WHOSEKEY_REGISTRY_USER="+registryUser, "WHOSEKEY_REGISTRY_PASSWORD="+registryWord)
	return cmd
}

// runSweep sweeps once.
func runSweep(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	cmd := sweeping(append([]string{"run", "--once", "-f", "json"}, args...)...)
	var o, e strings.Builder
	cmd.Stdout, cmd.Stderr = &o, &e
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), o.String(), e.String()
}

func newFakeForge(t *testing.T, dir string) *fakeForge {
	t.Helper()
	f := &fakeForge{t: t, dir: dir, token: forgeToken, pushed: map[string]time.Time{}, clones: map[string]int{}, asked: map[string]int{}, moved: map[string]string{}, page: 20}
	f.tokens = map[string]bool{f.token: true}
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
	what := r.Method + r.URL.String()
	f.asked[what]++
	h := fnv.New32a()
	fmt.Fprint(h, f.asked[what], what)
	broken := int(h.Sum32()%100) < f.fails
	allowed := f.allowed(r)
	name, _, isGit := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), ".git/")
	if isGit && strings.HasSuffix(r.URL.Path, "/git-upload-pack") {
		f.clones[name]++
	}
	moved := f.moved[name]
	f.mu.Unlock()
	switch {
	case strings.HasSuffix(r.URL.Path, "/installation"), strings.HasPrefix(r.URL.Path, "/api/v3/app/"):
		f.app(w, r)
	case !allowed:
		w.Header().Set("WWW-Authenticate", "Basic")
		http.Error(w, "who are you?", http.StatusUnauthorized)
	case broken:
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case isGit && moved != "":
		http.Redirect(w, r, "/"+moved+strings.TrimPrefix(r.URL.String(), "/"+name), http.StatusMovedPermanently)
	case strings.HasPrefix(r.URL.Path, "/api/") && strings.Contains(r.URL.Path, "/formerly/"):
		// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
		http.Redirect(w, r, strings.Replace(r.URL.String(), "/formerly/", "/acme/", 1), http.StatusMovedPermanently)
	case strings.Contains(r.URL.Path, "/code-scanning/"), strings.Contains(r.URL.Path, "/commits/"):
		f.scanning(w, r)
	case f.hasSaid(r):
		f.say(w, r)
	case strings.Contains(r.URL.Path, "/issues"), strings.Contains(r.URL.Path, "/pulls/comments"):
		f.talk(w, r)
	case strings.HasSuffix(r.URL.Path, "/registry/repositories"), strings.Contains(r.URL.Path, "/packages"):
		f.registries(w, r)
	case strings.Contains(r.URL.Path, "/actions/runs"):
		f.actions(w, r)
	case strings.HasPrefix(r.URL.Path, "/api/"):
		f.list(w, r)
	default:
		git.ServeHTTP(w, r)
	}
}

// allowed reports whether a request comes with a token that is good.
func (f *fakeForge) allowed(r *http.Request) bool {
	_, password, _ := r.BasicAuth()
	bearer := strings.TrimPrefix(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "token ")
	return !f.expired && (f.tokens[password] || f.tokens[bearer] || f.tokens[r.Header.Get("PRIVATE-TOKEN")])
}

// app gives tokens to a GitHub App, which end in ten minutes: so soon that the next
// request wants another one. What signs for the App is tested elsewhere.
func (f *fakeForge) app(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if strings.Count(r.Header.Get("Authorization"), ".") != 2 {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"id":7}`)
		return
	}
	f.apps++
	token := fmt.Sprintf("%s-%d", f.token, f.apps)
	f.tokens = map[string]bool{token: true, fmt.Sprintf("%s-%d", f.token, f.apps-1): true}
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]any{"token": token, "expires_at": time.Now().Add(10*time.Minute + 2*time.Second)})
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
			"visibility": "private", "private": true, "has_wiki": true, "wiki_enabled": true, "archived": f.archived[name], "pushed_at": at, "updated_at": at, "last_activity_at": at,
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
