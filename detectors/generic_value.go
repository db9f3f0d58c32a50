package detectors

import (
	"fmt"
	"slices"
	"strings"
)

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
	case len(v) >= 16 && e < 3.3, looksWritten(v), isName(v):
		return "", false
	}
	return fmt.Sprintf("letters and digits, entropy %.1f bits per character", e), true
}

var genericStop = []string{"password", "passwd", "secret", "token", "test", "sample", "foobar", "foo", "qwerty", "fixme", "todo", "dummy", "fake", "mock", "default", "null", "undefined", "true", "false", "passw0rd", "replace"}

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
	lower := strings.ToLower(v[:min(len(v), len("process."))])
	return strings.ContainsAny(v[:1], "$%@{</.~#&*") || strings.Contains(v, "://") || strings.Contains(v, "${") ||
		strings.Contains(v, "[A-Z") || strings.Contains(v, "[a-z") || strings.Contains(v, "[0-9") || strings.Contains(v, "(?") ||
		strings.Contains(v, "$(") || strings.Contains(v, "{{") || strings.Contains(v, "%(") || strings.HasPrefix(v, "ENC[") ||
		slices.ContainsFunc([]string{"env.", "process.", "os.", "var.", "local.", "secrets.", "self.", "this.", "config.", "data.", "vault:", "ssm:", "arn:"},
			func(p string) bool { return strings.HasPrefix(lower, p) })
}

// knownShape reports whether a value has a form that is public by design.
func knownShape(v string) bool {
	for _, p := range []string{"sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "ssh-rsa", "AAAAB3NzaC1", "AAAAC3NzaC1", "MIIB", "MIGfMA0", "MFkwEwYH", "$2a$", "$2b$", "$2y$", "$argon2", "$pbkdf2", "pbkdf2:"} {
		if strings.HasPrefix(v, p) {
			return true
		}
	}
	return isUUID(v) || isFile(v)
}

// isFile reports whether a value is the name of a file.
func isFile(v string) bool {
	return slices.Contains(fileEnds, strings.ToLower(v[strings.LastIndexByte(v, '.')+1:]))
}

var fileEnds = []string{
	"pem", "key", "crt", "cer", "p12", "pfx", "jks", "keystore", "json", "yaml", "yml", "xml", "toml", "ini", "conf", "cfg", "properties", "env",
	"txt", "md", "html", "log", "png", "jpg", "jpeg", "gif", "svg", "css", "js", "ts", "tsx", "jsx", "go", "py", "rb", "php", "java", "cs", "sh",
}

// isName reports whether a value is words and short numbers with something
// between them: user_profile_2, v1.2.3-rc.4.
func isName(v string) bool {
	words, at := 0, 0
	for i := 0; i <= len(v); i++ {
		if i < len(v) && strings.IndexByte("-_.:/", v[i]) < 0 {
			continue
		}
		if !isWord(v[at:i]) {
			return false
		}
		words, at = words+1, i+1
	}
	return words > 1
}

// isWord reports whether s is letters of one case, but for the first, and up to
// four digits before or behind them.
func isWord(s string) bool {
	letters := strings.Trim(s, "0123456789")
	if len(s)-len(letters) > 4 || len(letters) > 16 {
		return false
	}
	lower, upper := true, true
	for i := range len(letters) {
		c := letters[i] | 0x20
		if c < 'a' || c > 'z' {
			return false
		}
		lower = lower && (letters[i] == c || i == 0)
		upper = upper && letters[i] != c
	}
	return lower || upper
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
