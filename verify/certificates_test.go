package verify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/verify"
)

// TestCertificatesOfAScan: certificates are known in all the forms in which they
// stand in files, once each.
func TestCertificatesOfAScan(t *testing.T) {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	cert := certificate(t, key, clock)
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
	other := certificate(t, key, clock.AddDate(1, 0, 0))
	chain := text + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: other.Raw}))
	for name, tt := range map[string]struct {
		text string
		want int
	}{
		"a file":          {text, 1},
		"a chain, twice":  {chain + chain, 2},
		"indented":        {"cert: |\n  " + strings.ReplaceAll(text, "\n", "\n  "), 1},
		"Windows":         {strings.ReplaceAll(text, "\n", "\r\n"), 1},
		"JSON":            {`{"cert":"` + strings.ReplaceAll(text, "\n", `\n`) + `"}`, 1},
		"a Secret":        {"tls.crt: " + base64.StdEncoding.EncodeToString([]byte(text)) + "\ntls.key: x", 1},
		"a kubeconfig":    {"certificate-authority-data: " + base64.StdEncoding.EncodeToString([]byte(chain)) + "\n    server: https://x", 2},
		"cut off":         {text[:200], 0},
		"no certificate":  {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", 0},
		"only the prefix": {strings.Repeat("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t", 1000), 0},
		"endless":         {strings.Repeat("-----BEGIN CERTIFICATE-----\n", 10000), 0},
	} {
		var c verify.Certificates
		c.Look([]byte(tt.text))
		if got := c.All(); len(got) != tt.want {
			t.Errorf("%s: %d certificates, want %d", name, len(got), tt.want)
		}
	}
}
