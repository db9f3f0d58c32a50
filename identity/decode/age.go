package decode

import (
	"crypto/ecdh"
	"strings"

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
	hrp, scalar, ok := unbech32(identity)
	if !ok || hrp != "age-secret-key-" || len(scalar) != 32 {
		return "", false
	}
	public, ok := x25519(scalar)
	if !ok {
		return "", false
	}
	return bech32("age", public), true
}

// x25519 is the public key of a scalar.
func x25519(scalar []byte) ([]byte, bool) {
	private, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		return nil, false
	}
	return private.PublicKey().Bytes(), true
}

const bech32Letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"

// unbech32 decodes a Bech32 string (BIP 173) without its limit of 90
// characters, which age lifts.
func unbech32(s string) (hrp string, data []byte, ok bool) {
	if strings.ToLower(s) != s && strings.ToUpper(s) != s {
		return "", nil, false
	}
	s = strings.ToLower(s)
	at := strings.LastIndexByte(s, '1')
	if at < 1 || len(s)-at < 7 || len(s) > 4096 {
		return "", nil, false
	}
	hrp = s[:at]
	values := make([]byte, 0, len(s)-at)
	for i := at + 1; i < len(s); i++ {
		v := strings.IndexByte(bech32Letters, s[i])
		if v < 0 {
			return "", nil, false
		}
		values = append(values, byte(v))
	}
	if polymod(append(expand(hrp), values...)) != 1 {
		return "", nil, false
	}
	data, ok = regroup(values[:len(values)-6], 5, 8, false)
	return hrp, data, ok
}

// bech32 encodes in lower case.
func bech32(hrp string, data []byte) string {
	values, _ := regroup(data, 8, 5, true)
	sum := polymod(append(append(expand(hrp), values...), 0, 0, 0, 0, 0, 0)) ^ 1
	for i := range 6 {
		values = append(values, byte(sum>>(5*(5-i))&31))
	}
	var b strings.Builder
	b.WriteString(hrp + "1")
	for _, v := range values {
		b.WriteByte(bech32Letters[v])
	}
	return b.String()
}

func expand(hrp string) []byte {
	out := make([]byte, 0, 2*len(hrp)+1)
	for i := range len(hrp) {
		out = append(out, hrp[i]>>5)
	}
	out = append(out, 0)
	for i := range len(hrp) {
		out = append(out, hrp[i]&31)
	}
	return out
}

func polymod(values []byte) uint32 {
	generator := [5]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3}
	sum := uint32(1)
	for _, v := range values {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range generator {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}

// regroup turns groups of from bits into groups of to bits.
func regroup(data []byte, from, to uint, fill bool) ([]byte, bool) {
	var out []byte
	acc, bits := uint32(0), uint(0)
	for _, v := range data {
		acc = acc<<from | uint32(v)
		for bits += from; bits >= to; {
			bits -= to
			out = append(out, byte(acc>>bits&(1<<to-1)))
		}
	}
	if fill && bits > 0 {
		out = append(out, byte(acc<<(to-bits)&(1<<to-1)))
	}
	return out, fill || bits < from && acc&(1<<bits-1) == 0
}
