package verify_test

import (
	"crypto/ed25519"
	"encoding/base32"
	"fmt"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// nkeyOf makes the seed and the public key of a user.
func nkeyOf(t *testing.T, n byte) (seed, public string) {
	t.Helper()
	raw := make([]byte, ed25519.SeedSize)
	for i := range raw {
		raw[i] = n
	}
	b := append([]byte{18<<3 | 20<<3>>5, 20 << 3 & 31 << 3}, raw...)
	b = append(b, 0, 0) // of the checksum, the rule makes sure
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b), verify.NKeyPublic(ed25519.NewKeyFromSeed(raw))
}

func TestNATS(t *testing.T) {
	n := verifytest.New(t)
	p := verifytest.NewPlace(t)
	cert, key, _ := p.WriteCertificate(n, "other.acme.example")
	port, secure, open := verifytest.FreePort(t), verifytest.FreePort(t), verifytest.FreePort(t)
	seed, public := nkeyOf(t, 1)
	stranger, _ := nkeyOf(t, 2)
	users := fmt.Sprintf("authorization { users = [ { user: app, password: \"%s\" }, { nkey: %s } ] }\n", secretOf(1), public)
	p.Start("127.0.0.1:"+port, "nats-server", "-a", "127.0.0.1", "-p", port, "-c", p.Write("plain.conf", users))
	p.Start("127.0.0.1:"+secure, "nats-server", "-a", "127.0.0.1", "-p", secure, "-c", p.Write("tls.conf", users+fmt.Sprintf("tls { cert_file: %q, key_file: %q }\n", cert, key)))
	p.Start("127.0.0.1:"+open, "nats-server", "-a", "127.0.0.1", "-p", open)
	n.Point(db, "127.0.0.1:"+port)
	n.Point("other.acme.example", "127.0.0.1:"+secure)
	nkey := func(seed, kind string) map[string]string { return map[string]string{"secret": seed, "kind": kind} }
	logsIn(t, n, "nats", []loginTest{
		{"right", account("nats", "app", secretOf(1)), leak.Live, "", map[string]string{"name": "app", "server": "NATS 2"}},
		{"TLS", account("nats", "app", secretOf(1), "host", "other.acme.example"), leak.Live, "", nil},
		{"wrong", account("nats", "app", secretOf(2)), leak.Dead, "Authorization Violation", nil},
		{"quotes", account("nats", "app", `x"},"a":{"`+"\r\nPING\r\n"), leak.Dead, "Authorization Violation", nil},
		{"a seed", nkey(seed, "U"), leak.Live, "", map[string]string{"id": public}},
		{"another seed", nkey(stranger, "U"), leak.Unknown, "JWT", nil},
		{"half a seed", nkey(seed[:20], "U"), leak.Unknown, "cannot be read", nil},
		{"of an account", nkey(seed, "A"), leak.Unknown, "does not log in", nil},
	})
	n.Point(db, "127.0.0.1:"+secure)
	logsIn(t, n, "nats", []loginTest{{"another name", account("nats", "app", secretOf(1)), leak.Unknown, "the certificate is for another host", nil}})
	n.Point(db, "127.0.0.1:"+open)
	logsIn(t, n, "nats", []loginTest{{"open", account("nats", "app", secretOf(1)), leak.Unknown, "without a password", nil}})
	strange(t, "nats", account("nats", "app", secretOf(1)))
}
