package leak

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"io"
	"strings"
)

var lowerBase32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ListID identifies the value, as a credential of a rule, in a list of known ones:
// "b1:" and 26 characters of base32 of HMAC-SHA256(key, rule, 0, value). Line ends,
// space around the value and the folding of PEM blocks do not matter, so that a
// checkout on Windows gives the same.
func (s Secret) ListID(key []byte, rule string) string {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, rule)
	h.Write([]byte{0})
	io.WriteString(h, normal(s.Reveal()))
	return "b1:" + lowerBase32.EncodeToString(h.Sum(nil))[:26]
}

// normal is the form of a value that how it was written down does not change.
func normal(v string) string {
	v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n"))
	if strings.HasPrefix(v, "-----BEGIN") {
		v = strings.NewReplacer(`\r`, "", `\n`, "", " ", "", "\n", "", "\r", "", "\t", "").Replace(v)
	}
	return v
}

// SHA1 is the hash in hex by which detect-secrets lists credentials. It is no
// secret keeper: who can guess the value can check the guess.
func (s Secret) SHA1() string {
	sum := sha1.Sum([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:])
}

// SHA256 is the hash in hex by which Betterleaks lists credentials. What SHA1 says
// of guesses holds for it as well.
func (s Secret) SHA256() string {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:])
}

// After is what stands behind another value and a separator.
func (s Secret) After(first Secret, separator string) (rest Secret, ok bool) {
	v, ok := strings.CutPrefix(s.Reveal(), first.Reveal()+separator)
	return NewSecret(v), ok && v != "" && first.Len() > 0
}

// maxSpans bounds how often Spans finds a value.
const maxSpans = 1000

// Spans are the places of a text where the value stands, in their order.
func (s Secret) Spans(text []byte) (out []Span) {
	v := []byte(s.Reveal())
	if len(v) == 0 {
		return nil
	}
	for at := 0; len(out) < maxSpans; {
		i := bytes.Index(text[at:], v)
		if i < 0 {
			break
		}
		start := at + i
		out = append(out, Span{int64(start), int64(start + len(v))})
		at = start + len(v)
	}
	return out
}
