package detectors

import (
	"fmt"
	"strings"

	"github.com/whosekey/whosekey/internal/prefilter"
	"github.com/whosekey/whosekey/rules"
)

// ways are ways of escaping that may be in the way of a pattern.
type ways uint8

const (
	// inText is what means one thing anywhere: %3D, \u003d, \/, &quot;
	inText ways = 1 << iota
	// inString is what means something in strings alone: \" and \n
	inString
	// inForm is a plus for a space, as forms of HTML are sent.
	inForm
)

// escapedByOne are the characters of ASCII that one encoder or another escapes.
const escapedByOne = " !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~"

// without is a list of characters without some of them.
func without(chars, some string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(some, c) {
			return -1
		}
		return c
	}, chars)
}

// spelling is how an encoder writes text: the characters that it escapes, and how.
type spelling struct {
	escaped string
	write   func(c byte) string
	way     ways
}

func hexed(format string) func(c byte) string {
	return func(c byte) string { return fmt.Sprintf(format, c) }
}

// listed writes the characters that have a text of their own so, and others with a format.
func listed(names map[byte]string, format string) func(c byte) string {
	return func(c byte) string {
		if name, ok := names[c]; ok {
			return name
		}
		return fmt.Sprintf(format, c)
	}
}

var (
	blank     = map[byte]string{' ': "+"}
	quote     = map[byte]string{'"': `\"`}
	slash     = map[byte]string{'/': `\/`, '"': `\"`}
	htmlNamed = map[byte]string{'"': "&quot;", '&': "&amp;", '<': "&lt;", '>': "&gt;"}
	htmlPlain = map[byte]string{'&': "&amp;", '<': "&lt;", '>': "&gt;"}
)

// spellings are those of encoders that are in use. The digits of an escape may be in
// either case: prefilter folds them.
var spellings = []spelling{
	// Of URLs: all but what RFC 3986, 2.3, calls unreserved, as url.QueryEscape of Go and
	// quote_plus of Python do; encodeURIComponent of ECMAScript keeps five more, and
	// quote of Python the slash. Also twice.
	{without(escapedByOne, "~"), hexed("%%%02x"), inText},
	{without(escapedByOne, "~!*'()"), hexed("%%%02x"), inText},
	{without(escapedByOne, "~/"), hexed("%%%02x"), inText},
	{without(escapedByOne, "~"), hexed("%%25%02x"), inText},
	// Of forms: https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set
	{without(escapedByOne, "~"), listed(blank, "%%%02x"), inForm},
	{without(escapedByOne, "*"), listed(blank, "%%%02x"), inForm},
	// Of JSON: what it must escape (RFC 8259, 7), PHP the slash too; Go's and Rails' encoders
	// < > &, Gson's = ' too, .NET's + ` " too.
	{`"`, listed(quote, ""), inString},
	{`/"`, listed(slash, ""), inString},
	{`"<>&`, listed(quote, `\u%04x`), inString},
	{`"<>&='`, listed(quote, `\u%04x`), inString},
	{"\"<>&'+`", hexed(`\u%04x`), inText},
	// Of JavaScript: https://cheatsheetseries.owasp.org/cheatsheets/Cross_Site_Scripting_Prevention_Cheat_Sheet.html
	// has all but letters and digits escaped; marks that end nothing are mostly kept.
	{escapedByOne, hexed(`\u%04x`), inText},
	{without(escapedByOne, "/"), hexed(`\u%04x`), inText},
	// Of HTML: Python's html.escape, Go's html.EscapeString, Mustache; and, by the same page
	// of OWASP, all but letters and digits.
	{`"&<>'`, listed(htmlNamed, "&#%d;"), inText},
	{`"&<>'`, listed(htmlNamed, "&#x%x;"), inText},
	{`"&<>'`, listed(htmlPlain, "&#%d;"), inText},
	{"\"&<>'/`=", listed(htmlNamed, "&#x%x;"), inText},
	{without(escapedByOne, ", "), hexed("&#x%x;"), inText},
	{without(escapedByOne, ", "), hexed("&#%d;"), inText},
	{without(escapedByOne, ", "), listed(map[byte]string{'/': "&#x2f;"}, "&#%d;"), inText},
}

// escapeForms returns how a literal is spelled in a URL, in a string of JSON and
// in HTML.
func escapeForms(l rules.Literal) (out []encodedLiteral) {
	if !strings.ContainsAny(l.Text, escapedByOne) {
		return nil
	}
	var b strings.Builder
	for i := range spellings {
		s := &spellings[i]
		if !strings.ContainsAny(l.Text, s.escaped) {
			continue
		}
		b.Reset()
		for i := range len(l.Text) {
			if c := l.Text[i]; strings.IndexByte(s.escaped, c) >= 0 {
				b.WriteString(s.write(c))
			} else {
				b.WriteByte(c)
			}
		}
		out = appendForm(out, encodedLiteral{prefilter.Literal{Text: strings.ToLower(b.String()), Fold: true}, form{phase: int(s.way)}})
	}
	return out
}

// appendForm appends a form unless what the prefilter would look for is there already.
func appendForm(out []encodedLiteral, f encodedLiteral) []encodedLiteral {
	for _, o := range out {
		if strings.HasPrefix(f.lit.Text, o.lit.Text[:min(maxPrefix, len(o.lit.Text))]) {
			return out
		}
	}
	return append(out, f)
}
