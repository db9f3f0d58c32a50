package leak

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
)

// Secret is a leaked value that cannot be printed, logged or encoded by
// accident. The only way to the value is Reveal, so that a search for
// ".Reveal(" lists every place where a secret leaves the process.
type Secret struct {
	// v is a function because printers reach into unexported fields by
	// reflection and then skip our methods. fmt stops at a pointer, but go-cmp,
	// and what dumps for debugging, follow it; nothing follows a function.
	v func() string
}

// NewSecret wraps a value.
func NewSecret(v string) Secret { return Secret{func() string { return v }} }

// Reveal returns the value. The packages that may call it are listed in
// imports_test.go.
func (s Secret) Reveal() string { return s.reveal() }

func (s Secret) reveal() string {
	if s.v == nil {
		return ""
	}
	return s.v()
}

// Len is the length of the value in bytes.
func (s Secret) Len() int { return len(s.Reveal()) }

// Equal compares in constant time. go-cmp uses it too.
func (s Secret) Equal(o Secret) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// Fingerprint identifies the value, together with what it is for, without
// giving it away. The salt keeps a published list of fingerprints from being a
// list of hashes to try passwords against.
func (s Secret) Fingerprint(salt []byte, purpose string) string {
	h := hmac.New(sha256.New, salt)
	io.WriteString(h, purpose)
	h.Write([]byte{0})
	io.WriteString(h, s.Reveal())
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// String implements fmt.Stringer. It also covers slog and error text.
func (s Secret) String() string { return fmt.Sprintf("[secret %d bytes]", s.Len()) }

// GoString implements fmt.GoStringer.
func (s Secret) GoString() string { return s.String() }

// MarshalText implements encoding.TextMarshaler, for JSON, TOML and XML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
