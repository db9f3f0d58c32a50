package sweep_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/internal/githubapp"
	"github.com/whosekey/whosekey/scanners/gitrepo"
	"github.com/whosekey/whosekey/store"
	"github.com/whosekey/whosekey/sweep"
)

// appServer is a GitHub that gives tokens to an App, and answers to the last of them.
type appServer struct {
	key   *rsa.PublicKey
	given int
	until time.Time
	wants string
}

func (s *appServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	auth := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v3"); {
	case path == "/orgs/acme/installation" && s.signed(auth):
		fmt.Fprint(w, `{"id":7}`)
	case path == "/app/installations/7/access_tokens" && r.Method == http.MethodPost && s.signed(auth):
		s.given++
		s.wants = fmt.Sprint("token-", s.given)
		json.NewEncoder(w).Encode(map[string]any{"token": s.wants, "expires_at": s.until})
	case path == "/orgs/acme/repos" && auth == s.wants && s.wants != "":
		fmt.Fprintf(w, `[{"id":1,"full_name":"acme/api","clone_url":"http://%s/acme/api.git","pushed_at":"2026-01-02T03:04:05Z"},
			{"id":2,"full_name":"acme/evil","clone_url":"http://elsewhere.example/acme/evil.git"},
			{"id":3,"full_name":"acme/fork","fork":true,"clone_url":"http://%s/acme/fork.git"}]`, r.Host, r.Host)
	default:
		http.Error(w, "no", http.StatusUnauthorized)
	}
}

// signed reports whether a token is what the App would say of itself.
func (s *appServer) signed(jwt string) bool {
	text, sign, ok := strings.Cut(jwt, ".")
	claims, sign, ok2 := strings.Cut(sign, ".")
	raw, err := base64.RawURLEncoding.DecodeString(sign)
	if !ok || !ok2 || err != nil {
		return false
	}
	sum := sha256.Sum256([]byte(text + "." + claims))
	body, err := base64.RawURLEncoding.DecodeString(claims)
	var c struct {
		Exp int64  `json:"exp"`
		Iss string `json:"iss"`
	}
	return err == nil && json.Unmarshal(body, &c) == nil && c.Iss == "42" && time.Until(time.Unix(c.Exp, 0)) < 70*time.Minute &&
		rsa.VerifyPKCS1v15(s.key, crypto.SHA256, sum[:], raw) == nil
}

func loginOf(logins *sweep.Logins) func(spec, address string) (*gitrepo.Login, error) {
	return func(spec, address string) (l *gitrepo.Login, err error) {
		err = logins.With(spec, address, func(k *gitrepo.Login) error { l = k; return nil })
		return l, err
	}
}

