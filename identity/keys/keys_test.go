package keys

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/decode"
	"github.com/whosekey/whosekey/leak"
)

// tree is a repository of files at HEAD.
type tree struct {
	files map[string]string
	reads int
}

func (t *tree) Name() string { return "acme/api" }
func (t *tree) Files(context.Context, string) (out []identity.File, err error) {
	for p := range t.files {
		out = append(out, identity.File{Path: p, Size: -1})
	}
	slices.SortFunc(out, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
func (t *tree) ReadFile(_ context.Context, _, path string, limit int64) ([]byte, bool, error) {
	t.reads++
	text, ok := t.files[path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	n := min(int64(len(text)), limit)
	return []byte(text[:n]), n == int64(len(text)), nil
}
func (t *tree) Commit(context.Context, string) (identity.Commit, error) {
	return identity.Commit{}, fs.ErrNotExist
}
func (t *tree) Recent(context.Context, string, time.Time) ([]identity.Activity, error) {
	return nil, nil
}
func (t *tree) LastCommit(context.Context) time.Time { return time.Time{} }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// ask returns what is said of a key that leaked in a file.
func ask(t *testing.T, repo *tree, path, secret string) (out []string, a identity.Answer) {
	t.Helper()
	f := &leak.Finding{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}, Locations: []leak.Location{{Path: path}}}
	a, err := New().Resolve(t.Context(), &identity.Query{Repo: repo, Finding: f, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range a.Evidence {
		if e.Reason == "" || e.Ref == "" || e.Weight > sure {
			t.Errorf("evidence %+v", e)
		}
		out = append(out, fmt.Sprintf("%s=%s @%s", e.Claim, e.Value, e.Ref))
	}
	return out, a
}

func has(t *testing.T, got []string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("no %q in\n%s", w, strings.Join(got, "\n"))
		}
	}
}

func TestCertificateAndRequest(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	other := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	subject := pkix.Name{CommonName: "api.acme.example", Organization: []string{"Acme"}}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: subject, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	cert := block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)))
	foreign := block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, template, template, other.Public(), other)))
	request := block("CERTIFICATE REQUEST", must(x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject}, key)))
	public := block("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(key.Public())))
	secret := block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
	x, y := key.X.FillBytes(make([]byte, 32)), key.Y.FillBytes(make([]byte, 32))
	b64 := base64.RawURLEncoding
	jwk := map[string]string{"kty": "EC", "crv": "P-256", "x": b64.EncodeToString(x), "y": b64.EncodeToString(y)}
	set := string(must(json.Marshal(map[string]any{"keys": []any{map[string]string{"kty": "oct"}, jwk}})))
	repo := &tree{files: map[string]string{
		"tls/server.key": secret + cert, "tls/chain.crt": "# chain\n" + foreign + cert, "tls/server.csr": request, "cosign.pub": public, "keys/x.pub": public, "web/jwks.json": set, "README": cert,
		"tls/copy.key": block("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))),
	}}
	got, a := ask(t, repo, "tls/server.key", secret)
	has(t, got,
		"opens=the certificate in tls/chain.crt @tls/chain.crt:"+fmt.Sprint(2+strings.Count(foreign, "\n")), "identity_type=certificate @tls/server.key:"+fmt.Sprint(1+strings.Count(secret, "\n")),
		"opens=the certificate that tls/server.csr asks for @tls/server.csr:1", "name=api.acme.example @tls/server.csr:1",
		"opens=signs what is checked with cosign.pub @cosign.pub:1", "opens=whatever keys/x.pub is for @keys/x.pub:1", "opens=signs tokens that are checked with web/jwks.json @web/jwks.json:1",
	)
	has(t, got, "tenant=Acme @tls/chain.crt:"+fmt.Sprint(2+strings.Count(foreign, "\n")), "tenant_kind=organization @tls/chain.crt:"+fmt.Sprint(2+strings.Count(foreign, "\n")))
	if !slices.ContainsFunc(a.Evidence, func(e leak.Evidence) bool { return e.Claim == leak.ClaimExpires }) {
		t.Error("the certificate's end is not told")
	}
	if said := strings.Join(got, "\n"); strings.Contains(said, "README") || strings.Contains(said, "copy.key") { // a copy is no other half
		t.Errorf("%q", got)
	}
}

// TestCertificateInTheSameText: settings, a Secret and a chain in any file have the
// certificate of their key beside it.
func TestCertificateInTheSameText(t *testing.T) {
	pair := func(name string) (secret, cert string) {
		key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		c := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), Subject: pkix.Name{CommonName: name}}
		return block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key))), block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)))
	}
	secret, cert := pair("pay.acme.example")
	_, other := pair("Acme Root CA")
	indent := func(s string) string { return "    " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n    ") + "\n" }
	quoted := func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) }
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, text := range map[string]string{
		"behind it":     secret + other + cert,
		"settings":      "tls:\n  cert: |\n" + indent(cert) + "  key: |\n" + indent(secret),
		"JSON":          `{"ca": "` + quoted(other) + `", "cert": "` + quoted(cert) + `", "key": "` + quoted(secret) + `"}`,
		"a Secret":      "kind: Secret\ndata:\n  ca.crt: " + b64(other) + "\n  tls.crt: " + b64(other+cert) + "\n  tls.key: " + b64(secret) + "\n",
		"another's":     secret + other,
		"broken":        secret + "-----BEGIN CERTIFICATE-----\nAAAA\n" + cert[:len(cert)-30],
		"broken base64": secret + b64(cert)[:101],
	} {
		f := &leak.Finding{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}, Locations: []leak.Location{{Path: "x"}}}
		p := identity.Place{Text: []byte(text), FirstLine: 1}
		p.Path = "x"
		a, err := New().Resolve(t.Context(), &identity.Query{Finding: f, Places: []identity.Place{p}, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range a.Evidence {
			if e.Claim == leak.ClaimName {
				names = append(names, e.Value)
			}
		}
		want := "pay.acme.example"
		if name == "another's" || strings.HasPrefix(name, "broken") {
			want = ""
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestSPIFFE: a workload's certificate says which one, as it does by itself.
func TestSPIFFE(t *testing.T) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	c := &x509.Certificate{SerialNumber: big.NewInt(7), NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour), URIs: []*url.URL{{Scheme: "spiffe", Host: "acme.example", Path: "/ns/pay/sa/api"}}}
	secret := block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
	repo := &tree{files: map[string]string{"svid.pem": block("CERTIFICATE", must(x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)))}}
	got, _ := ask(t, repo, "svid.key", secret)
	has(t, got, "identity_type=workload_identity @svid.pem:1", "provider=spiffe @svid.pem:1", "tenant=acme.example @svid.pem:1", "name=spiffe://acme.example/ns/pay/sa/api @svid.pem:1")
}

