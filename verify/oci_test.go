package verify_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// ociServer is a registry with a login in front of it: Basic, or a token from
// its realm.
type ociServer struct {
	t            *testing.T
	realm        string // empty: Basic
	user, secret string
	expired      bool
	registry     http.Handler
	asked        []string
}

func (s *ociServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.Host+r.URL.Path)
	user, secret, basic := r.BasicAuth()
	right := basic && user == s.user && secret == s.secret
	if r.Method != "GET" || r.URL.Query().Get("scope") != "" {
		s.t.Errorf("%s %s", r.Method, r.URL)
	}
	deny := func(code, message string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(401)
		fmt.Fprintf(w, `{"errors":[{"code":"%s","message":"%s"}]}`, code, message)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/token"):
		if r.URL.Query().Get("service") != "registry.acme" {
			s.t.Errorf("service %q", r.URL.Query())
		}
		if basic && !right {
			deny("UNAUTHORIZED", "incorrect username or password")
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"token":"granted","expires_in":300}`) // to nobody, too
	case s.realm != "":
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+s.realm+`",service="registry.acme"`)
		deny("UNAUTHORIZED", "authentication required")
	case basic && s.expired:
		deny("DENIED", "Your authorization token has expired. Reauthenticate and try again.")
	case !right:
		w.Header().Set("WWW-Authenticate", `Basic realm="https://registry.acme/",service="registry.acme"`)
		deny("UNAUTHORIZED", "authentication required")
	default:
		s.registry.ServeHTTP(w, r)
	}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

