package detectors

import (
	"encoding/json"
	"encoding/pem"
	"strings"

	"github.com/whosekey/whosekey/internal/coded"
	"github.com/whosekey/whosekey/internal/language"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/tokensum"
)

// structure is a form that the decoded credential must have.
type structure struct {
	title string
	valid func(secret string) bool
	// marked says that the rule's credentials have a mark of their own, so that what has
	// the rule's form and not this one is nobody's.
	marked bool
}

// structures are the forms that rules may name.
var structures = map[string]structure{
	"jwt":          {title: "a header with an algorithm and a payload, both JSON", valid: validJWT},
	"pem":          {title: "a PEM block with a body", valid: validPEM},
	"base64-json":  {title: "base64 of a JSON object", valid: holdsJSON},
	"userpass":     {title: "base64 of user:password", valid: validUserPass},
	"opaque":       {title: "base64 of something else than user:password", valid: func(s string) bool { _, _, ok := userPass(s); return !ok && len(base64Of(s)) > 0 }},
	"password":     {title: "no word and no placeholder", valid: validPassword},
	"url-password": {title: "no words of documentation, with a password among them", valid: func(s string) bool { return !documented(s) }},
	"azure-devops": {title: "a token of Azure DevOps, by the checksum among its bytes", valid: func(s string) bool { _, ok := tokensum.DevOpsToken(s); return ok }},
	"bedrock":      {title: "base64 of the name of an IAM user, its account and a secret", valid: validBedrock, marked: true},
	"ecr":          {title: "base64 of a payload and its data key, as JSON", valid: validECR, marked: true},
	"vault":        {title: "a random token of Vault, or one that is signed", valid: tokensum.VaultToken, marked: true},
	"base64":       {title: "base64", valid: func(s string) bool { return len(base64Of(s)) > 0 }},
}

// validPassword judges what stands where a password must stand.
func validPassword(s string) bool {
	_, ok := worthReporting(s, &name{lower: "password", class: ofPassword}, &assigned{quote: '"'})
	return ok
}

func jsonObject(b []byte) bool {
	var m map[string]json.RawMessage
	err := json.Unmarshal(b, &m)
	if err == nil {
		return len(m) > 0
	}
	// Go reads 10,000 levels; what is deeper is JSON so far.
	return strings.Contains(err.Error(), "exceeded max depth") && b[0] == '{' && b[len(b)-1] == '}'
}

// holdsJSON looks for the base64 of a JSON object, which starts with eyJ
// whatever its first key is, anywhere in a token of several fields.
func holdsJSON(s string) bool {
	at := strings.Index(s, "eyJ")
	if at < 0 {
		return false
	}
	for _, end := range []string{"_.:-", ".:", ""} { // the fields' separator may be a letter of the URL alphabet
		field := s[at:]
		if i := strings.IndexAny(field, end); i >= 0 {
			field = field[:i]
		}
		if jsonObject(base64Of(field)) {
			return true
		}
	}
	return false
}

// validUserPass checks what a Basic header or a Docker login holds. The password must
// not be one of those that stand in documentation and tests.
func validUserPass(s string) bool {
	user, password, ok := userPass(s)
	lower := strings.ToLower(password)
	if len(password) < shortest { // a key may stand in front of a letter: KEY:x
		return ok && len(user) >= 16 && !language.Wordlike(user)
	}
	return ok && user != password && !(weak(password, lower) && language.Wordlike(password)) && !(len(password) > 7 && documented(password)) && !saysKey(lower)
}

// saysKey reports whether a password in lower case is a name for one: acme-api-key.
func saysKey(lower string) bool {
	i := strings.LastIndexAny(lower, "-_. ")
	return i > 0 && keyWords[lower[i+1:]] && language.Named(lower)
}

var keyWords = wordsOf("key token secret password pass")

func userPass(s string) (user, password string, ok bool) {
	text := string(base64Of(s))
	user, password, ok = strings.Cut(text, ":")
	printable := func(r rune) bool { return r >= ' ' && r != 0x7f && r != '\uFFFD' }
	return user, password, ok && user != "" && password != "" && strings.IndexFunc(text, func(r rune) bool { return !printable(r) }) < 0
}

