package keys

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestWhereAKeyLogsInByItsRecord: user and server in the record of a key are where it logs in;
// one of them alone, or those of another record, are not.
func TestWhereAKeyLogsInByItsRecord(t *testing.T) {
	_, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(must(ssh.MarshalPrivateKey(priv, ""))))
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"an editor's settings", "{\n  \"name\": \"prod\",\n  \"host\": \"web1.acme.io\",\n  \"port\": 22,\n  \"username\": \"deploy\",\n  \"privateKey\": KEY\n}\n", []string{"deploy on web1.acme.io"}},
		{"on one line", `{"hostname":"10.0.0.4","user":"ci","private_key":KEY}`, []string{"ci on 10.0.0.4"}},
		{"two servers", `[{"host":"a.acme.io","username":"jo","password":"x"},{"host":"b.acme.io","username":"deploy","privateKey":KEY}]`, []string{"deploy on b.acme.io"}},
		{"no user", `{"host":"web1.acme.io","tlsKey":KEY}`, nil},
		{"another record", `{"db":{"host":"db.acme.io","username":"app"},"tls":{"key":KEY}}`, nil},
		{"two records of one user", `{"host":"h.acme.io","username":"deploy","nested":{"privateKey":KEY}}`, nil},
		{"of PKCS 8, a database's", `{"host":"db.acme.io","user":"app","private_key":KEY}`, nil},
		{"of PKCS 8, with SSH's port", `{"host":"web1.acme.io","port":22,"user":"app","private_key":KEY}`, []string{"app on web1.acme.io"}},
		{"a template", `{"host":"${HOST}","username":"deploy","privateKey":KEY}`, nil},
	} {
		key := key
		if strings.Contains(c.name, "of PKCS 8") {
			key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(priv))}))
		}
		quoted := string(must(json.Marshal(key)))
		text := strings.Replace(c.text, "KEY", quoted, 1)
		start := strings.Index(text, quoted) + 1
		f := &leak.Finding{Parts: leak.Parts{leak.SecretPart: leak.NewSecret(key)}}
		q := &identity.Query{Finding: f, Now: time.Now(), Places: []identity.Place{{Location: leak.Location{Path: "settings.json"}, Text: []byte(text), Start: start, End: start + len(quoted) - 2, FirstLine: 1}}}
		a, err := New().Resolve(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range a.Evidence {
			if who, is := strings.CutPrefix(e.Value, identity.ScopeShell); is && strings.HasPrefix(e.Ref, "settings.json:") {
				got = append(got, who)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
