package verify_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// clock is the time of all tests here.
var clock = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// player is a Door to one server in this process, whatever the host: it plays
// back answers in turn, and keeps the requests.
type player struct {
	*httptest.Server
	client *http.Client

	mu      sync.Mutex
	answers []rules.Answer
	asked   []*http.Request
	bodies  []string
}

func newPlayer(t testing.TB) *player {
	p := &player{}
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	tr := p.Client().Transport.(*http.Transport).Clone()
	tr.TLSClientConfig = &tls.Config{RootCAs: tr.TLSClientConfig.RootCAs, ServerName: "example.com"}
	tr.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, p.Listener.Addr().String())
	}
	tr.DisableCompression = true
	p.client = &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return p
}

func (p *player) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	a := p.answers[len(p.asked)%len(p.answers)]
	p.asked, p.bodies = append(p.asked, r), append(p.bodies, string(body))
	for name, value := range a.Header {
		w.Header().Set(name, value)
	}
	kind := w.Header().Get("Content-Type") // "-": none at all
	if kind == "" {
		kind = "application/json"
	}
	sendMangled(w, a.Status, [2]string{kind, a.Body})
}

// play sets the answers.
func (p *player) play(answers ...rules.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers, p.asked, p.bodies = answers, nil, nil
}

func (p *player) Do(ctx context.Context, _ leak.Class, r *http.Request) (*verify.Answer, error) {
	res, err := p.client.Do(r.WithContext(ctx))
	if err != nil {
		return nil, errors.New("no answer")
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10+1))
	if err != nil {
		return nil, errors.New("half an answer")
	}
	a := &verify.Answer{Status: res.StatusCode, Header: res.Header, Body: body, Open: res.ContentLength < 0 && len(res.TransferEncoding) == 0}
	if len(body) > 64<<10 {
		a.Body, a.Cut = body[:64<<10], true
	}
	return a, nil
}

func (p *player) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("tables make no connections of other protocols")
}

// ownServer is an endpoint for providers whose software others run, too.
const ownServer = "https://self-hosted.example"

