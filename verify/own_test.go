package verify_test

import (
	"crypto/x509"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// nativeAt returns a verifier in Go that was told of the user's servers.
func nativeAt(t *testing.T, name string, endpoints ...string) (verify.Verifier, error) {
	t.Helper()
	p := &rules.Provider{ID: "acme", Rules: []rules.Rule{{ID: "acme-key"}}, Verify: []rules.Verify{{Go: name, Class: leak.S1}}}
	vs, err := verify.Compile([]*rules.Provider{p}, map[string][]string{"acme": endpoints})
	return vs["acme-key"], err
}

// TestOwnServers: verifiers in Go ask the servers that the user names.
func TestOwnServers(t *testing.T) {
	opaque := "kubeconfig" + strings.Repeat("x7", 12)
	v, err := nativeAt(t, "kubernetes", "https://one.acme.example:6443", "https://rancher.acme.example/k8s/clusters/c-1")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(token, host string) leak.Verdict {
		n := verifytest.New(t)
		n.Serve("one.acme.example", kubeServer(t, "another", "alice"))
		n.Serve("rancher.acme.example", http.StripPrefix("/k8s/clusters/c-1", kubeServer(t, opaque, "alice")))
		q := verify.Query{Parts: partsOf(map[string]string{"secret": token, "host": host}), Now: clock, Door: doorFor(t, n, v, "one.acme.example:6443", "rancher.acme.example", "two.acme.example")}
		return v.Verify(t.Context(), q)
	}
	if got := ask(opaque, ""); got.Status != leak.Live || got.Facts["server"] != "rancher.acme.example" {
		t.Errorf("the second knows it: %+v", got)
	}
	if got := ask(opaque, "rancher.acme.example"); got.Status != leak.Live {
		t.Errorf("beside it, where the user says: %+v", got)
	}
	if got := ask(opaque+"y", ""); got.Status != leak.Unknown || !strings.Contains(got.Reason, "another cluster") {
		t.Errorf("all of the user's refuse it, and it may be another's: %+v", got)
	}
	if got := ask(opaque+"y", "rancher.acme.example"); got.Status != leak.Dead {
		t.Errorf("all refuse, and one of them stands beside it: %+v", got)
	}
	if got := ask(opaque, "two.acme.example"); got.Status != leak.Live || got.Asked[0].Host != "two.acme.example" || got.Host != "rancher.acme.example" {
		t.Errorf("another stands beside it, which is down: %+v", got)
	}
	if got := ask(opaque+"y", "two.acme.example"); got.Status != leak.Unknown || got.Host != "two.acme.example" {
		t.Errorf("another stands beside it, and none takes it: %+v", got)
	}
	if calls, err := v.Plan(verify.Query{Parts: partsOf(map[string]string{"secret": opaque})}); err != nil || len(calls) != 2 || calls[1].Path != "/k8s/clusters/c-1/apis/authentication.k8s.io/v1/selfsubjectreviews" {
		t.Errorf("plans %v, %v", calls, err)
	}

	key := newRSA(t)
	if v, err = nativeAt(t, "github-app", "https://github.acme.example/api/v3"); err != nil {
		t.Fatal(err)
	}
	n := verifytest.New(t)
	n.Serve("github.acme.example", http.StripPrefix("/api/v3", &githubServer{t: t, key: &key.PublicKey, now: clock}))
	n.Serve("api.github.com", &githubServer{t: t, now: clock})
	q := verify.Query{Parts: partsOf(map[string]string{"secret": inJSON(t, key), "app": "123456"}), Now: clock, Door: doorFor(t, n, v, "github.acme.example")}
	if got := v.Verify(t.Context(), q); got.Status != leak.Live || got.Host != "github.acme.example" {
		t.Errorf("an app of one's own GitHub: %+v", got)
	}
	n.Point("github.acme.example", "")
	q.Door = doorFor(t, n, v, "github.acme.example")
	if got := v.Verify(t.Context(), q); got.Status != leak.Unknown {
		t.Errorf("which is down: %+v", got)
	}

	for name, endpoint := range map[string]string{"kubernetes": "k8s.acme.example", "github-app": "https://a@b", "aws-sts": "https://sts.acme.example"} {
		if _, err := nativeAt(t, name, endpoint); err == nil {
			t.Errorf("%s takes %s", name, endpoint)
		}
	}
}

// TestPrivateAuthority: the reason says what to do.
func TestPrivateAuthority(t *testing.T) {
	v := native(t, "kubernetes")
	n := verifytest.New(t)
	n.Serve("k8s.acme.example", kubeServer(t, "x", "alice"))
	n.Roots = x509.NewCertPool()
	q := verify.Query{Parts: partsOf(map[string]string{"secret": "kubeconfig1", "host": "k8s.acme.example"}), Now: clock, Door: doorFor(t, n, v, "k8s.acme.example")}
	wants(t, "private", v.Verify(t.Context(), q), leak.Unknown, "--verify-ca", q.Parts)
}

// TestFurtherHosts: a host that is for the mode extended alone cannot be asked in
// the mode safe, and does not stand in its list.
func TestFurtherHosts(t *testing.T) {
	ps, vs := verify.Compiled(t)
	for _, mode := range []verify.Mode{verify.Safe, verify.Extended} {
		e, err := verify.New(verify.Config{Mode: mode, Verifiers: vs, Providers: ps})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		for _, host := range []string{"iam.amazonaws.com", "ram.aliyuncs.com", "cloudresourcemanager.googleapis.com"} {
			listed := slices.ContainsFunc(e.Hosts(), func(h verify.Egress) bool { return h.Host == host })
			if listed != (mode == verify.Extended) {
				t.Errorf("%s: %s is on the list: %v", mode, host, listed)
			}
		}
		// A verifier that several providers share lists for each its own hosts.
		for _, h := range e.Hosts() {
			if azure := slices.Contains(h.Providers, "azure"); azure && !strings.Contains(h.Host, "azure") && !strings.Contains(h.Host, "microsoft") && !strings.HasSuffix(h.Host, "visualstudio.com") && !strings.Contains(h.Host, ".core.") && !strings.HasSuffix(h.Host, ".windows.net") {
				t.Errorf("%s: a credential of Azure may go to %s", mode, h.Host)
			}
			if h.Host == "auth.docker.io" && (len(h.Classes) != 1 || len(h.Providers) != 1) {
				t.Errorf("%s: %+v", mode, h)
			}
		}
	}
}
