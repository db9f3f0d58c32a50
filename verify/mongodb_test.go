package verify

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestScramOfTheStandard is the example of RFC 7677, section 3.
func TestScramOfTheStandard(t *testing.T) {
	s := newScram(sha256.New, "user", "pencil")
	s.nonce, s.first = "rOprNGfwEbeRWgbNEkqO", "n=user,r=rOprNGfwEbeRWgbNEkqO"
	got, err := s.answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
	if want := "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="; err != nil || got != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	if err := s.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="); err != nil {
		t.Error(err)
	}
	if s.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=") == nil || s.check("") == nil {
		t.Error("a server that does not know the password is believed")
	}
	for _, bad := range []string{"", "r=x,s=W22Z,i=4096", "r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=1", "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=999999999", "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096"} {
		if _, err := s.answer(bad); err == nil {
			t.Errorf("%q is answered", bad)
		}
	}
}

// mongoServer knows one user, of the database admin. One named away may not log in
// from here.
func mongoServer(c net.Conn, user, password string) {
	var bare, first, nonce string
	proved := false
	salt := []byte("salt of this test")
	for id := uint32(1); ; id++ {
		got, err := readMongo(c)
		if err != nil {
			return
		}
		say := func(d bsonDoc) { c.Write(mongoMessage(append(d, bsonField{"ok", int32(1)}), id, id)) }
		fail := func(code int32) { c.Write(mongoMessage(bsonDoc{{"ok", int32(0)}, {"code", code}}, id, id)) }
		payload, _ := got["payload"].([]byte)
		switch {
		case got["hello"] != nil:
			say(bsonDoc{{"saslSupportedMechs", bsonDoc{{"0", "SCRAM-SHA-1"}, {"1", "SCRAM-SHA-256"}}}})
		case got["saslStart"] != nil:
			bare = strings.TrimPrefix(string(payload), "n,,")
			nonce = scramFields(bare)["r"] + "more"
			if scramFields(bare)["n"] != user || got["$db"] != "admin" {
				fail(18)
				continue
			}
			first = "r=" + nonce + ",s=" + base64.StdEncoding.EncodeToString(salt) + ",i=4096"
			say(bsonDoc{{"conversationId", int32(7)}, {"payload", []byte(first)}, {"done", false}})
		case got["saslContinue"] != nil:
			key, _ := pbkdf2.Key(sha256.New, password, salt, 4096, 32)
			mac := func(key []byte, s string) []byte {
				m := hmac.New(sha256.New, key)
				io.WriteString(m, s)
				return m.Sum(nil)
			}
			all := bare + "," + first + ",c=biws,r=" + nonce
			client := mac(key, "Client Key")
			stored := sha256.Sum256(client)
			sig := mac(stored[:], all)
			for i := range client {
				client[i] ^= sig[i]
			}
			if !proved && scramFields(string(payload))["p"] != strings.TrimRight(base64.StdEncoding.EncodeToString(client), "") {
				fail(18)
				continue
			}
			if proved {
				if user == "away" {
					fail(18)
				} else {
					say(bsonDoc{{"payload", []byte{}}, {"done", true}})
				}
				continue
			}
			proved = true
			say(bsonDoc{{"payload", []byte("v=" + base64.StdEncoding.EncodeToString(mac(mac(key, "Server Key"), all)))}, {"done", false}})
		case got["connectionStatus"] != nil:
			say(bsonDoc{{"authInfo", bsonDoc{{"authenticatedUserRoles", bsonDoc{{"0", bsonDoc{{"role", "readWrite"}, {"db", "shop"}}}}}}}})
		default:
			say(bsonDoc{{"version", "7.0.1"}})
		}
	}
}

func TestMongoDB(t *testing.T) {
	n := verifytest.New(t)
	n.Inside = true
	right := "Pw-" + strings.Repeat("y7", 6)
	n.ServeConn("db.acme.example", func(c net.Conn) { mongoServer(c, "app", right) })
	n.ServeConn("away.acme.example", func(c net.Conn) { mongoServer(c, "away", right) })
	n.ServeConn("zeros.acme.example", func(c net.Conn) { c.Write(make([]byte, 4096)) })
	door, err := NewDoor(DoorOptions{Allow: []string{"*.acme.example"}, AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Rate: 1e6})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, user, password, host, key, value string
		want                                   leak.Status
		reason                                 string
	}{
		{"right", "app", right, "db.acme.example", "", "", leak.Live, ""},
		{"a source", "app", right, "db.acme.example", "auth_source", "admin", leak.Live, ""},
		{"wrong", "app", right + "x", "db.acme.example", "", "", leak.Dead, "18"},
		{"nobody", "nobody", right, "db.acme.example", "", "", leak.Dead, "18"},
		{"another source", "app", right, "db.acme.example", "options", "authSource=shop", leak.Dead, "18"},
		{"a source near it", "app", right, "db.acme.example", "auth_source", "shop", leak.Unknown, "18"},
		{"of the path", "app", right, "db.acme.example", "database", "shop", leak.Unknown, "another database"},
		{"of the path, admin", "app", right + "x", "db.acme.example", "database", "admin", leak.Dead, "18"},
		{"of settings", "app", right + "x", "db.acme.example", "protocol", "mongodb", leak.Unknown, "another database"},
		{"not from here", "away", right, "away.acme.example", "", "", leak.Restricted, "right"},
		{"not from here, and wrong", "away", right + "x", "away.acme.example", "", "", leak.Dead, "18"},
		{"by a certificate", "app", right, "db.acme.example", "options", "authMechanism=MONGODB-X509", leak.Unknown, "another way"},
		{"SRV that there is not", "app", right, "db.acme.example", "scheme", "mongodb+srv", leak.Unknown, "no host of that name"},
		{"zeros", "app", right, "zeros.acme.example", "", "", leak.Unknown, "protocol"},
		{"no TLS", "app", right, "zeros.acme.example", "options", "tls=true", leak.Unknown, "TLS"},
	} {
		parts := leak.Parts{"user": leak.NewSecret(test.user), "secret": leak.NewSecret(test.password), "host": leak.NewSecret(test.host)}
		if test.key != "" {
			parts[test.key] = leak.NewSecret(test.value)
		}
		v := builtins["mongodb"]().Verify(t.Context(), Query{Rule: "mongodb-url", Parts: parts, Door: door, Now: time.Now()})
		if v.Status != test.want || !strings.Contains(v.Reason, test.reason) {
			t.Errorf("%s: %s (%s), want %s (%s)", test.name, v.Status, v.Reason, test.want, test.reason)
		}
		if v.Status == leak.Live && (v.Facts[leak.FactScopes] != "readWrite@shop" || v.Facts[leak.FactServer] != "MongoDB 7.0.1") {
			t.Errorf("%s: %v", test.name, v.Facts)
		}
	}
}