// bedrockKey is what the long-term key of Amazon Bedrock has in it: the alias of the
// credential, which begins with the name of an IAM user, whichever it is
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html),
// and its account.
var bedrockKey = lazy.New(`^[A-Za-z0-9_+=,.@-]{1,100}-at-[0-9]{12}:.{16,}`)

func validBedrock(s string) bool { return bedrockKey.Match(base64Of(strings.TrimPrefix(s, "ABSK"))) }

// validECR checks what the password of an Amazon ECR registry has in it: a payload, and the
// key for it.
func validECR(s string) bool {
	var t struct{ Payload, Datakey, Type string }
	return json.Unmarshal(base64Of(s), &t) == nil && t.Payload != "" && t.Datakey != "" && t.Type == "DATA_KEY"
}

// validJWT checks RFC 7519's outer form: two JSON objects, of which the first
// names an algorithm other than none.
func validJWT(s string) bool {
	fields := strings.Split(s, ".")
	if len(fields) < 3 {
		return false
	}
	var header struct{ Alg string }
	if json.Unmarshal(base64Of(fields[0]), &header) != nil || header.Alg == "" || strings.EqualFold(header.Alg, "none") {
		return false
	}
	return len(fields) == 5 || jsonObject(base64Of(fields[1])) // five fields: the payload is encrypted
}

var (
	pemEscapes = strings.NewReplacer(`\r`, "", `\n`, "\n", `\\n`, "\n", `\/`, "/", "\r", "")
	pemLead    = lazy.New(`(?m)^[ \t>#*/|+"',-]*([^-])`)
)

// pemBreaks are line ends in the escapes that validPEM knows; few blocks have any.
var pemBreaks = lazy.New(`(?i)(?:\\+(?:r|u000d)|%(?:25)*0d|&#(?:13|x0?d);)*(?:\\+(?:n|u000a)|%(?:25)*0a|&(?:amp;)*(?:#(?:10|x0?a)|NewLine);)`)

// validPEM checks that what stands between the two lines is the base64 of at
// least 32 bytes. The block may be indented, quoted, written with \n, or with the escapes of
// a URL, of JSON or of HTML, also in each other.
func validPEM(s string) bool {
	if validBlock(s) {
		return true
	}
	plain := unescaped(pemBreaks.ReplaceAllString(s, "\n"))
	return plain != s && validBlock(plain)
}

// unescaped is a text without its escapes.
func unescaped(s string) string {
	text := []byte(s)
	var u unescaper
	for range escapedOften {
		n := 0
		for i := 0; i < len(text); n++ {
			c, width := u.decodedAt(text, i, 0)
			if text[n] = c; width == 1 && c == '\\' {
				n-- // of an escape in another text
			}
			i += width
		}
		if n == len(text) {
			break
		}
		text = text[:n]
	}
	return string(text)
}

func validBlock(s string) bool {
	s = pemEscapes.Replace(s)
	if block, _ := pem.Decode([]byte(s)); block != nil {
		return len(block.Bytes) >= 32
	}
	begin := strings.Index(s, "KEY")
	if begin < 0 {
		return false
	}
	body := s[begin:]
	if i := strings.Index(body, "----"); i >= 0 {
		body = strings.TrimLeft(body[i:], "-") // SSH2 keys have four dashes
	}
	if i := strings.Index(body, "----"); i >= 0 {
		body = body[:i]
	}
	n := 0
	for line := range strings.Lines(body) {
		line = unspaced(strings.Trim(pemLead.ReplaceAllString(line, "$1"), " \t\n\"'+,;\\"))
		if strings.Contains(line, ":") || line == "" {
			continue // a header such as Proc-Type
		}
		if strings.IndexFunc(line, func(r rune) bool { return !strings.ContainsRune(coded.Chars+"=", r) }) >= 0 {
			return false
		}
		n += len(line)
	}
	return n >= 43
}

// unspaced joins the lines of a block of which a variable of the environment
// has made one line: pieces of the same length.
func unspaced(line string) string {
	pieces := strings.Fields(line)
	for i, p := range pieces {
		if last := i == len(pieces)-1; len(p) > len(pieces[0]) || !last && (len(p) < len(pieces[0]) || len(p) < 48) {
			return line
		}
	}
	return strings.Join(pieces, "")
}
