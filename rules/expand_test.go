package rules_test

import (
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

func TestExpand(t *testing.T) {
	sum := func(token string) string { return "<" + token + ">" }
	for _, tt := range []struct{ template, want string }{ // want is a pattern for the whole
		{"", ``},
		{"plain $ } { text", `plain \$ \} \{ text`},
		{"a${alnum:24}b", `a[0-9A-Za-z]{24}b`},
		{"${lower:8}${upper:8}", `[a-z0-9]{8}[A-Z0-9]{8}`},
		{"${letter:8}", `[A-Za-z]{8}`},
		{"${base32:40}", `[A-Z2-7]{40}`},
		{"${digits:12}-${hex:12}-${HEX:12}", `[0-9]{12}-[0-9a-f]{12}-[0-9A-F]{12}`},
		{"${b64:90}", `[A-Za-z0-9+/]{90}`},
		{"${b64url:90}", `[A-Za-z0-9_-]{90}`},
		{"${base58:90}", `[1-9A-HJ-NP-Za-km-z]{90}`},
		{"${uuid}", `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}`},
		{"${lit:abc}d", `abcd`},
		{"${base64:hello}", `aGVsbG8=`},
		{"${base64url:hello>>}", `aGVsbG8-Pg`},
		{"${hexof:AZ}", `415a`},
		{"${base64:{\"a\":\"b\"}}", `eyJhIjoiYiJ9`}, // braces balance
		{"${lines:4:abcdefghij}", "abcd\nefgh\nij"},
		{"${lines:4:abcd}", "abcd"},
		{"${lines:8:${digits:20}}", "[0-9]{8}\n[0-9]{8}\n[0-9]{4}"},
		{`k="tok_abc${sum}"`, `k="tok_abc<tok_abc>"`},
		{`k=tok_abc${sum}`, `k=tok_abc<tok_abc>`},
		{"x ${hexof:${lit:a}b}", "x 6162"},
	} {
		got, err := rules.Expand(tt.template, "seed", sum)
		if err != nil || !regexp.MustCompile(`\A`+tt.want+`\z`).MatchString(got) {
			t.Errorf("Expand(%q) = %q, %v, want %s", tt.template, got, err, tt.want)
		}
	}
	for template, want := range map[string]string{
		"${alnum:4": "has no closing brace", "${alnum}": "wants a length", "${alnum:}": "wants a length", "${alnum:0}": "wants a length", "${alnum:-1}": "wants a length",
		"${alnum:99999999}": "wants a length", "${alpha:3}": "no such kind", "${}": "no such kind", "${lines:x:abc}": "wants a width",
		"${lines:0:abc}": "wants a width", "${base64:${nope:1}}": "no such kind", "${lines:3:${nope:1}}": "no such kind",
	} {
		if got, err := rules.Expand(template, "seed", sum); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Expand(%q) = %q, %v, want an error with %q", template, got, err, want)
		}
	}
	if _, err := rules.Expand("a${sum}", "", nil); err == nil {
		t.Error("${sum} without a checksum is no error")
	}
}

func TestExpandIsStable(t *testing.T) {
	const template = "${alnum:20} ${base64:${hex:20}}"
	a, _ := rules.Expand(template, "seed", nil)
	b, _ := rules.Expand(template, "seed", nil)
	c, _ := rules.Expand(template, "seeds", nil)
	if a != b || a == c {
		t.Errorf("with a seed %q and %q, with another %q", a, b, c)
	}
	_, enc, _ := strings.Cut(a, " ")
	dec, err := base64.StdEncoding.DecodeString(enc)
	if _, hexErr := hex.DecodeString(string(dec)); err != nil || hexErr != nil || len(dec) != 20 {
		t.Errorf("base64 of 20 hex digits is %q", dec)
	}
}
