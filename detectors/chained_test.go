package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestChained: a password in a connection string goes up to the next semicolon, quote or blank, not
// to the first sign in it.
func TestChained(t *testing.T) {
	set := everything(t)
	for _, text := range []string{`DSN=shop;UID=app;PWD=%`, `DSN=shop;UID=app;PWD=%;Encrypt=yes`, `x = "Server=db;Uid=app;Password=%"`, `<add value="Server=db;Uid=app;Pwd=%"/>`, "Host=db;Username=app;Password=%;\n"} {
		for seed := range 20 {
			made := planted(t, "¶", text+string(rune('a'+seed)))
			want := made[:5] + "&{(*)}&" + made[5:]
			in := strings.ReplaceAll(text, "%", want)
			found := ""
			set.Scan(&leak.Chunk{Data: []byte(in)}, func(m leak.Match) { found = m.Parts[leak.SecretPart].Reveal() })
			if found != want {
				t.Errorf("%q found in %q", found, in)
			}
		}
	}
}

// TestLongFieldName: of a name that is too long to show, the end is.
func TestLongFieldName(t *testing.T) {
	in := planted(t, "spring.security.oauth2.client.registration.google.client-secret=§\n", "long")
	field := ""
	everything(t).Scan(&leak.Chunk{Data: []byte(in)}, func(m leak.Match) { field = m.Field })
	if !strings.HasSuffix(field, "registration.google.client-secret") {
		t.Errorf("the field is %q", field)
	}
}
