package decode

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// Public is the public half of a key, by which others know it.
type Public struct {
	// Kind is how ID is made: "ssh" is SHA256:... as ssh-keygen prints it, "spki"
	// the SHA-256 of the SubjectPublicKeyInfo in hex, "age" a recipient, "pgp" a
	// fingerprint in upper case, "nats" and "wireguard" a public key.
	Kind string
	ID   string
}

// maxPublic is how many keys of one file are told.
const maxPublic = 1000

// PublicKeys returns the public halves of the keys in a text. The text may be
// a private key, or what others know of it: a certificate, a line of
// authorized_keys, a recipient. Both sides of a pair give the same Public.
func PublicKeys(value string) []Public {
	if len(value) > maxValue {
		return nil
	}
	var p publics
	p.pems(value)
	if strings.Contains(value, "-----BEGIN PGP P") {
		for _, k := range pgpKeys(unarmor(value)) {
			p.add("pgp", k.fingerprint)
			for _, sub := range k.subkeys {
				p.add("pgp", sub)
			}
		}
	}
	for _, identity := range ageIdentities(value) {
		if recipient, ok := ageRecipient(identity); ok {
			p.add("age", recipient)
		}
	}
	if k, ok := putty(strings.TrimSpace(value)); ok {
		p.key(&k)
	}
	if raw, ok := wireGuardKey(value); ok {
		if public, ok := x25519(raw); ok {
			p.add("wireguard", base64.StdEncoding.EncodeToString(public))
		}
	}
	p.words(value)
	if k, ok := jwk(value); ok {
		p.key(&k.key)
	}
	return p.list
}

type publics struct {
	list  []Public
	seen  map[Public]bool
	seeds int // that were tried: each takes some 20 µs
}

func (p *publics) add(kind, id string) {
	k := Public{Kind: kind, ID: id}
	if id == "" || p.seen[k] || len(p.list) >= maxPublic {
		return
	}
	if p.seen == nil {
		p.seen = map[Public]bool{}
	}
	p.seen[k] = true
	p.list = append(p.list, k)
}

func (p *publics) key(k *key) {
	p.add("ssh", k.fingerprint())
	p.add("spki", k.spki())
}

func (p *publics) pems(value string) {
	for _, b := range blocks(value) {
		if k, ok := pemKey(b); ok {
			p.key(&k)
			continue
		}
		if len(b.Bytes) > maxCertificate {
			continue
		}
		var k key
		switch b.Type {
		case "CERTIFICATE":
			if cert, err := x509.ParseCertificate(b.Bytes); err == nil {
				k.public = cert.PublicKey
			}
		case "PUBLIC KEY":
			k.public, _ = x509.ParsePKIXPublicKey(b.Bytes)
		case "RSA PUBLIC KEY":
			if public, err := x509.ParsePKCS1PublicKey(b.Bytes); err == nil {
				k.public = public
			}
		}
		p.key(&k)
	}
}

// words looks at each line and word of a text for keys that are one word.
func (p *publics) words(value string) {
	for line := range strings.Lines(value) {
		if len(p.list) >= maxPublic {
			return
		}
		p.authorized(strings.TrimSpace(line))
		if name, half, ok := strings.Cut(line, "="); ok && strings.TrimSpace(name) == "PublicKey" {
			if raw, ok := unbase64(strings.TrimSpace(half)); ok && len(raw) == 32 {
				p.add("wireguard", base64.StdEncoding.EncodeToString(raw))
			}
		}
		for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return !isWordRune(r) }) {
			p.word(word)
		}
	}
}

func (p *publics) word(word string) {
	switch {
	case len(word) == 62 && strings.HasPrefix(word, "age1"):
		if hrp, data, ok := tokensum.UnBech32(word); ok && hrp == "age" && len(data) == 32 {
			p.add("age", word)
		}
	case len(word) == 58 && word[0] == 'S' && p.seeds < maxPublic:
		p.seeds++
		if _, public, ok := natsSeed(word); ok {
			p.add("nats", public)
		}
	case len(word) == 56 && natsPublic(word):
		p.add("nats", word)
	}
}

func isWordRune(r rune) bool {
	return r < 128 && (isDigit(byte(r)) || isLetter(byte(r)))
}

