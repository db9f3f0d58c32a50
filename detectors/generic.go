package detectors

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// generic finds values that are assigned to something that sounds secret. It
// knows nothing of a provider, so what it reports is of low confidence.
type generic struct{ spec Spec }

// How far it looks. keyReach is on either side of the literal, gap between the
// key and its value.
const (
	genericKey   = 48
	genericGap   = 24
	genericValue = 128
	genericMin   = 8
)

var genericWords = []string{
	"password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "api-key",
	"access_key", "accesskey", "access-key", "auth_key", "authkey", "private_key", "privatekey",
	"encryption_key", "encryptionkey", "signing_key", "signingkey", "credential", "_pwd", "_pass",
}

func newGeneric() *generic {
	g := &generic{Spec{Before: genericKey + 2, After: 2*genericKey + 2*genericGap + genericValue + 8}}
	for _, w := range genericWords {
		g.spec.Literals = append(g.spec.Literals, rules.Literal{Text: w, Fold: true})
	}
	g.spec.Rule = leak.RuleInfo{
		ID: rules.Generic, Title: "value of a key that sounds secret", Provider: "generic",
		About:    "https://cwe.mitre.org/data/definitions/798.html",
		Rotate:   "Find out what it opens. If it is a real credential, change it there, and read the new one from a secret store or the environment.",
		Severity: 5.0, Sure: leak.Low,
	}
	return g
}

func (g *generic) Spec() Spec { return g.spec }

