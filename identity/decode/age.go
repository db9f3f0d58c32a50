package decode

import (
	"crypto/ecdh"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// ageKeys reads age identities, alone or in a key file with comments, as
// age-keygen writes them.
func ageKeys(in *Input) []leak.Evidence {
	identities := ageIdentities(in.Value)
	if len(identities) == 0 {
		return nil
	}
	var c *told
	for i, identity := range identities {
		recipient, ok := ageRecipient(identity)
		postQuantum := strings.HasPrefix(identity, "AGE-SECRET-KEY-PQ-1")
		switch {
		case i > 0:
			c.add(leak.ClaimScope, prefixed("files encrypted to ", recipient), "another key in the file")
			continue
		case postQuantum:
			c = about("age", leak.EncryptionKey, "age secret key (hybrid, post-quantum)", .9, "begins with AGE-SECRET-KEY-PQ-1")
		case ok:
			c = about("age", leak.EncryptionKey, "age secret key (X25519)", .97, "Bech32 with a good checksum")
		case len(identity) == 74:
			return wrongSum("age", "begins with AGE-SECRET-KEY-1, but not the checksum")
		default:
			return nil
		}
		c.add(leak.ClaimID, recipient, "the recipient that belongs to it")
		c.add(leak.ClaimFingerprint, recipient, "the recipient that belongs to it")
		c.add(leak.ClaimScope, prefixed("files encrypted to ", recipient), "the recipient that belongs to it")
		c.add(leak.ClaimPermission, "decrypt", "what age keys are for")
	}
	for line := range strings.Lines(in.Value[:min(len(in.Value), 4096)]) {
		if made, ok := strings.CutPrefix(line, "# created: "); ok {
			c.date(leak.ClaimIssued, strings.TrimSpace(made), "comment in the key file")
		}
	}
	return c.list
}

// ageIdentities are the secret keys in a text, at most maxBlocks.
func ageIdentities(text string) []string {
	if !strings.Contains(text, "AGE-SECRET-KEY-") {
		return nil
	}
	var all []string
	for word := range strings.FieldsSeq(text) {
		if strings.HasPrefix(word, "AGE-SECRET-KEY-") && len(all) < maxBlocks && len(word) < 100 {
			all = append(all, word)
		}
	}
	return all
}

// ageRecipient is the public key of an X25519 identity (age-encryption.org/v1).
func ageRecipient(identity string) (string, bool) {
	hrp, scalar, ok := tokensum.UnBech32(identity)
	if !ok || hrp != "age-secret-key-" || len(scalar) != 32 {
		return "", false
	}
	public, ok := x25519(scalar)
	if !ok {
		return "", false
	}
	return tokensum.Bech32("age", public), true
}

// x25519 is the public key of a scalar.
func x25519(scalar []byte) ([]byte, bool) {
	private, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		return nil, false
	}
	return private.PublicKey().Bytes(), true
}