func TestOCI(t *testing.T) {
	v := native(t, "oci")
	reg := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	pass := "pa" + "ss:w+rd" + strings.Repeat("7", 9)
	ecr := func(end time.Time) string {
		b, _ := json.Marshal(map[string]any{"payload": "x", "type": "DATA_KEY", "version": "2", "expiration": end.Unix()})
		return base64.StdEncoding.EncodeToString(b)
	}
	for _, tt := range []struct {
		name, registry, realm, user, secret string
		expired                             bool
		want                                leak.Status
		reason, asked                       string
	}{
		{name: "Docker Hub", registry: "https://index.docker.io/v1/", realm: "https://auth.docker.io/token", user: "acme", secret: pass, want: leak.Live, asked: "registry-1.docker.io/v2/ auth.docker.io/token"},
		{name: "Docker Hub, wrong", registry: "https://index.docker.io/v1/", realm: "https://auth.docker.io/token", user: "acme", secret: "x", want: leak.Dead, asked: "registry-1.docker.io/v2/ auth.docker.io/token"},
		{name: "GitLab", registry: "registry.gitlab.com", realm: "https://gitlab.com/jwt/token", user: "acme", secret: pass, want: leak.Live, asked: "registry.gitlab.com/v2/ gitlab.com/jwt/token"},
		{name: "GitHub", registry: "ghcr.io", realm: "https://ghcr.io/token", user: "acme", secret: pass, want: leak.Live, asked: "ghcr.io/v2/ ghcr.io/token"},
		{name: "Azure", registry: "acme.azurecr.io", realm: "https://acme.azurecr.io/oauth2/token", user: "acme", secret: pass, want: leak.Live, asked: "acme.azurecr.io/v2/ acme.azurecr.io/oauth2/token"},
		{name: "Basic", registry: "quay.io", user: "acme", secret: pass, want: leak.Live, asked: "quay.io/v2/ quay.io/v2/"},
		{name: "Basic, wrong", registry: "quay.io", user: "acme", secret: "x", want: leak.Dead, asked: "quay.io/v2/ quay.io/v2/"},
		{name: "one's own", registry: "registry.acme.example:5000", realm: "https://registry.acme.example:5000/token", user: "acme", secret: pass, want: leak.Live, asked: "registry.acme.example:5000/v2/ registry.acme.example:5000/token"},
		{name: "ECR", registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", user: "AWS", secret: ecr(clock.Add(time.Hour)), expired: true, want: leak.Expired, asked: "123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/ 123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/"},
		{name: "ECR, yesterday", registry: "123456789012.dkr.ecr.eu-west-1.amazonaws.com", user: "AWS", secret: ecr(clock.Add(-25 * time.Hour)), want: leak.Expired},
		{name: "another's realm", registry: "quay.io", realm: "https://gitlab.com/token", user: "acme", secret: pass, want: leak.Unknown, reason: "another host", asked: "quay.io/v2/"},
		{name: "a stranger's realm", registry: "quay.io", realm: "https://evil.example/token", user: "acme", secret: pass, want: leak.Unknown, reason: "another host", asked: "quay.io/v2/"},
		{name: "a realm without TLS", registry: "quay.io", realm: "http://quay.io/token", user: "acme", secret: pass, want: leak.Unknown, reason: "where logins go", asked: "quay.io/v2/"},
		{name: "a realm with a user", registry: "quay.io", realm: "https://quay.io@evil.example/token", user: "acme", secret: pass, want: leak.Unknown, reason: "where logins go", asked: "quay.io/v2/"},
		{name: "not allowed", registry: "other.example", user: "acme", secret: pass, want: leak.SkippedCheck, reason: "--allow-host other.example"},
		{name: "no registry", user: "acme", secret: pass, want: leak.Unknown, reason: "needs the registry"},
		{name: "a bad registry", registry: "https://a@b/", user: "acme", secret: pass, want: leak.Unknown, reason: "no name of a host"},
	} {
		n := verifytest.New(t)
		s := &ociServer{t: t, realm: tt.realm, user: "acme", secret: pass, registry: reg, expired: tt.expired}
		n.Serve("*", s)
		parts := partsOf(map[string]string{"secret": basic(tt.user, tt.secret), "registry": tt.registry})
		q := verify.Query{Parts: parts, Door: doorFor(t, n, v, "registry.acme.example:5000"), Now: clock}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, tt.reason, parts)
		if asked := strings.Join(s.asked, " "); asked != tt.asked {
			t.Errorf("%s: asked %s, want %s", tt.name, asked, tt.asked)
		}
		if strings.Contains(fmt.Sprint(got), pass) {
			t.Errorf("%s: the verdict holds the password", tt.name)
		}
		if got.Status == leak.Live && got.Facts["name"] != "acme" {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
		if q.Control = true; got.Status == leak.Live {
			wants(t, tt.name+": control", v.Verify(t.Context(), q), leak.Dead, "", parts)
		}
	}
}

func TestOCIMore(t *testing.T) {
	v := native(t, "oci")
	n := verifytest.New(t)
	n.Serve("*", registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	q := verify.Query{Parts: partsOf(map[string]string{"secret": basic("acme", "pass"+"word-1234"), "registry": "quay.io"}), Door: doorFor(t, n, v), Now: clock}
	wants(t, "an open registry", v.Verify(t.Context(), q), leak.Unknown, "without a login", q.Parts)
	misbehaves(t, v, q, "quay.io")

	// The second question is answered badly.
	for name, bad := range map[string]http.HandlerFunc{
		"page": reply(200, "<!DOCTYPE html><title>Sign in</title>"), "no token": reply(200, "{}"), "broken": reply(500, ""), "limited": reply(429, ""),
		"refusing page": reply(401, "<html>no</html>"), "denied": reply(403, `{"errors":[{"code":"DENIED"}]}`),
	} {
		n := verifytest.New(t)
		n.Serve("quay.io", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, _, ok := r.BasicAuth(); ok {
				bad(w, r)
				return
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://quay.io/v2/auth"`)
			w.WriteHeader(401)
		}))
		q.Door = doorFor(t, n, v)
		wants(t, name, v.Verify(t.Context(), q), leak.Unknown, "", q.Parts)
	}

	// A key of Google signs, and is not sent to the registry.
	key := newRSA(t)
	const email = "puller@acme-prod.iam.gserviceaccount.com"
	file := `{"type":"service_account","project_id":"acme-prod","private_key_id":"kid-1","client_email":"` + email + `","private_key":"` + inJSON(t, key) + `"}`
	for _, login := range []string{basic("_json_key", file), basic("_json_key_base64", base64.StdEncoding.EncodeToString([]byte(file)))} {
		n = verifytest.New(t)
		n.Serve("oauth2.googleapis.com", googleFor(email, key, clock))
		q = verify.Query{Parts: partsOf(map[string]string{"secret": login, "registry": "gcr.io"}), Door: doorFor(t, n, v), Now: clock}
		got := v.Verify(t.Context(), q)
		wants(t, "a key of Google", got, leak.Live, "", q.Parts)
		if want := map[string]string{"id": "112233445566", "name": email, "tenant": "acme-prod", "kind": "service_account"}; !cmp.Equal(want, got.Facts) {
			t.Errorf("facts %v", got.Facts)
		}
	}
}

// TestOCIRefusals: 401 is dead only in words about the login, and a realm leads nowhere else.
func TestOCIRefusals(t *testing.T) {
	v := native(t, "oci")
	for message, want := range map[string]leak.Status{
		"authentication required": leak.Dead, "authentication required, visit https://aka.ms/acr/authorization": leak.Dead, "": leak.Dead, "unauthorized": leak.Dead,
		"Invalid Username or Password": leak.Dead, "incorrect username or password": leak.Dead, "Could not log in: password was incorrect": leak.Dead,
		"auth backend unavailable": leak.Unknown, "too many requests": leak.Unknown, "access denied": leak.Unknown, "rate limit exceeded": leak.Unknown,
		"the client is not allowed from here": leak.Unknown, "account locked": leak.Unknown,
	} {
		n := verifytest.New(t)
		n.Serve("registry.acme.example", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("WWW-Authenticate", `Basic realm="r"`)
			w.WriteHeader(401)
			said := message
			if _, _, ok := r.BasicAuth(); !ok {
				said = "authentication required"
			}
			fmt.Fprintf(w, `{"errors":[{"code":"UNAUTHORIZED","message":%q}]}`, said)
		}))
		parts := partsOf(map[string]string{"secret": basic("robot", secretOf(1)), "registry": "registry.acme.example"})
		got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v, "registry.acme.example"), Now: clock})
		wants(t, message, got, want, "401", parts)
	}
	for _, realm := range []string{"https://registry.acme.example/../admin", "https://registry.acme.example/a/%2e%2e/admin", "https://registry.acme.example/..", "https://evil.example/token", "https://registry.acme.example@evil.example/token"} {
		s := &ociServer{t: t, realm: realm, user: "robot", secret: secretOf(1)}
		n := verifytest.New(t)
		n.Serve("*", s)
		parts := partsOf(map[string]string{"secret": basic("robot", secretOf(1)), "registry": "registry.acme.example"})
		got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v, "registry.acme.example"), Now: clock})
		wants(t, realm, got, leak.Unknown, "", parts)
		if len(s.asked) != 1 {
			t.Errorf("%s: asked %q", realm, s.asked)
		}
	}
}
