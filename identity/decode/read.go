package decode

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/whosekey/whosekey/leak"
)

// maxText is the longest value of a claim, in bytes. Names that are longer are
// somebody's joke.
const maxText = 256

// told is evidence on its way, all of one weight.
type told struct {
	list   []leak.Evidence
	weight float64
}

// about begins the evidence of a credential of a known kind.
func about(provider string, t leak.IdentityType, kind string, weight float64, reason string) *told {
	c := &told{weight: weight}
	c.add(leak.ClaimProvider, provider, reason)
	c.add(leak.ClaimType, string(t), reason)
	c.add(leak.ClaimKind, kind, reason)
	return c
}

// add leaves out what is empty, too long or not printable.
func (c *told) add(claim, value, reason string) { c.weigh(claim, value, c.weight, reason) }

func (c *told) weigh(claim, value string, weight float64, reason string) {
	value = strings.TrimSpace(value)
	if value == "" || len(value) > maxText || !printable(value) {
		return
	}
	e := says(claim, value, weight, reason)
	for _, old := range c.list {
		if old.Claim == claim && old.Value == value {
			return
		}
	}
	c.list = append(c.list, e)
}

// who adds the name of a user that a file or URL gives. An address is a person's
// and goes where addresses may be; what looks like a token is nobody's name.
func (c *told) who(name, reason string) {
	if secretish(name) || anyone[strings.ToLower(name)] {
		return
	}
	local, domain, is := mailAddress(name)
	switch {
	case !is, program(domain):
		c.add(leak.ClaimName, name, reason)
	default:
		c.add(leak.ClaimEmail, name, reason)
		c.add(leak.ClaimName, local, reason)
		c.add(leak.ClaimHuman, local, reason)
	}
}

// anyone are user names that stand for whoever has the token.
var anyone = map[string]bool{
	"x-access-token": true, "oauth2": true, "oauth2accesstoken": true, "token": true, "x-token-auth": true, "x-oauth-basic": true, "__token__": true,
	"gitlab-ci-token": true, "git": true, "user": true, "username": true, "pat": true, "_token": true, "api": true, "apikey": true, "azuredevops": true,
}

// text adds a value that may be anything: addresses and secrets are left out.
func (c *told) text(claim, value, reason string) {
	if secretish(value) || hasAddress(value) {
		return
	}
	c.add(claim, value, reason)
}

// tenant adds the tenant and what it is.
func (c *told) tenant(id, kind, reason string) {
	if id == "" {
		return
	}
	c.add(leak.ClaimTenant, id, reason)
	c.add(leak.ClaimTenantKind, kind, reason)
}

// unix adds a time in seconds since 1970 if it is one that credentials have.
func (c *told) unix(claim string, sec int64, reason string) {
	if sec > 0 {
		c.time(claim, time.Unix(sec, 0), reason)
	}
}

func (c *told) time(claim string, t time.Time, reason string) {
	if y := t.UTC().Year(); y >= 1990 && y <= 9999 {
		c.add(claim, t.UTC().Format(time.RFC3339), reason)
	}
}

// date adds a time as documents write it.
func (c *told) date(claim, value, reason string) {
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05.999Z0700", "2006-01-02 15:04:05", time.DateOnly} {
		if t, err := time.Parse(form, value); err == nil {
			c.time(claim, t, reason)
			return
		}
	}
}

// single are the claims of which a credential has one.
var single = map[string]bool{
	leak.ClaimProvider: true, leak.ClaimType: true, leak.ClaimKind: true, leak.ClaimID: true, leak.ClaimName: true, leak.ClaimTenant: true,
	leak.ClaimTenantKind: true, leak.ClaimEnvironment: true, leak.ClaimIssued: true, leak.ClaimExpires: true,
}

// sure is the weight from which a claim is not replaced by one of a credential
// inside.
const sure = .6

// join adds evidence of a credential inside, never stronger than this one. Of
// what there is one of, the weaker gives way.
func (c *told) join(more []leak.Evidence) {
	before := len(c.list)
	for _, e := range more {
		e.Weight = min(e.Weight, c.weight)
		if at := c.find(e.Claim, before); single[e.Claim] && at >= 0 {
			if c.list[at].Weight < sure {
				c.list[at] = e
			}
			continue
		}
		c.list = append(c.list, e)
	}
}

// find is the index of a claim among the first, or -1.
func (c *told) find(claim string, first int) int {
	for i, e := range c.list[:first] {
		if e.Claim == claim {
			return i
		}
	}
	return -1
}

// set replaces a claim of which there is one.
func (c *told) set(claim, value, reason string) {
	if at := c.find(claim, len(c.list)); at >= 0 && value != "" {
		c.list[at] = says(claim, value, c.weight, reason)
		return
	}
	c.add(claim, value, reason)
}

func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}

