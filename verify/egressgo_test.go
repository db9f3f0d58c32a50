package verify_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestEgressInGo: verifiers in Go keep to the list of hosts in their further
// questions and with made-up credentials, too.
func TestEgressInGo(t *testing.T) {
	ps, vs := verify.Compiled(t)
	key := newRSA(t)
	const email = "deploy@acme-prod.iam.gserviceaccount.com"
	for _, tt := range []struct {
		rule   string
		parts  leak.Parts
		hosts  map[string]http.Handler
		asked  string // in the mode extended, in any order
		plain  string // in the mode safe
		unsure bool   // nothing of its shape can be made up
	}{
		{"aws-access-key", awsParts(awsID, awsSecret, ""), map[string]http.Handler{
			"sts.amazonaws.com": &awsServer{keys: map[string]string{awsID: awsSecret}, region: "us-east-1", now: clock, arn: "arn:aws:iam::123456789012:user/alice"},
			"iam.amazonaws.com": &awsServer{keys: map[string]string{awsID: awsSecret}, region: "us-east-1", now: clock, arn: "arn:aws:iam::123456789012:user/alice"},
		}, "iam.amazonaws.com sts.amazonaws.com", "sts.amazonaws.com", false},
		{"alibaba-access-key", alibabaParts(alibabaID, alibabaSecret, ""), map[string]http.Handler{
			"sts.aliyuncs.com": &alibabaServer{id: alibabaID, secret: alibabaSecret, now: clock, identity: "RAMUser", arn: "acs:ram::1968132000123456:user/ci"},
			"ram.aliyuncs.com": &alibabaServer{id: alibabaID, secret: alibabaSecret, now: clock, identity: "RAMUser", arn: "acs:ram::1968132000123456:user/ci"},
		}, "ram.aliyuncs.com sts.aliyuncs.com", "sts.aliyuncs.com", false},
		{"google-service-account-key", partsOf(map[string]string{"secret": inJSON(t, key), "key_id": "kid-1", "project": "acme-prod", "client_email": email}), map[string]http.Handler{
			"oauth2.googleapis.com": googleFor(email, key, clock), "cloudresourcemanager.googleapis.com": googleFor(email, key, clock),
		}, "cloudresourcemanager.googleapis.com oauth2.googleapis.com", "oauth2.googleapis.com", true},
		{"docker-config-auth", partsOf(map[string]string{"secret": basic("acme", "pass"), "registry": "index.docker.io"}), map[string]http.Handler{
			"registry-1.docker.io": &ociServer{t: t, realm: "https://auth.docker.io/token", user: "acme", secret: "pass"},
			"auth.docker.io":       &ociServer{t: t, realm: "https://auth.docker.io/token", user: "acme", secret: "pass"},
		}, "auth.docker.io registry-1.docker.io", "auth.docker.io registry-1.docker.io", false},
	} {
		if vs[tt.rule] == nil {
			t.Errorf("there is no rule %s", tt.rule)
			continue
		}
		for mode, want := range map[verify.Mode]string{verify.Safe: tt.plain, verify.Extended: tt.asked} {
			n := verifytest.New(t)
			for host, h := range tt.hosts {
				n.Serve(host, h)
			}
			e, err := verify.New(verify.Config{Mode: mode, Verifiers: vs, Providers: ps, Now: func() time.Time { return clock }, Door: verify.DoorOptions{
				Resolver: n, Dial: n.Dial, RootCAs: n.Roots,
			}})
			if err != nil {
				t.Fatal(err)
			}
			f := &leak.Finding{Rule: leak.RuleInfo{ID: tt.rule}, Parts: tt.parts, Confidence: leak.High}
			if err := e.Verify(context.Background(), []*leak.Finding{f}); err != nil {
				t.Fatal(err)
			}
			list := e.Hosts()
			e.Close()
			if f.Verdict.Status != leak.Live || f.Verdict.Control != "refused" && !tt.unsure {
				t.Errorf("%s %s: %+v", mode, tt.rule, f.Verdict)
			}
			looked := n.Looked()
			slices.Sort(looked)
			if got := strings.Join(slices.Compact(looked), " "); got != want {
				t.Errorf("%s %s: asked %s, want %s", mode, tt.rule, got, want)
			}
			for _, host := range looked {
				if !slices.ContainsFunc(list, func(h verify.Egress) bool { return h.Host == host }) {
					t.Errorf("%s %s: %s is not listed", mode, tt.rule, host)
				}
			}
		}
	}
}
