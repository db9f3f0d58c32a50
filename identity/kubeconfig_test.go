package identity

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestKubeconfigJoinsByContexts: whichever cluster stands next to a user, his is that of the
// contexts.
func TestKubeconfigJoinsByContexts(t *testing.T) {
	one, two, none := strings.Repeat("Zx81kqP0", 3), strings.Repeat("vbn2Lw7s", 3), strings.Repeat("pQ4mTr9d", 3)
	yaml := "clusters:\n- {name: a, cluster: {server: 'https://a.acme.io:6443'}}\n- {name: b, cluster: {server: 'https://b.acme.io:6443'}}\n" +
		"contexts:\n- {name: x, context: {cluster: b, user: boss}}\n- {name: y, context: {cluster: a, user: robot}}\ncurrent-context: x\n" +
		"users:\n- {name: robot, user: {token: " + two + "}}\n- {name: boss, user: {token: " + one + "}}\n- {name: idle, user: {token: " + none + "}}\n"
	json := `{"users":[{"name":"boss","user":{"token":"` + one + `"}},{"name":"robot","user":{"token":"` + two + `"}},{"name":"idle","user":{"token":"` + none + `"}}],` +
		`"contexts":[{"name":"x","context":{"cluster":"b","user":"boss"}},{"name":"y","context":{"cluster":"a","user":"robot"}}],` +
		`"clusters":[{"name":"a","cluster":{"server":"https://a.acme.io:6443"}},{"name":"b","cluster":{"server":"https://b.acme.io:6443"}}]}`
	for _, text := range []string{yaml, strings.ReplaceAll(yaml, "\n", "\r\n"), json} {
		for secret, want := range map[string]string{one: "b.acme.io:6443 b", two: "a.acme.io:6443 a", none: " "} {
			said := neighbours(t, leak.RuleInfo{ID: "kubernetes-service-account-token", Provider: "kubernetes"}, nil, "kube/config", text, secret)
			if got := said[leak.ClaimServer] + " " + said[leak.ClaimTenant]; got != want {
				t.Errorf("%.20q: %q, want %q", text, got, want)
			}
		}
	}
}

// TestKubeconfigKeys: the key of a client certificate, which stands in base64, is the
// cluster's user's.
func TestKubeconfigKeys(t *testing.T) {
	key := "-----BEGIN EC " + "PRIVATE KEY-----\n" + strings.Repeat("Zx81kqP0", 8) + "\n-----END EC " + "PRIVATE KEY-----\n"
	text := "clusters:\n- name: a\n  cluster:\n    server: https://a.acme.io:6443\ncontexts:\n- name: x\n  context: {cluster: a, user: boss}\nusers:\n- name: boss\n  user:\n    client-key-data: " + base64.StdEncoding.EncodeToString([]byte(key)) + "\n"
	said := neighbours(t, leak.RuleInfo{ID: "private-key-pem", Provider: "privatekey"}, nil, ".kube/config", text, key)
	if got := said[leak.ClaimProvider] + " " + said[leak.ClaimServer] + " " + said[leak.ClaimTenant]; got != "kubernetes a.acme.io:6443 a" {
		t.Errorf("%q", got)
	}
}
