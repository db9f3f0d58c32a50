package tokensum

import (
	"encoding/base64"
	"strings"
)

// vaultRandom is the length of what is random in a token of HashiCorp Vault
// (vault/token_store.go, TokenLength).
const vaultRandom = 24

// VaultToken reports whether a service token of Vault, hvs.BODY or hvs.BODY.NAMESPACE,
// is random, as those of servers that do not sign them are, or signed.
func VaultToken(token string) bool {
	body, ok := strings.CutPrefix(token, "hvs.")
	body, _, _ = strings.Cut(body, ".")
	return ok && (len(body) == vaultRandom && strings.Trim(body, base62) == "" || VaultSigned(body))
}

// VaultSigned reports whether the body of a token is base64url of a protobuf message
// with the fields 1 (version, a number), 2 (HMAC, 32 bytes) and 3 (the token, bytes),
// as vault/tokens/token.proto of hashicorp/vault has it.
func VaultSigned(body string) bool {
	var before, after [512]byte // for all that Vault makes: no memory is taken for the many that are none
	raw, err := base64.RawURLEncoding.AppendDecode(after[:0], append(before[:0], strings.TrimRight(body, "=")...))
	if err != nil || len(raw) < 4 || raw[0] != 1<<3 || raw[1] == 0 || raw[1] > 127 || raw[2] != 2<<3|2 || raw[3] != 32 {
		return false
	}
	rest := raw[4:]
	return len(rest) > 34 && rest[32] == 3<<3|2 && int(rest[33]) == len(rest)-34
}
