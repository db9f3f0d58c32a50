package verify_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"testing"
	"time"

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
	n.Inside = true
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

// natsJWT makes a JWT of NATS (https://github.com/nats-io/jwt), signed by the
// nkey of that seed.
func natsJWT(t *testing.T, by ed25519.PrivateKey, claims map[string]any) string {
	t.Helper()
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := encode(map[string]any{"typ": "JWT", "alg": "ed25519-nkey"}) + "." + encode(claims)
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(by, []byte(text)))
}

// TestNATSOfJWT logs in to a server of an operator: with the JWT of a user that
// is right, that has ended, that is for another place, and that is revoked.
func TestNATSOfJWT(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	p := verifytest.NewPlace(t)
	key := func(b byte) ed25519.PrivateKey {
		seed := bytes.Repeat([]byte{b}, ed25519.SeedSize)
		return ed25519.NewKeyFromSeed(seed)
	}
	operator, acct := key(11), key(12)
	as := func(kind byte, k ed25519.PrivateKey) string { return verify.NKeyOf(kind<<3, k) }
	oid, aid := as(14, operator), as(0, acct)
	seed, uid := nkeyOf(t, 1)
	gone, goneID := nkeyOf(t, 2)
	base := func(sub, iss, kind string, more map[string]any) map[string]any {
		of := map[string]any{"type": kind, "version": 2}
		maps.Copy(of, more)
		return map[string]any{"jti": "X", "iat": 1700000000, "iss": iss, "name": kind, "sub": sub, "nats": of}
	}
	user := func(id string, exp int64, more map[string]any) string {
		of := map[string]any{"pub": map[string]any{}, "sub": map[string]any{}, "subs": -1, "data": -1, "payload": -1}
		maps.Copy(of, more)
		c := base(id, aid, "user", of)
		if exp != 0 {
			c["exp"] = exp
		}
		return natsJWT(t, acct, c)
	}
	account1 := natsJWT(t, operator, base(aid, oid, "account", map[string]any{
		"limits":      map[string]any{"subs": -1, "data": -1, "payload": -1, "imports": -1, "exports": -1, "wildcards": true, "conn": -1, "leaf": -1},
		"revocations": map[string]any{goneID: 1800000000}, "default_permissions": map[string]any{"pub": map[string]any{}, "sub": map[string]any{}},
	}))
	conf := fmt.Sprintf("operator: %s\nresolver: MEMORY\nresolver_preload: { %s: %s }\n", natsJWT(t, operator, base(oid, oid, "operator", nil)), aid, account1)
	port := verifytest.FreePort(t)
	p.Start("127.0.0.1:"+port, "nats-server", "-a", "127.0.0.1", "-p", port, "-c", p.Write("jwt.conf", conf))
	n.Point(db, "127.0.0.1:"+port)
	with := func(seed, jwt string) map[string]string {
		return map[string]string{"secret": seed, "kind": "U", "jwt": jwt}
	}
	logsIn(t, n, "nats", []loginTest{
		{"right", with(seed, user(uid, 0, nil)), leak.Live, "", nil},
		{"for a while", with(seed, user(uid, time.Now().Add(time.Hour).Unix(), nil)), leak.Live, "", nil},
		{"ended", with(seed, user(uid, 1700000001, nil)), leak.Expired, "ended at 2023-11-14T22:13:21Z", nil},
		{"another place", with(seed, user(uid, 0, map[string]any{"src": []string{"192.0.2.0/24"}})), leak.Unknown, "not for here", nil},
		{"another protocol", with(seed, user(uid, 0, map[string]any{"allowed_connection_types": []string{"MQTT"}})), leak.Unknown, "not for here", nil},
		{"revoked", with(gone, user(goneID, 0, nil)), leak.Dead, "", nil},
		{"somebody else's", with(gone, user(uid, 0, nil)), leak.Dead, "", nil},
		{"no JWT", map[string]string{"secret": seed, "kind": "U"}, leak.Unknown, "JWT", nil},
	})
}
