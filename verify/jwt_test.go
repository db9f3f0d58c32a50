package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

var b64 = base64.RawURLEncoding.EncodeToString

// issue signs a JWT by hand.
func issue(t *testing.T, alg, kid string, key crypto.Signer, claims map[string]any) string {
	t.Helper()
	head := map[string]any{"alg": alg, "typ": "JWT"}
	if kid != "" {
		head["kid"] = kid
	}
	h, _ := json.Marshal(head)
	c, _ := json.Marshal(claims)
	text := b64(h) + "." + b64(c)
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[strings.TrimLeft(alg, "ERPS")]
	sum := []byte(text)
	if hash != 0 {
		m := hash.New()
		m.Write(sum)
		sum = m.Sum(nil)
	}
	var sig []byte
	var err error
	switch k := key.(type) {
	case *rsa.PrivateKey:
		if strings.HasPrefix(alg, "PS") {
			sig, err = rsa.SignPSS(rand.Reader, k, hash, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		} else {
			sig, err = rsa.SignPKCS1v15(rand.Reader, k, hash, sum)
		}
	case *ecdsa.PrivateKey:
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, k, sum)
		size := (k.Params().BitSize + 7) / 8
		sig = append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
	case ed25519.PrivateKey:
		sig = ed25519.Sign(k, sum)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + b64(sig)
}

func jwk(kid string, key crypto.PublicKey) map[string]string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return map[string]string{"kty": "RSA", "kid": kid, "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}
	case *ecdsa.PublicKey:
		b, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		half := len(b) / 2
		return map[string]string{"kty": "EC", "kid": kid, "crv": k.Params().Name, "x": b64(b[1 : 1+half]), "y": b64(b[1+half:])}
	case ed25519.PublicKey:
		return map[string]string{"kty": "OKP", "kid": kid, "crv": "Ed25519", "x": b64(k)}
	}
	return nil
}

func jwks(keys ...map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Date", clock.Add(-time.Hour/2).Format(http.TimeFormat)) // out of a cache
		w.Header().Set("Age", "1800")
		json.NewEncoder(w).Encode(map[string]any{"keys": keys})
	}
}

// TestJWTSignatures: every algorithm, with its key and with another one.
func TestJWTSignatures(t *testing.T) {
	v := native(t, "jwt")
	rsaKey, stranger := newRSA(t), newRSA(t).Public()
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	ec := map[string]*ecdsa.PrivateKey{}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		ec[name], _ = ecdsa.GenerateKey(curve, rand.Reader)
	}
	keys := map[string]crypto.Signer{
		"RS256": rsaKey, "RS384": rsaKey, "RS512": rsaKey, "PS256": rsaKey, "PS512": rsaKey, "EdDSA": edKey, "ES256": ec["ES256"], "ES384": ec["ES384"], "ES512": ec["ES512"],
	}
	claims := map[string]any{"iss": "https://gitlab.com", "sub": "project_path:acme/app", "exp": clock.Add(time.Hour).Unix()}
	for alg, key := range keys {
		n := verifytest.New(t)
		n.Serve("gitlab.com", jwks(jwk("other", stranger), jwk("k", key.Public())))
		ask := func(token string) leak.Verdict {
			return v.Verify(t.Context(), verify.Query{Parts: partsOf(map[string]string{"secret": token}), Door: doorFor(t, n, v), Now: clock})
		}
		token := issue(t, alg, "k", key, claims)
		wants(t, alg, ask(token), leak.Live, "valid until 2026-01-02T04:04:05Z", nil)
		wants(t, alg+" without a kid", ask(issue(t, alg, "", key, claims)), leak.Live, "", nil)
		wants(t, alg+" with another kid", ask(issue(t, alg, "gone", key, claims)), leak.Unknown, "does not publish", nil)
		at := strings.LastIndexByte(token, '.') + 1
		for _, i := range []int{at + 3, 50, at / 2} {
			c := byte('A')
			if token[i] == c {
				c = 'B'
			}
			if got := ask(token[:i] + string(c) + token[i+1:]); got.Status != leak.Unknown {
				t.Errorf("%s, byte %d changed: %s (%s)", alg, i, got.Status, got.Reason)
			}
		}
		wants(t, alg+" no signature", ask(token[:at]), leak.Unknown, "", nil)
		// The header names another algorithm than the key is for.
		for other := range keys {
			head := b64([]byte(`{"alg":"` + other + `","kid":"k"}`))
			if _, rest, _ := strings.Cut(token, "."); other != alg {
				wants(t, alg+" as "+other, ask(head+"."+rest), leak.Unknown, "", nil)
			}
		}
	}
}

