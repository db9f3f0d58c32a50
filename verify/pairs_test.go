package verify_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestLoosePairs: what refuses a pair refuses the credential only if it is sure
// that the two belong together.
func TestLoosePairs(t *testing.T) {
	ps, vs := verify.Compiled(t)
	id := "3f2a" + strings.Repeat("0", 4) + "-1111-4222-8333-444455556666"
	for _, test := range []struct {
		rule  string
		parts map[string]string
		loose string
		want  leak.Status
	}{
		{"paypal-client-secret", map[string]string{"client_id": "made-up"}, "", leak.Dead},
		{"paypal-client-secret", map[string]string{"client_id": "made-up"}, "client_id", leak.Unknown},
		{"paypal-client-secret", map[string]string{"client_id": "made-up"}, "something_else", leak.Dead},
		{"entra-client-secret", map[string]string{"client_id": id, "tenant_id": id}, "", leak.Dead},
		{"entra-client-secret", map[string]string{"client_id": id, "tenant_id": id}, "tenant_id", leak.Unknown},
		{"entra-client-secret", map[string]string{"client_id": id, "tenant_id": id}, "secret", leak.Unknown},
		{"gitlab-personal-access-token", map[string]string{"host": "gitlab.com"}, "", leak.Dead},
		{"gitlab-personal-access-token", map[string]string{"host": "gitlab.com"}, "host", leak.Unknown}, // another server may be the right one
	} {
		n := verifytest.New(t)
		n.Serve("*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			json.NewEncoder(w).Encode(map[string]any{"error": "invalid_client", "message": "401 Unauthorized", "error_codes": []int{7000215}})
		}))
		e, err := verify.New(verify.Config{
			Mode: verify.Safe, Verifiers: map[string]verify.Verifier{test.rule: vs[test.rule]}, Providers: ps, Door: verify.DoorOptions{AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Patience: time.Millisecond},
		})
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string]string{"secret": "made-up-" + strings.Repeat("x7", 16)}
		for k, v := range test.parts {
			parts[k] = v
		}
		f := &leak.Finding{ID: "f", Rule: leak.RuleInfo{ID: test.rule}, Parts: partsOf(parts), Confidence: leak.High}
		if test.loose != "" {
			f.Loose = []string{test.loose}
		}
		if err := e.Verify(t.Context(), []*leak.Finding{f}); err != nil {
			t.Fatal(err)
		}
		if f.Verdict.Status != test.want || (test.want == leak.Unknown) != strings.Contains(f.Verdict.Reason, "may belong to another") {
			t.Errorf("%s, loose %q: %s (%s), want %s", test.rule, test.loose, f.Verdict.Status, f.Verdict.Reason, test.want)
		}
		e.Close()
	}
}
