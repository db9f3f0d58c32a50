package verify

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// TestVerifiersAreSafe looks at every verifier of every provider: the methods
// that it may use, the class that it claims, and the hosts that it may ask.
func TestVerifiersAreSafe(t *testing.T) {
	ps, vs := Compiled(t)
	for _, p := range ps {
		for i := range p.Verify {
			spec := &p.Verify[i]
			for _, s := range spec.All() {
				method, _, _ := strings.Cut(s.Request, " ")
				if method != "GET" && method != "HEAD" && (method != "POST" || s.OnlyReads == "") {
					t.Errorf("%s: %s without saying why that only reads", p.File, s.Request)
				}
			}
		}
		for _, r := range p.Rules {
			v := vs[r.ID]
			if v == nil {
				continue
			}
			if _, none := v.(unverifiable); none {
				continue
			}
			if !slices.Contains([]leak.Class{leak.S0, leak.S1, leak.S2}, v.Class()) {
				t.Errorf("%s is of class %q", r.ID, v.Class())
			}
			for _, h := range v.Hosts() {
				p, err := declared(h)
				if err != nil {
					t.Errorf("%s: %v", r.ID, err)
				}
				if p.below && strings.Count(p.host, ".") < 1 {
					t.Errorf("%s: the suffix %s is too wide", r.ID, h)
				}
			}
		}
	}
	if _, err := New(Config{Mode: Extended, Verifiers: vs, Providers: ps}); err != nil {
		t.Error(err)
	}
	t.Logf("%d rules have a verifier", len(vs))
}