// TestMongoDBService: a name of mongodb+srv leads to servers of its own domain,
// which are asked by TLS, and says which database knows the users.
func TestMongoDBService(t *testing.T) {
	right := "Pw-" + strings.Repeat("y7", 6)
	cert := func(n *verifytest.Net, host string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{*n.Certificate(host, time.Now().Add(time.Hour))}}
	}
	for _, test := range []struct {
		name      string
		addresses []string
		text      []string
		allow     string
		part      string // more, "database=shop"
		want      leak.Status
		reason    string
		host      string
	}{
		{"right", []string{"s1.c1.acme.example:27017"}, nil, "*.c1.acme.example", "", leak.Live, "", "s1.c1.acme.example:27017"},
		{"the record says the source", []string{"s1.c1.acme.example:27017"}, []string{"authSource=admin&replicaSet=rs0"}, "*.c1.acme.example", "database=shop", leak.Live, "", ""},
		{"without it the database is", []string{"s1.c1.acme.example:27017"}, nil, "*.c1.acme.example", "database=shop", leak.Unknown, "another database", ""},
		{"the URL wins", []string{"s1.c1.acme.example:27017"}, []string{"authSource=shop"}, "*.c1.acme.example", "options=authSource=admin", leak.Live, "", ""},
		{"one is down", []string{"s0.c1.acme.example:27017", "s1.c1.acme.example:27017"}, nil, "*.c1.acme.example", "", leak.Live, "", "s1.c1.acme.example:27017"},
		{"all are down", []string{"s0.c1.acme.example:27017"}, nil, "*.c1.acme.example", "", leak.Unknown, "no host of that name", ""},
		{"another domain", []string{"s1.c2.acme.example:27017"}, nil, "*.acme.example", "", leak.Unknown, "another domain", ""},
		{"a private address", []string{"private.c1.acme.example:27017"}, nil, "*.c1.acme.example", "", leak.SkippedCheck, "--allow-private", ""},
		{"not allowed", []string{"s1.c1.acme.example:27017"}, nil, "other.example", "", leak.SkippedCheck, "--allow-host db.c1.acme.example:27017", ""},
		{"its servers are not allowed", []string{"s1.c1.acme.example:27017"}, nil, "db.c1.acme.example", "", leak.SkippedCheck, "to which db.c1.acme.example leads", ""},
		{"none", []string{}, nil, "*.c1.acme.example", "", leak.Unknown, "does not lead", ""},
		{"two records", []string{"s1.c1.acme.example:27017"}, []string{"authSource=a", "authSource=b"}, "*.c1.acme.example", "", leak.Unknown, "does not lead", ""},
	} {
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn("s1.c1.acme.example", func(c net.Conn) { mongoServer(tls.Server(c, cert(n, "s1.c1.acme.example")), "app", right) })
		n.Private("private.c1.acme.example")
		n.Service("mongodb", "db.c1.acme.example", test.addresses, test.text...)
		door, err := NewDoor(DoorOptions{Allow: []string{test.allow}, AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Rate: 1e6})
		if err != nil {
			t.Fatal(err)
		}
		parts := leak.Parts{"scheme": leak.NewSecret("mongodb+srv"), "user": leak.NewSecret("app"), "secret": leak.NewSecret(right), "host": leak.NewSecret("db.c1.acme.example")}
		if name, value, ok := strings.Cut(test.part, "="); ok {
			parts[name] = leak.NewSecret(value)
		}
		v := builtins["mongodb"]().Verify(t.Context(), Query{Rule: "mongodb-url", Parts: parts, Door: door, Now: time.Now()})
		if v.Status != test.want || !strings.Contains(v.Reason, test.reason) || test.host != "" && v.Host != test.host {
			t.Errorf("%s: %s (%s) at %s, want %s (%s)", test.name, v.Status, v.Reason, v.Host, test.want, test.reason)
		}
		if test.name == "not allowed" && len(n.Looked()) > 0 {
			t.Errorf("%s: looked up %v", test.name, n.Looked())
		}
	}
}

// FuzzBSON: whatever a server sends, it is read or refused.
func FuzzBSON(f *testing.F) {
	f.Add(bsonDoc{{"a", "text"}, {"b", int32(5)}, {"c", []byte{1, 2}}, {"d", bsonDoc{{"0", true}}}}.encode())
	f.Add([]byte{5, 0, 0, 0, 0})
	f.Add([]byte{12, 0, 0, 0, 2, 'a', 0, 0xFF, 0xFF, 0xFF, 0xFF, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decodeBSON(b, 0)
		if err == nil && mongoCode(d) == 0 && d["ok"] == nil {
			t.Errorf("%x is taken for a good answer", b)
		}
	})
}
