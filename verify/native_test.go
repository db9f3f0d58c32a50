package verify_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// native returns a verifier in Go by its name.
func native(t testing.TB, name string) verify.Verifier {
	t.Helper()
	p := &rules.Provider{ID: "acme", Rules: []rules.Rule{{ID: "acme-key"}}, Verify: []rules.Verify{{Go: name, Class: leak.S1}}}
	vs, err := verify.Compile([]*rules.Provider{p}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return vs["acme-key"]
}

// partsOf wraps pieces of a credential.
func partsOf(values map[string]string) leak.Parts {
	parts := leak.Parts{}
	for name, v := range values {
		if v != "" {
			parts[name] = leak.NewSecret(v)
		}
	}
	return parts
}

// doorFor leads to the hosts that a verifier names, and those that are allowed.
func doorFor(t testing.TB, n *verifytest.Net, v verify.Verifier, allow ...string) verify.Door {
	t.Helper()
	o := verify.DoorOptions{Hosts: v.Hosts(), Allow: allow, AllowPrivate: []netip.Prefix{verifytest.Private}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Rates: map[string]float64{}, Patience: time.Millisecond}
	for _, h := range o.Hosts {
		o.Rates[h] = 1e6
	}
	for _, h := range allow {
		o.Rates[h] = 1e6
	}
	door, err := verify.NewDoor(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Close)
	return door
}

// reply answers every request alike.
func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// replyAs does so with a Content-Type.
func replyAs(kind string, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind)
		reply(status, body)(w, r)
	}
}

// wants checks a verdict, and that nothing of the credential is in it.
func wants(t testing.TB, name string, got leak.Verdict, status leak.Status, reason string, parts leak.Parts) {
	t.Helper()
	if got.Status != status || !strings.Contains(got.Reason, reason) {
		t.Errorf("%s: %s (%s), want %s (%s)", name, got.Status, got.Reason, status, reason)
	}
	all := got.Reason + got.Host
	for _, f := range got.Facts {
		all += " " + f
	}
	for part, s := range parts {
		if v := s.Reveal(); !leak.PublicPart(part) && len(v) > 7 && !strings.Contains(v, "@") && strings.Contains(all, v) {
			t.Errorf("%s: the verdict holds the %s: %+v", name, part, got)
		}
	}
}

// misbehaves asks about a good credential while its servers misbehave in every
// way that there is: each is unknown.
func misbehaves(t *testing.T, v verify.Verifier, q verify.Query, hosts ...string) {
	t.Helper()
	page := "<!DOCTYPE html><html><body>invalid token InvalidClientTokenId</body></html>"
	ways := map[string]http.HandlerFunc{
		"rate limited": reply(429, `{"error":"slow down"}`), "broken": reply(500, ""), "gateway": reply(502, page), "empty": reply(200, ""),
		"a page": reply(200, page), "refusing page": reply(401, page), "forbidden page": reply(403, page), "null": reply(200, "null"),
		"no object": reply(200, "[]"), "empty object": reply(200, "{}"), "half": reply(200, `{"access_token":"`), "text": reply(200, "OK"),
		"not found": reply(404, "404 page not found"), "bad": reply(400, "bad request"), "deep": reply(200, strings.Repeat("[", 50_000)),
		"xml": reply(200, "<a><b></a>"), "huge": reply(200, `{"x":"`+strings.Repeat("x", 70<<10)+`"}`),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		},
		"teapot":     reply(418, ""),
		"no content": reply(204, ""),
	}
	for name, h := range ways {
		n := verifytest.New(t)
		for _, host := range hosts {
			n.Serve(host, h)
		}
		q.Door = doorFor(t, n, v)
		got := v.Verify(t.Context(), q)
		if got.Status != leak.Unknown || got.Reason == "" {
			t.Errorf("%s: %s (%s), want unknown", name, got.Status, got.Reason)
		}
		wants(t, name, got, leak.Unknown, "", q.Parts)
	}
	n := verifytest.New(t) // there is no host of that name
	q.Door = doorFor(t, n, v)
	wants(t, "no host", v.Verify(t.Context(), q), leak.Unknown, "", q.Parts)
	for _, host := range hosts {
		n.ServeConn(host, func(c net.Conn) {
			cert := n.Certificate("elsewhere.example", time.Now().Add(time.Hour))
			tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*cert}}).Handshake()
		})
	}
	wants(t, "TLS", v.Verify(t.Context(), q), leak.Unknown, "", q.Parts)
}
