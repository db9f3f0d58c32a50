package verify_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestKubeconfigAuthority: the authority in a kubeconfig is trusted at the server of
// the same cluster, for a token of the same text, if the user allows that server.
func TestKubeconfigAuthority(t *testing.T) {
	v := native(t, "kubernetes")
	key := newRSA(t)
	token := issue(t, "RS256", "k", key, map[string]any{"iss": "kubernetes/serviceaccount", "sub": "system:serviceaccount:shop:deployer"})
	n := verifytest.New(t)
	n.Serve("k8s.acme.example", kubeServer(t, token, "system:serviceaccount:shop:deployer"))
	n.Serve("other.acme.example", kubeServer(t, token, "system:serviceaccount:shop:deployer"))
	ca := base64.StdEncoding.EncodeToString(n.CA())
	const config = "clusters:\n- cluster:\n    certificate-authority-data: %s\n    server: https://%s\n  name: prod\nusers:\n- name: deployer\n  user:\n    token: %s\n"
	for _, tt := range []struct {
		name, text, host, allow string
		want                    leak.Status
	}{
		{"kubeconfig", fmt.Sprintf(config, ca, "k8s.acme.example:6443", token), "k8s.acme.example", "k8s.acme.example:6443", leak.Live},
		{"the server first", fmt.Sprintf("- name: p\n  cluster:\n    server: https://k8s.acme.example:6443\n    certificate-authority-data: %s\nuser:\n  token: %q\n", ca, token), "k8s.acme.example", "k8s.acme.example:6443", leak.Live},
		{"JSON", fmt.Sprintf(`{"cluster":{"certificate-authority-data":"%s","server":"https://k8s.acme.example:6443"},"user":{"token":"%s"}}`, ca, token), "k8s.acme.example", "k8s.acme.example:6443", leak.Live},
		{"not allowed", fmt.Sprintf(config, ca, "k8s.acme.example:6443", token), "k8s.acme.example", "", leak.SkippedCheck},
		{"another server", fmt.Sprintf(config, ca, "k8s.acme.example:6443", token), "other.acme.example", "other.acme.example", leak.Unknown},
		{"another port", fmt.Sprintf(config, ca, "k8s.acme.example", token), "k8s.acme.example", "k8s.acme.example", leak.Unknown},
		{"another text", fmt.Sprintf(config, ca, "k8s.acme.example:6443", "another"+token), "k8s.acme.example", "k8s.acme.example", leak.Unknown},
		{"another cluster", "- cluster:\n    certificate-authority-data: " + ca + "\n  name: a\n- cluster:\n    server: https://k8s.acme.example:6443\n  token: " + token, "k8s.acme.example", "k8s.acme.example", leak.Unknown},
		{"nothing near the token", fmt.Sprintf(config, ca, "k8s.acme.example:6443", token), "", "k8s.acme.example:6443", leak.Live},
		{"nor allowed", fmt.Sprintf(config, ca, "k8s.acme.example:6443", token), "", "", leak.SkippedCheck},
		{"none", "token: " + token, "k8s.acme.example", "k8s.acme.example", leak.Unknown},
		{"garbage", fmt.Sprintf(config, strings.Repeat("QUJD", 40), "k8s.acme.example:6443", token), "k8s.acme.example", "k8s.acme.example", leak.Unknown},
	} {
		var seen verify.Certificates
		seen.Look([]byte(tt.text))
		c := verify.Config{
			Mode: verify.Safe, Verifiers: map[string]verify.Verifier{"kubernetes-token": v}, Authorities: seen.Authorities, Cluster: seen.Cluster, Now: func() time.Time { return clock },
			Door: verify.DoorOptions{AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: x509.NewCertPool(), Patience: time.Millisecond, Rate: 50},
		}
		if tt.allow != "" {
			c.Door.Allow = []string{tt.allow}
		}
		e, err := verify.New(c)
		if err != nil {
			t.Fatal(err)
		}
		f := &leak.Finding{ID: "f", Rule: leak.RuleInfo{ID: "kubernetes-token"}, Confidence: leak.High, Parts: partsOf(map[string]string{"secret": token, "host": tt.host, "port": "6443"})}
		if err := e.Verify(t.Context(), []*leak.Finding{f}); err != nil {
			t.Fatal(err)
		}
		if f.Verdict.Status != tt.want || tt.want == leak.Unknown && !strings.Contains(f.Verdict.Reason, "ertificate") {
			t.Errorf("%s: %s (%s), want %s", tt.name, f.Verdict.Status, f.Verdict.Reason, tt.want)
		}
		if tt.want == leak.Live && !strings.HasPrefix(f.Verdict.Control, "refused") {
			t.Errorf("%s: the control: %s", tt.name, f.Verdict.Control)
		}
		e.Close()
	}
}

// FuzzKubeconfig: nothing that a text says makes reading it fail, or take long.
func FuzzKubeconfig(f *testing.F) {
	f.Add([]byte("certificate-authority-data: " + strings.Repeat("QUJD", 20) + "\nserver: https://a.b"))
	f.Add([]byte(`{"certificate-authority-data":`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var seen verify.Certificates
		seen.Look(text)
		if got := seen.Authorities("a.b", leak.NewSecret("x")); len(got) > 64 {
			t.Errorf("%d authorities", len(got))
		}
	})
}
