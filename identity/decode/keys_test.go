package decode

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old keys are what is looked for
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/internal/tokensum"
)

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func sshPrint(t *testing.T, public crypto.PublicKey) string {
	t.Helper()
	return ssh.FingerprintSHA256(must[ssh.PublicKey](t)(ssh.NewPublicKey(public)))
}

// wantPublic checks that a private key and what others have of it name the
// same public key.
func wantPublic(t *testing.T, name, private, public string) {
	t.Helper()
	a, b := PublicKeys(private), PublicKeys(public)
	if len(a) == 0 || len(b) == 0 || !slices.ContainsFunc(a, func(k Public) bool { return slices.Contains(b, k) }) {
		t.Errorf("%s: PublicKeys of the private half is %v, of the public one %v", name, a, b)
	}
}

func TestPrivateKeys(t *testing.T) {
	weak, _ := rsa.GenerateKey(rand.Reader, 1024)
	strong := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	curve := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	for _, k := range []crypto.Signer{strong, curve, edwards} {
		der := must[[]byte](t)(x509.MarshalPKCS8PrivateKey(k))
		private := pemOf("PRIVATE KEY", der)
		print := sshPrint(t, k.Public())
		checkSaying(t, saying{name: fmt.Sprintf("PKCS 8 %T", k), value: private, secret: private[40:90], want: []string{"fingerprint=" + print, "id=" + print, "note=not protected by a passphrase"}})
		checkSaying(t, saying{name: "in JSON", value: strings.ReplaceAll(private, "\n", `\n`), want: []string{"id=" + print}})
		checkSaying(t, saying{name: "in YAML", value: "    " + strings.ReplaceAll(private, "\n", "\n    "), want: []string{"id=" + print}})
		spki := must[[]byte](t)(x509.MarshalPKIXPublicKey(k.Public()))
		wantPublic(t, "PKIX", private, pemOf("PUBLIC KEY", spki))
		authorized := string(ssh.MarshalAuthorizedKey(must[ssh.PublicKey](t)(ssh.NewPublicKey(k.Public()))))
		wantPublic(t, "authorized_keys", private, "# comment\nfrom=\"10.0.0.0/8\" "+authorized)

		open := string(pem.EncodeToMemory(must[*pem.Block](t)(ssh.MarshalPrivateKey(k, "jane@build-7"))))
		checkSaying(t, saying{name: "OpenSSH", value: open, want: []string{"fingerprint=" + print, "human=jane", "note=made by the user jane on the host build-7", "identity_type=ssh_key"}})
		locked := string(pem.EncodeToMemory(must[*pem.Block](t)(ssh.MarshalPrivateKeyWithPassphrase(k, "x", []byte("p")))))
		checkSaying(t, saying{name: "OpenSSH, encrypted", value: locked, want: []string{"fingerprint=" + print, "note=encrypted with a passphrase"}})
		wantPublic(t, "OpenSSH, encrypted", locked, private)

		ppk := "PuTTY-User-Key-File-3: ssh-x\nEncryption: aes256-cbc\nComment: deploy@ci\nPublic-Lines: 2\n"
		blob := base64.StdEncoding.EncodeToString(must[ssh.PublicKey](t)(ssh.NewPublicKey(k.Public())).Marshal())
		ppk += blob[:64] + "\n" + blob[64:] + "\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n"
		checkSaying(t, saying{name: "PuTTY", value: ppk, want: []string{"fingerprint=" + print, "name=deploy on ci", "note=encrypted with a passphrase"}})
		wantPublic(t, "PuTTY", ppk, authorized)
		for _, end := range []string{"\r\n", "\r"} {
			wantPublic(t, "PuTTY with other ends of lines", strings.ReplaceAll(ppk, "\n", end), authorized)
		}
	}
	pkcs1 := pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(strong))
	checkSaying(t, saying{name: "PKCS 1", value: pkcs1, want: []string{"id=" + sshPrint(t, strong.Public()), "kind=RSA private key of 2048 bits, in PKCS 1 form"}})
	checkSaying(t, saying{name: "as a rule knows it", value: pkcs1, rule: "github-app-private-key", want: []string{"!identity_type", "!provider"}})
	if weak != nil {
		checkSaying(t, saying{name: "weak", value: pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(weak)), want: []string{"note=weak: RSA of 1024 bits"}})
	}
	sec1 := pemOf("EC PRIVATE KEY", must[[]byte](t)(x509.MarshalECPrivateKey(curve)))
	checkSaying(t, saying{name: "SEC 1", value: sec1, want: []string{"kind=ECDSA private key of 384 bits, in SEC 1 form"}})
	checkSaying(t, saying{name: "encrypted PKCS 8", value: pemOf("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), want: []string{"note=encrypted with a passphrase"}})
	checkSaying(t, saying{name: "cosign", value: pemOf("ENCRYPTED COSIGN PRIVATE KEY", []byte("{}")), want: []string{"identity_type=signing_key"}})
	old := must[[]byte](t)(asn1.Marshal(struct{ V, P, Q, G, Y, X *big.Int }{big.NewInt(0), new(big.Int).Lsh(big.NewInt(1), 1023), big.NewInt(7), big.NewInt(2), big.NewInt(5), big.NewInt(3)}))
	checkSaying(t, saying{name: "DSA", value: pemOf("DSA PRIVATE KEY", old), want: []string{"note=weak: DSA of 1024 bits"}})
	_ = dsa.PublicKey{}
	checkSaying(t, saying{name: "a person's key", value: string(pem.EncodeToMemory(must[*pem.Block](t)(ssh.MarshalPrivateKey(edwards, "jane.doe@acme.io")))), want: []string{"email=jane.doe@acme.io", "human=jane.doe"}})
	checkSaying(t, saying{name: "ssh2", value: "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"rsa-key of build\"\nAAAA\n---- END SSH2 ENCRYPTED PRIVATE KEY ----", want: []string{"label=rsa-key of build"}})
}

func TestJSONWebKeys(t *testing.T) {
	k := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	point := must[*ecdh.PublicKey](t)(k.PublicKey.ECDH()).Bytes()
	scalar := must[*ecdh.PrivateKey](t)(k.ECDH()).Bytes()
	enc := base64.RawURLEncoding.EncodeToString
	doc, _ := json.Marshal(map[string]string{"kty": "EC", "crv": "P-256", "x": enc(point[1:33]), "y": enc(point[33:]), "d": enc(scalar), "kid": "payments-2026", "use": "sig", "alg": "ES256"})
	checkSaying(t, saying{name: "EC", value: string(doc), secret: enc(scalar), want: []string{"key_id=payments-2026", "permission=sign", "id=" + sshPrint(t, k.Public()), "identity_type=signing_key"}})
	checkSaying(t, saying{name: "oct", value: `{"kty":"oct","kid":"a","k":"` + enc(scalar) + `"}`, secret: enc(scalar), want: []string{"kind=JSON Web Key, symmetric"}})
	spki := must[[]byte](t)(x509.MarshalPKIXPublicKey(k.Public()))
	wantPublic(t, "JWK", string(doc), pemOf("PUBLIC KEY", spki))
}

func TestCertificates(t *testing.T) {
	k := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	make := func(change func(*x509.Certificate)) string {
		c := &x509.Certificate{
			SerialNumber: big.NewInt(0xabc), NotBefore: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
			Subject: pkix.Name{CommonName: "kubernetes-admin", Organization: []string{"system:masters"}}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		change(c)
		return pemOf("CERTIFICATE", must[[]byte](t)(x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)))
	}
	admin := make(func(*x509.Certificate) {})
	checkSaying(t, saying{name: "admin", value: admin, want: []string{
		"name=kubernetes-admin", "permission=admin", "permission=system:masters", "permission=client authentication", "expires=2025-01-01T00:00:00Z", "issued=2024-01-01T00:00:00Z",
		"key_id=abc", "identity_type=certificate", "note=expired",
	}})
	spiffe := make(func(c *x509.Certificate) {
		c.URIs = []*url.URL{{Scheme: "spiffe", Host: "acme.io", Path: "/ns/payments/sa/api"}}
		c.Subject = pkix.Name{Organization: []string{"SPIRE"}}
	})
	checkSaying(t, saying{name: "SPIFFE", value: spiffe, want: []string{"name=spiffe://acme.io/ns/payments/sa/api", "identity_type=workload_identity", "tenant=acme.io", "tenant_kind=trust domain"}})
	der := must[[]byte](t)(x509.MarshalECPrivateKey(k))
	wantPublic(t, "certificate", pemOf("EC PRIVATE KEY", der), admin)

	public := must[ssh.PublicKey](t)(ssh.NewPublicKey(k.Public()))
	cert := &ssh.Certificate{Key: public, Serial: 7, CertType: ssh.UserCert, KeyId: "ci-runner", ValidPrincipals: []string{"deploy", "root"}, ValidAfter: 1704067200, ValidBefore: 1735689600}
	signer := must[ssh.Signer](t)(ssh.NewSignerFromKey(k))
	if err := cert.SignCert(rand.Reader, signer); err != nil {
		t.Fatal(err)
	}
	checkSaying(t, saying{name: "SSH certificate", value: string(ssh.MarshalAuthorizedKey(cert)), want: []string{"name=deploy", "label=ci-runner", "opens=log in as root", "expires=2025-01-01T00:00:00Z", "key_id=7", "tenant=" + ssh.FingerprintSHA256(public)}})
}

// TestCertificateOfTheKey: of several certificates beside a key that of the key counts, in
// whatever order they stand, and none of others.
func TestCertificateOfTheKey(t *testing.T) {
	pair := func(name string) (key, cert string, k *ecdsa.PrivateKey) {
		k = must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
		c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: now, NotAfter: now.AddDate(1, 0, 0), Subject: pkix.Name{CommonName: name, Organization: []string{"Acme"}}}
		return pemOf("EC PRIVATE KEY", must[[]byte](t)(x509.MarshalECPrivateKey(k))), pemOf("CERTIFICATE", must[[]byte](t)(x509.CreateCertificate(rand.Reader, c, c, k.Public(), k))), k
	}
	key, leaf, k := pair("pay.acme.io")
	_, authority, _ := pair("Acme Root CA")
	print := sshPrint(t, k.Public())
	for _, text := range []string{key + leaf, leaf + key, authority + leaf + key, key + leaf + authority, leaf + authority + key} {
		checkSaying(t, saying{name: "with its certificate", value: text, want: []string{"name=pay.acme.io", "provider=privatekey", "id=" + print, "identity_type=certificate", "tenant=Acme", "tenant_kind=organization"}})
	}
	field := func(s string) string { return `"` + strings.ReplaceAll(s, "\n", `\n`) + `"` }
	checkSaying(t, saying{name: "in JSON", value: `{"ca":` + field(authority) + `,"cert":` + field(leaf) + `,"key":` + field(key) + `}`, want: []string{"name=pay.acme.io", "id=" + print}})
	for _, text := range []string{authority + key, key + authority} {
		checkSaying(t, saying{name: "with another's", value: text, want: []string{"!name", "!tenant", "id=" + print, "note=also in the file: certificate of Acme Root CA"}})
	}
	checkSaying(t, saying{name: "alone", value: authority + leaf, want: []string{"name=Acme Root CA", "provider=x509"}})
	checkSaying(t, saying{name: "encrypted", value: leaf + authority + pemOf("ENCRYPTED PRIVATE KEY", []byte("0123")), want: []string{"name=pay.acme.io"}})
}

func TestAge(t *testing.T) {
	// The example of age's own documentation and tests: the scalar is 32 times 0x42.
	scalar := []byte(strings.Repeat("\x42", 32))
	identity := strings.ToUpper(tokensum.Bech32("age-secret-key-", scalar))
	private := must[*ecdh.PrivateKey](t)(ecdh.X25519().NewPrivateKey(scalar))
	recipient := tokensum.Bech32("age", private.PublicKey().Bytes())
	if len(identity) != 74 || len(recipient) != 62 {
		t.Fatalf("%d and %d characters, want 74 and 62", len(identity), len(recipient))
	}
	checkSaying(t, saying{name: "bare", value: identity, secret: identity[16:40], want: []string{"id=" + recipient, "permission=decrypt", "identity_type=encryption_key"}})
	file := "# created: 2024-03-01T10:00:00+01:00\n# public key: " + recipient + "\n" + identity + "\n"
	checkSaying(t, saying{name: "file", value: file, want: []string{"id=" + recipient, "issued=2024-03-01T09:00:00Z"}})
	broken := identity[:73] + map[bool]string{true: "Q", false: "P"}[identity[73] != 'Q']
	checkSaying(t, saying{name: "checksum", value: broken, want: []string{"!id", "!identity_type"}})
	wantPublic(t, "age", file, "creation_rules:\n  - age: >-\n      "+recipient+",")
}

// nkey makes a seed of a kind as nats-io/nkeys does.
func nkey(kind byte, half []byte) string {
	raw := append([]byte{18<<3 | kind>>5, kind & 31 << 3}, half...)
	return natsCoding.EncodeToString(binary.LittleEndian.AppendUint16(raw, tokensum.CRC16(raw)))
}

func TestNATS(t *testing.T) {
	seed := nkey(20<<3, make([]byte, 32))
	if !strings.HasPrefix(seed, "SU"+strings.Repeat("A", 51)) || !strings.HasSuffix(seed, "AEQ") || len(seed) != 58 {
		t.Fatalf("the zero seed is %s", seed)
	}
	public := "UA5WUJ54Z23KILLCUOUNAKTPBVZWKMQVO4O6EQ5GHLAERIMLLHNCTHIB"
	if _, got, _ := natsSeed(seed); len(got) != 56 || got[0] != 'U' || !natsPublic(got) {
		t.Errorf("public key %s", got)
	} else {
		public = got
	}
	checkSaying(t, saying{name: "seed", value: seed, secret: seed[10:40], want: []string{"id=" + public, "identity_type=service_account", "kind=nkey seed of a NATS user"}})
	checkSaying(t, saying{name: "operator", value: nkey(14<<3, make([]byte, 32)), want: []string{"permission=admin"}})
	checkSaying(t, saying{name: "checksum", value: seed[:57] + "A", want: []string{"!id"}})
	token := b64url(`{"typ":"JWT","alg":"ed25519-nkey"}`) + "." + b64url(`{"jti":"x","iat":1704067200,"exp":1735689600,"iss":"AABC","name":"orders","sub":"`+public+`","nats":{"pub":{"allow":["orders.>"]},"sub":{},"type":"user","version":2}}`) + "." + mixed(86)
	creds := "-----BEGIN NATS USER JWT-----\n" + token + "\n------END NATS USER JWT------\n\n***\n-----BEGIN USER NKEY SEED-----\n" + seed + "\n------END USER NKEY SEED------\n"
	checkSaying(t, saying{name: "creds", value: creds, secret: seed[10:40], want: []string{"name=orders", "tenant=AABC", "id=" + public, "expires=2025-01-01T00:00:00Z", "permission=publish orders.>"}})
	wantPublic(t, "nats", creds, "accounts: { users: [ { nkey: "+public+" } ] }")
}

// openPGP makes a version 4 key of RSA without a passphrase, as packets in armor.
func openPGP(kind byte, user string) string {
	n, e := strings.Repeat("\xc1", 256), "\x01\x00\x01"
	mpi := func(s string, bits int) string { return string([]byte{byte(bits >> 8), byte(bits)}) + s }
	body := "\x04" + string(binary.BigEndian.AppendUint32(nil, 1704067200)) + "\x01" + mpi(n, 2048) + mpi(e, 17)
	if kind == 5 {
		body += "\x00" + mpi("\x01", 1) + mpi("\x01", 1) + mpi("\x01", 1) + mpi("\x01", 1) + "\x00\x00"
	}
	packet := func(tag byte, body string) string {
		return string([]byte{0xc0 | tag, 0xff}) + string(binary.BigEndian.AppendUint32(nil, uint32(len(body)))) + body
	}
	hashed := "\x05\x09" + string(binary.BigEndian.AppendUint32(nil, 31622400)) + "\x02\x1b\x03"
	signature := "\x04\x13\x01\x08" + string([]byte{0, byte(len(hashed))}) + hashed + "\x00\x00\x00\x00\x00\x01\x01"
	raw := packet(kind, body) + packet(13, user) + packet(2, signature)
	name := map[byte]string{5: "PRIVATE", 6: "PUBLIC"}[kind]
	text := base64.StdEncoding.EncodeToString([]byte(raw))
	return "-----BEGIN PGP " + name + " KEY BLOCK-----\nVersion: x\n\n" + text + "\n=AAAA\n-----END PGP " + name + " KEY BLOCK-----\n"
}

// TestPGPPackets: a file of packets says what its armor says; public keys, and what only
// begins like one, say nothing.
func TestPGPPackets(t *testing.T) {
	armor := openPGP(5, "Release Bot (signs) <release@acme.io>")
	raw := string(unarmor(armor))
	want, got := Decode(Input{Value: armor}), Decode(Input{Value: raw})
	if len(want) == 0 || !slices.Equal(want, got) {
		t.Errorf("packets: %v, want %v", got, want)
	}
	for _, none := range []string{raw[:len(raw)/4], string(unarmor(openPGP(6, "x"))), "\x95\x01\x00", "\xc5\x05hello world"} {
		if got := Decode(Input{Value: none}); len(got) > 0 {
			t.Errorf("%.8q: %v", none, got)
		}
	}
}

func TestPGP(t *testing.T) {
	checkSaying(t, saying{name: "PGP", value: openPGP(5, "Release Bot (signs) <release@acme.io>"), want: []string{
		"name=Release Bot (signs)", "email=release@acme.io", "issued=2024-01-01T00:00:00Z", "expires=2025-01-01T00:00:00Z", "permission=certify", "permission=sign",
		"kind=PGP private key (RSA, 2048 bits)", "note=not protected by a passphrase",
	}})
	wantPublic(t, "PGP", openPGP(5, "a"), openPGP(6, "a"))
}

func TestKeyStores(t *testing.T) {
	k := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "payments.acme.io"}, NotBefore: now, NotAfter: now.AddDate(1, 0, 0)}
	var der []byte
	for len(der) == 0 || der[len(der)-1] != '\n' { // a blank at the end belongs to the file
		der = must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, k.Public(), k))
	}
	u32 := func(n int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }
	utf := func(s string) string { return string([]byte{0, byte(len(s))}) + s }
	store := "\xfe\xed\xfe\xed" + u32(2) + u32(1) + u32(1) + utf("payments") + string(binary.BigEndian.AppendUint64(nil, 1704067200000)) + u32(4) + "abcd" + u32(1) + utf("X.509") + u32(len(der)) + string(der)
	for _, value := range []string{store, base64.StdEncoding.EncodeToString([]byte(store))} {
		checkSaying(t, saying{name: "JKS", value: value, want: []string{"label=payments", "name=payments.acme.io", "expires=2027-11-01T00:00:00Z"}})
	}
	checkSaying(t, saying{name: "PKCS 12", value: string(pkcs12Store(t)), want: []string{"label=api 1", "note=its private key is encrypted with a password"}})
	checkSaying(t, saying{name: "PKCS 12 in base64", value: base64.StdEncoding.EncodeToString(pkcs12Store(t)), want: []string{"label=api 1"}})
}

