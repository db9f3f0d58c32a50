package detectors

import (
	"encoding/json"
	"html"
	"net/url"
	"strings"
	"testing"
)

// TestPEMEscapes: a block is one also where its characters are written as others, as JSON of
// .NET, URLs and HTML do, and where those are in each other.
func TestPEMEscapes(t *testing.T) {
	block := "-----BEGIN PRIVATE KEY-----\n" + strings.Repeat(strings.Repeat("Ab+/", 16)+"\n", 4) + "AbCd+/==\n-----END PRIVATE KEY-----"
	text := func(s string) string {
		b, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Trim(string(b), `"`)
	}
	signs := strings.NewReplacer("+", `\u002B`, "=", `\u003d`, "/", `\/`)
	numbers := strings.NewReplacer("+", "&#43;", "/", "&#x2F;", "=", "&#61;", "\n", "&#10;")
	for name, s := range map[string]string{
		"JSON": text(block), "JSON of .NET": signs.Replace(text(block)), "CRLF": signs.Replace(text(strings.ReplaceAll(block, "\n", "\r\n"))),
		"JSON in JSON": text(signs.Replace(text(block))), "JSON in JSON in JSON": text(text(signs.Replace(text(block)))),
		"a URL": strings.ReplaceAll(url.PathEscape(block), "%20", " "), "HTML": numbers.Replace(block),
		"JSON in a URL": strings.ReplaceAll(url.PathEscape(signs.Replace(text(block))), "%20", " "), "JSON in HTML": html.EscapeString(signs.Replace(text(block))),
		"lines of u000a": strings.NewReplacer("\n", `\u000A`, "+", `\u002b`).Replace(block),
	} {
		if !validPEM(s) {
			t.Errorf("%s: %q is said to be none", name, s[:60])
		}
		if i := strings.Index(s, "Ab"); validPEM(s[:i] + "${KEY}" + s[strings.LastIndex(s, "-----END"):]) {
			t.Errorf("%s: a block without a body is said to be one", name)
		}
	}
}
