package around

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words cuts a name into lower-case words: PAYMENTS_PROD_STRIPE_KEY, paymentsProdKey,
// payments.prod-key.
func Words(name string) []string {
	if !ascii(name) {
		return wordsOfAny(name)
	}
	low := strings.ToLower(name)
	out := make([]string, 0, 4)
	from := 0 // of the word
	for i := range len(name) {
		switch c := name[i]; {
		case !letter(c) && !digit(c):
			if from < i {
				out = append(out, low[from:i])
			}
			from = i + 1
		// fooBar, and the B of APIBar
		case from < i && upper(c) && (lower(name[i-1]) || i+1 < len(name) && upper(name[i-1]) && lower(name[i+1])):
			out = append(out, low[from:i])
			from = i
		}
	}
	if from < len(name) {
		out = append(out, low[from:])
	}
	return out
}

func lower(c byte) bool  { return 'a' <= c && c <= 'z' }
func upper(c byte) bool  { return 'A' <= c && c <= 'Z' }
func letter(c byte) bool { return lower(c) || upper(c) }
func digit(c byte) bool  { return '0' <= c && c <= '9' }

func ascii(name string) bool {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// endsIn reports whether a name can have a word, in small letters, as its last one.
func endsIn(name, word string) bool {
	end := len(name)
	for end > 0 && name[end-1] < utf8.RuneSelf && !letter(name[end-1]) && !digit(name[end-1]) {
		end--
	}
	return end >= len(word) && strings.EqualFold(name[end-len(word):end], word) || !ascii(name)
}

// wordsOfAny is Words for names in any script.
func wordsOfAny(name string) (out []string) {
	var w strings.Builder
	end := func() {
		if w.Len() > 0 {
			out = append(out, strings.ToLower(w.String()))
			w.Reset()
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		// fooBar, and the B of APIBar
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])) {
			end()
		}
		w.WriteRune(r)
	}
	end()
	return out
}

// Plain is a name in lower case and without punctuation.
func Plain(name string) string {
	out := make([]byte, 0, MaxName)
	for i := range len(name) {
		switch c := name[i]; {
		case c >= 'A' && c <= 'Z':
			out = append(out, c+'a'-'A')
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			out = append(out, c)
		}
	}
	return string(out)
}
