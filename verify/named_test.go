package verify_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestNamedServers: the server that a text names is asked, and the provider's
// own is not, even if nobody allows the other.
func TestNamedServers(t *testing.T) {
	_, vs := verify.Compiled(t)
	gitlab, github := "401 Unauthorized", "Bad credentials"
	for _, test := range []struct {
		rule, host, allow, message string
		want                       leak.Status
		asked                      string // host and path, if somebody was asked
	}{
		{"gitlab-personal-access-token", "", "", gitlab, leak.Unknown, "gitlab.com/api/v4/personal_access_tokens/self"},
		{"gitlab-personal-access-token", "gitlab.com", "", gitlab, leak.Dead, "gitlab.com/api/v4/personal_access_tokens/self"},
		{"gitlab-personal-access-token", "docs.gitlab.com", "", gitlab, leak.Dead, "gitlab.com/api/v4/personal_access_tokens/self"},
		{"gitlab-personal-access-token", "git.acme.example", "", gitlab, leak.SkippedCheck, ""},
		{"gitlab-personal-access-token", "git.acme.example", "git.acme.example", gitlab, leak.Dead, "git.acme.example/api/v4/personal_access_tokens/self"},
		{"github-personal-access-token", "", "", github, leak.Dead, "api.github.com/user"},
		{"github-personal-access-token", "github.com", "", github, leak.Dead, "api.github.com/user"},
		{"github-personal-access-token", "git.acme.example", "", github, leak.SkippedCheck, ""},
		{"github-personal-access-token", "git.acme.example", "git.acme.example", github, leak.Dead, "git.acme.example/api/v3/user"},
		{"github-personal-access-token", "api.acme.ghe.com", "api.acme.ghe.com", github, leak.Dead, "api.acme.ghe.com/user"},
		{"github-personal-access-token", "acme.ghe.com", "", github, leak.SkippedCheck, ""},
		{"github-personal-access-token", "acme.ghe.com", "api.acme.ghe.com", github, leak.Dead, "api.acme.ghe.com/user"},
		{"github-app-private-key", "acme.ghe.com", "api.acme.ghe.com", "A JSON web token could not be decoded", leak.Dead, "api.acme.ghe.com/app"},
		{"github-app-installation-token", "git.acme.example", "git.acme.example", github, leak.Dead, "git.acme.example/api/v3/rate_limit"},
		{"github-app-private-key", "git.acme.example", "", "A JSON web token could not be decoded", leak.SkippedCheck, ""},
		{"github-app-private-key", "git.acme.example", "git.acme.example", "A JSON web token could not be decoded", leak.Dead, "git.acme.example/api/v3/app"},
		{"github-app-private-key", "github.com", "", "A JSON web token could not be decoded", leak.Dead, "api.github.com/app"},
		{"sentry-user-token", "sentry.acme.example", "", "Invalid token", leak.SkippedCheck, ""},
		{"sentry-user-token", "o1.ingest.sentry.io", "", "no", leak.Unknown, "us.sentry.io/api/0/organizations/ de.sentry.io/api/0/organizations/"},
		{"wandb-api-key", "ml.acme.example", "", "no", leak.SkippedCheck, ""},
		{"quay-oauth-token", "images.acme.example", "", "no", leak.SkippedCheck, ""},
	} {
		n := verifytest.New(t)
		var asked []string
		n.Serve("*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.Host+r.URL.Path)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			json.NewEncoder(w).Encode(map[string]string{"message": test.message})
		}))
		v := vs[test.rule]
		secret := "made-up-" + strings.Repeat("x7", 16)
		if test.rule == "github-app-private-key" {
			secret = inJSON(t, newRSA(t))
		}
		parts := partsOf(map[string]string{"secret": secret, "host": test.host, "app": "123456"})
		if test.host == "" {
			delete(parts, "host")
		}
		var allow []string
		if test.allow != "" {
			allow = append(allow, test.allow)
		}
		got := v.Verify(t.Context(), verify.Query{Rule: test.rule, Parts: parts, Now: clock, Door: doorFor(t, n, v, allow...)})
		if got.Status != test.want || strings.Join(asked, " ") != test.asked {
			t.Errorf("%s at %q: %s (%s), asked %v; want %s, %s", test.rule, test.host, got.Status, got.Reason, asked, test.want, test.asked)
		}
		calls, err := v.Plan(verify.Query{Rule: test.rule, Parts: parts, Now: clock})
		if err != nil || test.asked != "" && (len(calls) == 0 || !strings.HasPrefix(test.asked, calls[0].Host+calls[0].Path)) {
			t.Errorf("%s at %q: planned %v, %v", test.rule, test.host, calls, err)
		}
	}
}

// TestServerInToken: a token of Sentry says itself whose it is.
func TestServerInToken(t *testing.T) {
	_, vs := verify.Compiled(t)
	for said, want := range map[string]string{
		`{"iat":1,"url":"https://sentry.io","region_url":"https://de.sentry.io","org":"acme"}`:                  "de.sentry.io",
		`{"iat":1,"url":"https://errors.acme.example","region_url":"https://errors.acme.example","org":"acme"}`: "errors.acme.example",
		`{"iat":1,"url":"https://errors.acme.example:9000/x","org":"acme"}`:                                     "errors.acme.example:9000",
		`{"iat":1,"org":"acme"}`:      "us.sentry.io",
		`{"url":"https://sentry.io"}`: "us.sentry.io",
		`{"url":7}`:                   "us.sentry.io",
	} {
		token := "sntr" + "ys_" + strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(said)), "=") + "_" + strings.Repeat("x", 43)
		calls, err := vs["sentry-organization-token"].Plan(verify.Query{Rule: "sentry-organization-token", Parts: partsOf(map[string]string{"secret": token})})
		if err != nil || len(calls) == 0 || calls[0].Host != want {
			t.Errorf("%s: %v, %v, want %s", said, calls, err, want)
		}
	}
}