func TestSSH(t *testing.T) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret := string(pem.EncodeToMemory(must(ssh.MarshalPrivateKey(priv, "dev@laptop"))))
	line := strings.TrimSpace(string(ssh.MarshalAuthorizedKey(must(ssh.NewPublicKey(pub)))))
	repo := &tree{files: map[string]string{
		"ops/key": secret, "ops/authorized_keys": "# admins\nrestrict " + line + " dev@laptop\n", "id.pub": line + " jane@acme.example\n", "known_hosts": "bastion.acme.example,10.0.0.1 " + line + "\n",
		"keys.tf": "resource \"github_repository_deploy_key\" \"ci\" {\n  key = \"" + line + "\"\n}\n", "allowed_signers": "x " + line,
	}}
	got, a := ask(t, repo, "ops/key", secret)
	has(t, got,
		"opens=logs in where ops/authorized_keys is installed @ops/authorized_keys:2", "label=dev@laptop @ops/authorized_keys:2", "email=jane@acme.example @id.pub:1",
		"server=bastion.acme.example @known_hosts:1", "identity_type=deploy_key @keys.tf:2", "opens=signs what allowed_signers allows @allowed_signers:1",
	)
	for _, e := range a.Evidence {
		// The form says that it is a person's, by 0.8, and the rule by 0.6.
		if e.Claim == leak.ClaimType && e.Value == string(leak.DeployKey) && e.Weight <= 1-(1-0.8)*(1-0.6) {
			t.Errorf("what declares it is less sure (%v) than its form", e.Weight)
		}
	}
	if fmt.Sprint(a.Declared) != "[{terraform github_repository_deploy_key.ci keys.tf:2 false}]" {
		t.Errorf("declared %v", a.Declared)
	}
}

// TestSSHCertificate: a certificate beside a key says as whom it logs in, by whose leave
// and until when; the key does not end with it.
func TestSSHCertificate(t *testing.T) {
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	_, ca, err2 := ed25519.GenerateKey(rand.Reader)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	signer := must(ssh.NewSignerFromKey(ca))
	cert := &ssh.Certificate{Key: must(ssh.NewPublicKey(pub)), Serial: 7, CertType: ssh.UserCert, KeyId: "jane", ValidPrincipals: []string{"deploy", "root"}, ValidAfter: 1767225600, ValidBefore: 1798761600}
	if err := cert.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	secret := string(pem.EncodeToMemory(must(ssh.MarshalPrivateKey(priv, "dev@laptop"))))
	got, _ := ask(t, &tree{files: map[string]string{"ops/id": secret, "ops/id-cert.pub": string(ssh.MarshalAuthorizedKey(cert))}}, "ops/id", secret)
	has(t, got, "opens=the certificate in ops/id-cert.pub @ops/id-cert.pub:1", "name=deploy @ops/id-cert.pub:1", "opens=log in as root @ops/id-cert.pub:1", "label=jane @ops/id-cert.pub:1",
		"tenant="+ssh.FingerprintSHA256(signer.PublicKey())+" @ops/id-cert.pub:1", "note=its certificate ends 2027-01-01T00:00:00Z @ops/id-cert.pub:1")
	for _, e := range got {
		if strings.HasPrefix(e, "expires=") || strings.HasPrefix(e, "identity_type=certificate") {
			t.Errorf("%s: that is the certificate, not the key", e)
		}
	}
}

