package verify

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/leak"
)

// privateKey reads a key in PEM as it was found: in JSON or shell strings with
// \n for the ends of lines, indented in YAML, quoted, behind signs of comments.
// The errors are *ssh.PassphraseMissingError for one that is encrypted, and
// errKey for all else.
func privateKey(text string) (crypto.Signer, error) {
	const begin, end = "-----BEGIN ", "-----END "
	from, to := strings.Index(text, begin), strings.LastIndex(text, end)
	if from < 0 || to < from {
		return nil, errKey
	}
	head, rest, ok := strings.Cut(text[from+len(begin):to], "-----")
	if !ok || len(head) > 40 {
		return nil, errKey
	}
	if strings.Contains(head, "ENCRYPTED") || strings.Contains(rest, "Proc-Type: 4,ENCRYPTED") {
		return nil, &ssh.PassphraseMissingError{}
	}
	for strings.Contains(rest, `\\`) {
		rest = strings.ReplaceAll(rest, `\\`, `\`)
	}
	rest = strings.NewReplacer(`\r`, "", `\n`, "", `\t`, "", `\/`, "/", `\u002b`, "+", `\u003d`, "=").Replace(rest)
	body := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '/', r == '=', r == '+':
			return r
		}
		return -1
	}, rest)
	block, _ := pem.Decode([]byte(begin + head + "-----\n" + body + "\n" + end + head + "-----\n"))
	if block == nil {
		return nil, errKey
	}
	return parseKey(block)
}

func parseKey(block *pem.Block) (crypto.Signer, error) {
	if block.Type == "OPENSSH PRIVATE KEY" {
		key, err := ssh.ParseRawPrivateKey(pem.EncodeToMemory(block))
		if _, shut := err.(*ssh.PassphraseMissingError); shut {
			return nil, err
		}
		if s, ok := key.(crypto.Signer); ok && err == nil {
			return s, nil
		}
		return nil, errKey
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		if s, ok := key.(crypto.Signer); ok {
			return s, nil
		}
	}
	return nil, errKey
}

// rsaKey reads the key of a query, which must be of RSA, and of a size that is
// used. For a negative control it is a new one.
func (q *Query) rsaKey() (*rsa.PrivateKey, error) {
	if q.Control {
		return rsa.GenerateKey(rand.Reader, 2048)
	}
	key, err := privateKey(q.part(leak.SecretPart))
	if err != nil {
		return nil, errKey
	}
	r, ok := key.(*rsa.PrivateKey)
	if !ok || r.N.BitLen() < 1024 || r.N.BitLen() > 8192 {
		return nil, errKey
	}
	return r, nil
}
