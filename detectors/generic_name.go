package detectors

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
)

// name is that of what a value is assigned to.
type name struct {
	lower string
	class nameClass
}

type nameClass int

const (
	notSecret  nameClass = iota
	ofPassword           // people choose it: it may be short, and of letters only
	ofKey                // made by a machine: long
)

// notSecretIn are words in a name that say what it holds is about a secret and
// is none.
var notSecretIn = newWordSet([]string{
	"public", "pub_key", "pubkey", "keyword", "tokeniz", "tokenis", "secretary", "max_token", "maxtoken", "num_token", "n_tokens",
	"token_type", "tokentype", "token_count", "tokencount", "csrf", "xsrf", "passwordless", "authenticity", "cancellationtoken",
	"secret_name", "secretname", "secretref", "secret_ref", "secret_id", "secretid", "token_id", "tokenid", "key_id", "keyid",
	"nexttoken", "next_token", "pagetoken", "page_token", "continuation", "synctoken", "placeholder", "token_endpoint", "fingerprint",
	"invalid", "wrong", "incorrect", "forgot", "encrypted_", "encryptedpass", "encryptedsecret", "hashed", "tooltip", "mandatory", "integrity",
	"js-tokens", "design-token", "embd", "embed", "sealed", "keypath", "passthrough", "bypass", "compass", "redacted", "mask", "verificationtoken", "thumbprint",
	"cache_key", "primary_key", "foreign_key", "sort_key", "partition_key", "group_key", "lookup_key", "row_key", "object_key", "hash_key", "range_key",
	"index_key", "registry_key", "idempotency", "host_key", "site_key", "_s3_key", "cachekey", "primarykey", "foreignkey", "sortkey", "partitionkey", "groupkey", "lookupkey", "rowkey", "objectkey", "hashkey", "rangekey", "indexkey", "registrykey", "hostkey", "sitekey", "joinkey", "uniquekey", "dedup", "join_key", "unique_key", "publishable", "known_host", "verify_key", "verification_key", "verifykey", "authorized_key",
	"storesecret", "store_secret", "passing", "passed", "passenger", "passport", "passive", "passes", "passage", "_bypass", "buflen",
})

// notSecretEnd are ends of such names.
var notSecretEnd = newWordSet([]string{
	"name", "names", "file", "path", "dir", "url", "uri", "host", "type", "kind", "length", "len", "size", "count", "limit", "ttl", "expiry",
	"expires", "expires_in", "expiration", "timeout", "regex", "pattern", "field", "header", "label", "prompt", "message", "hint",
	"policy", "format", "version", "arn", "provider", "manager", "class", "enabled", "required", "_hash", "hash", "digest", "sha", "commit", "sha1", "sha256", "sha512", "md5", "checksum", "_at", "id",
	"title", "text", "error", "input", "selector", "strength", "salt", "algorithm", "algo", "encoder", "validator", "column", "attribute", "method", "ref", "env", "var",
	"status", "state", "scope", "scopes", "issuer", "audience", "domain", "endpoint", "location", "region", "service", "store", "group", "role", "index",
	"description", "help", "helper", "icon", "button", "link", "page", "view", "screen", "form", "dialog", "modal", "style", "color", "template", "example", "regexp", "not_matching", "changed",
})

const longestEnd = 12

// nameOf is good as long as the key and the room, in which it may stand in lower case.
func nameOf(key, room []byte) name {
	n := name{lower: lowered(view(key), room)}
	if len(key) > genericKey+16 || aboutSecret(n.lower) {
		return n
	}
	if i := strings.LastIndex(n.lower, "pass"); i > 0 && i+len("pass") == len(n.lower) && isLetter(key[i-1]) && !isUpper(key[i]) && beforePass.longestAt(n.lower, 0) != n.lower[:i] {
		return n // minipass, compass
	}
	n.class = ofKey
	if passwordIn(n.lower) {
		n.class = ofPassword
	}
	return n
}

func aboutSecret(k string) bool {
	if notSecretIn.in(k, 0) != "" {
		return true
	}
	for i := max(1, len(k)-longestEnd); i < len(k); i++ {
		for _, w := range notSecretEnd[k[i]&127] {
			if k[i:] == w {
				return true
			}
		}
	}
	return false
}

func passwordIn(k string) bool {
	return strings.Contains(k, "pass") || strings.Contains(k, "pwd") || strings.HasSuffix(k, "pw") || strings.HasPrefix(k, "identified ") || foreignPassword.in(k, 0) != ""
}

// foreignPassword are what others call a password.
var foreignPassword = newWordSet([]string{
	"kennwort", "contraseña", "contrasena", "senha", "wachtwoord", "salasana", "lösenord", "losenord", "adgangskode", "heslo", "hasło", "haslo", "lozinka", "parola", "пароль", "密码", "密碼", "パスワード", "비밀번호", "psk",
})

// lastWord reports whether a later literal stands in the same name: that one
// looks at it too, and one look is enough. text is the name and what follows it.
func lastWord(text string, at int, word string) bool {
	return wordsOfNames.in(text, at+1) != "" || len(wordsOfNames.longestAt(text, at)) > len(word)
}

var wordsOfNames = newWordSet(slices.DeleteFunc(slices.Clone(genericWords), anyKey))

// beforePass are what names of passwords begin with that have no divider in front of
// "pass".
var beforePass = newWordSet([]string{"user", "db", "root", "my", "smtp", "admin", "ssh", "mail", "email", "ftp", "ldap", "key", "store", "keystore", "truststore", "default", "test", "login", "http", "basic", "proxy", "redis", "sql", "mysql", "pg", "rpc", "wifi", "new", "old"})

// shownName is what a report calls the field, "" for one that may hold more than a name.
func shownName(name string) string {
	name = strings.Trim(name, "._-")
	for len(name) > genericKey { // the end says most, and the beginning may be cut off
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return ""
		}
		name = rest
	}
	if Random(name) {
		return ""
	}
	return name
}

// Random reports whether a word is none that people give to things.
func Random(word string) bool {
	bits, letters := language.Surprise(word, 3)
	return len(word) > 12 && letters*2 < len(word) || letters > 5 && bits > 6
}
