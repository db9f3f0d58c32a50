package verify

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"encoding/base64"
	"hash"
	"strconv"
	"strings"
)

// scram is the client's side of a login by SCRAM (RFC 5802, RFC 7677) without
// channel binding. The password is not sent, and the server proves that it knows
// it.
type scram struct {
	hash     func() hash.Hash
	password string
	nonce    string
	first    string // client-first-message-bare
	proof    string // that the server must send
}

// Bounds of the iterations: with fewer than RFC 7677 wants a false server could
// guess the password from one proof; more would keep this machine busy.
const (
	minIterations = 4096
	maxIterations = 1_000_000
)

var errScram = problem("the server does not speak SCRAM as it should")

func newScram(h func() hash.Hash, user, password string) *scram {
	b := make([]byte, 18)
	rand.Read(b)
	s := &scram{hash: h, password: password, nonce: base64.StdEncoding.EncodeToString(b)}
	s.first = "n=" + strings.NewReplacer("=", "=3D", ",", "=2C").Replace(user) + ",r=" + s.nonce
	return s
}

// hello is the first message.
func (s *scram) hello() string { return "n,," + s.first }

// answer makes the second message from the server's first.
func (s *scram) answer(server string) (string, error) {
	f := scramFields(server)
	salt, err := base64.StdEncoding.DecodeString(f["s"])
	n, err2 := strconv.Atoi(f["i"])
	if err != nil || err2 != nil || len(salt) == 0 || !strings.HasPrefix(f["r"], s.nonce) || len(f["r"]) == len(s.nonce) || f["m"] != "" {
		return "", errScram
	}
	if n < minIterations || n > maxIterations {
		return "", problem("the server wants " + strconv.Itoa(n) + " rounds of SCRAM, which is not safe")
	}
	salted, err := pbkdf2.Key(s.hash, s.password, salt, n, s.hash().Size())
	if err != nil {
		return "", errScram
	}
	mine := s.mac(salted, "Client Key")
	digest := s.hash()
	digest.Write(mine)
	final := "c=biws,r=" + f["r"]
	all := s.first + "," + server + "," + final
	for i, b := range s.mac(digest.Sum(nil), all) {
		mine[i] ^= b
	}
	s.proof = base64.StdEncoding.EncodeToString(s.mac(s.mac(salted, "Server Key"), all))
	return final + ",p=" + base64.StdEncoding.EncodeToString(mine), nil
}

// check reads the server's last message: only one that knows the password can
// make it.
func (s *scram) check(server string) error {
	if v := scramFields(server)["v"]; s.proof == "" || !hmac.Equal([]byte(v), []byte(s.proof)) {
		return problem("the server does not know the password that it accepts")
	}
	return nil
}

func (s *scram) mac(key []byte, text string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

func scramFields(s string) map[string]string {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ",") {
		if name, value, ok := strings.Cut(part, "="); ok && len(name) == 1 {
			out[name] = value
		}
	}
	return out
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 || r < ' ' })
}
