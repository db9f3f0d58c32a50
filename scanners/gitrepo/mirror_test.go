package gitrepo

import (
	"errors"
	"net/http"
	"net/http/httptest"
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
