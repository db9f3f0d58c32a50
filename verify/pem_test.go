package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// TestPrivateKey: keys are read in all the ways in which they stand in files.
func TestPrivateKey(t *testing.T) {
	r, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	p8 := func(key any) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return encode("PRIVATE KEY", der, err)
	}
	open := func(key any) string {
		b, err := ssh.MarshalPrivateKey(key, "somebody@example")
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(b))
	}
	ec, err := x509.MarshalECPrivateKey(e)
	for name, tt := range map[string]struct {
		text string
		key  crypto.Signer
	}{
		"PKCS 1": {encode("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(r), nil), r}, "PKCS 8": {p8(r), r}, "EC": {encode("EC PRIVATE KEY", ec, err), e},
		"EC in PKCS 8": {p8(e), e}, "Ed25519": {p8(d), d}, "OpenSSH": {open(d), d}, "OpenSSH RSA": {open(r), r},
	} {
		for way, text := range map[string]string{
			"plain": tt.text, "JSON": strings.ReplaceAll(tt.text, "\n", `\n`), "JSON in a string": strings.ReplaceAll(tt.text, "\n", `\\n`),
			"Windows": strings.ReplaceAll(tt.text, "\n", "\r\n"), "YAML": strings.ReplaceAll(tt.text, "\n", "\n      "),
			"comment": strings.ReplaceAll(tt.text, "\n", "\n# "), "one line": strings.ReplaceAll(tt.text, "\n", " "),
			"strings": strings.ReplaceAll(tt.text, "\n", "\\n\" +\n  \""), "JSON, slashes": strings.ReplaceAll(strings.ReplaceAll(tt.text, "/", `\/`), "\n", `\r\n`),
		} {
			if way == "strings" {
				text = strings.ReplaceAll(text, "\" +\n", "\"\n") // a + in between would be one of base64
			}
			got, err := privateKey(text)
			if err != nil || !got.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(tt.key.Public()) {
				t.Errorf("%s, %s: %v", name, way, err)
			}
		}
		for n := 0; n < strings.Index(tt.text, "-----END"); n += 37 {
			if _, err := privateKey(tt.text[:n]); err == nil {
				t.Errorf("%s: %d bytes of it are a key", name, n)
			}
		}
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(d, "", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := privateKey(string(pem.EncodeToMemory(locked))); err == nil || err == errKey {
		t.Errorf("a key with a passphrase: %v", err)
	}
}

// FuzzPrivateKey: what stands where a key should be never ends the program.
func FuzzPrivateKey(f *testing.F) {
	for _, s := range []string{"", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----END -----", "-----BEGIN X-----\n-----END X-----", `\\\\\\`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { privateKey(s) })
}
