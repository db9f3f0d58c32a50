package detectors

import (
	"encoding/base64"
	"strings"
	"testing"
)

// pemBlock returns a block of a kind, with its parts joined by sep.
func pemBlock(kind, sep, indent string, headers ...string) string {
	const dashes = "-----"
	body := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("random bytes of a key, 48 of them or so; ", 5)))
	lines := []string{dashes + "BEGIN " + kind + dashes}
	lines = append(lines, headers...)
	for ; len(body) > 64; body = body[64:] {
		lines = append(lines, body[:64])
	}
	lines = append(lines, body, dashes+"END "+kind+dashes)
	return strings.Join(lines, sep+indent)
}

func TestStructures(t *testing.T) {
	b64, raw := base64.StdEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	const rsa, key, pgp = "RSA PRIVATE KEY", "PRIVATE KEY", "PGP PRIVATE KEY BLOCK"
	jwt := func(parts ...string) string {
		for i := range parts {
			parts[i] = raw([]byte(parts[i]))
		}
		return strings.Join(parts, ".")
	}
	ssh2 := strings.NewReplacer("-----BEGIN", "---- BEGIN", "-----END", "---- END", "KEY-----", "KEY ----").
		Replace(pemBlock("SSH2 ENCRYPTED PRIVATE KEY", "\n", "", `Comment: "2048-bit rsa"`))
	for _, tt := range []struct {
		structure, name, text string
		want                  bool
	}{
		{"pem", "plain", pemBlock(rsa, "\n", ""), true},
		{"pem", "CRLF", pemBlock(rsa, "\r\n", ""), true},
		{"pem", "escaped", pemBlock(key, `\n`, ""), true},
		{"pem", "escaped twice", pemBlock(key, `\\n`, ""), true},
		{"pem", "escaped CRLF", pemBlock(key, `\r\n`, ""), true},
		{"pem", "JSON with escaped slashes", strings.ReplaceAll(pemBlock(key, `\n`, ""), "/", `\/`), true},
		{"pem", "indented", pemBlock(rsa, "\n", "      "), true},
		{"pem", "indented by tabs", pemBlock(rsa, "\n", "\t\t"), true},
		{"pem", "comment", pemBlock(rsa, "\n", "# "), true},
		{"pem", "comment of C", pemBlock(rsa, "\n", " * "), true},
		{"pem", "quoted mail", pemBlock(rsa, "\n", "> "), true},
		{"pem", "strings of Java", pemBlock(rsa, "\\n\" +\n", "    \""), true},
		{"pem", "strings of Java, CRLF", pemBlock(rsa, "\\r\\n\" +\r\n", "    \""), true},
		{"pem", "strings of Python", pemBlock(rsa, "\\n'\n", "    '"), true},
		{"pem", "strings of C", pemBlock(rsa, "\\n\"\n", "\t\""), true},
		{"pem", "strings of Go", pemBlock(rsa, "\" +\n", "\t\""), true},
		{"pem", "JavaScript array", pemBlock(rsa, "',\n", "  '"), true},
		{"pem", "shell lines", pemBlock(rsa, "\\\n", ""), true},
		{"pem", "one line with spaces", pemBlock(rsa, " ", ""), true},
		{"pem", "encrypted", pemBlock(rsa, "\n", "", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0A1B2C3D4E5F60718293A4B5C6D7E8F9", ""), true},
		{"pem", "encrypted and escaped", pemBlock(rsa, `\n`, "", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0A1B2C3D4E5F60718293A4B5C6D7E8F9", ""), true},
		{"pem", "OPENSSH", pemBlock("OPENSSH PRIVATE KEY", "\n", ""), true},
		{"pem", "PGP", pemBlock(pgp, "\n", "", "Version: GnuPG v2", ""), true},
		{"pem", "PGP with a sum", strings.Replace(pemBlock(pgp, "\n", "", ""), "\n-----END", "\n=aB3d\n-----END", 1), true},
		{"pem", "SSH2", ssh2, true},
		{"pem", "no body", "-----BEGIN " + rsa + "-----\n-----END " + rsa + "-----", false},
		{"pem", "dots", "-----BEGIN " + rsa + "-----\n...\n-----END " + rsa + "-----", false},
		{"pem", "words", "-----BEGIN " + rsa + "-----\nput your key here, and not into the repository, please\n-----END " + rsa + "-----", false},
		{"pem", "short body", "-----BEGIN " + rsa + "-----\nMIIEpAIBAAKC\n-----END " + rsa + "-----", false},
		{"pem", "cut", "-----BEGIN " + rsa + "-----\nMIIEpAIBAAKC[...]\n-----END " + rsa + "-----", false},
		{"pem", "a variable", "-----BEGIN " + rsa + "-----\n${KEY_BODY_IN_BASE64_FROM_THE_VAULT_OF_THE_TEAM}\n-----END " + rsa + "-----", false},
		{"pem", "empty", "", false},

		{"jwt", "signed", jwt(`{"alg":"HS256","typ":"JWT"}`, `{"sub":"1"}`, "signature"), true},
		{"jwt", "encrypted", jwt(`{"alg":"RSA-OAEP","enc":"A256GCM"}`, "key", "iv", "text", "tag"), true},
		{"jwt", "none", jwt(`{"alg":"none"}`, `{"sub":"1"}`, "x"), false},
		{"jwt", "None", jwt(`{"alg":"NonE"}`, `{"sub":"1"}`, "x"), false},
		{"jwt", "no algorithm", jwt(`{"typ":"JWT"}`, `{"sub":"1"}`, "x"), false},
		{"jwt", "payload is a text", jwt(`{"alg":"HS256"}`, `hello`, "x"), false},
		{"jwt", "payload is empty", jwt(`{"alg":"HS256"}`, `{}`, "x"), false},
		{"jwt", "header is a list", jwt(`["alg"]`, `{"sub":"1"}`, "x"), false},
		{"jwt", "two fields", jwt(`{"alg":"HS256"}`, `{"sub":"1"}`), false},
		{"jwt", "not base64", "a.b.c", false},
		{"jwt", "empty", "", false},

		{"userpass", "user", b64([]byte("user:pass")), true},
		{"userpass", "unpadded", strings.TrimRight(b64([]byte("user:pass1")), "="), true},
		{"userpass", "colons", b64([]byte("user:pa:ss")), true},
		{"userpass", "beyond ASCII", b64([]byte("müller:fünfzehn")), true},
		{"userpass", "no user", b64([]byte(":pass")), false},
		{"userpass", "no password", b64([]byte("user:")), false},
		{"userpass", "no colon", b64([]byte("userpass")), false},
		{"userpass", "binary", b64([]byte("us\x01er:pass")), false},
		{"userpass", "not UTF-8", b64([]byte("us\xffer:pass")), false},
		{"userpass", "not base64", "user:pass", false},

		{"base64-json", "object", b64([]byte(`{"key":"value"}`)), true},
		{"base64-json", "a field of a token", "glc_" + raw([]byte(`{"o":"1","k":"v"}`)), true},
		{"base64-json", "before a signature", "v1." + raw([]byte(`{"o":"1"}`)) + ".AAAA", true},
		{"base64-json", "before a dash", "x-" + raw([]byte(`{"o":"1"}`)) + "-AAAA", true},
		{"base64-json", "list", b64([]byte(`["key"]`)), false},
		{"base64-json", "cut", b64([]byte(`{"key":"value"}`))[:12], false},
		{"base64-json", "empty object", b64([]byte(`{}`)), false},
		{"base64-json", "other", "eyJ", false},

		{"base64", "text", b64([]byte("some text")), true},
		{"base64", "URL alphabet", raw([]byte("\xff\xff\xfe")), true},
		{"base64", "other characters", "some text", false},
		{"base64", "empty", "", false},
		{"jwt", "nested deeper than Go reads", jwt(`{"alg":"RS256"}`, `{"sub":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+"}", "signature of it"), true},
		{"jwt", "nested and cut off", jwt(`{"alg":"RS256"}`, `{"sub":`+strings.Repeat("[", 9000), "signature of it"), false},
	} {
		if got := structures[tt.structure].valid(tt.text); got != tt.want {
			t.Errorf("%s, %s: %v, want %v: %q", tt.structure, tt.name, got, tt.want, tt.text)
		}
	}
}

// TestUserPass: what a Basic header holds in tests and documentation is no log-in.
func TestUserPass(t *testing.T) {
	for text, want := range map[string]bool{
		"deploy:k7Wq3zT9m4xC": true, "api:9f8c27d1a4e0": true, "k7Wq3zT9m4xCv8b2N6rj:X": true, "ops:Tr0ub4dor-key2": true,
		"admin:abc": false, "abc123:x": false, "acme-freshdesk-key:X": false, "api:acme-mailgun-key": false, "ops:acme_api_token": false, "admin:password": false,
	} {
		if got := validUserPass(base64.StdEncoding.EncodeToString([]byte(text))); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
