package scenario

import (
	"crypto/ecdh"
	"crypto/ed25519"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/internal/tokensum"
)

// tokens makes credentials.
type tokens struct {
	rng    *rand.Rand
	stripe string // stands in two repositories
}

const (
	alnum = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	lower = "0123456789abcdefghijklmnopqrstuvwxyz"
	upper = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	hex   = "0123456789abcdef"
	b64   = alnum + "+/"
)

func newTokens(rng *rand.Rand) *tokens {
	t := &tokens{rng: rng}
	t.stripe = "sk_" + "live_51" + t.text(alnum, 97)
	return t
}

func (t *tokens) text(alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[t.rng.IntN(len(alphabet))]
	}
	return string(b)
}

func (t *tokens) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(t.rng.UintN(256))
	}
	return b
}

// awsKey makes the id of an access key of an account, and the key.
func (t *tokens) awsKey(account int64) (id, secret string) {
	for {
		raw := t.bytes(10)
		n := uint64(raw[0]&0x80)<<40 | uint64(account)<<7 | uint64(raw[5]&0x7f)
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], n)
		copy(raw, b[2:])
		id = base32.StdEncoding.EncodeToString(raw)
		if id[0] != 'I' && id[0] != 'J' {
			return "AK" + "IA" + id, t.text(b64, 40)
		}
	}
}

// github makes a personal access token.
func (t *tokens) github() string {
	head := "gh" + "p_" + t.text(alnum, 30)
	return head + tokensum.GitHubSum(head)
}

// gitlab makes a routable token of a user of a project of an organization.
func (t *tokens) gitlab(org, project, user int64) string {
	payload := fmt.Sprintf("o:%s\np:%s\nu:%s", strconv.FormatInt(org, 36), strconv.FormatInt(project, 36), strconv.FormatInt(user, 36))
	raw := append(t.bytes(16), payload...)
	raw = append(raw, byte(len(payload)))
	body := base64.RawURLEncoding.EncodeToString(raw)
	head := "gl" + "pat-" + body + ".01." + tokensum.GitLabLength(len(body))
	return head + tokensum.GitLabSum(head)
}

// jwt makes a token with a signature that nobody made.
func (t *tokens) jwt(header, claims string) string {
	e := base64.RawURLEncoding.EncodeToString
	return e([]byte(header)) + "." + e([]byte(claims)) + "." + e(t.bytes(32))
}

// pemKey makes an RSA key in a PEM block. It is another one each time.
func pemKey() string {
	k, err := rsa.GenerateKey(crand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// gcp makes the file of a service account's key.
func (t *tokens) gcp(name, project string) string {
	b, err := json.MarshalIndent(map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": t.text(hex, 40), "private_key": pemKey(),
		"client_email": name + "@" + project + ".iam.gserviceaccount.com", "client_id": "1" + t.text("0123456789", 20),
		"token_uri": "https://oauth2.googleapis.com/token",
	}, "", "  ")
	if err != nil {
		panic(err)
	}
	return string(b) + "\n"
}

// sshKey makes a key with a comment, and the line with its public key.
func (t *tokens) sshKey(comment string) (private, public string) {
	k := ed25519.NewKeyFromSeed(t.bytes(32))
	block, err := ssh.MarshalPrivateKey(k, comment)
	if err != nil {
		panic(err)
	}
	pub, err := ssh.NewPublicKey(k.Public())
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(block)), strings.TrimSpace(string(ssh.MarshalAuthorizedKey(pub))) + " " + comment + "\n"
}

// age makes a secret key of age, and its recipient.
func (t *tokens) age() (private, public string) {
	raw := t.bytes(32)
	k, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		panic(err)
	}
	return strings.ToUpper(bech32("age-secret-"+"key-", raw)), bech32("age", k.PublicKey().Bytes())
}

// bech32 encodes as BIP 173 says.
func bech32(prefix string, data []byte) string {
	const charset = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var five []byte
	acc, bits := 0, 0
	for _, c := range data {
		acc, bits = acc<<8|int(c), bits+8
		for bits >= 5 {
			bits -= 5
			five = append(five, byte(acc>>bits&31))
		}
		acc &= 1<<bits - 1
	}
	if bits > 0 {
		five = append(five, byte(acc<<(5-bits)&31))
	}
	values := []byte{}
	for _, c := range []byte(prefix) {
		values = append(values, c>>5)
	}
	values = append(values, 0)
	for _, c := range []byte(prefix) {
		values = append(values, c&31)
	}
	sum := polymod(append(append(values, five...), 0, 0, 0, 0, 0, 0)) ^ 1
	out := []byte(prefix + "1")
	for _, v := range five {
		out = append(out, charset[v])
	}
	for i := range 6 {
		out = append(out, charset[sum>>(5*(5-i))&31])
	}
	return string(out)
}

func polymod(values []byte) uint32 {
	sum := uint32(1)
	for _, v := range values {
		top := sum >> 25
		sum = sum&0x1ffffff<<5 ^ uint32(v)
		for i, g := range []uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	return sum
}
