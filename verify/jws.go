package verify

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// signJWT makes a JWT of claims, signed with RS256 (RFC 7515, RFC 7518 3.3).
// kid may be empty.
func signJWT(key *rsa.PrivateKey, kid string, claims map[string]any) (string, error) {
	head := map[string]any{"alg": "RS256", "typ": "JWT"}
	if kid != "" {
		head["kid"] = kid
	}
	var text string
	for i, part := range []any{head, claims} {
		b, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		if i > 0 {
			text += "."
		}
		text += base64.RawURLEncoding.EncodeToString(b)
	}
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return text + "." + base64.RawURLEncoding.EncodeToString(sig), err
}

// jwt is a JSON Web Token whose signature nobody has looked at.
type jwt struct {
	head, claims any
	signed, sig  []byte // what is signed: "head.claims" in base64
}

// maxJWT bounds what is decoded, in bytes.
const maxJWT = 64 << 10

// readJWT decodes one. What comes back is as hostile as the text.
func readJWT(text string) (t jwt, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || len(text) > maxJWT {
		return t, false
	}
	for i, into := range []*any{&t.head, &t.claims} {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil {
			return t, false
		}
		if *into, err = decodeJSON(b); err != nil {
			return t, false
		}
	}
	sig, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	t.signed, t.sig = []byte(parts[0]+"."+parts[1]), sig
	return t, err == nil
}

// claim returns one of the claims as text, "" if it is not there.
func (t *jwt) claim(path string) string {
	return strings.Join(texts(parsePath(path).get(t.claims)), " ")
}

// header returns one of the header's fields as text.
func (t *jwt) header(path string) string {
	return strings.Join(texts(parsePath(path).get(t.head)), " ")
}
