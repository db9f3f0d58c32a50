package verify_test

import (
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

// kubeServer is an API server that knows one token.
func kubeServer(t *testing.T, token, user string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, _ := io.ReadAll(r.Body)
		fail := func(code int, reason, message string) {
			w.WriteHeader(code)
			fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":%q,"code":%d}`, message, reason, code)
		}
		switch {
		case r.Method != "POST" || r.URL.String() != "/apis/authentication.k8s.io/v1/selfsubjectreviews" || string(body) != `{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}`:
			t.Errorf("%s %s %s", r.Method, r.URL, body)
		case user == "old":
			fail(404, "NotFound", "the server could not find the requested resource")
		case r.Header.Get("Authorization") != "Bearer "+token:
			fail(401, "Unauthorized", "Unauthorized")
		case user == "":
			fail(403, "Forbidden", `selfsubjectreviews.authentication.k8s.io is forbidden: User "bob" cannot create resource`)
		default:
			w.WriteHeader(201)
			fmt.Fprintf(w, `{"kind":"SelfSubjectReview","apiVersion":"authentication.k8s.io/v1","status":{"userInfo":{"username":%q,"uid":"u-1","groups":["system:serviceaccounts","system:authenticated"]}}}`, user)
		}
	})
}

func TestKubernetes(t *testing.T) {
	v := native(t, "kubernetes")
	key := newRSA(t)
	account := "system:serviceaccount:shop:deployer"
	bound := map[string]any{
		"aud": []string{"https://kubernetes.default.svc"}, "sub": account, "exp": clock.Add(time.Hour).Unix(), "iat": clock.Unix(),
		"kubernetes.io": map[string]any{"namespace": "shop", "serviceaccount": map[string]any{"name": "deployer", "uid": "5c1d"}, "pod": map[string]any{"name": "web-1"}},
	}
	old := map[string]any{
		"iss": "kubernetes/serviceaccount", "sub": account, "kubernetes.io/serviceaccount/namespace": "shop",
		"kubernetes.io/serviceaccount/service-account.uid": "5c1d", "kubernetes.io/serviceaccount/secret.name": "deployer-token-x1",
	}
	boundToken, oldToken := issue(t, "RS256", "k", key, bound), issue(t, "RS256", "k", key, old)
	bound["aud"], bound["iss"] = []string{"vault", "sts.amazonaws.com"}, "https://oidc.acme.example"
	forVault := issue(t, "RS256", "k", key, bound)
	bound["aud"] = "https://oidc.acme.example"
	ofIssuer := issue(t, "RS256", "k", key, bound)
	bound["exp"] = clock.Add(-25 * time.Hour).Unix()
	ended := issue(t, "RS256", "k", key, bound)
	opaque := "kubeconfig" + strings.Repeat("x7", 12)
	for _, tt := range []struct {
		name, token, user, host, allow string
		want                           leak.Status
		reason                         string
	}{
		{"bound", boundToken, account, "k8s.acme.example", "k8s.acme.example", leak.Live, "201 Created"},
		{"of a Secret", oldToken, account, "k8s.acme.example", "k8s.acme.example", leak.Live, "201 Created"},
		{"opaque", opaque, "alice", "k8s.acme.example", "k8s.acme.example", leak.Live, "201 Created"},
		{"deleted", oldToken + "x", account, "k8s.acme.example", "k8s.acme.example", leak.Dead, "401 Unauthorized"},
		{"deleted, bound", boundToken + "x", account, "k8s.acme.example", "k8s.acme.example", leak.Dead, "401 Unauthorized"},
		{"deleted, for its issuer", ofIssuer + "x", account, "k8s.acme.example", "k8s.acme.example", leak.Dead, "401 Unauthorized"},
		{"for others", forVault + "x", account, "k8s.acme.example", "k8s.acme.example", leak.Unknown, "for others than the API server"},
		{"may not", opaque, "", "k8s.acme.example", "k8s.acme.example", leak.Restricted, "403 Forbidden"},
		{"anonymous", opaque, "system:anonymous", "k8s.acme.example", "k8s.acme.example", leak.Unknown, "nobody's"},
		{"an old server", opaque, "old", "k8s.acme.example", "k8s.acme.example", leak.Unknown, "1.28"},
		{"ended", ended, account, "k8s.acme.example", "k8s.acme.example", leak.Expired, "it ended at"},
		{"no server", boundToken, account, "", "", leak.Unknown, "needs the API server"},
		{"no server, opaque", opaque, account, "", "", leak.Unknown, "needs the API server"},
		{"not allowed", boundToken, account, "k8s.acme.example", "other.example", leak.SkippedCheck, "--allow-host k8s.acme.example"},
		{"no token", "a\r\nb", account, "k8s.acme.example", "k8s.acme.example", leak.Unknown, "cannot be sent"},
	} {
		n := verifytest.New(t)
		n.Serve("k8s.acme.example", kubeServer(t, strings.TrimSuffix(tt.token, "x"), tt.user))
		if tt.token == opaque {
			n.Serve("k8s.acme.example", kubeServer(t, opaque, tt.user))
		}
		parts := partsOf(map[string]string{"secret": tt.token, "host": tt.host})
		var allow []string
		if tt.allow != "" {
			allow = []string{tt.allow}
		}
		got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: doorFor(t, n, v, allow...), Now: clock})
		wants(t, tt.name, got, tt.want, tt.reason, parts)
		want := map[string]string{
			"name": account, "kind": "service_account", "tenant_name": "shop", "id": "5c1d", "label": "web-1", "server": "k8s.acme.example",
			"expires": "2026-01-02T04:04:05Z", "created": "2026-01-02T03:04:05Z", "scopes": "system:authenticated system:serviceaccounts",
		}
		if diff := cmp.Diff(want, got.Facts); tt.name == "bound" && diff != "" {
			t.Errorf("%s: facts (-want +got):\n%s", tt.name, diff)
		}
		if (tt.name == "no server" || tt.name == "ended") && got.Facts["tenant_name"] != "shop" {
			t.Errorf("%s: facts %v", tt.name, got.Facts)
		}
	}
	for name, h := range map[string]http.HandlerFunc{
		"rate limited": reply(429, ""), "broken": reply(500, ""), "page": reply(401, "<html>sign in</html>"), "not of Kubernetes": reply(401, `{"error":"no"}`),
		"denied by a proxy": reply(403, "Forbidden"), "anonymous": reply(403, `{"kind":"Status","status":"Failure","message":"User \"system:anonymous\" cannot create"}`),
		"empty": reply(201, ""), "half": reply(201, `{"kind":"SelfSub`),
	} {
		host := fmt.Sprintf("k%d.acme.example", len(name))
		n := verifytest.New(t)
		n.Serve(host, h)
		q := verify.Query{Parts: partsOf(map[string]string{"secret": opaque, "host": host}), Door: doorFor(t, n, v, host), Now: clock}
		wants(t, name, v.Verify(t.Context(), q), leak.Unknown, "", q.Parts)
	}
}
