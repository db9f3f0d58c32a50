package sweep_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/whosekey/whosekey/sweep"
)

// payloads are names as an attacker would choose them.
var payloads = []string{
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `' onmouseover='alert(1)`, `</title><script>x</script>`,
	`[click](javascript:alert(1))`, `![x](https://evil.example/p.png)`, `<https://evil.example>`, `https://evil.example`, `www.evil.example`,
	"`code`", "a\n# heading\n- item", "a\r\n\r\n<b>x</b>", `@acme/everyone`, `<!--`, `<!channel>`, `&lt;b&gt;`, `||spoiler||`, "a\u202egnp.exe", `</ul></body>`, "\x00\x1b[31m",
	"$x$", `*bold* _em_ ~~strike~~`, `{{constructor}}`, `| a | b |`,
}

func digestOf(text string) *sweep.Digest {
	l := sweep.Line{ID: "0123456789abcdef", Title: text, Band: "high", Repository: text, Path: text, Line: 3, Places: 1, Identity: text, FirstSeen: time.Unix(0, 0)}
	return &sweep.Digest{Owners: []sweep.OwnerDigest{{Owner: text, New: sweep.Part{Count: 1, Findings: []sweep.Line{l}}}}}
}

func TestHostileNamesDoNotInject(t *testing.T) {
	var plain strings.Builder
	if err := sweep.WriteDigest(&plain, "html", digestOf("x")); err != nil {
		t.Fatal(err)
	}
	want := tags(t, plain.String())
	for _, p := range payloads {
		var out strings.Builder
		if err := sweep.WriteDigest(&out, "html", digestOf(p)); err != nil {
			t.Fatal(err)
		}
		if got := tags(t, out.String()); got != want {
			t.Errorf("%q makes HTML of %s, want %s", p, got, want)
		}
		md := sweep.Markdown(digestOf(p))
		if n, want := strings.Count(md, "\n"), strings.Count(sweep.Markdown(digestOf("x")), "\n"); n != want {
			t.Errorf("%q makes Markdown of %d lines, want %d:\n%s", p, n, want, md)
		}
		for _, bad := range []string{"<", "](", "://", "www.", "@a", "\x00", "\x1b", "\u202e", " `", "||"} {
			if strings.Contains(escaped.ReplaceAllString(md, ""), bad) {
				t.Errorf("%q leaves %q in Markdown:\n%s", p, bad, md)
			}
		}
	}
}

// TestPlainIsRead: chats get text without a word for a character, and nothing that they
// would make more of than text.
func TestPlainIsRead(t *testing.T) {
	for _, p := range payloads {
		text := sweep.Plain(digestOf(p))
		if n, want := strings.Count(text, "\n"), strings.Count(sweep.Plain(digestOf("x")), "\n"); n != want {
			t.Errorf("%q makes %d lines, want %d:\n%s", p, n, want, text)
		}
		for _, bad := range []string{"<", ">", "](", "://", "www.", "@a", "\x00", "\x1b", "\u202e", "`", "|", "*", "~~"} {
			if strings.Contains(text, bad) {
				t.Errorf("%q leaves %q in a text:\n%s", p, bad, text)
			}
		}
	}
	if text := sweep.Plain(digestOf(`Tom & Jerry's "api": config/prod_a.env`)); strings.Count(text, `Tom & Jerry's "api": config/prod_a.env`) != 5 || strings.Contains(text, "&#") {
		t.Errorf("usual names are not as they are:\n%s", text)
	}
}

// escaped is what Markdown shows as it is.
var escaped = regexp.MustCompile(`\\.`)

// tags are the elements and attributes of a page.
func tags(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		k := z.Token()
		if kind == html.TextToken {
			continue
		}
		b.WriteString(kind.String() + " " + k.Data)
		for _, a := range k.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteString(";")
	}
}

// TestColons of Markdown stand as they are where they make nothing of what is around.
func TestColons(t *testing.T) {
	for _, c := range []struct {
		text  string
		plain bool
	}{
		{"token: key", true}, {"a.env:12", true}, {"a.env:12, first", true}, {"a.env:100:3", false}, {":smile:", false}, {":100:", false},
		{"https://evil.example", false}, {"mailto:x", false}, {"javascript:1", true}, {"a:1b:", false},
	} {
		md := sweep.Markdown(digestOf(c.text))
		if got := strings.Contains(md, c.text); got != c.plain {
			t.Errorf("%q stands as it is: %v, want %v:\n%s", c.text, got, c.plain, md)
		}
	}
}
