package verify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// testDoor leads into n. Its times are long, as a machine may be slow; where a time
// has to be up, see brief.
func testDoor(t testing.TB, n *verifytest.Net, change func(*DoorOptions)) *Guard {
	t.Helper()
	o := DoorOptions{
		Hosts: []string{"api.acme.com", ".tenants.acme.com"}, Resolver: n, Dial: n.Dial, RootCAs: n.Roots,
		CallTimeout: 30 * time.Second, DialTimeout: 30 * time.Second,
		Rates: map[string]float64{"api.acme.com": 1000},
	}
	if change != nil {
		change(&o)
	}
	g, err := NewDoor(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// brief is for servers that never answer.
func brief(o *DoorOptions) { o.CallTimeout = 300 * time.Millisecond }

func get(t testing.TB, d Door, url string) (*Answer, error) {
	t.Helper()
	r, err := http.NewRequest("GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+"made-up-token")
	return d.Do(context.Background(), leak.S1, r)
}

func TestDoorAsks(t *testing.T) {
	n := verifytest.New(t)
	var agent string
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		w.WriteHeader(401)
		io.WriteString(w, "no")
	}))
	a, err := get(t, testDoor(t, n, func(o *DoorOptions) { o.Version = "1.2" }), "https://api.acme.com/me")
	if err != nil || a.Status != 401 || string(a.Body) != "no" || a.Cut {
		t.Errorf("%+v, %v", a, err)
	}
	if agent != "whosekey/1.2 (+https://github.com/whosekey/whosekey)" {
		t.Errorf("User-Agent %q", agent)
	}
}

