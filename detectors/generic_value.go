package detectors

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/internal/language"
)

// shortest is the least length of a value, in bytes.
const shortest = 4

// worthReporting judges a value, and says why, also why not. Text without quotes may
// be code, so it has to look more like a credential.
func worthReporting(v string, n *name, a *assigned) (why string, ok bool) {
	c := classesOf(v)
	least := 8
	if n.class == ofPassword {
		least = shortest
	}
	switch {
	case len(v) < least:
		return "it is too short for what the name says", false
	case c.control || c.letters == 0:
		return "it has no letters, or characters that are no text", false
	case reference(v, a.quote != 0) && !(a.quote != 0 && (ofSymbols(v, &c) || n.class == ofPassword && scrambled(v, &c))):
		return "it points elsewhere: a variable, a template, a file, an address", false
	}
	var room shortRoom
	switch lower := lowered(v, room[:]); {
	case weak(v, lower) || saysNothing(v):
		return "it is a placeholder, or easy to guess", false
	case strings.Contains(lower, n.lower):
		return "the name stands in it", false
	case isUUID(v) && n.class == ofKey && Entropy(v) > 3:
		a.vague = !strings.HasPrefix(n.lower, "x-") // a header of one's own for it: X-Api-Key
		return "a UUID, which some services make their keys of", true
	case knownShape(v) && !(wordAndNumber(v) && chosen(n, a)):
		return "it has a form that is public: a UUID, digest, hash, version, file", false
	case c.other > 0 && (a.quote == 0 || c.spaces > 0 || c.other > 4 || c.digits == 0 || c.symbols == 0):
		return "it is a text in another language", false
	case !byChance(v, &c, n, a):
		return "it is words, or a name in code", false
	}
	return fmt.Sprintf("%d characters that are no words, entropy %.1f bits per character", len(v), Entropy(v)), true
}

// byChance reports whether a value looks as if it had been made by chance.
func byChance(v string, c *classes, n *name, a *assigned) bool {
	switch {
	case c.spaces > 0:
		bits, letters := language.Surprise(v, 2)
		return a.quote != 0 && !a.loose && n.class == ofPassword && letters >= 8 && bits > 6 && c.letters*2 > len(v)
	case ofBytes(v, c), n.class == ofPassword && byPolicy(v), wordAndNumber(v) && chosen(n, a):
		return true
	case c.digits == 0:
		return c.symbols <= c.letters && strangeLetters(v, c, n, a)
	}
	return strange(v, c, n, a)
}

// ofBytes reports whether a value is the base64 of what is no text, with its padding.
func ofBytes(v string, c *classes) bool {
	if len(v) < 12 || len(v)%4 != 0 || !strings.HasSuffix(v, "=") || c.upper == 0 || c.lower == 0 {
		return false
	}
	var room shortRoom
	text := classesOf(view(base64In(v, room[:])))
	return text.other > 1 || text.control
}

// strangeLetters judges a value without digits. The shorter it is, the likelier
// a name that somebody has shortened.
func strangeLetters(v string, c *classes, n *name, a *assigned) bool {
	bits, letters := language.Surprise(v, 2)
	most := 5.2
	switch {
	case letters < 4:
		return false
	case letters == 4:
		most = 6.2
	case letters == 5:
		most = 5.6
	}
	if n.class != ofPassword {
		if letters < 10 {
			return letters >= 8 && a.quote != 0 && !a.loose && c.upper > 1 && c.lower > 1 && language.InWords(v)*5 < letters*2
		}
		most += 0.2
	} else if a.quote != 0 && !a.loose && mixed(v, c) && strings.Trim(v, specials) != "" && c.symbols > 1 && bits > 4.9 {
		return true
	}
	if a.quote == 0 {
		most += 0.1
		if !a.line {
			most += 0.5
		}
	}
	if a.loose {
		most += 0.3
	}
	return bits > most
}