// pkcs12Store makes a store of one encrypted key with a name, as openssl pkcs12
// -export -nocerts does.
func pkcs12Store(t *testing.T) []byte {
	marshal := func(v any) []byte { return must[[]byte](t)(asn1.Marshal(v)) }
	raw := func(class, tag int, compound bool, parts ...[]byte) asn1.RawValue {
		return asn1.RawValue{FullBytes: marshal(asn1.RawValue{Class: class, Tag: tag, IsCompound: compound, Bytes: slices.Concat(parts...)})}
	}
	seq := func(parts ...[]byte) []byte { return raw(0, 16, true, parts...).FullBytes }
	explicit := func(b []byte) []byte { return raw(2, 0, true, b).FullBytes }
	name := raw(0, asn1.TagBMPString, false, []byte("\x00a\x00p\x00i\x00 \x001")).FullBytes
	attributes := raw(0, 17, true, seq(marshal(oidFriendlyName), raw(0, 17, true, name).FullBytes)).FullBytes
	bag := seq(marshal(oidShroudedKey), explicit(seq(marshal(make([]byte, 16)))), attributes)
	data := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	content := func(b []byte) []byte { return seq(marshal(data), explicit(marshal(b))) }
	return seq(marshal(3), content(seq(content(seq(bag)))))
}

func TestWireGuard(t *testing.T) {
	scalar := []byte(strings.Repeat("\x42", 32))
	public, _ := x25519(scalar)
	id := base64.StdEncoding.EncodeToString(public)
	conf := "[Interface]\nAddress = 10.8.0.2/24\nPrivateKey = " + base64.StdEncoding.EncodeToString(scalar) + "\n\n[Peer]\nPublicKey = AAAA\nEndpoint = vpn.acme.io:51820\n"
	checkSaying(t, saying{name: "WireGuard", value: conf, secret: base64.StdEncoding.EncodeToString(scalar), want: []string{"id=" + id, "server=vpn.acme.io:51820", "identity_type=device"}})
	wantPublic(t, "WireGuard", conf, "[Peer]\nPublicKey = "+id+"\nAllowedIPs = 10.8.0.2/32\n")
}