// TestBuiltinsAreSafe: so do the verifiers in Go that no file names yet.
func TestBuiltinsAreSafe(t *testing.T) {
	for name, make := range builtins {
		v := make()
		if !slices.Contains([]leak.Class{leak.S0, leak.S1, leak.S2}, v.Class()) {
			t.Errorf("%s is of class %q", name, v.Class())
		}
		for _, h := range v.Hosts() {
			if _, err := declared(h); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		// Whatever it is given, planning falls over nothing and makes no call.
		for _, parts := range []leak.Parts{nil, {}, {leak.SecretPart: leak.NewSecret("")}, {leak.SecretPart: leak.NewSecret("\x00\n${secret}"), "host": leak.NewSecret("a b")}} {
			v.Plan(Query{Parts: parts, Now: time.Now()})
		}
	}
}

// FuzzDoorRequest: whatever a verifier makes of a secret without care, it
// arrives as one request with that value in its place, or not at all. The
// interpreter of tables escapes; this is the second line.
func FuzzDoorRequest(f *testing.F) {
	for _, s := range []string{"plain", "a b", "a\r\nX-Evil: 1", "a\x00b", "a\"b'c`d", "${secret}", "{{.}}", "%0d%0a", "a\n\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n", "../../etc", "?a=b&c=d#e", "é", "\xff", "\t"} {
		f.Add(s)
	}
	g, err := NewDoor(DoorOptions{Hosts: []string{"api.acme.com"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range careless(s) {
			if _, err := g.visit(nil).check(leak.S1, r); err != nil {
				// A host is named; all else is not.
				why := strings.TrimPrefix(err.Error(), "api.acme.com: ")
				if r.URL.Host == "api.acme.com" && !slices.Contains(refusals, why) {
					t.Errorf("the refusal may quote the credential: %v", err)
				}
				continue
			}
			var sent bytes.Buffer
			if err := r.Write(&sent); err != nil {
				continue // net/http refuses too
			}
			in := bufio.NewReader(&sent)
			got, err := http.ReadRequest(in)
			if err != nil {
				t.Fatalf("%q: what is sent is no request: %v", s, err)
			}
			body, _ := io.ReadAll(got.Body)
			host, _ := parseTarget(got.Host, "443")
			if in.Buffered()+sent.Len() > 0 || host.String() != "api.acme.com" || got.Method != r.Method || len(got.Header) > len(r.Header)+2 {
				t.Errorf("%q arrives as %+v", s, got)
			}
			if v := r.Header.Get("X-Key"); got.Header.Get("X-Key") != strings.Trim(v, " \t") {
				t.Errorf("%q arrives as %q", v, got.Header.Get("X-Key"))
			}
			if r.Method == "POST" && string(body) != s {
				t.Errorf("body %q arrives as %q", s, body)
			}
			if got.URL.Path != r.URL.Path || got.URL.RawQuery != r.URL.RawQuery {
				t.Errorf("%s arrives as %s", r.URL, got.URL)
			}
		}
	})
}

var refusals = []string{
	"the credential cannot be sent in an address", "the credential cannot be sent in a header",
	"only GET, HEAD and POST are allowed", "the request names two hosts",
}

// careless puts a secret into requests without escaping it.
func careless(s string) (out []*http.Request) {
	add := func(method string, u *url.URL, h http.Header, body string) {
		r := (&http.Request{Method: method, URL: u, Header: h, Host: u.Host, ProtoMajor: 1, ProtoMinor: 1}).WithContext(context.Background())
		if method == "POST" {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
		out = append(out, r)
	}
	at := func() *url.URL { return &url.URL{Scheme: "https", Host: "api.acme.com", Path: "/me"} }
	add("GET", at(), http.Header{"X-Key": {s}}, "")
	add("GET", at(), http.Header{s: {"x"}}, "")
	add("POST", at(), http.Header{}, s)
	add(s, at(), http.Header{}, "")
	u := at()
	u.RawQuery = "k=" + s
	add("GET", u, http.Header{}, "")
	u = at()
	u.Path = "/v1/" + s
	add("GET", u, http.Header{}, "")
	u = at()
	u.Opaque = s
	add("GET", u, http.Header{}, "")
	u = at()
	u.Host = "api.acme.com" + s
	add("GET", u, http.Header{}, "")
	if u, err := url.Parse("https://api.acme.com/x/" + s); err == nil {
		add("GET", u, http.Header{}, "")
	}
	return out
}

// FuzzAllowed: what --allow-host takes is a host, and it allows nothing but
// what it says; what it does not take has an error of one line.
func FuzzAllowed(f *testing.F) {
	for _, s := range []string{"a.com", "*.a.com:1", "[::1]:80", "10.0.0.1", "https://x/", "", "*", "a\nb", "::ffff:1.2.3.4", "1.2.3.4.", "a.com.:80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := allowed(s)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: an error of several lines", s)
			}
			return
		}
		again, err := allowed(p.String())
		if err != nil || again != p {
			t.Errorf("%q is %q, and that is %+v, %v", s, p, again, err)
		}
		if _, err := netip.ParseAddr(p.host); err != nil && !hostName(p.host) {
			t.Errorf("%q allows %q", s, p.host)
		}
		for _, other := range []string{"evil.example", "x" + p.host, p.host + ".evil.example"} {
			if !strings.HasSuffix(other, "."+p.host) && p.fits(other, "443") {
				t.Errorf("%q allows %q", s, other)
			}
		}
	})
}

// FuzzProxyAnswer: whatever a proxy says, nothing falls over, and only "200"
// is a tunnel.
func FuzzProxyAnswer(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\n\r\nrest", "HTTP/1.0 407 No\r\nA: b\r\n\r\n", "", "x", "HTTP/1.1 200\n\n", "HTTP/1.1 99999999999999999999 x\r\n\r\n", strings.Repeat("a: b\r\n", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		err := tunnel(io.Discard, bufio.NewReaderSize(strings.NewReader(s), 4<<10), nil, "a:1")
		fields := strings.Fields(s)
		if err == nil && (len(fields) < 2 || !strings.HasPrefix(s, "HTTP/1.") || !strings.HasPrefix(strings.TrimLeft(fields[1], "+0"), "200") && fields[1] != "200") {
			t.Errorf("%q is taken for a tunnel", s)
		}
		if err != nil && len(s) > 8 && strings.Contains(err.Error(), s) {
			t.Errorf("the error quotes the proxy: %v", err)
		}
	})
}