// strange judges a value with letters and digits.
func strange(v string, c *classes, n *name, a *assigned) bool {
	e := Entropy(v)
	long, letters := language.Surprise(v, 4)
	switch {
	case isHex(v) && len(v) >= 16:
		return e >= 2.9
	case letters > 0 && letters*2 >= len(v) && long < 5 && language.InWords(v)*5 >= c.letters*3 && changesIn(v) < 6: // words with numbers
		return n.class == ofPassword && a.quote != 0 && !a.loose && mixed(v, c)
	case a.quote == 0 && (c.symbols > c.digits || strings.ContainsAny(v, "|*")) && !a.line && !a.chained:
		return false
	case len(v) >= 16:
		return e >= 3.2 && (letters > 0 && long > 5.3 || !looksWritten(v))
	}
	short, letters := language.Surprise(v, 2)
	changes := changesIn(v)
	switch {
	case n.class == ofPassword && len(v) < 8:
		return changes >= 2 && letters < 4 || letters > 2 && short > 5.4
	case n.class == ofPassword && a.quote != 0 && !a.loose && len(v) >= 10 && mixed(v, c) && language.InWords(v)*5 < c.letters*2:
		return true // no pieces that could be words
	case n.class == ofPassword && (letters >= 3 && short > 5.2 || a.quote != 0 && !a.loose && short > 4.9 && mixed(v, c)):
		return true
	case a.quote == 0 && !a.line && len(v) < 12:
		return false
	}
	if c.digits == 1 {
		return letters > 7 && short > 6 && c.upper > 1 && c.lower > 1 && language.InWords(v)*5 < c.letters*2
	}
	return e >= 2.7 && (changes >= 3 || letters > 3 && short > 5.2)
}

// mixed reports whether a value is what people make who are told to use characters
// of each kind.
func mixed(v string, c *classes) bool {
	return len(v) >= 8 && c.symbols > 0 && c.upper > 0 && c.lower > 0 && strings.ContainsAny(v, specials)
}

const specials = "!@#$%^&*?+="

// changesIn counts how often letters and digits follow each other.
func changesIn(v string) (n int) {
	for i := 1; i < len(v); i++ {
		if isDigit(v[i-1]) != isDigit(v[i]) {
			n++
		}
	}
	return n
}

func isHex(v string) bool {
	for i := range len(v) {
		if unhex(v[i]) < 0 {
			return false
		}
	}
	return true
}

type classes struct {
	letters, upper, lower, digits, symbols, spaces, other int
	control                                               bool
}

func classesOf(v string) (c classes) {
	for i := range len(v) {
		switch b := v[i]; {
		case 'a' <= b && b <= 'z':
			c.lower++
		case 'A' <= b && b <= 'Z':
			c.upper++
		case isDigit(b):
			c.digits++
		case b == ' ':
			c.spaces++
		case b > ' ' && b < 0x7f:
			c.symbols++
		case b >= 0x80:
			c.other++
		default:
			c.control = true
		}
	}
	c.letters = c.lower + c.upper
	return c
}

// genericStop are words that decide wherever they stand in a value, so they must be such as
// no key has by chance. Those of documented are shorter, and decide only where a password
// is made of nothing else: in one list with these, pw and db would drop keys.
var genericStop = newWordSet([]string{
	"password", "passwd", "passwor", "secret", "token", "test", "sample", "foobar", "foo", "qwert", "asdf", "zxcv", "fixme", "todo", "dummy", "fake", "mock", "default", "null", "undefined",
	"true", "false", "replace", "letmein", "welcome", "admin", "hunter2", "change", "enter", "abc123", "abcd", "1234", "4321", "xxxx", "value", "string", "credential", "apikey", "api_key", "my_", "some",
	"invalid", "wrong", "correct", "passwort", "contrase", "senha", "geheim", "wachtwoord", "motdepasse", "parol", "lorem", "valid",
	"haslo", "hasło", "klucz", "twoje", "zmien", "tajny", "przyklad", "heslo", "salasana", "losenord", "lösenord", "adgangskode", "lozinka", "jelszo", "jelszó", "sifre", "şifre", "anahtar", "clave", "chave", "chiave", "sleutel", "schluessel",
})

