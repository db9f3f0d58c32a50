package githubapp

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestToken asks for as little as is wanted, once within the hour, and says what
// the App lacks.
func TestToken(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	given, status, bodies := 0, http.StatusCreated, []string{}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Error("what says who the App is goes to another host")
	}))
	defer other.Close()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := strings.Count(r.Header.Get("Authorization"), "."); n != 2 {
			t.Errorf("%q is no token of an App", r.Header.Get("Authorization"))
		}
		switch r.URL.Path {
		case "/repos/acme/api/installation":
			io.WriteString(w, `{"id":7}`)
		case "/repos/acme/moved/installation":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/app/installations/7/access_tokens":
			b, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(b))
			given++
			w.WriteHeader(status)
			json.NewEncoder(w).Encode(map[string]any{"token": "t", "expires_at": time.Now().Add(time.Hour)})
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	a := &App{ID: "42", Key: key}
	want := Want{Of: "repos/acme/api", Repositories: []string{"api"}, Permissions: map[string]string{"actions": "read"}}
	for range 2 {
		if got, err := a.Token(t.Context(), srv.URL+"/", want); got != "t" || err != nil {
			t.Fatalf("got %q, %v", got, err)
		}
	}
	if given != 1 || bodies[0] != `{"repositories":["api"],"permissions":{"actions":"read"}}` {
		t.Errorf("%d tokens are made, for %q", given, bodies)
	}
	for of, text := range map[string]string{"repos/acme/none": "is it installed there", "repos/acme/moved": "302"} {
		if _, err := a.Token(t.Context(), srv.URL+"/", Want{Of: of}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", of, err)
		}
	}
	status = http.StatusUnprocessableEntity
	a.Now = func() time.Time { return time.Now().Add(55 * time.Minute) }
	if _, err := a.Token(t.Context(), srv.URL+"/", want); !errors.As(err, new(*RefusedError)) || !strings.Contains(err.Error(), "actions:read") {
		t.Errorf("without the permission: %v", err)
	}
}

// TestRefused: a token that is not taken is replaced, but not one that was just made.
func TestRefused(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	given := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			io.WriteString(w, `{"id":7}`)
			return
		}
		given++
		json.NewEncoder(w).Encode(map[string]any{"token": fmt.Sprint("t", given), "expires_at": time.Now().Add(time.Hour)})
	}))
	defer srv.Close()
	now := time.Now()
	a := &App{ID: "42", Key: key, Now: func() time.Time { return now }}
	token := func() string {
		t.Helper()
		got, err := a.Token(t.Context(), srv.URL+"/", Want{Of: "orgs/acme"})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := token()
	if a.Refused(first) || token() != first {
		t.Error("a token that was just made is made again")
	}
	now = now.Add(2 * time.Minute)
	if !a.Refused(first) || token() != "t2" {
		t.Error("a token that is refused is kept")
	}
	if !a.Refused(first) || token() != "t2" {
		t.Error("whoever else had the old token does not get the new one")
	}
	if (*App)(nil).Refused(first) {
		t.Error("without an App there is another token")
	}
}