// authorized reads a line of authorized_keys or known_hosts, with or without
// options or hosts in front.
func (p *publics) authorized(line string) {
	at := strings.Index(line, " AAAA")
	if at < 0 || strings.HasPrefix(line, "#") {
		return
	}
	blob, _, _ := strings.Cut(line[at+1:], " ")
	raw, ok := unbase64(blob)
	if !ok {
		return
	}
	public, err := ssh.ParsePublicKey(raw)
	if err != nil {
		return
	}
	if cert, ok := public.(*ssh.Certificate); ok {
		public = cert.Key
	}
	k := key{wire: public.Marshal()}
	k.measure()
	p.key(&k)
}

// jsonKey is a JSON Web Key (RFC 7517).
type jsonKey struct {
	key
	symmetric bool
	private   bool
	ID, Use   string
	Alg       string
}

// jwk reads a key, or the first private one of a set.
func jwk(text string) (jsonKey, bool) {
	if !strings.HasPrefix(strings.TrimSpace(text), "{") || !strings.Contains(text, `"kty"`) || len(text) > 1<<16 {
		return jsonKey{}, false
	}
	type fields struct{ Kty, Kid, Use, Alg, Crv, N, E, X, Y, D, K string }
	var doc struct {
		fields
		Keys []fields
	}
	if readJSON([]byte(text), &doc) != nil {
		return jsonKey{}, false
	}
	all := append([]fields{doc.fields}, doc.Keys...)
	for i, f := range all {
		if f.Kty == "" || f.D == "" && f.K == "" && i < len(all)-1 {
			continue
		}
		k := jsonKey{ID: f.Kid, Use: f.Use, Alg: f.Alg, symmetric: f.Kty == "oct", private: f.D != "" || f.K != ""}
		k.form = "JWK"
		k.public = jwkPublic(f.Kty, f.Crv, [4]string{f.N, f.E, f.X, f.Y})
		k.algorithm = f.Kty
		k.measure()
		return k, true
	}
	return jsonKey{}, false
}

func jwkPublic(kty, crv string, b64 [4]string) crypto.PublicKey {
	var raw [4][]byte
	for i, s := range b64 {
		raw[i], _ = unbase64(s)
	}
	switch {
	case kty == "RSA" && len(raw[0]) > 0 && len(raw[0]) <= maxBits/8 && len(raw[1]) > 0 && len(raw[1]) <= 4:
		return &rsa.PublicKey{N: new(big.Int).SetBytes(raw[0]), E: int(new(big.Int).SetBytes(raw[1]).Int64())}
	case kty == "OKP" && crv == "Ed25519" && len(raw[2]) == ed25519.PublicKeySize:
		return ed25519.PublicKey(raw[2])
	case kty == "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[crv]
		if curve == nil {
			return nil
		}
		size := (curve.Params().BitSize + 7) / 8
		if len(raw[2]) > size || len(raw[3]) > size {
			return nil
		}
		point := make([]byte, 1+2*size) // https://www.secg.org/sec1-v2.pdf, 2.3.3
		point[0] = 4
		copy(point[1+size-len(raw[2]):], raw[2])
		copy(point[1+2*size-len(raw[3]):], raw[3])
		public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
		if err != nil {
			return nil // not a point of the curve
		}
		return public
	}
	return nil
}

// jsonWebKeys reads private keys in JSON.
func jsonWebKeys(in *Input) []leak.Evidence {
	k, ok := jwk(in.Value)
	if !ok || !k.private {
		return nil
	}
	title := "JSON Web Key, private: " + k.title()
	if k.symmetric {
		title = "JSON Web Key, symmetric"
	}
	identity := leak.SigningKey
	if k.Use == "enc" {
		identity = leak.EncryptionKey
	}
	c := about("privatekey", identity, title, .8, "a JSON Web Key")
	c.text(leak.ClaimKeyID, k.ID, "kid of the key")
	c.text(leak.ClaimPermission, map[string]string{"sig": "sign", "enc": "decrypt"}[k.Use], "use of the key")
	c.text(leak.ClaimNote, prefixed("algorithm ", k.Alg), "alg of the key")
	if f := k.fingerprint(); f != "" {
		c.add(leak.ClaimFingerprint, f, "the public key that belongs to it, as SSH prints it")
		c.add(leak.ClaimID, f, "the public key that belongs to it")
	}
	if sum := k.spki(); sum != "" {
		c.add(leak.ClaimFingerprint, "spki-sha256:"+sum, "the public key that belongs to it, as certificates have it")
	}
	return c.list
}