// bech32 encodes as BIP 173 says, for age's keys.
func bech32(hrp string, data []byte) string {
	const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var values []byte
	acc, bits := 0, 0
	for _, b := range data {
		acc, bits = acc<<8|int(b), bits+8
		for ; bits >= 5; bits -= 5 {
			values = append(values, byte(acc>>(bits-5)&31))
		}
	}
	if bits > 0 {
		values = append(values, byte(acc<<(5-bits)&31))
	}
	var all []byte
	for _, c := range hrp {
		all = append(all, byte(c)>>5)
	}
	all = append(all, 0)
	for _, c := range hrp {
		all = append(all, byte(c)&31)
	}
	sum := 1
	for _, v := range append(append(all, values...), 0, 0, 0, 0, 0, 0) {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ int(v)
		for i, g := range []int{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	out := hrp + "1"
	for _, v := range values {
		out += string(charset[v])
	}
	for i := range 6 {
		out += string(charset[(sum^1)>>(5*(5-i))&31])
	}
	return out
}

func TestSops(t *testing.T) {
	key := must(ecdh.X25519().GenerateKey(rand.Reader))
	secret := strings.ToUpper(bech32("age-secret-key-", key.Bytes()))
	public := bech32("age", key.PublicKey().Bytes())
	repo := &tree{files: map[string]string{
		"ops/age.key": "# public key: " + public + "\n" + secret + "\n", "prod/db.yaml": "password: ENC[x]\nsops:\n  age:\n    - recipient: " + public + "\n", "plain.yaml": "a: b\n",
		".sops.yaml": "creation_rules:\n  - path_regex: prod/.*\\.yaml$\n    age: >-\n      " + public + "\n  - path_regex: dev\n    age: x\n",
	}}
	got, _ := ask(t, repo, "ops/age.key", secret)
	has(t, got, "opens=decrypts prod/db.yaml @prod/db.yaml:1", `opens=decrypts files that match prod/.*\.yaml$ @.sops.yaml:3`, "identity_type=encryption_key @prod/db.yaml:1")
	if len(got) != 4 {
		t.Errorf("%q", got)
	}
	if got, _ := ask(t, repo, "x", "hunter2-is-no-key"); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// TestAgeKeyMade: the comment above a key of age says when it was made, that above another
// one does not.
func TestAgeKeyMade(t *testing.T) {
	key := "AGE-SECRET-KEY-1" + strings.Repeat("Q", 58)
	for text, want := range map[string]string{
		"# created: 2024-03-01T10:00:00+01:00\n# public key: age1x\n" + key:           "2024-03-01T09:00:00Z",
		"# created: 2024-03-01T10:00:00Z\nAGE-SECRET-KEY-1Z\n# public key: x\n" + key: "",
		"# created: 9999-03-01T10:00:00Z\n" + key:                                     "",
		"# created: yesterday\n" + key:                                                "", key: "",
	} {
		f := &leak.Finding{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(key)}}
		start := strings.Index(text, key)
		a := made(&identity.Query{Finding: f, Now: time.Now(), Places: []identity.Place{{Text: []byte(text), Start: start, End: start + len(key), FirstLine: 1}}})
		got := ""
		if len(a.Evidence) > 0 {
			got = a.Evidence[0].Value
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestNothingIsReadForOtherCredentials(t *testing.T) {
	repo := &tree{files: map[string]string{"a.pem": "x", "b.pub": "y"}}
	ask(t, repo, "x", base64.StdEncoding.EncodeToString(make([]byte, 32)))
	if repo.reads > 0 {
		t.Errorf("%d reads", repo.reads)
	}
}

func FuzzRead(f *testing.F) {
	names := []string{"a.pem", ".sops.yaml", "jwks.json", "authorized_keys", "known_hosts", "wg0.conf", "x.tf", "a.csr", "secrets.yaml", ".git-crypt/keys/default/0/" + strings.Repeat("AB", 20) + ".gpg"}
	for i := range names {
		f.Add(i, "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\nssh-rsa AAAAB3NzaC1yc2E= c\nsops: {fp: "+strings.Repeat("ab", 20)+"}")
	}
	f.Fuzz(func(t *testing.T, i int, text string) {
		name := names[uint(i)%uint(len(names))]
		b := builder{ctx: t.Context(), q: &identity.Query{}, index: map[decode.Public][]half{}}
		b.read(name, kindOf(name), text)
		for _, list := range b.index {
			for _, h := range list {
				var a identity.Answer
				h.tell(&a, "x:1", b.q)
			}
		}
	})
}
