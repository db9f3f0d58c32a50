package verify_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
	"github.com/whosekey/whosekey/verify"
)

// TestContentType: what is decided by JSON must be called JSON by its server. A
// page, a picture or a text that somebody in between sends is none, whatever
// stands in it.
func TestContentType(t *testing.T) {
	door := newPlayer(t)
	tables(t, func(t *testing.T, p *rules.Provider, v *rules.Verify, verifier verify.Verifier) {
		parts := partsFor(t, p, v, verifier)
		for i, x := range v.Exchanges {
			if x.Header["Content-Type"] != "" || len(x.Before) > 0 {
				continue // XML, texts and pages on purpose
			}
			for kind, ok := range map[string]bool{
				"application/json": true, "application/vnd.acme.v1+json; charset=utf-8": true, "text/json": true, "APPLICATION/JSON": true,
				"text/plain": false, "image/png": false, "text/javascript": false, "application/octet-stream": false, "-": false, "application/json2": false,
			} {
				header := map[string]string{}
				for name, value := range x.Header {
					header[name] = value
				}
				header["Content-Type"] = kind
				body, err := rules.Expand(x.Body, "x", nil)
				if err != nil {
					t.Fatal(err)
				}
				door.play(rules.Answer{Status: x.Status, Header: header, Body: body})
				got := verifier.Verify(t.Context(), verify.Query{Parts: parts, Door: door, Now: clock})
				if ok && got.Status != x.Want {
					t.Errorf("exchange %d %s as %s: %s (%s), want %s", i+1, x.Name, kind, got.Status, got.Reason, x.Want)
				}
				if !ok && x.Body != "" && got.Status != leak.Unknown && byJSON(v, got.Status) {
					t.Errorf("exchange %d %s as %s: %s (%s), want unknown", i+1, x.Name, kind, got.Status, got.Reason)
				}
			}
		}
	})
}

// byJSON: all rows of a table that lead to a verdict look at JSON.
func byJSON(v *rules.Verify, is leak.Status) bool {
	for _, r := range v.Verdicts {
		if r.Is == is && len(r.JSON) == 0 {
			return false
		}
	}
	return true
}

// TestFurtherJSONTypes: a provider file may name what else its answers are
// called.
func TestFurtherJSONTypes(t *testing.T) {
	const table = `provider = "acme"
name = "Acme"
about = "https://docs.acme.example/tokens"
[[rule]]
id = "acme-token"
title = "Acme token"
pattern = '\b(?P<secret>acme_[0-9A-Za-z]{24})\b'
confidence = "high"
severity = 8.0
rotate = "Delete it."
  [[rule.leaks]]
  text = "acme_${alnum:24}"
  [[rule.clean]]
  text = "acme_${alnum:23}"
  why = "too short"
[[verify]]
docs = "https://acme.example/docs"
class = "S0"
request = "GET https://api.acme.example/me"
header = { Authorization = "Bearer ${secret}" }
json_types = [%s]
  [[verify.verdict]]
  is = "live"
  json = { id = "*" }
  [[verify.exchange]]
  status = 200
  body = '{"id":1}'
  want = "live"
`
	for types, want := range map[string]leak.Status{`"text/javascript"`: leak.Live, `"text/plain"`: leak.Unknown, ``: leak.Unknown} {
		p, err := rules.Parse("acme.toml", strings.Replace(table, "%s", types, 1))
		if err != nil {
			t.Fatal(err)
		}
		vs, err := verify.Compile([]*rules.Provider{p}, nil)
		if err != nil {
			t.Fatal(err)
		}
		door := newPlayer(t)
		door.play(rules.Answer{Status: 200, Header: map[string]string{"Content-Type": "text/javascript; charset=UTF-8"}, Body: `{"id":1}`})
		got := vs["acme-token"].Verify(t.Context(), verify.Query{Parts: partsOf(map[string]string{"secret": "x"}), Door: door, Now: clock})
		if got.Status != want {
			t.Errorf("%s: %s (%s), want %s", types, got.Status, got.Reason, want)
		}
	}
	for _, bad := range []string{`"javascript"`, `"text/html"`, `"*/*"`} {
		if _, err := rules.Parse("acme.toml", strings.Replace(table, "%s", bad, 1)); err == nil {
			t.Errorf("takes %s", bad)
		}
	}
}