// TestDoorMisbehaviour: whatever a server does ends soon, as an error with a
// reason or as an answer that says what it was.
func TestDoorMisbehaviour(t *testing.T) {
	tests := []struct {
		name  string
		serve http.HandlerFunc
		want  string // the error, or "status cut"
	}{
		{"slow headers", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "no answer within 300ms"},
		{"slow body", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				io.WriteString(w, "x")
				w.(http.Flusher).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		}, "no answer within 300ms"},
		{"endless body", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write(make([]byte, 1<<16))
			}
		}, "200 true"},
		{"gigabytes announced", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "8000000000")
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, "200 true"},
		{"huge header", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
		}, "what it answers is not HTTP, or begins with more than 64 KiB of headers"},
		{"redirect to another host", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/"+r.Header.Get("Authorization"), http.StatusFound)
		}, "302 false"},
		{"half an answer", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"ok": tr`)
			panic(http.ErrAbortHandler)
		}, "the connection ended before the answer"},
		{"reset", func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			c.(interface{ NetConn() net.Conn }).NetConn().(*net.TCPConn).SetLinger(0)
			c.(interface{ NetConn() net.Conn }).NetConn().Close()
		}, "connection reset"},
		{"no HTTP", func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(c, "220 smtp.acme.com ESMTP secret-in-banner\r\n\r\n")
			c.Close()
		}, "what it answers is not HTTP, or begins with more than 64 KiB of headers"},
		{"status of five digits", func(w http.ResponseWriter, r *http.Request) {
			c, _, _ := w.(http.Hijacker).Hijack()
			io.WriteString(c, "HTTP/1.1 20000 OK\r\n\r\n")
			c.Close()
		}, "what it answers is not HTTP, or begins with more than 64 KiB of headers"},
		{"error page", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>down for maintenance") }, "200 false"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := verifytest.New(t)
			n.Serve("api.acme.com", test.serve)
			change := func(*DoorOptions) {}
			if test.want == "no answer within 300ms" {
				change = brief
			}
			a, err := get(t, testDoor(t, n, change), "https://api.acme.com/me?k=in-the-url")
			got := ""
			if err != nil {
				got = err.Error()
			} else {
				got = fmt.Sprint(a.Status, " ", a.Cut)
				if len(a.Body) > maxAnswer {
					t.Errorf("%d bytes of body", len(a.Body))
				}
			}
			if got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if strings.Contains(got, "in-the-url") || strings.Contains(got, "secret-in-banner") {
				t.Errorf("the error holds what it must not: %s", got)
			}
			for _, name := range n.Looked() {
				if name != "api.acme.com" {
					t.Errorf("went on to %s", name)
				}
			}
		})
	}
}

func TestDoorTLS(t *testing.T) {
	n := verifytest.New(t)
	n.ServeConn("api.acme.com", func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") })
	n.Serve("a.tenants.acme.com", http.NotFoundHandler())
	if _, err := get(t, testDoor(t, n, nil), "https://api.acme.com/"); err == nil || err.Error() != "the server does not speak TLS as it should" {
		t.Errorf("no TLS: %v", err)
	}
	_, err := get(t, testDoor(t, n, func(o *DoorOptions) { o.RootCAs = nil }), "https://a.tenants.acme.com/")
	if err == nil || err.Error() != unknownAuthority {
		t.Errorf("own authority: %v", err)
	}
	for name, test := range map[string]struct {
		host  string
		until time.Time
		want  string
	}{
		"wrong name":  {"api.evil.example", time.Now().Add(time.Hour), "the certificate is for another host"},
		"wrong clock": {"api.acme.com", time.Now().Add(-time.Hour), "the certificate is not valid today: it expired, or a clock is wrong"},
	} {
		s := httptest.NewUnstartedServer(http.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{Certificates: []tls.Certificate{*n.Certificate(test.host, test.until)}}
		s.StartTLS()
		defer s.Close()
		n.Point("api.acme.com", s.Listener.Addr().String())
		if _, err := get(t, testDoor(t, n, nil), "https://api.acme.com/"); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestDoorHosts(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("*", http.NotFoundHandler())
	g := testDoor(t, n, func(o *DoorOptions) { o.Allow = []string{"git.corp.example", "*.lab.example:8443", "203.0.113.9:443"} })
	for url, want := range map[string]bool{
		"https://api.acme.com/x":               true,
		"https://API.ACME.com./x":              true,
		"https://api.acme.com:8443/x":          false,
		"https://api.acme.com.evil.example/":   false,
		"https://evil.example/api.acme.com":    false,
		"https://api.acme.com@evil.example/":   false,
		"https://user:pw@api.acme.com/":        false,
		"http://api.acme.com/":                 false,
		"https://t1.tenants.acme.com/":         true,
		"https://a.b.tenants.acme.com/":        false,
		"https://tenants.acme.com/":            false,
		"https://-.tenants.acme.com/":          false,
		"https://xtenants.acme.com/":           false,
		"https://git.corp.example:3000/":       true,
		"https://a.b.lab.example:8443/":        true,
		"https://a.lab.example/":               false,
		"http://git.corp.example/":             false,
		"https://127.0.0.1/":                   false,
		"https://2130706433/":                  false,
		"https://0x7f.1/":                      false,
		"https://203.0.113.9/":                 true,
		"https://203.0.113.10/":                false,
		"https://[::ffff:203.0.113.9]/":        true,
		"https://[fe80::1%25eth0]/":            false,
		"ftp://api.acme.com/":                  false,
		"https://api.acme.com/x?" + "a=%0d%0a": true,
	} {
		r, err := http.NewRequest("GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.visit(nil).check(leak.S1, r)
		if (err == nil) != want {
			t.Errorf("%s: %v, want allowed %t", url, err, want)
		}
	}
	if len(n.Dialed())+len(n.Looked()) != 0 {
		t.Error("a check went out")
	}
}

func TestParseAllowed(t *testing.T) {
	for s, want := range map[string]string{
		"git.acme.com": "git.acme.com", "GIT.acme.com.": "git.acme.com", "git.acme.com:8443": "git.acme.com:8443", "git.acme.com:443": "git.acme.com:443",
		"*.acme.com": "*.acme.com", "*.acme.com:22": "*.acme.com:22", "10.0.0.5": "10.0.0.5", "10.0.0.5:5432": "10.0.0.5:5432",
		"[::1]:80": "[::1]:80", "::1": "::1", "[::1]": "::1", "localhost": "localhost", "*.internal": "*.internal", "db_1.lan": "db_1.lan",
		"": "", "*": "", "*.": "", "*.com": "", "**.acme.com": "", "a.*.com": "", "https://a.com": "", "a.com/x": "", "a.com:0": "", "a.com:99999": "", "a.com:x": "",
		"u@a.com": "", "a b": "", "a\nb.com": "", "é.com": "", "a..com": "", "-a.com": "", "1.2.3": "", "0x7f.1": "", "a.com:": "", ":443": "", strings.Repeat("a", 300): "",
	} {
		p, err := allowed(s)
		if got := p.String(); err == nil && got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v; want %q", s, got, err, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	allow := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fd00::/8")}
	for addr, want := range map[string]string{ // n: never, a: if allowed, y: always
		"8.8.8.8": "y", "2606:4700::1111": "y", "64:ff9b::808:808": "y", "::ffff:8.8.8.8": "y", "2002:808:808::1": "y",
		"10.1.2.3": "a", "::ffff:10.1.2.3": "a", "64:ff9b::a01:203": "a", "2002:a01:203::": "a", "fd12::1": "a",
		"127.0.0.1": "n", "::1": "n", "::ffff:127.0.0.1": "n", "0.0.0.0": "n", "::": "n", "::127.0.0.1": "n", "172.16.0.1": "n", "172.31.255.255": "n", "192.168.1.1": "n",
		"169.254.169.254": "n", "::ffff:169.254.169.254": "n", "64:ff9b::a9fe:a9fe": "n", "2002:a9fe:a9fe::": "n", "fd00:ec2::254": "n", "168.63.129.16": "n",
		"100.64.0.1": "n", "100.100.100.200": "n", "224.0.0.1": "n", "255.255.255.255": "n", "240.0.0.1": "n", "192.0.2.1": "n", "198.18.0.1": "n", "198.51.100.7": "n", "203.0.113.7": "n", "192.0.0.192": "n",
		"fe80::1": "n", "fec0::1": "n", "ff02::1": "n", "2001:db8::1": "n", "2001::1": "n", "3fff::1": "n", "64:ff9b:1::a01:203": "n", "100::1": "n", "fe80::1%eth0": "n", "2606:4700::1%eth0": "n",
		"172.15.0.1": "y", "172.32.0.1": "y", "100.63.0.1": "y", "100.128.0.1": "y", "11.0.0.1": "y",
	} {
		a := netip.MustParseAddr(addr)
		if got := refusal(a, nil); (got == "") != (want == "y") {
			t.Errorf("%s: %q, want %s", addr, got, want)
		}
		if got := refusal(a, allow); (got == "") != (want != "n") {
			t.Errorf("%s, some allowed: %q, want %s", addr, got, want)
		}
	}
	if refusal(netip.MustParseAddr("169.254.169.254"), []netip.Prefix{netip.MustParsePrefix("169.254.169.254/32")}) != "" {
		t.Error("the very address of the metadata service cannot be allowed")
	}
}

// rebinding resolves to one address after the other.
type rebinding struct {
	mu    sync.Mutex
	addrs []string
}

func (r *rebinding) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.addrs[0]
	if len(r.addrs) > 1 {
		r.addrs = r.addrs[1:]
	}
	return []netip.Addr{netip.MustParseAddr(a)}, nil
}

// TestDoorRebinding: a name that is public when it is looked at and this
// machine when it is called is never called here.
func TestDoorRebinding(t *testing.T) {
	for _, addrs := range [][]string{{"20.1.0.0", "127.0.0.1"}, {"127.0.0.1"}, {"20.1.0.0", "169.254.169.254"}, {"20.1.0.0", "::ffff:10.0.0.1"}} {
		n := verifytest.New(t)
		n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Connection", "close") }))
		g := testDoor(t, n, func(o *DoorOptions) { o.Resolver = &rebinding{addrs: addrs} })
		for i := range 3 {
			_, err := get(t, g, "https://api.acme.com/")
			if want := i < len(addrs)-1; (err == nil) != want {
				t.Errorf("%v, call %d: %v", addrs, i, err)
			}
			if err != nil && !strings.Contains(err.Error(), "--allow-private") {
				t.Error(err)
			}
		}
		for _, a := range n.Dialed() {
			if a != "20.1.0.0:443" {
				t.Errorf("dialled %s", a)
			}
		}
	}
}

// TestDoorOfThisMachine: loopback, and http, only if the user names them.
func TestDoorOfThisMachine(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	addr := s.Listener.Addr().String()
	for _, test := range []struct {
		name string
		o    DoorOptions
		ok   bool
	}{
		{"nothing allowed", DoorOptions{}, false},
		{"the address", DoorOptions{Allow: []string{addr}}, true},
		{"another port", DoorOptions{Allow: []string{"127.0.0.1:1"}}, false},
	} {
		g, err := NewDoor(test.o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := get(t, g, s.URL); (err == nil) != test.ok {
			t.Errorf("http, %s: %v", test.name, err)
		}
		c, err := g.Dial(context.Background(), "tcp", addr)
		if (err == nil) != test.ok {
			t.Errorf("tcp, %s: %v", test.name, err)
		}
		if err == nil {
			c.Close()
		}
	}
	_, port, _ := net.SplitHostPort(addr)
	for _, prefix := range []string{"", "127.0.0.0/8"} {
		o := DoorOptions{Allow: []string{"db.acme.example"}, Resolver: &rebinding{addrs: []string{"127.0.0.1"}}}
		if prefix != "" {
			o.AllowPrivate = prefixes(prefix)
		}
		g, _ := NewDoor(o)
		c, err := g.Dial(context.Background(), "tcp", "db.acme.example:"+port)
		if (err == nil) != (prefix != "") {
			t.Errorf("by name, allowed %q: %v", prefix, err)
		}
		if err == nil {
			c.Close()
		}
	}
}

// TestDoorOfMetadata: what hands out the credentials of the machine, and what is
// another host on each one, is reached only if --allow-private names it,
// however --allow-host spells it.
func TestDoorOfMetadata(t *testing.T) {
	for _, test := range []struct{ host, private string }{
		{"169.254.169.254", "169.254.169.254/32"}, {"[::ffff:169.254.169.254]", "169.254.169.254/32"}, {"[64:ff9b::a9fe:a9fe]", "169.254.169.254/32"},
		{"[2002:a9fe:a9fe::]", "169.254.169.254/32"}, {"169.254.170.2", "169.254.170.2/32"}, {"[fd00:ec2::254]", "fd00:ec2::254/128"}, {"[fd20:ce::254]", "fd20:ce::254/128"},
		{"100.100.100.200", "100.100.100.200/32"}, {"192.0.0.192", "192.0.0.192/32"}, {"168.63.129.16", "168.63.129.16/32"},
		{"169.254.7.7", "169.254.0.0/16"}, {"[fe80::1]", "fe80::/10"}, {"169.254.7.7", "169.254.7.7/32"},
	} {
		for _, port := range []string{"", ":80"} {
			for _, private := range []string{"", "10.0.0.0/8", test.private} {
				dialed := ""
				o := DoorOptions{Allow: []string{test.host + port}, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
					dialed = address
					return nil, errors.New("down")
				}}
				if private != "" {
					o.AllowPrivate = prefixes(private)
				}
				g, err := NewDoor(o)
				if err != nil {
					t.Fatal(err)
				}
				_, err = g.Dial(context.Background(), "tcp", test.host+":80")
				if wanted := private == test.private; wanted != (dialed != "") || !wanted && !errors.As(err, new(*Refused)) {
					t.Errorf("--allow-host %s, --allow-private %q: dialed %q, %v", test.host+port, private, dialed, err)
				}
			}
		}
	}
	// Addresses of other private networks are meant by whoever writes them.
	for _, host := range []string{"10.1.2.3", "192.168.1.1", "127.0.0.1", "[::1]", "[fd12::1]", "100.64.0.1"} {
		dialed := false
		g, _ := NewDoor(DoorOptions{Allow: []string{host}, Dial: func(context.Context, string, string) (net.Conn, error) { dialed = true; return nil, errors.New("down") }})
		if _, err := g.Dial(context.Background(), "tcp", host+":80"); !dialed {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestDoorRetries(t *testing.T) {
	later := func(after string, status int) func(int, http.ResponseWriter) {
		return func(call int, w http.ResponseWriter) {
			if call == 1 {
				w.Header().Set("Retry-After", after)
				w.WriteHeader(status)
			}
		}
	}
	reset := func(times int) func(int, http.ResponseWriter) {
		return func(call int, w http.ResponseWriter) {
			if call <= times {
				panic(http.ErrAbortHandler)
			}
		}
	}
	for _, test := range []struct {
		name, method string
		serve        func(int, http.ResponseWriter)
		calls        int
		want         string
	}{
		{"429 with a second", "GET", later("1", 429), 2, "200"},
		{"503 with no time", "POST", later("0", 503), 2, "200"},
		{"500 with a second", "GET", later("1", 500), 1, "500"},
		{"429 without", "GET", later("", 429), 1, "429"},
		{"429 with nonsense", "GET", later("-5, tomorrow", 429), 1, "429"},
		{"429 with an hour", "GET", later("3600", 429), 1, "429 Too Many Requests: it wants to be asked again in 1h0m0s"},
		{"429 with eternity", "GET", later("99999999999999999", 429), 1, "429 Too Many Requests: it wants to be asked again in 24h0m0s"},
		{"429 with a date", "GET", later(time.Now().Add(48*time.Hour).UTC().Format(http.TimeFormat), 429), 1, "429 Too Many Requests: it wants to be asked again in 24h0m0s"},
		{"a date in the past", "GET", later("Mon, 02 Jan 2006 15:04:05 GMT", 429), 2, "200"},
		{"GET lost once", "GET", reset(1), 2, "200"},
		{"GET lost", "GET", reset(9), 2, "the connection ended before the answer"},
		{"GET cut", "GET", func(_ int, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "500")
			io.WriteString(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, 1, "the connection ended before the answer"},
		{"POST lost", "POST", reset(1), 1, "the connection ended before the answer"},
	} {
		n := verifytest.New(t)
		var calls atomic.Int64
		n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if b, _ := io.ReadAll(r.Body); r.Method == "POST" && string(b) != "body" {
				t.Errorf("%s: body %q", test.name, b)
			}
			test.serve(int(calls.Add(1)), w)
		}))
		r, _ := http.NewRequest(test.method, "https://api.acme.com/", strings.NewReader("body"))
		a, err := testDoor(t, n, func(o *DoorOptions) { o.CallTimeout, o.DialTimeout = time.Minute, time.Minute }).Do(context.Background(), leak.S0, r)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(a.Status)
		}
		if got != test.want || int(calls.Load()) != test.calls {
			t.Errorf("%s: %s after %d calls, want %s after %d", test.name, got, calls.Load(), test.want, test.calls)
		}
	}
}

func TestDoorGivesUp(t *testing.T) {
	n := verifytest.New(t)
	n.Point("api.acme.com", "")
	g := testDoor(t, n, nil)
	for i := range 8 {
		_, err := get(t, g, "https://api.acme.com/")
		if want := i >= giveUp; err == nil || strings.Contains(err.Error(), "not asked any more: the host failed 5 times in a row") != want {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if len(n.Dialed()) != giveUp {
		t.Errorf("dialled %d times", len(n.Dialed()))
	}
}

func TestDoorProxy(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello") }))
	var asked atomic.Value
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Method + " " + r.RequestURI + " " + r.Header.Get("Proxy-Authorization"))
		out, err := n.Dial(r.Context(), "tcp", "20.1.0.0:443")
		if err != nil || r.Header.Get("Proxy-Authorization") == "" {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		w.WriteHeader(200)
		in, buf, _ := http.NewResponseController(w).Hijack()
		go io.Copy(out, buf)
		io.Copy(in, out)
	}))
	defer proxy.Close()
	host := proxy.Listener.Addr().String()
	through := func(url string) *Guard {
		return testDoor(t, n, func(o *DoorOptions) { o.Proxy, o.Dial = url, nil })
	}
	if a, err := get(t, through("http://u:"+"p@"+host), "https://api.acme.com/"); err != nil || string(a.Body) != "hello" {
		t.Errorf("%v", err)
	}
	if got := asked.Load(); got != "CONNECT api.acme.com:443 Basic dTpw" {
		t.Errorf("the proxy was asked %q", got)
	}
	// The proxy resolves the name, so that a check here is a check of what this
	// machine is told; a name that only the proxy knows is left to it.
	private := func(allow ...netip.Prefix) *Guard {
		return testDoor(t, n, func(o *DoorOptions) {
			o.Hosts, o.AllowPrivate = []string{"db.acme.com", "nowhere.acme.com"}, allow
			o.Proxy, o.Dial = "http://u:"+"p@"+host, nil
		})
	}
	n.Private("db.acme.com")
	asked.Store("nobody")
	if _, err := get(t, private(), "https://db.acme.com/"); err == nil || err.Error() != "db.acme.com: its address is of a private network (--allow-private)" || asked.Load() != "nobody" {
		t.Errorf("a private address: %v, %v", err, asked.Load())
	}
	get(t, private(netip.MustParsePrefix("10.0.0.0/8")), "https://db.acme.com/")
	if got := asked.Load(); got != "CONNECT db.acme.com:443 Basic dTpw" {
		t.Errorf("an allowed one: %q", got)
	}
	g := private()
	for range 2 {
		get(t, g, "https://nowhere.acme.com/")
	}
	if got := asked.Load(); got != "CONNECT nowhere.acme.com:443 Basic dTpw" {
		t.Errorf("one that only the proxy knows: %q", got)
	}
	if looked := slices.DeleteFunc(n.Looked(), func(s string) bool { return s != "nowhere.acme.com" }); len(looked) != 1 {
		t.Errorf("looked up %d times", len(looked))
	}
	if _, err := get(t, through("http://"+host), "https://api.acme.com/"); err == nil || err.Error() != "the proxy refuses: 407 Proxy Authentication Required" {
		t.Errorf("without a password: %v", err)
	}
	if _, err := get(t, through("http://127.0.0.1:1"), "https://api.acme.com/"); err == nil || err.Error() != "the proxy cannot be reached: connection refused" {
		t.Errorf("down: %v", err)
	}
	if _, err := get(t, through("https://"+host), "https://api.acme.com/"); err == nil || !strings.HasPrefix(err.Error(), "the proxy cannot be reached: ") {
		t.Errorf("no TLS: %v", err)
	}
	for _, bad := range []string{"socks5://a:1", "proxy:3128", "http://", "http://a/b", "http://a b", "://"} {
		if _, err := NewDoor(DoorOptions{Proxy: bad}); err == nil {
			t.Errorf("takes the proxy %q", bad)
		}
	}
}

// TestRate: whoever calls, in no second are there more calls than the host's
// rate; the clock is made up.
func TestRate(t *testing.T) {
	for _, perSecond := range []float64{0.5, 2, 10} {
		synctest.Test(t, func(t *testing.T) {
			g, all := newGauge(perSecond), make(chan struct{}, 3)
			var mu sync.Mutex
			var calls []time.Time
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					pass, err := g.enter(context.Background(), all, time.Minute)
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond) // the connection
					pass.sent()
					mu.Lock()
					calls = append(calls, time.Now())
					if len(calls) == 10 {
						g.pause(20 * time.Second)
					}
					mu.Unlock()
					time.Sleep(130 * time.Millisecond)
					pass.leave()
				})
			}
			wg.Wait()
			for i, c := range calls {
				for j := i + 1; j < len(calls); j++ {
					if d := calls[j].Sub(c).Seconds(); d < float64(j-i)/perSecond {
						t.Fatalf("rate %v: %d calls in %.2f s", perSecond, j-i+1, d)
					}
				}
			}
			if d := calls[10].Sub(calls[9]); d < 20*time.Second {
				t.Errorf("asked again after %v", d)
			}
			if took := calls[19].Sub(calls[0]).Seconds() - 20; took > 20/perSecond*1.1+20*0.4 {
				t.Errorf("rate %v: 20 calls took %.1f s", perSecond, took)
			}
		})
	}
}

func TestDoorInterrupted(t *testing.T) {
	n := verifytest.New(t)
	n.Serve("api.acme.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	r, _ := http.NewRequest("GET", "https://api.acme.com/", nil)
	g := testDoor(t, n, func(o *DoorOptions) { o.CallTimeout = time.Minute })
	if _, err := g.Do(ctx, leak.S0, r); err == nil || err.Error() != "interrupted" {
		t.Error(err)
	}
	if g.gauge(target{host: "api.acme.com", port: "443"}).failures != 0 {
		t.Error("the host was blamed")
	}
}

// TestDialEnds: a server that never says anything does not hold a driver that
// sets no time limit, or too long a one.
func TestDialEnds(t *testing.T) {
	n := verifytest.New(t)
	n.ServeConn("db.acme.example", func(c net.Conn) { io.Copy(io.Discard, c) })
	g := testDoor(t, n, func(o *DoorOptions) { brief(o); o.Allow = []string{"db.acme.example:5432"} })
	for range 5 { // more than may be under way at once
		c, err := g.Dial(context.Background(), "tcp", "db.acme.example:5432")
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(time.Hour))
		if _, err := c.Read(make([]byte, 1)); Reason(err) != "no answer in time" {
			t.Error(err)
		}
		c.Close()
		c.Close()
	}
	if _, err := g.Dial(context.Background(), "udp", "db.acme.example:5432"); err == nil {
		t.Error("udp")
	}
	if _, err := g.Dial(context.Background(), "tcp", "db.acme.example:5433"); err == nil {
		t.Error("another port")
	}
}

func TestReasons(t *testing.T) {
	if got := Reason(fmt.Errorf("Get https://x/?key=abc: %w", errors.New("abc"))); got != "no answer" {
		t.Errorf("an unknown error is %q", got)
	}
	if got := Reason(fmt.Errorf("dial: %w", problem("a proxy"))); got != "a proxy" {
		t.Errorf("ours is %q", got)
	}
}
