package detectors

import (
	"bytes"
	"fmt"
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
	g := &generic{Spec{Before: genericKey + 2, After: 2*genericKey + 5*genericGap + genericValue + 8}}
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
func (g *generic) Find(w Window, emit func(Hit)) Seen {
	word := len(g.spec.Literals[w.Lit].Text)
	start, end, seenTo := keyAround(w.Data, w.At, w.At+word)
	at, quote, far, ok := operator(w.Data, start, end)
	far = max(far, seenTo)
	seen := func() Seen { // a byte before the name, and the parenthesis before its quote
		return Seen{min(g.spec.Before, w.At-start+2), min(g.spec.After, far-w.At)}
	}
	if !ok {
		return seen() // most names are not assigned to
	}
	value, to := valueAt(w.Data, at, quote)
	if far = max(far, to); len(value) < genericMin {
		return seen()
	}
	key := w.Data[start:end]
	if !soundsSecret(key) || lastWord(key, w.At-start) {
		return seen()
	}
	if why, ok := worthReporting(value, key, quote != 0); ok {
		emit(Hit{
			Start: at, End: at + len(value), Pieces: [][2]int{{at, at + len(value)}},
			Parts: leak.Parts{leak.SecretPart: leak.NewSecret(string(value))},
			Why:   []string{fmt.Sprintf("assigned to a name with %q in it", g.spec.Literals[w.Lit].Text), why},
		})
	}
	return seen()
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-' || c == '.'
}

// keyAround extends a word to the name that it is a part of. It looks at nothing
// from far on.
func keyAround(data []byte, start, end int) (from, to, far int) {
	for n := 0; start > 0 && n < genericKey && keyByte(data[start-1]); n++ {
		start--
	}
	for n := 0; end < len(data) && n < genericKey && keyByte(data[end]); n++ {
		end++
	}
	far = end + 1
	for end > start && (data[end-1] == '.' || data[end-1] == '-') {
		end--
	}
	return start, end, far
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
// where the value starts and the quote that it stands in, 0 for none. The
// quote '\\' stands for one that is escaped: JSON within a text. It looks at
// nothing from far on.
func operator(data []byte, start, end int) (at int, quote byte, far int, ok bool) {
	i := end
	if i+1 < len(data) && data[i] == '\\' && data[i+1] == '"' {
		i++
	}
	quotedKey := isQuote(data, i)
	if quotedKey {
		i++
	}
	if i < len(data) && data[i] == ']' { // config["password"] = ...
		i++
	}
	i = blanks(data, i)
	far = i + len("value=")
	switch rest := data[i:min(len(data), i+genericGap)]; {
	case bytes.HasPrefix(rest, []byte("==")), bytes.HasPrefix(rest, []byte("=~")), bytes.HasPrefix(rest, []byte("!=")):
		return 0, 0, far, false // a comparison
	case bytes.HasPrefix(rest, []byte(":=")), bytes.HasPrefix(rest, []byte("=>")), bytes.HasPrefix(rest, []byte("||=")), bytes.HasPrefix(rest, []byte("?=")):
		i += 2 + bytes.Count(rest[:1], []byte("|"))
	case bytes.HasPrefix(rest, []byte("::")):
		return 0, 0, far, false
	case len(rest) > 0 && (rest[0] == '=' || rest[0] == ':'):
		i++
	case len(rest) > 0 && rest[0] == '>' && start > 0 && data[start-1] == '<': // <password>...
		return i + 1, '<', far, true
	case quotedKey && bytes.HasPrefix(rest, []byte("value=")): // name="password" value="..."
		i += len("value=")
	case len(rest) > 0 && rest[0] == ',' && quotedKey && start > 1 && data[start-2] == '(': // set("password", "...")
		i++
	default:
		return 0, 0, far, false
	}
	colon := data[i-1] == ':'
	if i = blanks(data, i); colon {
		i, far = typed(data, i)
	}
	at, quote, ok = opening(data, i, quotedKey)
	return at, quote, max(far, i+3), ok
}

// opening finds the quote that opens the value at data[i:].
func opening(data []byte, i int, quotedKey bool) (at int, quote byte, ok bool) {
	switch {
	case isQuote(data, i):
		return i + 1, data[i], true
	case i < len(data) && data[i] == '\\' && isQuote(data, i+1):
		return i + 2, '\\', true
	case i < len(data) && (data[i] == 'b' || data[i] == '@') && isQuote(data, i+1): // Python's bytes, Objective-C and C#
		return i + 2, data[i+1], true
	}
	return i, 0, !quotedKey || data[max(0, i-1)] != ','
}

func isQuote(data []byte, i int) bool {
	return i < len(data) && (data[i] == '"' || data[i] == '\'' || data[i] == '`')
}

// typed skips the type in "token: String = ..." if what follows is in quotes. It
// looks at nothing from far on.
func typed(data []byte, i int) (at, far int) {
	j := i
	for j < len(data) && j < i+genericGap && (keyByte(data[j]) || data[j] == '&') {
		j++
	}
	k := blanks(data, j)
	if k == i || k >= len(data) || data[k] != '=' {
		return i, k + 1
	}
	if k = blanks(data, k+1); isQuote(data, k) {
		return k, k + 1
	}
	return i, k + 1
}

// blanks skips spaces and tabs, but not many.
func blanks(data []byte, i int) int {
	for n := 0; n < genericGap && i < len(data) && (data[i] == ' ' || data[i] == '\t'); n++ {
		i++
	}
	return i
}

// valueAt returns the value that starts at data[at:]; nothing if it does not
// end within reach. It looks at nothing from far on.
func valueAt(data []byte, at int, quote byte) (value []byte, far int) {
	limit := min(len(data), at+genericValue+1)
	for i := at; i < limit; i++ {
		c := data[i]
		switch {
		case c == '\n' || c == '\r':
			if quote != 0 {
				return nil, i + 1
			}
			return data[at:i], i + 1
		case quote != 0 && c == quote:
			return data[at:i], i + 1
		case quote != 0 && c == '\\':
			return nil, i + 1
		case quote == 0 && bytes.IndexByte([]byte(" \t\"'`,;(){}[]<>&"), c) >= 0:
			if c == '(' || c == '[' || c == '{' || c == '<' {
				return nil, i + 1 // an expression
			}
			return data[at:i], i + 1
		}
	}
	if limit == len(data) && limit < at+genericValue+1 && quote == 0 {
		return data[at:limit], limit + 1
	}
	return nil, limit + 1
}
