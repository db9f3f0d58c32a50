package gitrepo

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALoginGoesToNoOtherHost(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked++ }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path+"?"+r.URL.RawQuery, http.StatusFound)
	}))
	defer server.Close()
	word := "pass" + "word-of-a-test"
	login := &Login{Password: word}
	_, err := RemoteWatermark(t.Context(), server.URL+"/acme/api.git", login)
	if err == nil || strings.Contains(err.Error(), word) {
		t.Errorf("RemoteWatermark: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "m.git")
	if err := Mirror(t.Context(), dir, server.URL+"/acme/api.git", login, Limits{}); err == nil {
		t.Error("Mirror followed a redirect")
	}
	if asked > 0 {
		t.Errorf("the other host was asked %d times", asked)
	}
}

func TestMirrorTakesAddressesOfServersAlone(t *testing.T) {
	for _, address := range []string{"file:///etc", "ext::sh -c x", "javascript://x/y"} {
		err := Mirror(t.Context(), filepath.Join(t.TempDir(), "m"), address, nil, Limits{})
		if err == nil {
			t.Errorf("%s is cloned", address)
		}
		if strings.Contains(address, "://") && !errors.Is(err, ErrScheme) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWatermarkIsTheSameWithoutObjects(t *testing.T) {
	dir := t.TempDir()
	if _, err := WatermarkAt(dir); !errors.Is(err, ErrNotRepository) {
		t.Errorf("a folder: %v", err)
	}
}

// TestSetHead: HEAD names the branch that it is to, if that is there; names that a forge
// makes up leave it as it is.
func TestSetHead(t *testing.T) {
	w := randomTwin(t, rand.New(rand.NewPCG(1, 1)), 3)
	tip := w.commits[len(w.commits)-1].id
	for _, name := range []string{"main", "release/2"} {
		ref := filepath.Join(w.dir, "refs", "heads", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(ref), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(ref, []byte(tip+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head := ""
	for _, k := range []struct{ branch, want string }{
		{"main", "main"}, {"release/2", "release/2"}, {"gone", "release/2"}, {"", "release/2"}, {"../../config", "release/2"}, {"main\nx", "release/2"}, {"-x", "release/2"}, {"main", "main"},
	} {
		if err := SetHead(w.dir, k.branch); err != nil {
			t.Errorf("%q: %v", k.branch, err)
		}
		b, err := os.ReadFile(filepath.Join(w.dir, "HEAD"))
		if head = strings.TrimSpace(string(b)); err != nil || head != "ref: refs/heads/"+k.want {
			t.Errorf("%q: HEAD is %q, want %s, %v", k.branch, head, k.want, err)
		}
	}
}
