package detectors

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
)

// knownShape reports whether a value has a form that is public by design.
func knownShape(v string) bool {
	if knownBeginnings.longestAt(v, 0) != "" {
		return true
	}
	return isUUID(strings.TrimPrefix(v, "urn:uuid:")) || isAddress(v) || strings.HasSuffix(v, "/aws4_request") || // the scope of a signature
		isPinned(v) || isFile(v) || isVersion(v) || isMail(v) || isName(v) && language.Wordlike(v)
}

// isAddress reports whether a value is the name of a server and its port.
func isAddress(v string) bool {
	host, port, ok := strings.Cut(v, ":")
	return ok && len(port) > 1 && len(port) < 6 && strings.Trim(port, "0123456789") == "" && isName(host) && strings.Contains(host, ".") && !strings.ContainsAny(host, "/_")
}

// isPinned reports whether a value is something at a commit or a digest:
// actions/checkout@<40 digits>, nginx@sha256:<64 digits>.
func isPinned(v string) bool {
	name, sum, ok := strings.Cut(v, "@")
	sum = strings.TrimPrefix(sum, "sha256:")
	return ok && name != "" && (len(sum) == 40 || len(sum) == 64) && isHex(sum)
}

// isFile reports whether a value is the name of a file.
func isFile(v string) bool {
	var room shortRoom
	return slices.Contains(fileEnds, lowered(v[strings.LastIndexByte(v, '.')+1:], room[:]))
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

// isVersion reports whether a value begins with numbers and dots: 1.2.3-rc.4,
// 192.168.0.1, 2024-01-15T10:30; or is a range of versions: >=2.14.1,<3.0.dev0.
func isVersion(v string) bool {
	constraints := 0
	for range strings.FieldsFuncSeq(v, dividesVersions) {
		constraints++
	}
	for c := range strings.FieldsFuncSeq(v, dividesVersions) {
		if constraints > 1 && strings.Trim(c, "<>=~!^") == "" {
			continue // ">= 1.2"
		}
		if !isOneVersion(c) {
			return false
		}
	}
	return constraints > 0
}

func dividesVersions(c rune) bool { return c == ',' || c == '|' || c == ' ' }

func isOneVersion(v string) bool {
	s := strings.TrimLeft(v, "v^~>=<!")
	run := strings.TrimLeft(s, "0123456789")
	if run == s {
		return false
	}
	if run == "" {
		return s != v
	}
	if strings.IndexByte(".-:/", run[0]) < 0 || len(run) < 2 {
		return false
	}
	if isDigit(run[1]) && len(strings.TrimLeft(run[1:], "0123456789.-:/")) < len(run)/2 {
		return true
	}
	rest := strings.TrimLeft(run, "0123456789.-")
	return strings.TrimRight(rest, "0123456789.") == "" || releases[strings.TrimRight(rest, "0123456789.")]
}

// releases are what stands behind the numbers of a version that is not the last word.
var releases = wordsOf("a b c rc alpha beta dev pre post final snapshot SNAPSHOT RELEASE Final x *")

// isMail reports whether a value is an address of mail.
func isMail(v string) bool {
	user, host, ok := strings.Cut(v, "@")
	return ok && user != "" && !strings.ContainsAny(user, "!#$%^&*()=?~") && strings.Contains(host, ".") && strings.Trim(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") == ""
}

var knownBeginnings = newWordSet([]string{
	"sha1-", "sha256-", "sha384-", "sha512-", "sha256:", "sha512:", "md5:", "ssh-rsa", "AAAAB3NzaC1", "AAAAC3NzaC1", "MIIB", "MIGfMA0", "MFkwEwYH",
	"$2a$", "$2b$", "$2y$", "$1$", "$5$", "$6$", "$argon2", "$pbkdf2", "pbkdf2:", "pbkdf2_", "scrypt:", "$scrypt", "bcrypt", "$apr1$", "{SHA", "{SSHA", "age1", "-----BEGIN", "jA0E", "hQEM", "hQIM", "LS0tLS1CRUdJTiBDRVJU", "LS0tLS1CRUdJTiBQVUJM",
	"EJ[1:", // https://shopify.github.io/ejson/ejson.5.html
})
