package verify_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
	"github.com/whosekey/whosekey/verify/verifytest"
)

// mangled is what somebody in between can make of an answer: its header's
// Content-Type, several with a newline between them, and its body.
func mangled(kind, body string) map[string][2]string {
	kind0, _, _ := strings.Cut(kind, ";")
	out := map[string][2]string{
		"a page":           {"text/html", "<html><body><h1>Forbidden</h1>" + body + "</body></html>"},
		"a page as before": {kind, "<!doctype html><html><body>" + body},
		"cut":              {kind, body + strings.Repeat(" ", 1<<20)},
		"two types":        {kind + "\ntext/html", body},
		"a picture":        {"image/png", body},
		"no type":          {"-", body},
		"the last byte":    {kind, strings.TrimRight(body, " \r\n")[:max(0, len(strings.TrimRight(body, " \r\n"))-1)]},
		"half":             {kind, body[:len(body)/2]},
		"no length":        {"close " + kind, body[:max(0, len(body)-1)]},
	}
	if kind0 != "text/plain" {
		out["text"] = [2]string{"text/plain", body}
	} else {
		delete(out, "a page as before") // a text with text around it
		delete(out, "the last byte")    // Salesforce's "Bad_OAuth_Token." would do
		out["no length"] = [2]string{"close " + kind, body}
	}
	if kind0 == "text/html" {
		delete(out, "a page") // their own page, in a page
		delete(out, "a page as before")
	}
	return out
}

// TestMangled: an answer that decides does so only whole, and as what its
// provider calls it.
func TestMangled(t *testing.T) {
	door := newPlayer(t)
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		parts := partsFor(t, p, v, verifier)
		for i, x := range v.Exchanges {
			body, err := rules.Expand(x.Body, "x", nil)
			if err != nil {
				t.Fatal(err)
			}
			if x.Want == leak.Unknown || len(x.Before) > 0 {
				continue
			}
			kind := x.Header["Content-Type"]
			if kind == "" {
				kind = "application/json"
			}
			ways := mangled(kind, body)
			if body == "" {
				page := "<html><body>Unauthorized</body></html>"
				ways = map[string][2]string{"a page": {"text/html", page}, "text": {"text/plain", "Unauthorized"}, "no length": {"close " + kind, ""}, "half": {kind, "{"}}
			}
			for name, b := range ways {
				header := map[string]string{}
				for k, value := range x.Header {
					header[k] = value
				}
				header["Content-Type"] = b[0]
				door.play(rules.Answer{Status: x.Status, Header: header, Body: b[1]})
				got := verifier.Verify(t.Context(), verify.Query{Parts: parts, Door: door, Now: clock})
				if got.Status != leak.Unknown || got.Reason == "" {
					t.Errorf("exchange %d (%s), %s: %s (%s), want unknown", i+1, x.Want, name, got.Status, got.Reason)
				}
			}
		}
	})
}

// sendMangled writes an answer that mangled made.
func sendMangled(w http.ResponseWriter, status int, b [2]string) {
	kinds, open := strings.CutPrefix(b[0], "close ")
	w.Header()["Content-Type"] = nil
	if kinds != "-" {
		w.Header()["Content-Type"] = strings.Split(kinds, "\n")
	}
	if !open {
		w.WriteHeader(status)
		io.WriteString(w, b[1])
		return
	}
	c, buf, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	defer c.Close()
	fmt.Fprintf(buf, "HTTP/1.1 %d X\r\nConnection: close\r\n", status)
	w.Header().Write(buf)
	fmt.Fprintf(buf, "\r\n%s", b[1])
	buf.Flush()
}

// mangler changes the refusals of a server.
type mangler struct {
	http.Handler
	way string
}

func (m mangler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rec := httptest.NewRecorder()
	m.Handler.ServeHTTP(rec, r)
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	b, ok := mangled(rec.Header().Get("Content-Type"), rec.Body.String())[m.way]
	if rec.Code < 400 || !ok {
		b = [2]string{rec.Header().Get("Content-Type"), rec.Body.String()}
	}
	sendMangled(w, rec.Code, b)
}

// TestMangledGo: so do those of the verifiers in Go.
func TestMangledGo(t *testing.T) {
	blob := func(code string) *blobServer {
		return &blobServer{t: t, key: []byte("0123456789abcdef"), now: clock, code: code}
	}
	login := partsOf(map[string]string{"secret": basic("acme", "x"), "registry": "quay.io"})
	login2 := partsOf(map[string]string{"secret": basic("acme", "x"), "registry": "ghcr.io"})
	storage := partsOf(map[string]string{"secret": strings.Repeat("QUFB", 21) + "QQ==", "account": "acmeprod"})
	atlas := partsOf(map[string]string{"public_key": "abqrstxz", "secret": "01234567-abcd-4bcd-8bcd-" + "abcdef012345"})
	const challenge = `Digest realm="MMS Public API", nonce="n0nce", algorithm=MD5, qop="auth"`
	aws := func(s *awsServer) *awsServer { s.region, s.now = "us-east-1", clock; return s }
	for _, tt := range []struct {
		verifier, name string
		handler        http.Handler
		parts          leak.Parts
		want           leak.Status
	}{
		{"oci", "basic", &ociServer{t: t, user: "acme", secret: "y"}, login, leak.Dead},
		{"oci", "token", &ociServer{t: t, user: "acme", secret: "y", realm: "https://ghcr.io/token"}, login2, leak.Dead},
		{"oci", "ended", &ociServer{t: t, user: "acme", secret: "y", expired: true}, login, leak.Expired},
		{"atlas", "wrong", &atlasServer{challenge: challenge}, atlas, leak.Dead},
		{"atlas", "away", &atlasServer{challenge: challenge, away: true, keys: map[string]string{"abqrstxz": atlas["secret"].Reveal()}}, atlas, leak.Restricted},
		{"aws-sts", "deleted", aws(&awsServer{}), awsParts(awsID, awsSecret, ""), leak.Dead},
		{"alibaba-sts", "deleted", &alibabaServer{now: clock}, alibabaParts(alibabaID, alibabaSecret, ""), leak.Dead},
		{"alibaba-sts", "in XML", &alibabaServer{now: clock, xml: true}, alibabaParts(alibabaID, alibabaSecret, ""), leak.Dead},
		{"azure-storage", "renewed", blob(""), storage, leak.Dead},
		{"azure-storage", "switched off", blob("KeyBasedAuthenticationNotPermitted"), storage, leak.Restricted},
		{"azure-client", "wrong", entra(t, 7000215), partsOf(map[string]string{"secret": "s+cr/t&=~x", "tenant_id": aTenant, "client_id": anApp}), leak.Dead},
	} {
		v := native(t, tt.verifier)
		ask := func(way string) leak.Verdict {
			n := verifytest.New(t)
			n.Serve("*", mangler{tt.handler, way})
			return v.Verify(t.Context(), verify.Query{Parts: tt.parts, Door: doorFor(t, n, v), Now: clock})
		}
		wants(t, tt.verifier+" "+tt.name, ask(""), tt.want, "", tt.parts)
		for way := range mangled("application/json", "{}") {
			if way == "no length" { // one byte less is no JSON and no XML; the rest is TestMangled's
				continue
			}
			wants(t, tt.verifier+" "+tt.name+", "+way, ask(way), leak.Unknown, "", tt.parts)
		}
	}
}