func TestAnAppGetsTokensAndRenewsThem(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE " + "KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	parsed, err := githubapp.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	s := &appServer{key: &key.PublicKey, until: time.Now().Add(time.Hour)}
	server := httptest.NewServer(s)
	defer server.Close()
	logins := &sweep.Logins{App: &githubapp.App{ID: "42", Key: parsed}}
	src, err := sweep.ParseSource("github:org/acme@"+server.URL, logins)
	if err != nil {
		t.Fatal(err)
	}
	list := func() (names []string) {
		t.Helper()
		if err := src.List(context.Background(), func(rs []*store.Repository) error {
			for _, r := range rs {
				names = append(names, r.Name)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return names
	}
	// Forks were not asked for. What is elsewhere is told when it is to be searched.
	if got := strings.Join(list(), " "); got != "acme/api acme/evil" {
		t.Errorf("listed %q", got)
	}
	list()
	if s.given != 1 {
		t.Errorf("%d tokens for two lists within the hour", s.given)
	}
	login := loginOf(logins)
	if l, err := login(src.Spec(), server.URL+"/acme/api.git"); err != nil || l == nil || l.Password == "" || l.User != "x-access-token" {
		t.Errorf("no login for a clone: %v", l != nil)
	}
	// Before its hour ends the token is replaced.
	logins.App.Now = func() time.Time { return time.Now().Add(55 * time.Minute) }
	if l, _ := login(src.Spec(), server.URL+"/acme/api.git"); s.given != 2 {
		t.Errorf("%d tokens after 55 minutes, login %v", s.given, l != nil)
	}
	if l, _ := login(src.Spec(), "http://elsewhere.example/acme/api.git"); l != nil {
		t.Error("another host gets the token")
	}
	// One that was revoked before is replaced once: for a list, and for a clone.
	revoked := func(after time.Duration, ask func()) {
		t.Helper()
		logins.App.Now = func() time.Time { return time.Now().Add(after) }
		s.wants, s.until = "another", time.Now().Add(3*time.Hour)
		given := s.given
		if ask(); s.given != given+1 {
			t.Errorf("%d tokens after one was revoked", s.given-given)
		}
	}
	revoked(58*time.Minute, func() { list() })
	var tried []string
	clone := func() (err error) {
		return logins.With(src.Spec(), server.URL+"/acme/api.git", func(l *gitrepo.Login) error {
			if tried = append(tried, l.Password); l.Password != s.wants {
				return fmt.Errorf("clone: %w", gitrepo.ErrLogin)
			}
			return nil
		})
	}
	revoked(61*time.Minute, func() {
		if err := clone(); err != nil || len(tried) != 2 {
			t.Errorf("a clone is tried %d times: %v", len(tried), err)
		}
	})
	s.wants = "nobody's"
	if err := clone(); !errors.Is(err, gitrepo.ErrLogin) || len(tried) != 3 {
		t.Errorf("a token that was just made is refused: tried %d times, %v", len(tried), err)
	}
}

// TestAnAppOfSeveralOrganisations: each installation has its own token, whatever was listed
// last; that GitHub gives none for a moment is no login that is refused.
func TestAnAppOfSeveralOrganisations(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	broken := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v3/"), "/")
		switch {
		case broken:
			http.Error(w, "no", http.StatusBadGateway)
		case path[len(path)-1] == "installation":
			fmt.Fprintf(w, `{"id":%d}`, map[string]int{"acme": 7, "beta": 8, "ada": 9}[path[1]])
		default:
			json.NewEncoder(w).Encode(map[string]any{"token": "token-of-" + path[2], "expires_at": time.Now().Add(time.Hour)})
		}
	}))
	defer server.Close()
	logins := &sweep.Logins{App: &githubapp.App{ID: "42", Key: key}}
	login := loginOf(logins)
	specs := map[string]string{"7": "github:org/acme@" + server.URL, "8": "github:org/beta@" + server.URL + "?forks", "9": "github:user/ada@" + server.URL}
	for range 2 {
		for _, spec := range specs {
			if _, err := sweep.ParseSource(spec, logins); err != nil {
				t.Fatal(err)
			}
		}
		for id, spec := range specs {
			if l, err := login(spec, server.URL+"/acme/api.git"); err != nil || l == nil || l.Password != "token-of-"+id {
				t.Errorf("%s does not get its token: %v", spec, err)
			}
		}
	}
	broken = true
	logins.App.Now = func() time.Time { return time.Now().Add(55 * time.Minute) }
	if l, err := login(specs["7"], server.URL+"/acme/api.git"); l != nil || err == nil || errors.Is(err, gitrepo.ErrLogin) {
		t.Errorf("GitHub answers with 502, and there is a login (%t), or it is refused: %v", l != nil, err)
	}
}

func TestSpecsOfForges(t *testing.T) {
	logins := &sweep.Logins{}
	for _, spec := range []string{
		"github:org/acme", "github:user/ada?forks&wikis&gists", "gitlab:group/acme/tools@https://git.acme.example?archived", "gitea:org/acme@http://127.0.0.1:3000", "dir:/srv/git", "list:/srv/list",
	} {
		src, err := sweep.ParseSource(spec, logins)
		if err != nil || src.Spec() != spec {
			t.Errorf("ParseSource(%q): %v", spec, err)
		}
	}
	for _, spec := range []string{
		"", "dir:", "svn:x", "github:acme", "github:org/", "github:org/acme@http://git.acme.example", "github:org/acme@https://u:p@git.acme.example", "github:org/acme?everything",
	} {
		if _, err := sweep.ParseSource(spec, logins); err == nil {
			t.Errorf("ParseSource(%q) is taken", spec)
		}
	}
}
