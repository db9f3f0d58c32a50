package verify

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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
