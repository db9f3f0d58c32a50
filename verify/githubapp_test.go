package verify_test

import (
	"crypto/rsa"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// githubServer answers for apps.
type githubServer struct {
	t         *testing.T
	key       *rsa.PublicKey // nil: there is no such app
	now       time.Time
	suspended bool
}

func (s *githubServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	fail := func(status int, message string) {
		w.WriteHeader(status)
		io.WriteString(w, `{"message":"`+message+`","documentation_url":"https://docs.github.com/rest","status":"401"}`)
	}
	if r.Method != "GET" || r.URL.String() != "/app" {
		s.t.Errorf("%s %s", r.Method, r.URL)
	}
	if s.key == nil {
		fail(404, "Integration not found")
		return
	}
	_, claims, err := claimsOf(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), s.key)
	iat, _ := claims["iat"].(float64)
	exp, _ := claims["exp"].(float64)
	switch now := float64(s.now.Unix()); {
	case err != nil || claims["iss"] != "123456":
		fail(401, "A JSON web token could not be decoded")
	case iat > now:
		fail(401, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	case exp > now+600 || exp < now:
		fail(401, "'Expiration time' claim ('exp') is too far in the future")
	case s.suspended:
		fail(403, "This app has been suspended")
	default:
		io.WriteString(w, `{"id":123456,"slug":"acme-deploy","name":"Acme Deploy","owner":{"login":"acme","type":"Organization"},"permissions":{"contents":"write","actions":"read"},"created_at":"2024-01-02T03:04:05Z"}`)
	}
}

func TestGitHubApp(t *testing.T) {
	v := native(t, "github-app")
	key, other := newRSA(t), newRSA(t)
	parts := func(app string) leak.Parts {
		return partsOf(map[string]string{"secret": inJSON(t, key), "app": app})
	}
	for _, tt := range []struct {
		name   string
		server githubServer
		parts  leak.Parts
		want   leak.Status
		reason string
	}{
		{"right", githubServer{key: &key.PublicKey}, parts("123456"), leak.Live, "200 OK"},
		{"deleted", githubServer{key: &other.PublicKey}, parts("123456"), leak.Dead, "not a key of the app"},
		{"app deleted", githubServer{}, parts("123456"), leak.Dead, "the app is deleted"},
		{"suspended", githubServer{key: &key.PublicKey, suspended: true}, parts("123456"), leak.Restricted, "suspended"},
		{"their clock", githubServer{key: &key.PublicKey, now: clock.Add(-3 * time.Hour)}, parts("123456"), leak.Live, "200 OK"},
		{"their clock is ahead", githubServer{key: &key.PublicKey, now: clock.Add(3 * time.Hour)}, parts("123456"), leak.Live, "200 OK"},
		{"no id", githubServer{}, parts(""), leak.Unknown, "needs the app's id"},
		{"a bad id", githubServer{}, parts("../x"), leak.Unknown, "is none"},
		{"no key", githubServer{}, partsOf(map[string]string{"secret": "x", "app": "1"}), leak.Unknown, "cannot be read"},
	} {
		tt.server.t = t
		if tt.server.now.IsZero() {
			tt.server.now = clock
		}
		n := verifytest.New(t)
		n.Serve("api.github.com", &tt.server)
		got := v.Verify(t.Context(), verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock})
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		want := map[string]string{
			"id": "123456", "name": "acme-deploy", "kind": "bot", "tenant": "acme", "owner": "acme", "created": "2024-01-02T03:04:05Z", "scopes": "actions:read contents:write",
		}
		if diff := cmp.Diff(want, got.Facts); got.Status == leak.Live && diff != "" {
			t.Errorf("%s: facts (-want +got):\n%s", tt.name, diff)
		}
	}
	n := verifytest.New(t)
	n.Serve("api.github.com", &githubServer{t: t, key: &key.PublicKey, now: clock})
	control := v.Verify(t.Context(), verify.Query{Parts: parts("123456"), Door: doorFor(t, n, v), Now: clock, Control: true})
	wants(t, "control", control, leak.Dead, "", nil)
	misbehaves(t, v, verify.Query{Parts: parts("123456"), Now: clock}, "api.github.com")
}
