package decode

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// natsKinds are the prefixes of nkeys (nats-io/nkeys, strkey.go).
var natsKinds = map[byte]struct {
	identity leak.IdentityType
	kind     string
	may      string
}{
	20 << 3: {leak.ServiceAccount, "user", ""},
	0:       {leak.SigningKey, "account", "sign users"},
	14 << 3: {leak.SigningKey, "operator", "admin"},
	13 << 3: {leak.ServiceAccount, "server", ""},
	2 << 3:  {leak.ServiceAccount, "cluster", ""},
	23 << 3: {leak.EncryptionKey, "curve", "decrypt"},
}

var natsCoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// natsSeed reads a seed: base32 of two bytes with prefix and kind, 32 bytes and
// a CRC. It returns the kind and the public key.
func natsSeed(s string) (kind byte, public string, ok bool) {
	if len(s) != 58 || s[0] != 'S' {
		return 0, "", false
	}
	raw, err := natsCoding.DecodeString(s)
	if err != nil || len(raw) != 36 || raw[0]&248 != 18<<3 || binary.LittleEndian.Uint16(raw[34:]) != tokensum.CRC16(raw[:34]) {
		return 0, "", false
	}
	kind = raw[0]&7<<5 | raw[1]>>3
	half := ed25519.NewKeyFromSeed(raw[2:34]).Public().(ed25519.PublicKey)
	if kind == 23<<3 {
		if half, ok = x25519(raw[2:34]); !ok {
			return 0, "", false
		}
	}
	body := append([]byte{kind}, half...)
	return kind, natsCoding.EncodeToString(binary.LittleEndian.AppendUint16(body, tokensum.CRC16(body))), true
}

// natsPublic reports whether a word is a public nkey: base32 of the kind, 32
// bytes and a CRC.
func natsPublic(s string) bool {
	raw, err := natsCoding.DecodeString(s)
	if err != nil || len(raw) != 35 || binary.LittleEndian.Uint16(raw[33:]) != tokensum.CRC16(raw[:33]) {
		return false
	}
	_, known := natsKinds[raw[0]]
	return known
}

// nats reads seeds, user tokens (JWT of the algorithm ed25519-nkey) and .creds
// files, which hold both.
func nats(in *Input) []leak.Evidence {
	if strings.Contains(in.Value, "-----BEGIN NATS USER JWT-----") {
		return natsCreds(in.Value)
	}
	if c := natsSeedClaims(in.Value); c != nil {
		return c.list
	}
	if strings.HasPrefix(in.Value, "eyJ") {
		if c := natsToken(in.Value); c != nil {
			return c.list
		}
	}
	return nil
}

func natsSeedClaims(seed string) *told {
	kind, public, ok := natsSeed(seed)
	if !ok {
		return nil
	}
	k, known := natsKinds[kind]
	if !known {
		k.identity, k.kind = leak.UnknownIdentity, "unknown"
	}
	c := about("nats", k.identity, "nkey seed of a NATS "+k.kind, .97, "prefix and checksum of the seed")
	c.add(leak.ClaimID, public, "the public key that belongs to it")
	c.add(leak.ClaimFingerprint, public, "the public key that belongs to it")
	c.add(leak.ClaimPermission, k.may, "what seeds of this kind are for")
	return c
}

// natsCreds reads the two blocks of a .creds file.
func natsCreds(text string) []leak.Evidence {
	token, _, _ := strings.Cut(after(text, "-----BEGIN NATS USER JWT-----"), "--")
	seed, _, _ := strings.Cut(after(text, "-----BEGIN USER NKEY SEED-----"), "--")
	c := natsToken(strings.TrimSpace(strings.TrimRight(token, "-")))
	s := natsSeedClaims(strings.TrimSpace(strings.TrimRight(seed, "-")))
	switch {
	case c == nil && s == nil:
		return nil
	case c == nil:
		return s.list
	case s != nil:
		c.join(s.list)
	}
	return c.list
}

func after(text, mark string) string {
	_, rest, _ := strings.Cut(text, mark)
	return rest
}

// natsToken reads the claims of a NATS JWT (nats-io/jwt, claims.go).
func natsToken(token string) *told {
	f := strings.Split(token, ".")
	if len(f) != 3 || len(token) > 1<<16 {
		return nil
	}
	head, ok := unbase64(f[0])
	body, also := unbase64(f[1])
	var header struct{ Alg string }
	var doc struct {
		Iss, Sub, Name string
		Iat, Exp       json.Number
		Nats           struct {
			Type          string
			IssuerAccount string `json:"issuer_account"`
			Pub, Sub      struct{ Allow, Deny []string }
		}
	}
	if !ok || !also || readJSON(head, &header) != nil || !strings.HasPrefix(header.Alg, "ed25519") || readJSON(body, &doc) != nil {
		return nil
	}
	identity, kind := leak.ServiceAccount, "token of a NATS user"
	if doc.Nats.Type == "account" || doc.Nats.Type == "operator" {
		kind = "token of a NATS " + doc.Nats.Type
	}
	c := about("nats", identity, kind, .97, "claims of the token")
	c.who(doc.Name, "name in the token")
	c.add(leak.ClaimID, doc.Sub, "sub in the token")
	account := doc.Iss
	if doc.Nats.IssuerAccount != "" {
		account = doc.Nats.IssuerAccount
	}
	c.tenant(account, "account", "who issued the token")
	issued, _ := doc.Iat.Int64()
	expires, _ := doc.Exp.Int64()
	c.unix(leak.ClaimIssued, min(issued, 1<<40), "iat in the token")
	c.unix(leak.ClaimExpires, min(expires, 1<<40), "exp in the token")
	for _, subject := range doc.Nats.Pub.Allow[:min(len(doc.Nats.Pub.Allow), 16)] {
		c.text(leak.ClaimPermission, "publish "+subject, "permissions in the token")
	}
	for _, subject := range doc.Nats.Sub.Allow[:min(len(doc.Nats.Sub.Allow), 16)] {
		c.text(leak.ClaimPermission, "subscribe "+subject, "permissions in the token")
	}
	return c
}
