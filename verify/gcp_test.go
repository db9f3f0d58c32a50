package verify_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
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

func newRSA(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// inJSON is a key as it stands in a JSON file: with \n for the ends of lines.
func inJSON(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "\n", `\n`)
}

// claimsOf checks a JWT by hand, and returns what it says.
func claimsOf(jwt string, key *rsa.PublicKey) (head, claims map[string]any, err error) {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil, nil, fmt.Errorf("%d parts", len(parts))
	}
	for i, into := range []*map[string]any{&head, &claims} {
		b, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return nil, nil, err
		}
		if err := json.Unmarshal(b, into); err != nil {
			return nil, nil, err
		}
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return nil, nil, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	return head, claims, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
}

// googleServer is Google's token endpoint and what answers about a token.
type googleServer struct {
	keys   map[string]*rsa.PublicKey // by e-mail address; nil: disabled
	now    time.Time
	scopes []string // that tokens were given for
}

func (s *googleServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Date", s.now.UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	fail := func(code, text string) {
		w.WriteHeader(400)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
	}
	switch {
	case r.Host == "oauth2.googleapis.com" && r.URL.Path == "/tokeninfo" && r.FormValue("access_token") == "granted-1":
		io.WriteString(w, `{"azp":"112233445566","aud":"112233445566","scope":"https://www.googleapis.com/auth/userinfo.email","expires_in":"3598"}`)
	case r.Host == "cloudresourcemanager.googleapis.com" && r.URL.Path == "/v1/projects/acme-prod:testIamPermissions" && r.Header.Get("Authorization") == "Bearer granted-2":
		io.WriteString(w, `{"permissions":["storage.objects.get","resourcemanager.projects.get"]}`)
	case r.Host == "oauth2.googleapis.com" && r.URL.Path == "/token" && r.FormValue("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer":
		s.token(w, r.FormValue("assertion"), fail)
	default:
		http.NotFound(w, r)
	}
}

func (s *googleServer) token(w io.Writer, jwt string, fail func(code, text string)) {
	b, _ := base64.RawURLEncoding.DecodeString(strings.Split(jwt+"..", ".")[1])
	var said struct {
		Iss, Scope, Aud string
		Iat, Exp        int64
	}
	if json.Unmarshal(b, &said) != nil || said.Aud != "https://oauth2.googleapis.com/token" {
		fail("invalid_request", "")
		return
	}
	key, known := s.keys[said.Iss]
	if !known {
		fail("invalid_grant", "Invalid grant: account not found")
		return
	}
	if key == nil {
		fail("invalid_grant", "Robot is disabled.")
		return
	}
	head, _, err := claimsOf(jwt, key)
	switch {
	case err != nil || head["kid"] != "kid-1":
		fail("invalid_grant", "Invalid JWT Signature.")
	case s.now.Unix() < said.Iat-300 || s.now.Unix() > said.Exp || said.Exp-said.Iat > 60:
		fail("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.")
	default:
		s.scopes = append(s.scopes, said.Scope)
		fmt.Fprintf(w, `{"access_token":"granted-%d","expires_in":3599,"token_type":"Bearer"}`, len(s.scopes))
	}
}

func TestGCP(t *testing.T) {
	v := native(t, "gcp-service-account")
	key, other := newRSA(t), newRSA(t)
	const email = "deploy@acme-prod.iam.gserviceaccount.com"
	parts := func(key any, email string) leak.Parts {
		return partsOf(map[string]string{"secret": inJSON(t, key), "key_id": "kid-1", "project": "acme-prod", "client_email": email})
	}
	in := func(p leak.Parts, universe string) leak.Parts {
		p["universe"] = leak.NewSecret(universe)
		return p
	}
	for _, tt := range []struct {
		name   string
		server googleServer
		parts  leak.Parts
		want   leak.Status
		reason string
	}{
		{"right", googleServer{keys: map[string]*rsa.PublicKey{email: &key.PublicKey}}, parts(key, email), leak.Live, "200 OK"},
		{"deleted", googleServer{keys: map[string]*rsa.PublicKey{email: &other.PublicKey}}, parts(key, email), leak.Dead, "the key is deleted"},
		{"account deleted", googleServer{}, parts(key, email), leak.Dead, "account is deleted"},
		{"disabled", googleServer{keys: map[string]*rsa.PublicKey{email: nil}}, parts(key, email), leak.Restricted, "disabled"},
		{"their clock", googleServer{keys: map[string]*rsa.PublicKey{email: &key.PublicKey}, now: clock.Add(-40 * time.Hour)}, parts(key, email), leak.Live, "200 OK"},
		{"no address", googleServer{}, parts(key, ""), leak.Unknown, "needs the client_email"},
		{"of a person", googleServer{}, parts(key, "a@example.com"), leak.Unknown, "of no service account"},
		{"of another cloud", googleServer{}, in(parts(key, email), "apis-acme.example"), leak.Unknown, "of another cloud"},
		{"no key", googleServer{}, partsOf(map[string]string{"secret": "-----BEGIN PRIVATE KEY-----", "client_email": email}), leak.Unknown, "cannot be read"},
	} {
		if tt.server.now.IsZero() {
			tt.server.now = clock
		}
		n := verifytest.New(t)
		n.Serve("*", &tt.server)
		got := v.Verify(t.Context(), verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock})
		wants(t, tt.name, got, tt.want, tt.reason, tt.parts)
		if want := map[string]string{"id": "112233445566", "name": email, "tenant": "acme-prod", "kind": "service_account"}; got.Status == leak.Live && !cmp.Equal(want, got.Facts) {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
	}
	s := &googleServer{keys: map[string]*rsa.PublicKey{email: &key.PublicKey}, now: clock}
	n := verifytest.New(t)
	n.Serve("*", s)
	q := verify.Query{Parts: parts(key, email), Door: doorFor(t, n, v), Now: clock, Extended: true}
	if got := v.Verify(t.Context(), q); got.Facts["scopes"] != "resourcemanager.projects.get storage.objects.get" {
		t.Errorf("extended: %+v", got)
	}
	q.Control = true
	wants(t, "control", v.Verify(t.Context(), q), leak.Dead, "", q.Parts)
	misbehaves(t, v, verify.Query{Parts: parts(key, email), Now: clock}, "oauth2.googleapis.com")
}

func googleFor(email string, key *rsa.PrivateKey, now time.Time) *googleServer {
	return &googleServer{keys: map[string]*rsa.PublicKey{email: &key.PublicKey}, now: now}
}