func TestJWT(t *testing.T) {
	v := native(t, "jwt")
	key := newRSA(t)
	tid := "01234567-abcd-abcd-abcd-abcdef012345"
	n := verifytest.New(t)
	n.Serve("*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.Header["Authorization"])+len(r.URL.RawQuery) > 0 || r.Method != "GET" {
			t.Errorf("asks with more than it should: %s %s %v", r.Method, r.URL, r.Header)
		}
		jwks(jwk("k", key.Public()))(w, r)
	}))
	ahead, past, long := clock.Add(time.Hour).Unix(), clock.Add(-time.Hour).Unix(), clock.Add(-25*time.Hour).Unix()
	for _, tt := range []struct {
		name, alg string
		claims    map[string]any
		want      leak.Status
		reason    string
		host      string
	}{
		{"Google", "RS256", map[string]any{"iss": "https://accounts.google.com", "exp": ahead}, leak.Live, "", "www.googleapis.com"},
		{"Entra", "RS256", map[string]any{"iss": "https://sts.windows.net/" + tid + "/", "exp": ahead}, leak.Live, "", "login.microsoftonline.com"},
		{"Entra 2", "RS256", map[string]any{"iss": "https://login.microsoftonline.com/" + tid + "/v2.0", "exp": ahead}, leak.Live, "", "login.microsoftonline.com"},
		{"Actions", "RS256", map[string]any{"iss": "https://token.actions.githubusercontent.com", "exp": ahead}, leak.Live, "", "token.actions.githubusercontent.com"},
		{"Auth0", "RS256", map[string]any{"iss": "https://acme.eu.auth0.com/", "exp": ahead}, leak.Live, "", "acme.eu.auth0.com"},
		{"Okta", "RS256", map[string]any{"iss": "https://acme.okta.com/oauth2/default", "exp": ahead}, leak.Live, "", "acme.okta.com"},
		{"no end", "RS256", map[string]any{"iss": "https://gitlab.com"}, leak.Live, "no end", "gitlab.com"},
		{"not yet", "RS256", map[string]any{"iss": "https://gitlab.com", "nbf": ahead}, leak.Restricted, "not valid before", "gitlab.com"},
		{"ended", "RS256", map[string]any{"iss": "https://gitlab.com", "exp": past}, leak.Expired, "it ended at 2026-01-02T02:04:05Z, by the clock of gitlab.com", "gitlab.com"},
		{"ended long ago", "RS256", map[string]any{"iss": "https://gitlab.com", "exp": long}, leak.Expired, "it ended at 2026-01-01T02:04:05Z, by the clock of this machine", ""},
		{"ended long ago, of nobody", "HS256", map[string]any{"exp": long}, leak.Expired, "it ended at", ""},
		{"ended just now, of nobody", "HS256", map[string]any{"exp": past}, leak.Unknown, "unless the clock of this machine is wrong", ""},
		{"a shared key", "HS256", map[string]any{"iss": "https://gitlab.com", "exp": ahead}, leak.Unknown, "only its issuer has", ""},
		{"not signed", "none", map[string]any{"iss": "https://gitlab.com", "exp": ahead}, leak.Unknown, "not signed", ""},
		{"of somebody", "RS256", map[string]any{"iss": "https://login.acme.example/", "exp": ahead}, leak.Unknown, "login.acme.example", ""},
		{"a trick", "RS256", map[string]any{"iss": "https://evil.example/.okta.com", "exp": ahead}, leak.Unknown, "evil.example", ""},
		{"a trick with two labels", "RS256", map[string]any{"iss": "https://a.b.okta.com", "exp": ahead}, leak.Unknown, "none of those", ""},
		{"a trick with a port", "RS256", map[string]any{"iss": "https://gitlab.com:8443", "exp": ahead}, leak.Unknown, "", ""},
		{"a trick with a user", "RS256", map[string]any{"iss": "https://gitlab.com@evil.example", "exp": ahead}, leak.Unknown, "", ""},
		{"a number", "RS256", map[string]any{"iss": 17, "exp": "x"}, leak.Unknown, "names no issuer", ""},
	} {
		q := verify.Query{Parts: partsOf(map[string]string{"secret": issue(t, tt.alg, "k", key, tt.claims)}), Door: doorFor(t, n, v), Now: clock}
		if tt.alg != "RS256" {
			q.Parts["secret"] = leak.NewSecret(issue(t, tt.alg, "k", nil, tt.claims) + "c2ln")
		}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, tt.reason, q.Parts)
		if got.Host != tt.host {
			t.Errorf("%s: asked %q, want %q", tt.name, got.Host, tt.host)
		}
		calls, err := v.Plan(q)
		if planned := err == nil && len(calls) == 1; planned != (tt.host != "") || planned && calls[0].Host != tt.host {
			t.Errorf("%s: plans %v, %v", tt.name, calls, err)
		}
	}
	claims := map[string]any{
		"iss": "https://token.actions.githubusercontent.com", "sub": "repo:acme/app:ref:refs/heads/main", "repository_owner": "acme", "workflow": "release",
		"exp": ahead, "iat": past, "email": "a@example.com",
	}
	q := verify.Query{Parts: partsOf(map[string]string{"secret": issue(t, "RS256", "k", key, claims)}), Door: doorFor(t, n, v), Now: clock}
	want := map[string]string{
		"id": "repo:acme/app:ref:refs/heads/main", "tenant": "acme", "kind": "ci_identity", "server": "https://token.actions.githubusercontent.com",
		"expires": "2026-01-02T04:04:05Z", "created": "2026-01-02T02:04:05Z", "email": "a@example.com",
	}
	if diff := cmp.Diff(want, v.Verify(t.Context(), q).Facts); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	misbehaves(t, v, q, "token.actions.githubusercontent.com")
	for _, bad := range []string{"", "x", "..", "a.b.c", "e30.e30.", "e30.e30.e30.e30", strings.Repeat("e30.", 99_999)} {
		if got := v.Verify(t.Context(), verify.Query{Parts: partsOf(map[string]string{"secret": bad}), Now: clock}); got.Status != leak.Unknown {
			t.Errorf("%.20q: %+v", bad, got)
		}
	}
	n = verifytest.New(t)
	q.Door = doorFor(t, n, v)
	n.Serve("token.actions.githubusercontent.com", reply(200, fmt.Sprintf(`{"keys":[null,1,{"kid":"k","kty":"RSA","n":"AA","e":"AQAB"},{"kid":"k","kty":"EC","crv":"P-256","x":"%s","y":""}]}`, b64(make([]byte, 32)))))
	wants(t, "bad keys", v.Verify(t.Context(), q), leak.Unknown, "does not fit", q.Parts)
}

// TestWrongClocks: the issuer's clock decides whether a token has ended, as ours
// may be wrong.
func TestWrongClocks(t *testing.T) {
	v, key := native(t, "jwt"), newRSA(t)
	n := verifytest.New(t)
	n.Serve("gitlab.com", jwks(jwk("k", key.Public())))
	token := func(end time.Time) leak.Parts {
		return partsOf(map[string]string{"secret": issue(t, "RS256", "k", key, map[string]any{"iss": "https://gitlab.com", "exp": end.Unix()})})
	}
	for name, tt := range map[string]struct {
		end, ours time.Time
		want      leak.Status
	}{
		"ours is fast":          {clock.Add(time.Hour), clock.Add(5 * time.Hour), leak.Live},
		"ours is slow":          {clock.Add(-time.Hour), clock.Add(-5 * time.Hour), leak.Expired},
		"ours is a year behind": {clock.Add(-time.Hour), clock.AddDate(-1, 0, 0), leak.Expired},
	} {
		q := verify.Query{Parts: token(tt.end), Door: doorFor(t, n, v), Now: tt.ours}
		if got := v.Verify(t.Context(), q); got.Status != tt.want || got.Host != "gitlab.com" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
