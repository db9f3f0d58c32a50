package around

import (
	"strings"
	"unicode"
)

// Words cuts a name into lower-case words: PAYMENTS_PROD_STRIPE_KEY, paymentsProdKey,
// payments.prod-key.
func Words(name string) (out []string) {
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
