package cilog

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/githubapp"
)

// TestAppReadsLogs asks as an App, whose token ends, or is revoked, while the logs are
// read, and says what it lacks.
func TestAppReadsLogs(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	given, lacks, revoked := 0, false, false
	now := time.Now()
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the token goes to the storage")
		}
		w.Write([]byte(zipText(t, "build/2_Test.txt", "a\n"+gh+token+"\n")))
	}))
	defer storage.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		auth := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch p := r.URL.Path; {
		case p == "/repos/acme/api/installation":
			fmt.Fprint(w, `{"id":7}`)
		case p == "/app/installations/7/access_tokens" && lacks:
			w.WriteHeader(http.StatusUnprocessableEntity)
		case p == "/app/installations/7/access_tokens":
			given++
			w.WriteHeader(http.StatusCreated)
			answer(w, object{"token": fmt.Sprint("given ", given), "expires_at": now.Add(time.Hour)})
		case auth != fmt.Sprint("given ", given) && revoked:
			w.WriteHeader(http.StatusUnauthorized)
		case auth != fmt.Sprint("given ", given):
			t.Errorf("%s is asked with %q", p, auth)
		case strings.HasSuffix(p, "/logs") && revoked:
			given, now = given+1, now.Add(2*time.Minute)
			http.Redirect(w, r, storage.URL, http.StatusFound)
		case strings.HasSuffix(p, "/logs"):
			now = now.Add(55 * time.Minute)
			http.Redirect(w, r, storage.URL, http.StatusFound)
		default:
			answer(w, object{"total_count": 2, "workflow_runs": []object{
				{"id": 1, "status": "completed", "created_at": when}, {"id": 2, "status": "completed", "created_at": when}}})
		}
	}))
	defer srv.Close()
	scan := func() (*Source, int) {
		s, err := NewLive(Options{Workers: 1}, Live{Service: "github", Project: "acme/api", Base: srv.URL,
			App: &githubapp.App{ID: "42", Key: key, Now: func() time.Time { return now }}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s, len(scanFor(t, s))
	}
	if s, n := scan(); n != 2 || given != 3 || // the first, and one behind each of two logs
		len(s.cov.Skipped()) > 0 {
		t.Errorf("found %d with %d tokens, skipped %v", n, given, s.cov.Skipped())
	}
	given, revoked = 0, true
	if s, n := scan(); n != 2 || given != 5 || len(s.cov.Skipped()) > 0 { // three, two of them after one that was revoked
		t.Errorf("found %d with %d tokens, skipped %v, though they were revoked", n, given, s.cov.Skipped())
	}
	lacks = true
	if s, _ := scan(); !strings.Contains(fmt.Sprint(s.cov.Skipped()), "actions:read") {
		t.Errorf("without the permission: %v", s.cov.Skipped())
	}
}