// Find implements Detector.
func (g *generic) Find(w Window, emit func(Hit)) {
	word := len(g.spec.Literals[w.Lit].Text)
	start, end := keyAround(w.Data, w.At, w.At+word)
	at, quote, ok := operator(w.Data, start, end)
	if !ok {
		return // most names are not assigned to
	}
	value := valueAt(w.Data, at, quote)
	if len(value) < genericMin {
		return
	}
	key := w.Data[start:end]
	if !soundsSecret(key) || lastWord(key, w.At-start) {
		return
	}
	if why, ok := worthReporting(value, key, quote != 0); ok {
		emit(Hit{
			Start: at, End: at + len(value), Pieces: [][2]int{{at, at + len(value)}},
			Parts: leak.Parts{leak.SecretPart: leak.NewSecret(string(value))},
			Why:   []string{fmt.Sprintf("assigned to a name with %q in it", g.spec.Literals[w.Lit].Text), why},
		})
	}
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// keyAround extends a word to the name that it is a part of.
func keyAround(data []byte, start, end int) (int, int) {
	for n := 0; start > 0 && n < genericKey && keyByte(data[start-1]); n++ {
		start--
	}
	for n := 0; end < len(data) && n < genericKey && keyByte(data[end]); n++ {
		end++
	}
	for end > start && (data[end-1] == '.' || data[end-1] == '-') {
		end--
	}
	return start, end
}

// notSecret are words in a name that say what it holds is about a secret and
// is none.
var notSecret = []string{
	"public", "pub_key", "pubkey", "keyword", "tokeniz", "tokenis", "secretary", "max_token", "maxtoken", "num_token", "n_token",
	"token_type", "tokentype", "token_count", "tokencount", "csrf", "xsrf", "passwordless", "authenticity", "cancellationtoken",
	"secret_name", "secretname", "secretref", "secret_ref", "secret_id", "secretid", "token_id", "tokenid", "key_id", "keyid",
	"nexttoken", "next_token", "pagetoken", "page_token", "continuation", "synctoken", "placeholder", "token_endpoint", "fingerprint",
}

// notSecretEnd are ends of such names.
var notSecretEnd = []string{
	"name", "names", "file", "path", "dir", "url", "uri", "host", "type", "kind", "length", "len", "size", "count", "limit", "ttl", "expiry",
	"expires", "expires_in", "expiration", "timeout", "regex", "pattern", "field", "header", "label", "prompt", "message", "hint",
	"policy", "format", "version", "arn", "provider", "manager", "class", "test", "enabled", "required", "_hash", "hashed", "digest", "_at", "id",
}

func soundsSecret(key []byte) bool {
	if len(key) > genericKey+16 {
		return false
	}
	k := strings.ToLower(string(key))
	for _, w := range notSecret {
		if strings.Contains(k, w) {
			return false
		}
	}
	for _, w := range notSecretEnd {
		if strings.HasSuffix(k, w) && len(k) > len(w) {
			return false
		}
	}
	return true
}

// lastWord reports whether a later literal stands in the same name: that one
// looks at it too, and one look is enough.
func lastWord(key []byte, at int) bool {
	k := strings.ToLower(string(key))
	for _, w := range genericWords {
		if i := strings.LastIndex(k, w); i > at || i == at && len(w) > genericLenAt(k, at) {
			return true
		}
	}
	return false
}

func genericLenAt(k string, at int) int {
	n := 0
	for _, w := range genericWords {
		if strings.HasPrefix(k[at:], w) {
			n = max(n, len(w))
		}
	}
	return n
}

// operator finds what assigns to the name at data[start:end], and returns
// where the value starts and the quote that it stands in, 0 for none.
func operator(data []byte, start, end int) (at int, quote byte, ok bool) {
	i := end
	quotedKey := i < len(data) && (data[i] == '"' || data[i] == '\'' || data[i] == '`')
	if quotedKey {
		i++
	}
	if i < len(data) && data[i] == ']' { // config["password"] = ...
		i++
	}
	i = blanks(data, i)
	switch rest := data[i:min(len(data), i+genericGap)]; {
	case bytes.HasPrefix(rest, []byte("==")), bytes.HasPrefix(rest, []byte("=~")), bytes.HasPrefix(rest, []byte("!=")):
		return 0, 0, false // a comparison
	case bytes.HasPrefix(rest, []byte(":=")), bytes.HasPrefix(rest, []byte("=>")), bytes.HasPrefix(rest, []byte("||=")), bytes.HasPrefix(rest, []byte("?=")):
		i += 2 + bytes.Count(rest[:1], []byte("|"))
	case bytes.HasPrefix(rest, []byte("::")):
		return 0, 0, false
	case len(rest) > 0 && (rest[0] == '=' || rest[0] == ':'):
		i++
	case len(rest) > 0 && rest[0] == '>' && start > 0 && data[start-1] == '<': // <password>...
		return i + 1, '<', true
	case len(rest) > 0 && rest[0] == ',' && quotedKey && start > 1 && data[start-2] == '(': // set("password", "...")
		i++
	default:
		return 0, 0, false
	}
	i = blanks(data, i)
	if i < len(data) && (data[i] == '"' || data[i] == '\'' || data[i] == '`') {
		return i + 1, data[i], true
	}
	return i, 0, !quotedKey || data[max(0, i-1)] != ','
}

// blanks skips spaces and tabs, but not many.
func blanks(data []byte, i int) int {
	for n := 0; n < genericGap/2 && i < len(data) && (data[i] == ' ' || data[i] == '\t'); n++ {
		i++
	}
	return i
}

// valueAt returns the value that starts at data[at:]; nothing if it does not
// end within reach.
func valueAt(data []byte, at int, quote byte) []byte {
	limit := min(len(data), at+genericValue+1)
	for i := at; i < limit; i++ {
		c := data[i]
		switch {
		case c == '\n' || c == '\r':
			if quote != 0 {
				return nil
			}
			return data[at:i]
		case quote != 0 && c == quote:
			return data[at:i]
		case quote != 0 && c == '\\':
			return nil
		case quote == 0 && bytes.IndexByte([]byte(" \t\"'`,;(){}[]<>&"), c) >= 0:
			if c == '(' || c == '[' || c == '{' || c == '<' {
				return nil // an expression
			}
			return data[at:i]
		}
	}
	if limit == len(data) && limit < at+genericValue+1 && quote == 0 {
		return data[at:limit]
	}
	return nil
}

// worthReporting judges a value. Text without quotes may be code, so it has to
// look more like a credential.
func worthReporting(value, key []byte, quoted bool) (why string, ok bool) {
	v := string(value)
	if len(v) < genericMin || len(v) > genericValue || placeholder(v, genericStop) != "" || strings.Contains(strings.ToLower(v), strings.ToLower(string(key))) {
		return "", false
	}
	c := classesOf(v)
	if c.other > 0 || reference(v) || knownShape(v) {
		return "", false
	}
	e := Entropy(v)
	switch {
	case c.digits == 0 || c.letters == 0:
		return "", false // words, or a number
	case !quoted && (c.symbols > c.digits || strings.ContainsAny(v, ".|!*") || len(v) < 12):
		return "", false
	case len(v) < 16 && (e < 2.7 || c.digits < 2 && c.symbols == 0):
		return "", false
	case len(v) >= 16 && e < 3.3, looksWritten(v):
		return "", false
	}
	return fmt.Sprintf("letters and digits, entropy %.1f bits per character", e), true
}

var genericStop = []string{"password", "passwd", "secret", "token", "test", "sample", "foobar", "foo", "qwerty", "fixme", "todo", "dummy", "fake", "mock", "default", "null", "undefined", "true", "false"}

type classes struct{ letters, digits, symbols, other int }

func classesOf(v string) (c classes) {
	for i := range len(v) {
		switch b := v[i]; {
		case 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z':
			c.letters++
		case '0' <= b && b <= '9':
			c.digits++
		case b > ' ' && b < 0x7f:
			c.symbols++
		default:
			c.other++
		}
	}
	return c
}

// reference reports whether a value points elsewhere: a variable, a template,
// a file, a URL; or is a pattern for values.
func reference(v string) bool {
	return strings.ContainsAny(v[:1], "$%@{</.~#&*") || strings.Contains(v, "://") || strings.Contains(v, "${") ||
		strings.Contains(v, "[A-Z") || strings.Contains(v, "[a-z") || strings.Contains(v, "[0-9") || strings.Contains(v, "(?") ||
		strings.Contains(v, "$(") || strings.Contains(v, "{{") || strings.Contains(v, "%(") || strings.HasPrefix(v, "ENC[") ||
		slices.ContainsFunc([]string{"env.", "process.", "os.", "var.", "local.", "secrets.", "self.", "this.", "config.", "data.", "vault:", "ssm:", "arn:"},
			func(p string) bool { return strings.HasPrefix(strings.ToLower(v), p) })
}

// knownShape reports whether a value has a form that is public by design.
func knownShape(v string) bool {
	for _, p := range []string{"sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "ssh-rsa", "AAAAB3NzaC1", "AAAAC3NzaC1", "MIIB", "MIGfMA0", "MFkwEwYH", "$2a$", "$2b$", "$2y$", "$argon2", "$pbkdf2", "pbkdf2:"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return isUUID(v)
}

func isUUID(v string) bool {
	if len(v) != 36 {
		return false
	}
	for i := range len(v) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (v[i] == '-') || !dash && unhex(v[i]) < 0 {
			return false
		}
	}
	return true
}

// looksWritten reports whether a value is made of words, as names are: few
// changes between letters, digits and case.
func looksWritten(v string) bool {
	kind := func(b byte) int {
		switch {
		case 'a' <= b && b <= 'z':
			return 1
		case 'A' <= b && b <= 'Z':
			return 2
		case '0' <= b && b <= '9':
			return 3
		}
		return 4
	}
	changes := 0
	for i := 1; i < len(v); i++ {
		a, b := kind(v[i-1]), kind(v[i])
		if a != b && !(a == 2 && b == 1) { // "Word" is one
			changes++
		}
	}
	return len(v) >= 12 && changes*6 < len(v)
}
