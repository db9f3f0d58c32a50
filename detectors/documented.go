package detectors

import (
	"net/url"
	"strings"
)

// passwordWords and otherWords are what the passwords in URLs of documentation and tests are
// made of: cachepass, proxypass-on-host, super-secret, badpass1.
var (
	passwordWords = wordsOf("pass passwd password passw passwort pwd pw psw secret secrets insecure secure fake dummy changeit qwer qwert qwerty asdf asdfg asdfgh zxcv zxcvb")
	otherWords    = wordsOf("a api app at bad cache client cluster correct custom db demo dev for ftp good host http https in is it its key ldap login mail main master mongo my new no not of old on pg postgres prod prox proxy rd redis replica root server service shared slave smtp some sql stage staging strong super svc symbols temp test the this tmp to top user very weak with wrong your")
)

// documented reports whether a password is made of such words only, with one that says
// that it is a password. What stands between them and behind them makes no difference.
func documented(password string) bool {
	if plain, err := url.PathUnescape(password); err == nil {
		if password = plain; len(plain) > 0 && len(plain) < leastPassword {
			return true // %41%62 has six characters, and stands for two
		}
	}
	if twoWords(password) {
		return true
	}
	var room, read shortRoom
	lower := lowered(password, room[:])
	if plain := unleet(lower, read[:]); plain != lower {
		var letters shortRoom
		if said, ok := inKnownWords(onlyLetters(plain, letters[:])); said && ok { // p@ss:w0rd
			return true
		}
	}
	said := false
	for part := range strings.FieldsFuncSeq(lower, func(r rune) bool { return r < 'a' || r > 'z' }) {
		ofPassword, ok := inKnownWords(part)
		if !ok {
			return false
		}
		said = said || ofPassword
	}
	return said
}

// leastPassword is how many characters the password in a URL has at least.
const leastPassword = 4

// twoWords reports whether a password is two words of up to four small letters each, with a
// blank between them, which stand in examples of how blanks are written.
func twoWords(password string) bool {
	words, n := 0, 0
	for word := range strings.FieldsFuncSeq(strings.TrimRight(password, "?!."), func(r rune) bool { return r == ' ' || r == '+' }) {
		if words, n = words+1, len(word); n > 4 || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
			return false
		}
	}
	return words == 2
}

// onlyLetters is a text in lower case without all that is no letter, as far as there is
// room for it.
func onlyLetters(lower string, room []byte) string {
	n := 0
	for i := 0; i < len(lower) && n < len(room); i++ {
		if c := lower[i]; 'a' <= c && c <= 'z' {
			room[n] = c
			n++
		}
	}
	return view(room[:n])
}

// mostLetters is the length of the longest text that inKnownWords reads.
const mostLetters = 40

// inKnownWords reports whether s is one of the words after the other, and if one of them says
// that it is a password.
func inKnownWords(s string) (said, ok bool) {
	if s == "" || len(s) > mostLetters {
		return false, s == ""
	}
	// known[i]: the first i letters are words; with[i]: with a password among them.
	var known, with [mostLetters + 1]bool
	known[0] = true
	for to := 1; to <= len(s); to++ {
		for from := max(0, to-longestEnd); from < to; from++ {
			if word := s[from:to]; known[from] && (passwordWords[word] || otherWords[word]) {
				known[to] = true
				with[to] = with[to] || with[from] || passwordWords[word]
			}
		}
	}
	return with[len(s)], known[len(s)]
}