// mailAddress splits a mail address.
func mailAddress(s string) (local, domain string, ok bool) {
	local, domain, ok = strings.Cut(s, "@")
	if !ok || local == "" || strings.ContainsAny(s, " /:<>,;()$") || strings.Contains(domain, "@") {
		return "", "", false
	}
	dot := strings.LastIndexByte(domain, '.')
	if dot <= 0 || len(domain)-dot < 3 {
		return "", "", false
	}
	return local, strings.ToLower(domain), true
}

// program reports whether the addresses of a domain are names of service
// accounts, which nobody reads mail at.
func program(domain string) bool {
	return strings.HasSuffix(domain, ".gserviceaccount.com") || strings.HasSuffix(domain, "1passwordserviceaccounts.com")
}

// hasAddress reports whether a text has a person's mail address in it.
func hasAddress(s string) bool {
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" <>()[]{}\"',;:/=|", r) }) {
		if _, domain, ok := mailAddress(strings.Trim(word, ".")); ok && !program(domain) {
			return true
		}
	}
	return false
}

// tokenStarts are beginnings of credentials that people write where a user's
// name belongs: https://TOKEN@host/.
var tokenStarts = []string{
	"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glcbt-", "xox", "sk-", "sk_", "rk_", "eyJ", "npm_", "pypi-",
	"dop_v1_", "hf_", "hvs.", "hvb.", "dckr_", "SG.", "shp", "ATATT", "ATCTT", "ATBB", "pat.", "sat.", "-----", "dp.", "fo1_", "fm2_", "AKCp", "cmVmdGtu",
}

// secretish reports whether a text that should be a name may be a secret: it
// has a long run of letters and digits mixed, or begins like a token.
func secretish(s string) bool {
	if len(s) > 128 {
		return true
	}
	if len(s) >= 16 {
		for _, start := range tokenStarts {
			if strings.HasPrefix(s, start) {
				return true
			}
		}
	}
	run, digits, letters := 0, 0, 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i < len(s) && isDigit(s[i]):
			run, digits = run+1, digits+1
			continue
		case i < len(s) && isLetter(s[i]):
			run, letters = run+1, letters+1
			continue
		}
		if run >= 24 && digits >= 3 && letters >= 3 {
			return true
		}
		run, digits, letters = 0, 0, 0
	}
	return false
}

func isDigit(b byte) bool  { return '0' <= b && b <= '9' }
func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }

// madeOf reports whether all of s is letters, digits or one of more, and s has
// between least and most bytes.
func madeOf(s, more string, least, most int) bool {
	if len(s) < least || len(s) > most {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && !isLetter(s[i]) && strings.IndexByte(more, s[i]) < 0 {
			return false
		}
	}
	return true
}

func isHex(s string, length int) bool {
	if len(s) != length {
		return false
	}
	for i := range len(s) {
		if !isDigit(s[i]) && (s[i]|0x20 < 'a' || s[i]|0x20 > 'f') {
			return false
		}
	}
	return true
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

// isUUID reports whether s is hex in groups of 8-4-4-4-12.
func isUUID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	return isHex(strings.ReplaceAll(s, "-", ""), 32)
}

// unbase64 decodes either alphabet, with or without padding.
func unbase64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	s = strings.NewReplacer("-", "+", "_", "/").Replace(s)
	raw, err := base64.RawStdEncoding.DecodeString(s)
	return raw, err == nil && len(raw) > 0
}

// unlines decodes base64 that is wrapped.
func unlines(s string) ([]byte, bool) {
	return unbase64(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s))
}

var errDeep = errors.New("nested too deep")

// maxNesting is how deep documents may be nested.
const maxNesting = 64

// readJSON decodes a whole document that is not too deep.
func readJSON(data []byte, v any) error {
	if !shallow(data) {
		return errDeep
	}
	return json.Unmarshal(data, v)
}

// shallow reports whether no bracket of a document stands in more than
// maxNesting others, those in JSON strings aside.
func shallow(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch b := data[i]; {
		case quoted && b == '\\':
			i++
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			if depth++; depth > maxNesting {
				return false
			}
		case b == '}' || b == ']':
			depth--
		}
	}
	return true
}

// envWords are the words that people use, in the words of the record.
var envWords = map[string]string{
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "preview": "staging",
	"dev": "dev", "development": "dev", "develop": "dev", "local": "dev", "localhost": "dev",
	"test": "test", "testing": "test", "tst": "test", "qa": "test", "uat": "test",
	"sandbox": "sandbox", "sbx": "sandbox",
}

// named adds the environment that a name tells by a word in it. That is a hint:
// people choose names.
func (c *told) named(name, reason string) {
	for _, word := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if env := envWords[word]; env != "" {
			c.list = append(c.list, leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: env, Weight: .3, Reason: reason})
			return
		}
	}
}