// providers are those that ship with the program, and those of testdata that
// use every key.
func providers(t testing.TB) []*rules.Provider {
	t.Helper()
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	samples, err := rules.Load(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return append(append(ps, samples...), documented(t)...)
}

// documented are the examples of the documentation: a rule and a table in
// CONTRIBUTING.md, and a table for the same rule in docs/rules.md.
func documented(t testing.TB) []*rules.Provider {
	t.Helper()
	guide, format := blocks(t, "../CONTRIBUTING.md"), blocks(t, "../docs/rules.md")
	rule := strings.Replace(guide[0], `id         = "acme-api-token"`, `id = "acme-token"`, 1)
	var out []*rules.Provider
	for _, table := range []string{guide[1], format[0]} {
		text := rule + `
  [[rule.clean]]
  text = "acme"
  why  = "short"
` + table
		p, err := rules.Parse("documentation.toml", text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

// blocks are the pieces of TOML in a document that have a table or a rule.
func blocks(t testing.TB, name string) (out []string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, rest := range strings.Split(string(b), "```toml\n")[1:] {
		if text, _, _ := strings.Cut(rest, "```"); strings.Contains(text, "[[verify]]") || strings.Contains(text, "[[rule]]") {
			out = append(out, text)
		}
	}
	return out
}

// tables calls visit for every table of every file, with its verifier.
func tables(t *testing.T, visit func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier)) {
	for _, p := range providers(t) {
		for i := range p.Verify {
			v := &p.Verify[i]
			if v.Request == "" {
				continue
			}
			endpoints := map[string][]string{}
			if v.SelfHosted {
				endpoints[p.ID] = []string{ownServer}
			}
			verifiers, err := verify.Compile([]*rules.Provider{p}, endpoints)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range rulesOf(p, v) {
				t.Run(fmt.Sprintf("%s/%d/%s", p.ID, i+1, id), func(t *testing.T) { visit(t, p, v, verifiers[id]) })
				break // they share one verifier; TestEveryRuleFits has the others
			}
		}
	}
}

func rulesOf(p *rules.Provider, v *rules.Verify) (ids []string) {
	for _, r := range p.Rules {
		if p.For(r.ID) == v {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// realDoor leads to a player, through all that a Door does.
func realDoor(t *testing.T, n *verifytest.Net, verifier verify.Verifier, parts leak.Parts) verify.Door {
	t.Helper()
	calls, err := verifier.Plan(verify.Query{Parts: parts, Extended: true})
	if err != nil {
		t.Fatal(err)
	}
	o := verify.DoorOptions{Hosts: verifier.Hosts(), Resolver: n, Dial: n.Dial, RootCAs: n.Roots, Rates: map[string]float64{}, Patience: time.Millisecond}
	for _, c := range calls {
		o.Allow = append(o.Allow, c.Host)
		o.Rates[c.Host] = 1e6
	}
	door, err := verify.NewDoor(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(door.Close)
	return door
}

// TestExchanges plays every recorded exchange of every provider file back.
func TestExchanges(t *testing.T) {
	door := newPlayer(t)
	internet := verifytest.New(t)
	internet.Serve("*", http.HandlerFunc(door.serve))
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		parts := partsFor(t, p, v, verifier)
		for i, x := range v.Exchanges {
			answers := append(slices.Clone(x.Before), rules.Answer{Status: x.Status, Header: x.Header, Body: x.Body})
			for k := range answers {
				var err error
				if answers[k].Body, err = rules.Expand(answers[k].Body, fmt.Sprint(p.ID, i, k), nil); err != nil {
					t.Fatalf("exchange %d: body: %v", i+1, err)
				}
			}
			door.play(answers...)
			q := verify.Query{Parts: parts, Door: realDoor(t, internet, verifier, parts), Now: clock, Extended: len(answers) > plainSteps(v)}
			got := verifier.Verify(t.Context(), q)
			name := fmt.Sprintf("exchange %d %s", i+1, x.Name)
			if got.Status != x.Want {
				t.Errorf("%s: %s (%s), want %s", name, got.Status, got.Reason, x.Want)
			}
			facts := map[string]string{}
			maps.Copy(facts, x.Facts)
			if diff := cmp.Diff(facts, orEmpty(got.Facts)); x.Facts != nil && diff != "" {
				t.Errorf("%s: facts (-want +got):\n%s", name, diff)
			}
			checkVerdict(t, name, got, parts)
		}
		for _, want := range []leak.Status{leak.Live, leak.Dead} {
			if want == leak.Dead && !slices.ContainsFunc(v.Verdicts, func(r rules.VerdictRow) bool { return r.Is == leak.Dead }) {
				continue // a refusal proves nothing: the credential may be of another kind
			}
			if !slices.ContainsFunc(v.Exchanges, func(x rules.Exchange) bool { return x.Want == want || want == leak.Live && x.Want == leak.Restricted }) {
				t.Errorf("no exchange is %s", want)
			}
		}
	})
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func plainSteps(v *rules.Verify) (n int) {
	for _, s := range v.All() {
		if !s.Extended {
			n++
		}
	}
	return n
}

// checkVerdict checks what holds for all verdicts.
func checkVerdict(t *testing.T, name string, v leak.Verdict, parts leak.Parts) {
	t.Helper()
	all := v.Reason + " " + v.Host + " " + fmt.Sprint(v.Facts)
	for part, s := range parts {
		if !leak.PublicPart(part) && s.Len() > 7 && !strings.Contains(s.Reveal(), "@") && strings.Contains(all, s.Reveal()) {
			t.Errorf("%s: the verdict holds the %s", name, part)
		}
	}
	if v.Reason == "" || v.Class == "" || v.Host == "" || v.When.IsZero() {
		t.Errorf("%s: the verdict lacks something: %+v", name, v)
	}
	for fact, value := range v.Facts {
		if len(value) > 256 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%s: fact %s is %q", name, fact, value)
		}
	}
}

// partsFor returns the pieces of a made-up credential that the table can ask
// about: of the first example that has all that it needs.
func partsFor(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) leak.Parts {
	t.Helper()
	for _, id := range rulesOf(p, v) {
		if parts, _ := fittingExample(t, p, id, verifier); parts != nil {
			return parts
		}
	}
	t.Fatalf("no example has all the parts that the requests need")
	return nil
}

func fittingExample(t *testing.T, p *rules.Provider, id string, verifier verify.Verifier) (parts leak.Parts, why error) {
	t.Helper()
	for _, r := range p.Rules {
		if r.ID != id {
			continue
		}
		ds, err := detectors.Compile([]*rules.Provider{{ID: p.ID, File: p.File, Rules: []rules.Rule{r}}})
		if err != nil {
			t.Fatal(err)
		}
		set := detectors.NewSet(ds...)
		for i, l := range r.Leaks {
			text, err := rules.Expand(l.Text, fmt.Sprint(r.ID, i), detectors.Checksum(r.Checksum))
			if err != nil {
				t.Fatal(err)
			}
			set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
				if parts != nil {
					return
				}
				if _, err := verifier.Plan(verify.Query{Rule: id, Parts: m.Parts}); err != nil {
					why = err
					return
				}
				parts = m.Parts
			})
		}
	}
	return parts, why
}

// TestEveryRuleFits: of each rule that a table is for, some example has what
// the table needs.
func TestEveryRuleFits(t *testing.T) {
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		for _, id := range rulesOf(p, v) {
			if parts, why := fittingExample(t, p, id, verifier); parts == nil {
				t.Errorf("no example of %s can be asked about: %v", id, why)
			}
		}
	})
}

// TestUselessAnswers gives every table answers that say nothing: never live,
// never dead.
func TestUselessAnswers(t *testing.T) {
	door := newPlayer(t)
	html := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	page := "<!DOCTYPE html><html><head><title>Sign in</title></head><body>error ok invalid unauthorized</body></html>"
	var cut []rules.Answer
	answers := []rules.Answer{
		{Status: 429, Header: map[string]string{"Retry-After": "1"}, Body: `{"error":"slow down"}`},
		{Status: 500, Body: `{"error":"invalid token"}`}, {Status: 502}, {Status: 503, Body: page, Header: html}, {Status: 504},
		{Status: 200, Body: page, Header: html}, {Status: 200, Body: page}, {Status: 401, Body: page, Header: html}, {Status: 403, Body: page, Header: html},
		{Status: 200}, {Status: 200, Body: " \n"}, {Status: 200, Body: "null"}, {Status: 200, Body: "[]"}, {Status: 200, Body: "{}"}, {Status: 200, Body: `"ok"`},
		{Status: 200, Body: "OK", Header: map[string]string{"Content-Type": "text/plain"}},
		{Status: 204}, {Status: 206, Body: "{"}, {Status: 418}, {Status: 404, Body: "404 page not found", Header: map[string]string{"Content-Type": "text/plain"}},
		{Status: 301, Header: map[string]string{"Location": "https://elsewhere.example/"}}, {Status: 302, Header: map[string]string{"Location": "/login"}},
		{Status: 307, Header: map[string]string{"Location": "/x"}}, {Status: 304},
		{Status: 200, Body: "\x1f\x8b\x08nonsense"}, {Status: 200, Body: strings.Repeat("[", 50_000)}, {Status: 407, Body: "proxy"},
		{Status: 403, Body: "Forbidden by the proxy", Header: map[string]string{"Content-Type": "text/plain"}},
		{Status: 400, Body: "{}"}, {Status: 401, Body: "{}"}, {Status: 401, Body: "[]"}, {Status: 401, Body: "null"},
	}
	for _, status := range []int{400, 401} { // of a proxy
		answers = append(answers, rules.Answer{Status: status, Body: `{"error":"proxy authentication failed","message":"Unauthorized"}`},
			rules.Answer{Status: status, Body: `{"message":"Unauthorized"}`, Header: map[string]string{"Proxy-Authenticate": `Basic realm="acme"`}})
	}
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		parts := partsFor(t, p, v, verifier)
		cut = cut[:0]
		for _, x := range v.Exchanges { // half of a right answer, and one with a name twice
			if strings.HasPrefix(x.Body, "{\"") && json.Valid([]byte(x.Body)) && len(x.Before) == 0 && (x.Status < 300 || x.Status == 401) {
				name, _, _ := strings.Cut(x.Body[2:], "\"")
				cut = append(cut, rules.Answer{Status: x.Status, Header: x.Header, Body: `{"` + name + `":null,` + x.Body[1:]},
					rules.Answer{Status: x.Status, Header: x.Header, Body: x.Body[:strings.LastIndexByte(x.Body, '}')] + `,"` + name + `":true}`})
			}
			if n := len(x.Body); x.Status < 300 && n > 2 && len(x.Before) == 0 && strings.HasPrefix(x.Body, "{") {
				cut = append(cut, rules.Answer{Status: x.Status, Header: x.Header, Body: x.Body[:n/2]}, rules.Answer{Status: x.Status, Header: x.Header, Body: x.Body[:n-1]})
			}
		}
		if p.ID != "acme" { // an example of a user's own file
			cut = append(cut, rules.Answer{Status: 401, Body: `{"error":"gateway authentication required","message":"sign in"}`})
		}
		for _, a := range append(slices.Clone(answers), cut...) {
			door.play(a)
			got := verifier.Verify(t.Context(), verify.Query{Parts: parts, Door: door, Now: clock})
			fine := got.Status == leak.Unknown || got.Status == leak.Restricted && a.Status == 403 && len(a.Header) == 0
			if listed := htmlListed(v, a); !fine && !listed {
				t.Errorf("%d %.60q: %s (%s)", a.Status, a.Body, got.Status, got.Reason)
			}
			checkVerdict(t, fmt.Sprintf("%d %.60q", a.Status, a.Body), got, parts)
		}
	})
}

