package verify

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123+02:00": "2026-01-02T01:04:05Z", "2026-01-02T03:04:05.000+0000": "2026-01-02T03:04:05Z",
		"2026-01-02T03:04:05": "2026-01-02T03:04:05Z", "2026-01-02 03:04:05 UTC": "2026-01-02T03:04:05Z", "2026-01-02 03:04:05 -0500": "2026-01-02T08:04:05Z",
		"2026-01-02": "2026-01-02T00:00:00Z", "1767322800": "2026-01-02T03:00:00Z", "1767322800000": "2026-01-02T03:00:00Z", "1767322800000000": "2026-01-02T03:00:00Z", "1767322800.9": "2026-01-02T03:00:00Z",
		"Fri, 02 Jan 2026 03:04:05 GMT": "2026-01-02T03:04:05Z", "2026-01-02 03:04:05.123456": "2026-01-02T03:04:05Z",
		"2026-01-02T03:04+0000": "2026-01-02T03:04:00Z", "2026-01-02T03:04+0200": "2026-01-02T01:04:00Z", "2026-01-02T03:04Z": "2026-01-02T03:04:00Z",
		"": "", "0": "", "-1": "", "never": "", "0001-01-01T00:00:00Z": "", "NaN": "", "Inf": "", "1e300": "", "99999-01-01": "", "12": "",
	} {
		if got := date(in); got != want {
			t.Errorf("date(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTidyFacts(t *testing.T) {
	secret := "s3cr3t-" + strings.Repeat("abcXYZ789", 4)
	q := &Query{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret), "key_id": leak.NewSecret("KEYID" + strings.Repeat("42", 8)), "account": leak.NewSecret("acme-prod-account")}}
	long := strings.Repeat("é", 300)
	for _, tt := range []struct{ name, in, want string }{
		{leak.FactName, "deploy", "deploy"},
		{leak.FactName, "de\x1b[31mploy\r\n\u202e", "de [31mploy"},
		{leak.FactName, long, long[:256]},
		{leak.FactName, secret, ""},
		{leak.FactName, "key " + strings.ToUpper(secret), ""},
		{leak.FactLabel, secret[5:20], ""},
		{leak.FactLabel, base64.StdEncoding.EncodeToString([]byte("x:" + secret)), ""},
		{leak.FactLabel, hex.EncodeToString([]byte(secret)), ""},
		{leak.FactCredential, "KEYID" + strings.Repeat("42", 8), "KEYID" + strings.Repeat("42", 8)},
		{leak.FactTenant, "acme-prod-account", "acme-prod-account"},
		{leak.FactLabel, "of Ada <ada@people.example>", "of Ada <>"},
		{leak.FactName, "bot@acme-prod.iam.gserviceaccount.com", "bot@acme-prod.iam.gserviceaccount.com"},
		{leak.FactEmail, "Ada <ada@people.example>", "ada@people.example"},
		{leak.FactEmail, "none", ""},
		{leak.FactScopes, "repo, admin:org,repo", "admin:org repo"},
		{leak.FactKind, "User", "human_account"}, {leak.FactKind, "Service Account", "service_account"}, {leak.FactKind, "bot", "bot"}, {leak.FactKind, "martian", ""},
		{leak.FactActive, "True", "true"}, {leak.FactActive, "maybe", ""},
		{leak.FactExpires, "never", ""},
		{"unheard", "x", ""},
	} {
		if got := tidyFacts(q, map[string]string{tt.name: tt.in})[tt.name]; got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
	got := tidyFacts(q, map[string]string{leak.FactName: "ada@people.example", leak.FactOwner: "@ada"})
	if got[leak.FactName] != "" || got[leak.FactEmail] != "ada@people.example" || got[leak.FactOwner] != "@ada" {
		t.Errorf("a login that is an address: %v", got)
	}
	many := strings.Repeat("scope:read ", 5) + strings.Repeat("x", 100) + " " + strings.Repeat("y", 100) + " " + strings.Repeat("z", 100)
	if got := scopes(many); len(got) > maxFact || !strings.HasSuffix(got, " +1") {
		t.Errorf("many permissions: %q", got)
	}
}

// TestEchoesInDisguise: a server that answers with the credential turned round, cut up or
// encoded, once or twice, gets nothing of it into a report; and what only looks like that stays.
func TestEchoesInDisguise(t *testing.T) {
	secret := "s3cr3t-" + strings.Repeat("abcXYZ789", 4)
	q := &Query{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}
	turn := func(s string) string {
		b := []byte(s)
		slices.Reverse(b)
		return string(b)
	}
	between := func(s, sep string) string { return strings.Join(strings.Split(s, ""), sep) }
	std, web := base64.StdEncoding.EncodeToString, base64.RawURLEncoding.EncodeToString
	percent, entities := "", ""
	for _, c := range []byte(secret) {
		percent += fmt.Sprintf("%%%02X", c)
		entities += fmt.Sprintf("&#%d;", c)
	}
	for name, in := range map[string]string{
		"turned round": turn(secret), "a piece, turned round": "of " + turn(secret)[4:24], "by blanks": between(secret, " "), "by colons": between(secret, ":"),
		"turned round, by dashes": between(turn(secret), "-"), "hex by colons": between(hex.EncodeToString([]byte(secret)), ":"),
		"hex turned round": turn(hex.EncodeToString([]byte(secret))), "hex of it turned round": hex.EncodeToString([]byte(turn(secret))),
		"base64 of it turned round": std([]byte(turn(secret))), "base64 twice": std([]byte(std([]byte(secret)))), "base64 of hex": web([]byte(hex.EncodeToString([]byte(secret)))),
		"base64 of a user and it": std([]byte("robot:" + turn(secret))), "base32": base32.StdEncoding.EncodeToString([]byte(secret)), "percent": percent, "entities": entities,
		"a word and base64": "key " + web([]byte(turn(secret))), "a field and base64 twice": "key=" + std([]byte(std([]byte(secret)))),
		"in capitals and small letters": strings.ToUpper(turn(secret)),
	} {
		for _, fact := range []string{leak.FactName, leak.FactID, leak.FactLabel, leak.FactTenant} {
			if got := tidyFacts(q, map[string]string{fact: in}); len(got) > 0 {
				t.Errorf("%s: %q comes out of %q", name, got, in)
			}
		}
	}
	for _, in := range []string{"deploy", "a.b.c.d", "acme-prod-europe-west1", "0f8fad5b-d9cb-469f-a165-70867728950e", "ZGVwbG95LWJvdC1vZi1hY21l", "arn:aws:iam::123456789012:user/deploy", "repo read:org write:packages"} {
		if got := tidyFacts(q, map[string]string{leak.FactName: in})[leak.FactName]; got != in {
			t.Errorf("%q becomes %q", in, got)
		}
	}
}

// TestNamesAreFacts: each piece that names a credential, of whatever rule, may
// come back as a fact, also where the credential has it in it; none that opens
// something may, even if it is called the same.
func TestNamesAreFacts(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	group := regexp.MustCompile(`\(\?P<([a-z][a-z0-9_]*)>`)
	names := map[string]string{} // of pieces, with a rule
	for _, p := range ps {
		for _, r := range p.Rules {
			for _, m := range group.FindAllStringSubmatch(r.Pattern, -1) {
				names[m[1]] = r.ID
			}
			for _, near := range r.Near {
				for _, m := range group.FindAllStringSubmatch(near.Pattern, -1) {
					names[m[1]] = r.ID
				}
			}
		}
	}
	delete(names, leak.SecretPart)
	for name, rule := range names {
		value := "payments-writer-01.acme-prod"
		parts := leak.Parts{leak.SecretPart: leak.NewSecret("https://" + value + "/s3cr3tS3cr3t"), name: leak.NewSecret(value)}
		got := tidyFacts(&Query{Parts: parts}, map[string]string{leak.FactName: value})[leak.FactName]
		if want := leak.IdentifierPart(name); (got == value) != want {
			t.Errorf("%s: %s comes back as %q", rule, name, got)
		}
		parts[leak.SecretPart] = leak.NewSecret(value)
		if got := tidyFacts(&Query{Parts: parts}, map[string]string{leak.FactName: value}); got != nil {
			t.Errorf("%s: the secret comes back: %v", rule, got)
		}
	}
	if len(names) < 30 {
		t.Errorf("only %d pieces", len(names))
	}
}

// FuzzTidyFacts: whatever a server says, facts are short, printable, and hold
// no piece of the credential and no address.
func FuzzTidyFacts(f *testing.F) {
	f.Add("deploy", "secret-0123456789abcdef")
	f.Add("ada@people.example (secret-0123456789abcdef)", "secret-0123456789abcdef")
	f.Fuzz(func(t *testing.T, said, secret string) {
		raw := map[string]string{}
		for _, name := range leak.Facts {
			raw[name] = said
		}
		for name, value := range tidyFacts(&Query{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}, raw) {
			if len(value) > 256 || value == "" || plain(value) != value {
				t.Errorf("%s is %q", name, value)
			}
			if len(secret) >= 6 && strings.Contains(value, secret) {
				t.Errorf("%s %q holds the secret", name, value)
			}
			if name != leak.FactEmail && personal(value) != "" {
				t.Errorf("%s %q holds an address", name, value)
			}
		}
	})
}
