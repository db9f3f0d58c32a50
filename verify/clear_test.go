package verify_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// clearServers are servers, or somebody on the way to them, that have no TLS and
// refuse everybody as far as they can without it.
var clearServers = map[string]func(c net.Conn){
	"amqp": func(c net.Conn) { say(c, "AMQP\x00\x00\x09\x01") },
	"ldap": func(c net.Conn) {
		heard(c)
		say(c, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00")
		heard(c)
	},
	"mongodb":    func(c net.Conn) { heard(c) },
	"mqtt":       func(c net.Conn) { say(c, "\x20\x02\x00\x05") },
	"mysql":      func(c net.Conn) { say(c, mysqlHello()); heard(c) },
	"nats":       func(c net.Conn) { say(c, `INFO {"auth_required":true}`+"\r\n-ERR 'Authorization Violation'\r\n") },
	"postgresql": func(c net.Conn) { heard(c); say(c, "N"); heard(c) },
	"redis":      func(c net.Conn) { say(c, "-WRONGPASS no\r\n-WRONGPASS no\r\n") },
	"smtp":       func(c net.Conn) { say(c, "220 mail\r\n"); heard(c); say(c, "250-mail\r\n250 AUTH PLAIN\r\n"); heard(c) },
	"sqlserver": func(c net.Conn) {
		heard(c)
		say(c, "\x04\x01\x00\x1a\x00\x00\x01\x00"+"\x00\x00\x0b\x00\x06\x01\x00\x11\x00\x01\xff"+"\x10\x00\x00\x00\x00\x00"+"\x02")
		heard(c)
	},
	// A refusal before there is TLS, which anybody on the way could have sent.
	"mysql at once":      func(c net.Conn) { say(c, mysqlPacket(0, "\xff\x15\x04#28000Access denied")) },
	"postgresql at once": func(c net.Conn) { heard(c); say(c, "E\x00\x00\x00\x10SFATAL\x00C28P01\x00\x00") },
	"smtp at once":       func(c net.Conn) { say(c, "535 5.7.8 no\r\n") },
}

func say(c net.Conn, text string) { io.WriteString(c, text) }
func heard(c net.Conn)            { c.Read(make([]byte, 4096)) }

func mysqlPacket(n byte, text string) string {
	return string(append(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))[:3], n)) + text
}

// mysqlHello is the first packet of a server that has no TLS
// (https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html).
func mysqlHello() string {
	return mysqlPacket(0, "\x0a8.0.36\x00\x01\x00\x00\x00saltsalt\x00\x00\xa2\x21\x02\x00\x08\x00\x15"+strings.Repeat("\x00", 10)+"saltsaltsalt\x00mysql_native_password\x00")
}

// recorded keeps what it is sent.
type recorded struct {
	net.Conn
	mu   *sync.Mutex
	sent *bytes.Buffer
}

func (r recorded) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent.Write(p)
	return r.Conn.Write(p)
}

// TestClear: without TLS neither name nor password is sent to an address of the
// internet, and nothing that is said there counts.
func TestClear(t *testing.T) {
	user := "robotuser"
	for name, serve := range clearServers {
		protocol, _, _ := strings.Cut(name, " ")
		n := verifytest.New(t)
		n.ServeConn(db, serve)
		v := native(t, protocol)
		var mu sync.Mutex
		var sent bytes.Buffer
		door, err := verify.NewDoor(verify.DoorOptions{
			Allow: []string{db}, Resolver: n, RootCAs: n.Roots, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				c, err := n.Dial(ctx, network, address)
				return recorded{c, &mu, &sent}, err
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer door.Close()
		for _, options := range []string{"", "sslmode=disable&tls=false&encrypt=disable&ssl-mode=DISABLED"} {
			parts := partsOf(account(protocol, user, secretOf(1), "host", db, "options", options))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			got := v.Verify(ctx, verify.Query{Rule: "acme-url", Parts: parts, Now: time.Now(), Door: door})
			cancel()
			wants(t, name, got, leak.Unknown, "", parts)
			if !strings.Contains(name, "at once") && !strings.Contains(got.Reason, "TLS") {
				t.Errorf("%s: %s", name, got.Reason)
			}
		}
		mu.Lock()
		for _, secret := range []string{user, secretOf(1)} {
			if bytes.Contains(sent.Bytes(), []byte(secret)) || bytes.Contains(sent.Bytes(), []byte(strings.Join(strings.Split(secret, ""), "\x00"))) {
				t.Errorf("%s: %q was sent", name, sent.Bytes())
			}
		}
		mu.Unlock()
	}
}

// TestClearThroughProxy: where a proxy makes the connection nobody here knows that
// its address is of the internet, and the reason does not say so.
func TestClearThroughProxy(t *testing.T) {
	for name, serve := range clearServers {
		if strings.Contains(name, "at once") {
			continue
		}
		n := verifytest.New(t)
		n.ServeConn(db, serve)
		proxy := tunnelTo(n)
		v := native(t, name)
		door, err := verify.NewDoor(verify.DoorOptions{Allow: []string{db}, Resolver: n, RootCAs: n.Roots, Proxy: proxy.URL})
		if err != nil {
			t.Fatal(err)
		}
		parts := partsOf(account(name, "robotuser", secretOf(1), "host", db))
		got := v.Verify(t.Context(), verify.Query{Rule: "acme-url", Parts: parts, Now: time.Now(), Door: door})
		door.Close()
		proxy.Close()
		if got.Status != leak.Unknown || !strings.Contains(got.Reason, "TLS") || strings.Contains(got.Reason, "of the internet") {
			t.Errorf("%s: %s, %s", name, got.Status, got.Reason)
		}
	}
}

// tunnelTo is a proxy that leads to the first host of n, whatever it is asked for.
func tunnelTo(n *verifytest.Net) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out, err := n.Dial(r.Context(), "tcp", "20.1.0.0:1")
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer out.Close()
		w.WriteHeader(http.StatusOK)
		in, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer in.Close()
		go io.Copy(out, in)
		io.Copy(in, out)
	}))
}
