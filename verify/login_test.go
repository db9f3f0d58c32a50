package verify_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// loginTest is a login and what must come of it.
type loginTest struct {
	name   string
	parts  map[string]string
	want   leak.Status
	reason string            // in it
	facts  map[string]string // of them; the value stands in the fact
}

// account is one that a URL names, with further parts.
func account(scheme, user, secret string, more ...string) map[string]string {
	m := map[string]string{"scheme": scheme, "user": user, "secret": secret}
	for i := 0; i < len(more); i += 2 {
		m[more[i]] = more[i+1]
	}
	return m
}

// db is the name of the server in tests of logins.
const db = "db.acme.example"

// waits is the name of tests in which the server waits for more.
const waits = "no TLS there"

// logs in as the tests say.
func logsIn(t *testing.T, n *verifytest.Net, verifier string, tests []loginTest) {
	t.Helper()
	v := native(t, verifier)
	for _, test := range tests {
		parts := partsOf(test.parts)
		_, extended := parts["extended"]
		delete(parts, "extended")
		if _, ok := parts["host"]; !ok {
			parts["host"] = leak.NewSecret(db)
		}
		q := verify.Query{Rule: "acme-url", Parts: parts, Extended: extended, Now: time.Now(), Door: doorFor(t, n, v, db, "other.acme.example")}
		before := len(n.Dialed())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		if test.name == waits {
			time.AfterFunc(time.Second, cancel)
		}
		got := v.Verify(ctx, q)
		cancel()
		wants(t, test.name, got, test.want, test.reason, parts)
		for name, f := range test.facts {
			if !strings.Contains(got.Facts[name], f) || f == "" && got.Facts[name] != "" {
				t.Errorf("%s: %s is %q, want %q", test.name, name, got.Facts[name], f)
			}
		}
		calls, most := len(n.Dialed())-before, 1
		switch {
		case got.Control != "" && !strings.HasPrefix(got.Control, "none: "):
			most = 2
		case got.Status == leak.Live || got.Status == leak.Restricted:
			if got.Control == "" {
				t.Errorf("%s: no control", test.name)
			}
		}
		if calls > most {
			t.Errorf("%s: %d connections, control %q: a login must not be tried twice", test.name, calls, got.Control)
		}
	}
}

// strange are conversations that no verifier may take for an answer, and that
// must not keep it.
func strange(t *testing.T, verifier string, parts map[string]string) {
	t.Helper()
	talks := map[string]func(c net.Conn){
		"hangs up": func(c net.Conn) {},
		"says nothing": func(c net.Conn) {
			c.SetReadDeadline(time.Now().Add(time.Second))
			for b := make([]byte, 100); ; {
				if _, err := c.Read(b); err != nil {
					return
				}
			}
		},
		"HTTP": func(c net.Conn) {
			fmt.Fprint(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n535 authentication failed")
		},
		"zeros":   func(c net.Conn) { c.Write(make([]byte, 4096)) },
		"ones":    func(c net.Conn) { c.Write([]byte(strings.Repeat("\xff", 4096))) },
		"endless": func(c net.Conn) { talk(c, strings.Repeat("a", 1<<16)) },
		"lines":   func(c net.Conn) { talk(c, strings.Repeat("+OK\r\n", 1000)) },
	}
	v := native(t, verifier)
	for name, serve := range talks {
		n := verifytest.New(t)
		n.Inside = true
		n.ServeConn(db, func(c net.Conn) { serve(c) })
		p := partsOf(parts)
		p["host"] = leak.NewSecret(db)
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		got := v.Verify(ctx, verify.Query{Rule: "acme-url", Parts: p, Now: time.Now(), Door: doorFor(t, n, v, db)})
		cancel()
		wants(t, name, got, leak.Unknown, "", p)
		if got.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
}

// talk says the same until the other side hangs up, but 64 MB at most.
func talk(c net.Conn, s string) {
	for range 1000 {
		if _, err := fmt.Fprint(c, s); err != nil {
			return
		}
	}
}

// secretOf makes a password for tests; there is none in our history.
func secretOf(n int) string { return fmt.Sprintf("Pw-%d-%s", n, strings.Repeat("x9", 5)) }

func TestLoginNeedsItsPieces(t *testing.T) {
	v := native(t, "postgresql")
	for _, test := range []struct {
		name  string
		parts map[string]string
		want  leak.Status
		why   string
	}{
		{"no host", map[string]string{"secret": secretOf(1)}, leak.Unknown, "needs the host"},
		{"no user", map[string]string{"secret": secretOf(1), "host": db}, leak.Unknown, "needs the user name"},
		{"a placeholder", map[string]string{"secret": secretOf(1), "host": "${HOST}"}, leak.Unknown, "no name of a host"},
		{"a format", map[string]string{"secret": secretOf(1), "host": "%s"}, leak.Unknown, "no name of a host"},
		{"a socket", map[string]string{"secret": secretOf(1), "host": "/run/db.sock"}, leak.Unknown, "a socket"},
		{"NUL", map[string]string{"secret": "a\x00b" + secretOf(1), "host": db}, leak.Unknown, "NUL"},
		{"encoded NUL", map[string]string{"secret": "a%00b" + secretOf(1), "host": db, "scheme": "postgres"}, leak.Unknown, "NUL"},
		{"a port", map[string]string{"secret": secretOf(1), "host": db, "port": "99999"}, leak.Unknown, "no name of a host"},
		{"not allowed", map[string]string{"secret": secretOf(1), "host": "db.elsewhere.example"}, leak.SkippedCheck, "--allow-host db.elsewhere.example:5432"},
		{"a list", map[string]string{"secret": secretOf(1), "host": "a.elsewhere.example,b.elsewhere.example"}, leak.SkippedCheck, "--allow-host a.elsewhere.example:5432"},
		{"private", map[string]string{"secret": secretOf(1), "host": "private.acme.example"}, leak.SkippedCheck, "--allow-private"},
		{"nobody listens", map[string]string{"secret": secretOf(1), "host": db}, leak.Unknown, "connection refused"},
		{"there is none", map[string]string{"secret": secretOf(1), "host": "gone.acme.example"}, leak.Unknown, "no host of that name"},
	} {
		n := verifytest.New(t)
		n.Inside = true
		n.Point(db, "")
		n.Private("private.acme.example")
		parts := partsOf(test.parts)
		if test.name != "no user" {
			parts["user"] = leak.NewSecret("app")
		}
		door := doorFor(t, n, v, db, "private.acme.example", "gone.acme.example")
		got := v.Verify(t.Context(), verify.Query{Parts: parts, Door: door})
		wants(t, test.name, got, test.want, test.why, parts)
	}
}