// htmlListed: a row may fit a page or a text on purpose.
func htmlListed(v *rules.Verify, a rules.Answer) bool {
	return a.Status == 401 && slices.ContainsFunc(v.Verdicts, func(r rules.VerdictRow) bool { return len(r.Types) > 0 })
}

// TestDoorFails: what the Door could not do is unknown, what it may not do is
// skipped, and no reason holds the credential.
func TestDoorFails(t *testing.T) {
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		parts := partsFor(t, p, v, verifier)
		secret := parts[leak.SecretPart].Reveal()
		for _, tt := range []struct {
			err  error
			want leak.Status
		}{
			{errors.New("no answer within 10s"), leak.Unknown},
			{fmt.Errorf("Get https://x.example/?k=%s: reset", secret), leak.Unknown},
			{fmt.Errorf("dial: %w", &verify.Refused{Host: "x.example", Why: "the host is not allowed", Fix: "--allow-host x.example"}), leak.SkippedCheck},
		} {
			got := verifier.Verify(t.Context(), verify.Query{Parts: parts, Door: failing{tt.err}, Now: clock})
			if got.Status != tt.want {
				t.Errorf("%v: %s (%s), want %s", tt.err, got.Status, got.Reason, tt.want)
			}
			checkVerdict(t, "an error of the door", got, parts)
		}
	})
}

type failing struct{ err error }

func (f failing) Do(context.Context, leak.Class, *http.Request) (*verify.Answer, error) {
	return nil, f.err
}
func (f failing) Dial(context.Context, string, string) (net.Conn, error) { return nil, f.err }

// TestMissingVerify: every file says of each of its credentials how it is
// verified, or why not.
func TestMissingVerify(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for _, r := range p.Rules {
			if p.For(r.ID) == nil {
				t.Errorf("%s says neither how %s is verified, nor why not", p.File, r.ID)
			}
		}
	}
}
