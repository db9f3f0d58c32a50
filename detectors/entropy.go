package detectors

import (
	"math"
	"slices"
	"strings"
)

// Entropy is the Shannon entropy of s in bits per byte.
func Entropy(s string) float64 {
	var n [256]int
	for i := range len(s) {
		n[s[i]]++
	}
	var h float64
	for _, c := range n {
		if c > 0 {
			p := float64(c) / float64(len(s))
			h -= p * math.Log2(p)
		}
	}
	return h
}

// placeholders are texts that people put where a credential will be. None is
// likely in a random one.
var placeholders = []string{
	"example", "xxxxx", "*****", ".....", "placeholder", "changeme", "change_me", "insert", "redacted",
	"dummy", "your_", "your-", "yourtoken", "yourkey", "${", "{{",
	"da39a3ee5e6b4b0d", "d41d8cd98f00b204", "e3b0c44298fc1c14", // hashes of nothing
}

// typed are texts that somebody types who makes a value up. What has one is reported all
// the same, since it may be the password of somebody who did, or a token of which only a part
// was masked: see MadeUp.
var typed = []string{"0123456789", "1234567890", "123456789a", "abcdefgh", "deadbeef"}

// isTyped reports whether one of those stands in a value, in any case, or one character
// fills eight places in a row.
func isTyped(value string) bool {
	if len(value) < longSecret && repeated(value) {
		return true
	}
	var room [128]byte
	lower := lowered(value, room[:])
	return slices.ContainsFunc(typed, func(t string) bool { return strings.Contains(lower, t) })
}

// partlyRandom reports whether a value with a run of one character has another part that
// nobody has typed: an account of ones, and a token.
func partlyRandom(value string) bool {
	for part := range strings.FieldsFuncSeq(value, func(c rune) bool { return strings.ContainsRune("-_.:/", c) }) {
		if len(part) >= 16 && !repeated(part) && Entropy(part) >= 3 {
			return true
		}
	}
	return false
}

// standardExamples are how values begin that stand in standards and documentation, and from there
// in tests everywhere: RFC 6238 and its QR codes, 6749, 6750, 7515, 7517, 7520, 7636, 8037.
var standardExamples = []string{
	"AyM1SysPpbyDfgZl", "X41C6QeFDeVHVDi1", "eyJ0eXAiOiJKV1QiLA0K", "jpsQnnGQmL-YBIff", "870MB6gfuTJ4HtUn", "X4cTteJY_gn4FYPs", "nWGxne_9WmC6hEr0", "GawgguFyGrWKav7A",
	"hJtXIZ2uSN5kbQfb", "mF_9.B5f-4.1", "2YotnFZFEjr1zCsi", "tGzv3JOkF0XG5Qx2", "7Fjfp0ZBr1KtDRbn", "SplxlOBeZQQYbYS6", "A3ddj3w", "dBjftJeZ4CVP-mB9",
	"JBSWY3DPEHPK3PXP", "HXDMVJECJJWSRB3H", "GEZDGNBVGY3TQOJQ", "ya29.AHES6ZRVmB7f",
}

func ofStandard(value string) bool {
	for _, e := range standardExamples {
		if strings.HasPrefix(value, e) {
			return true
		}
	}
	return false
}

// longSecret is the length from which only long words give a value away: a
// short one can stand in it by chance, and keys have headers and padding.
const longSecret = 160

// zeroBytes is the length from which A may be repeated: it is base64 for zero bytes,
// which numbers in long tokens begin with.
const zeroBytes = 80

// fewZeroBytes is the length from which A may be repeated for a number of eight bytes, as
// in the tokens of Dropbox, which have 64 characters.
const fewZeroBytes = 64

// repeated reports whether one character fills eight places in a row.
func repeated(s string) bool {
	n := 1
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1] || s[i] == 'A' && len(s) >= zeroBytes {
			n = 0
		}
		most := 8
		if s[i] == 'A' && len(s) >= fewZeroBytes {
			most = 12
		}
		if n++; n >= most {
			return true
		}
	}
	return false
}

// angled reports whether a value begins with an angle bracket or has a name between
// two, as in <your-key>. Passwords that a machine has made have them too.
func angled(value string) bool {
	if strings.HasPrefix(value, "<") {
		return len(value) < 64
	}
	i := strings.IndexByte(value, '<')
	if i < 0 {
		return false
	}
	name, _, ok := strings.Cut(value[i+1:], ">")
	return ok && len(name) > 1 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _-/.") == ""
}

// template says what makes a value one of documentation, or "".
func template(value string) string {
	switch {
	case angled(value):
		return "<"
	case ofStandard(value):
		return "an example of a standard"
	}
	return ""
}

// placeholder returns the word that gives a value away as no credential, or "". room
// is for a copy in lower case.
func placeholder(value string, more []string, room []byte) string {
	long := len(value) >= longSecret
	if !long && repeated(value) && !partlyRandom(value) {
		return "a repeated character"
	}
	if why := template(value); why != "" {
		return why
	}
	lower := lowered(value, room)
	for _, p := range placeholders {
		if (!long || len(p) >= 7) && strings.Contains(lower, p) {
			return p
		}
	}
	for _, p := range more {
		if strings.Contains(lower, strings.ToLower(p)) { // they are in lower case but for a user's own rules
			return p
		}
	}
	return ""
}
