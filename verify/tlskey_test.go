package verify_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

func certificate(t *testing.T, key crypto.Signer, until time.Time) *x509.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(0xabc123), Subject: pkix.Name{CommonName: "acme", Organization: []string{"Acme Ltd"}}, DNSNames: []string{"www.acme.example"},
		NotBefore: until.Add(-time.Hour), NotAfter: until,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if c, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTLSKey: a key is known by its certificate, which says when it ends.
func TestTLSKey(t *testing.T) {
	v := native(t, "tls-key")
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ahead, past := certificate(t, key, clock.Add(time.Hour)), certificate(t, key, clock.Add(-25*time.Hour))
	strange := certificate(t, other, clock.Add(time.Hour))
	for _, tt := range []struct {
		name   string
		seen   []*x509.Certificate
		want   leak.Status
		reason string
	}{
		{"valid", []*x509.Certificate{strange, ahead}, leak.Unknown, "valid until 2026-01-02T04:04:05Z"},
		{"ended", []*x509.Certificate{strange, past}, leak.Expired, "ended at 2026-01-01T02:04:05Z"},
		{"renewed", []*x509.Certificate{ahead, past}, leak.Unknown, "valid until"},
		{"another's", []*x509.Certificate{strange}, leak.SkippedCheck, "--allow-host github.com:22"},
		{"none", nil, leak.SkippedCheck, "--allow-host github.com:22"},
	} {
		n := verifytest.New(t)
		q := verify.Query{Parts: partsOf(map[string]string{"secret": inJSON(t, key)}), Door: doorFor(t, n, v), Now: clock}
		if tt.seen != nil {
			q.Certificates = func() []*x509.Certificate { return tt.seen }
		}
		got := v.Verify(t.Context(), q)
		wants(t, tt.name, got, tt.want, tt.reason, q.Parts)
		if calls, err := v.Plan(q); err != nil || (len(calls) == 0) != (tt.want != leak.SkippedCheck) {
			t.Errorf("%s: plans %v, %v", tt.name, calls, err)
		}
		want := map[string]string{
			"kind": "certificate", "name": "www.acme.example", "id": "abc123", "tenant_name": "Acme Ltd", "created": "2026-01-02T03:04:05Z", "expires": "2026-01-02T04:04:05Z",
		}
		if diff := cmp.Diff(want, got.Facts); tt.name == "valid" && diff != "" {
			t.Errorf("facts (-want +got):\n%s", diff)
		}
		if len(n.Dialed()) > 0 {
			t.Errorf("%s: connects to %v", tt.name, n.Dialed())
		}
	}
}
