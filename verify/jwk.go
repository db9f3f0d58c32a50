package verify

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of the algorithms below
	_ "crypto/sha512"
	"encoding/base64"
	"math/big"
	"slices"
	"strings"
)

// manyKeys bounds how many keys of an issuer are tried.
const manyKeys = 100

// check says why the signature of a token fits none of the keys (JWKs, RFC
// 7517), and is empty if it fits one.
func (t *jwt) check(keys []any) string {
	kid, known := t.header("kid"), false
	for _, k := range keys[:min(len(keys), manyKeys)] {
		field := func(name string) string {
			m, _ := k.(map[string]any)
			text, _ := m[name].(string)
			return text
		}
		if kid != "" && field("kid") != kid {
			continue
		}
		known = true
		if key := publicKey(field); key != nil && t.signedBy(key) {
			return ""
		}
	}
	if !known {
		return "it is signed with a key that its issuer does not publish now"
	}
	return "its signature does not fit the keys of its issuer"
}

// publicKey reads a JWK (RFC 7518, section 6; RFC 8037); nil if it cannot be
// used.
func publicKey(field func(string) string) crypto.PublicKey {
	number := func(name string) []byte {
		b, _ := base64.RawURLEncoding.DecodeString(strings.TrimRight(field(name), "="))
		return b
	}
	switch field("kty") + " " + field("crv") {
	case "RSA ":
		n, e := new(big.Int).SetBytes(number("n")), new(big.Int).SetBytes(number("e"))
		if n.BitLen() < 1024 || n.BitLen() > 8192 || e.BitLen() < 2 || e.BitLen() > 31 {
			return nil
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}
	case "EC P-256":
		return point(elliptic.P256(), number("x"), number("y"))
	case "EC P-384":
		return point(elliptic.P384(), number("x"), number("y"))
	case "EC P-521":
		return point(elliptic.P521(), number("x"), number("y"))
	case "OKP Ed25519":
		if x := number("x"); len(x) == ed25519.PublicKeySize {
			return ed25519.PublicKey(x)
		}
	}
	return nil
}

func point(curve elliptic.Curve, x, y []byte) crypto.PublicKey {
	size := (curve.Params().BitSize + 7) / 8
	if len(x) != size || len(y) != size {
		return nil
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil
	}
	return key
}

// signedBy reports whether the token's signature is by a key, with the
// algorithm that the token names, which must be one for such a key.
func (t *jwt) signedBy(key crypto.PublicKey) bool {
	alg := t.header("alg")
	hash := map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}[strings.TrimLeft(alg, "ERPS")]
	var sum []byte
	if hash != 0 {
		h := hash.New()
		h.Write(t.signed)
		sum = h.Sum(nil)
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		switch {
		case sum != nil && strings.HasPrefix(alg, "RS"):
			return rsa.VerifyPKCS1v15(key, hash, sum, t.sig) == nil
		case sum != nil && strings.HasPrefix(alg, "PS"):
			return rsa.VerifyPSS(key, hash, sum, t.sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
	case *ecdsa.PublicKey:
		want := map[string]int{"ES256": 256, "ES384": 384, "ES512": 521}[alg]
		size := (key.Curve.Params().BitSize + 7) / 8
		if want != key.Curve.Params().BitSize || len(t.sig) != 2*size {
			return false
		}
		return ecdsa.Verify(key, sum, new(big.Int).SetBytes(t.sig[:size]), new(big.Int).SetBytes(t.sig[size:]))
	case ed25519.PublicKey:
		return (alg == "EdDSA" || alg == "Ed25519") && ed25519.Verify(key, t.signed, t.sig)
	}
	return false
}