// weak reports whether a value is a placeholder, or what is so easy to guess that
// it says nothing.
func weak(v, lower string) bool {
	if repeated(v) || ascending(v) || template(v) != "" || placeholderWords.in(lower, 0) != "" {
		return true
	}
	if w := genericStop.in(lower, 0); len(w) >= 5 || w != "" && len(v) < longValue {
		return true
	}
	if len(v) >= longLeet { // in a random token some digits read as letters spell a word by chance
		return false
	}
	var room shortRoom
	plain := unleet(lower, room[:])
	return plain != lower && len(genericStop.in(plain, 0)) > 4
}

// saysNothing reports whether a value is the base64 of words.
func saysNothing(v string) bool {
	if len(v) < 8 || len(v)%4 != 0 {
		return false
	}
	var room, small shortRoom
	text := view(base64In(v, room[:]))
	c := classesOf(text)
	return c.letters >= 4 && !c.control && c.other == 0 && (language.Wordlike(text) || weak(text, lowered(text, small[:])))
}

var placeholderWords = newWordSet(slices.Concat(placeholders, typed))

// longValue is the length from which a short word may stand in a value by chance.
const longValue = 20

// longLeet is the length from which digits read as letters may spell a word by chance:
// one token of twenty letters and digits in some thousands.
const longLeet = 16

// ascending reports whether the letters of a value follow each other in the
// alphabet, or its digits among the numbers: a1b2c3d4. Twelve letters that do, with
// whatever between them, are no chance.
func ascending(v string) bool {
	var last [2]byte
	var up, same, all, run int
	for i := range len(v) {
		kind := 0
		if isDigit(v[i]) {
			kind = 1
		} else if !isLetter(v[i]) {
			continue
		}
		c := v[i] | 0x20
		switch all++; {
		case c == last[kind]+1:
			up++
		case c == last[kind]:
			same++
		}
		if kind == 0 && c == last[0]+1 {
			if run++; run == 11 {
				return true
			}
		} else if kind == 0 {
			run = 0
		}
		last[kind] = c
	}
	return up >= 3 && up*3 >= (all-2)*2 || all > 3 && same*2 > all
}

// reference reports whether a value points elsewhere: a variable, a template,
// a file, a URL; or is a pattern for values.
func reference(v string, quoted bool) bool {
	next := byte(0)
	if len(v) > 1 {
		next = v[1]
	}
	switch c := v[0]; c {
	case '$', '%', '@':
		if isLetter(next) || next == '{' || next == '(' || next == '_' || next == '%' || c == '$' && (isDigit(next) || next == '$') {
			return true
		}
	case '{', '<', '~', '.', '[', ':', '?':
		return true
	case '#', '&', '*', '!', '(', '|', '>':
		if !quoted {
			return true
		}
	case '/':
		if bits, n := language.Surprise(v, 3); n > 2 && bits < 5.2 || len(v) < 20 {
			return true
		}
	}
	if pointers.in(v, 0) != "" {
		return true
	}
	var room shortRoom
	lower := lowered(v[:min(len(v), len("encrypted:"))], room[:])
	return referencePrefixes.longestAt(lower, 0) != "" || number(v)
}

// number reports whether a value is a constant in hexadecimal.
func number(v string) bool {
	v = strings.TrimPrefix(v, "-")
	return len(v) > 1 && v[0] == '0' && v[1]|0x20 == 'x' && strings.Trim(v[2:], "0123456789abcdefABCDEF_uUlL;,)") == ""
}

// pointers stand in what points elsewhere.
var pointers = newWordSet([]string{"://", "${", "[A-Z", "[a-z", "[0-9", "(?", "$(", "{{", "%(", "%s", "%v", "#{", "<%", "{0}", "\\d", "=>", "->", "()", "&&", "||", "...", "$2a$", "$2b$", "$2y$", "$argon2"})

var referencePrefixes = newWordSet([]string{
	"enc[", "enc(", "env.", "env:", "env(", "process.", "os.", "var.", "local.", "secrets.", "self.", "this.", "config.", "data.", "vault:", "ssm:", "arn:", "op:", "kms:",
	"x-", "http-", "module.", "each.", "params.", "request.", "req.", "props.", "options.", "opts.", "args.", "settings.", "conf.", "cfg.", "ctx.", "user.", "auth.",
	"npm:", "workspace:", "file:",
	"encrypted:", // of dotenvx: https://dotenvx.com/docs
})