// TestEgressOfAll asks about an example of every rule: in the modes off and
// plan nobody, in the mode safe nobody but the hosts of the list. All servers
// refuse, and none is asked twice about the same.
func TestEgressOfAll(t *testing.T) {
	ps, vs := Compiled(t)
	fs := examples(t, ps)
	for _, mode := range []Mode{Off, Plan, Safe, Extended} {
		n := verifytest.New(t)
		n.Serve("*", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(401) }))
		e := testEngine(t, n, vs, func(c *Config) { c.Mode, c.Providers = mode, ps })
		for _, p := range e.door.hosts { // this is not about how fast they are asked
			e.door.rates = append(e.door.rates, hostRate{p, 1000})
		}
		e.door.rates = slices.DeleteFunc(e.door.rates, func(r hostRate) bool { return r.perSecond < 1000 })
		var list patterns
		for _, h := range e.Hosts() {
			p, err := declared(strings.TrimPrefix(h.Host, "*"))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		for _, f := range fs {
			f.Verdict = leak.Verdict{Status: leak.Unchecked}
		}
		if err := e.Verify(context.Background(), fs); err != nil {
			t.Fatal(err)
		}
		for _, name := range n.Looked() {
			if _, ok := list.find(name, "443"); !ok || mode == Off || mode == Plan {
				t.Errorf("%s: looked up %s", mode, name)
			}
		}
		if len(n.Dialed()) > 0 && (mode == Off || mode == Plan) {
			t.Errorf("%s: dialled %v", mode, n.Dialed())
		}
		counts := map[leak.Status]int{}
		for _, f := range fs {
			counts[f.Verdict.Status]++
			if (f.Verdict.Status == leak.Unknown || f.Verdict.Status == leak.SkippedCheck || f.Verdict.Status == leak.Unverifiable) && f.Verdict.Reason == "" {
				t.Errorf("%s: %s without a reason", f.Rule.ID, f.Verdict.Status)
			}
			if s := f.Parts[leak.SecretPart].Reveal(); strings.Contains(fmt.Sprintf("%+v", f.Verdict), s) {
				t.Errorf("%s: the verdict holds the credential", f.Rule.ID)
			}
		}
		t.Logf("%s: %d hosts on the list, %d asked, %v", mode, len(list), len(n.Looked()), counts)
	}
}

// examples are findings of the examples of all rules.
func examples(t *testing.T, ps []*rules.Provider) (fs []*leak.Finding) {
	ds, err := detectors.Compile(ps)
	if err != nil {
		t.Fatal(err)
	}
	set := detectors.NewSet(ds...)
	for _, p := range ps {
		for i := range p.Rules {
			r := &p.Rules[i]
			for n, l := range r.Leaks {
				text, err := rules.Expand(l.Text, r.ID, detectors.Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				set.Scan(&leak.Chunk{Ref: leak.Ref(n), Data: []byte(text)}, func(m leak.Match) {
					if m.Rule == r.ID {
						fs = append(fs, &leak.Finding{ID: fmt.Sprint(r.ID, n, len(fs)), Rule: p.Info(r), Parts: m.Parts, Confidence: r.Confidence})
					}
				})
			}
		}
	}
	return fs
}

// TestIssuedTokens: a call that gives out a token is S1 only if that ends within
// a day.
func TestIssuedTokens(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	short := []string{"ten minutes", "the hour", "two hours", "the day"}
	n := 0
	for _, p := range ps {
		for _, v := range p.Verify {
			for _, s := range v.All() {
				issues := strings.Contains(s.Body, "grant_type=") || strings.Contains(s.Request, "/token ") || strings.Contains(s.OnlyReads, "gives out a token")
				if !issues {
					continue
				}
				n++
				_, ends, ok := strings.Cut(s.OnlyReads, "it gives out a token that ends by itself within ")
				if want := slices.Contains(short, ends); !ok || want != (v.Class == leak.S1) {
					t.Errorf("%s: %s is %s: %q", p.ID, s.Request, v.Class, s.OnlyReads)
				}
			}
		}
	}
	if n < 9 {
		t.Errorf("%d calls", n)
	}
}
