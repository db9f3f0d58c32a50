package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestSubmodulesAreNotFollowed: neither of a folder nor of a clone is anything contacted
// that .gitmodules names, such as the metadata address of a cloud.
func TestSubmodulesAreNotFollowed(t *testing.T) {
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	dir := t.TempDir()
	want := plantedRepos(t, dir, 4)
	work := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", work, "-c", "user.name=Ada", "-c", "user.email=ada@authors.example"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	repo := filepath.Join(dir, "team0", "repo0000.git")
	git("init", "-q")
	git("fetch", "-q", repo, "main")
	git("checkout", "-q", "-b", "main", "FETCH_HEAD")
	var modules strings.Builder
	for i, url := range []string{"http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/m.git", elsewhere.URL + "/m.git", "../../../etc"} {
		fmt.Fprintf(&modules, "[submodule \"s%d\"]\n\tpath = s%d\n\turl = %s\n\tupdate = checkout\n", i, i, url)
		git("update-index", "--add", "--cacheinfo", fmt.Sprintf("160000,%040x,s%d", i+1, i))
	}
	if err := os.WriteFile(filepath.Join(work, ".gitmodules"), []byte(modules.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	git("add", ".gitmodules")
	git("commit", "-q", "-m", "submodules")
	git("push", "-q", repo, "HEAD:refs/heads/main")
	f := newFakeForge(t, dir)
	// What is asked of another host than the forge comes to us.
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, elsewhere.URL)
	}
	state := t.TempDir()
	complete(t, sweepOnce(t, "--dir", dir, "--state", state), want)
	if status := sweepStatusOf(t, []string{"--state", state}); !strings.Contains(status, "submodules are repositories of their own: 1") {
		t.Errorf("submodules are not told:\n%s", status)
	}
	complete(t, sweepOnce(t, "--github", "acme", "--github-url", f.URL, "--state", t.TempDir()), want)
	if n := asked.Load(); n > 0 {
		t.Errorf("another host was asked %d times", n)
	}
}
