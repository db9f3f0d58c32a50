package detectors

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// acmeRule is a provider whose rule has what is given, such as its pattern, and else
// what every rule needs.
func acmeRule(rule string) (*rules.Provider, error) {
	return rules.Parse("acme.toml", `provider = "acme"
name = "Acme"
about = "https://docs.acme.example"
[[rule]]
id = "acme-x"
title = "Acme X"
confidence = "high"
severity = 5.0
rotate = "Delete it."
`+rule)
}

// acmePattern is the detector of such a rule.
func acmePattern(t *testing.T, rule string) *pattern {
	t.Helper()
	p, err := acmeRule(rule)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newPattern(p, &p.Rules[0])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestPiecesByPrefix: of several pieces nearby, the one that is called like the
// credential is its own, though another stands nearer.
func TestPiecesByPrefix(t *testing.T) {
	d := acmePattern(t, `pattern = '\b(?P<secret>sekret[0-9]{3})\b'
  [[rule.near]]
  pattern = '(?i:tenant_id)=(?P<tenant_id>[0-9]{4})'
  within = 100
  [[rule.leaks]]
  text = "sekret123"
  [[rule.clean]]
  text = "sekret"
  why = "too short"
`)
	for text, want := range map[string]string{
		"A_TENANT_ID=1111\nA_CLIENT_ID=22222222\nA_SECRET=sekret123\nB_TENANT_ID=3333\n":                "1111",
		"A_TENANT_ID=1111\nB_TENANT_ID=3333\nB_CLIENT_ID=2222\nA_SECRET=sekret123\n":                    "1111",
		"TENANT_ID=1111\nX=22222222\nSECRET=sekret123\nTENANT_ID=3333\n":                                "3333",
		"AZ_TENANT_ID=1111\nX=2\nGRAPH_SECRET=sekret123\n":                                              "1111",
		`{"a_tenant_id=1111": 1, "zzzzzzzzzzzzzzzzz": 2, "a_secret": "sekret123", "tenant_id=3333": 3}`: "1111",
	} {
		at := strings.Index(text, "sekret")
		got := ""
		d.Find(Window{Data: []byte(text), At: at}, func(h Hit) { got = h.Parts["tenant_id"].Reveal() })
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestLoosePieces: a piece is loose if another could be meant as well, or if
// something divides it from the credential.
func TestLoosePieces(t *testing.T) {
	d := acmePattern(t, `pattern = '\b(?P<secret>sekret[0-9]{3})\b'
  [[rule.near]]
  pattern = '(?i:client_id)["]?[:=] ?["]?(?P<client_id>[0-9]{4})'
  within = 200
  [[rule.leaks]]
  text = "sekret123"
  [[rule.clean]]
  text = "sekret"
  why = "too short"
`)
	for text, loose := range map[string]bool{
		"client_id: 1111\nclient_secret: sekret123\n":                                            false,
		`{"web":{"client_id":"1111","uris":[{"a":1},{"b":2}],"client_secret":"sekret123"}}`:      false,
		"client_id=1111 # the first\nclient_id=1111\nsecret=sekret123\n":                         false, // one value
		"client_id: 1111\nclient_secret: sekret123\n- client_id: 2222\n  client_secret: other\n": true,
		"client_id: 1111\n\nsecret: sekret123\n":                                                 true,
		"client_id: 1111 \n\nsekret123\n":                                                        true,
		"client_id: 1111\r\n  \r\nsecret: sekret123\n":                                           true,
		"ACME_CLIENT_ID=1111\n\nACME_SECRET=sekret123\n":                                         false, // named alike
		"A_CLIENT_ID=1111\nB_CLIENT_ID=2222\n\nA_SECRET=sekret123\n":                             false,
		"client_id=1111\n[other]\nsecret=sekret123\n":                                            true,
		"[other]\nsecret=sekret123\n[this]\nclient_id=1111\n":                                    true,
		"client_id: 1111\n---\nsecret: sekret123\n":                                              true,
		`[{"client_id":"1111","client_secret":"x"},{"name":"n","client_secret":"sekret123"}]`:    true,
		`{"client_id":"1111","credentials":{"client_secret":"sekret123"}}`:                       false,
		`login(client_id="1111", client_secret="sekret123")`:                                     false,
		"CLIENT_ID=1111\nCLIENT_SECRET=sekret123\nOLD_CLIENT_ID=2222\nOLD_CLIENT_SECRET=x\n":     true,
		"sekret123": false,
	} {
		at := strings.Index(text, "sekret")
		hits := 0
		d.Find(Window{Data: []byte(text), At: at}, func(h Hit) {
			hits++
			if got := len(h.Loose) > 0; got != loose || got && h.Loose[0] != "client_id" {
				t.Errorf("%q: loose %q, want %v", text, h.Loose, loose)
			}
		})
		if hits != 1 {
			t.Errorf("%q: %d hits", text, hits)
		}
	}
}

// TestPieceInsideExtendedSecret: what stands in the part of a secret that its
// pattern does not match is no reason to fail.
func TestPieceInsideExtendedSecret(t *testing.T) {
	d := acmePattern(t, `pattern = '\b(?P<secret>sekret[0-9]{3})'
  [rule.extend]
  class = '[a-z0-9_=]'
  max = 400
  [[rule.near]]
  pattern = 'id=(?P<client_id>[0-9]{4})'
  within = 200
  [[rule.leaks]]
  text = "sekret123abc"
  [[rule.clean]]
  text = "sekret"
  why = "too short"
`)
	text := "sekret123" + strings.Repeat("a", 50) + "id=1111" + strings.Repeat("b", 100)
	d.Find(Window{Data: []byte(text)}, func(h Hit) {
		if h.Parts["client_id"].Reveal() != "1111" || h.End != len(text) {
			t.Errorf("%v to %d", h.Parts, h.End)
		}
	})
}

// TestPiecesBehindLongSecret: what stands behind a block of any length is as near as
// what stands before it, and of several blocks in one text each has its own.
func TestPiecesBehindLongSecret(t *testing.T) {
	d := acmePattern(t, `pattern = '(?P<secret>BEGIN)'
  [rule.extend]
  until = '^[^E]*END'
  max = 8000
  [[rule.near]]
  pattern = '"id": ?"(?P<id>[a-z]{2})"'
  within = 60
  required = true
  [[rule.leaks]]
  text = "BEGIN x END"
  [[rule.clean]]
  text = "BEGIN"
  why = "too short"
`)
	for _, length := range []int{40, 1700, 3300, 7900} {
		block := "BEGIN" + strings.Repeat("k2q9zt", 2000)[:length-8] + "END"
		for text, want := range map[string]string{
			`{"key": "` + block + `", "id": "aa"}`:                                                             "aa",
			"{\r\n \"key\": \"" + block + "\",\r\n \"id\": \"aa\"\r\n}":                                        "aa",
			`{"id":"aa","key":"` + block + `"}`:                                                                "aa",
			`[{"id":"bb","n":1},{"key":"` + block + `","n":111111111111111,"id":"aa"},{"id":"cc"}]`:            "aa",
			`[{"key":"k","id":"bb"},{"key":"` + block + `","n":1111,"id":"aa"}]`:                               "aa",
			`[{"id":"aa","n":1111111,"key":"` + block + `"},{"id":"bb","key":"k"}]`:                            "aa",
			`{"key": "` + block + `", "` + strings.Repeat("n", 70) + `": 1, "id": "aa"}`:                       "",
			`{"id": "aa", "` + strings.Repeat("n", 70) + `": 1, "key": "` + block + `"}`:                       "",
			`{"id": "bb", "key": "` + block + `", "` + strings.Repeat("n", 20) + `": "` + block + `"}`:         "bb",
			`{"a": {"id": "bb"}, "b": {"key": "` + block + `", "` + strings.Repeat("n", 20) + `": "id": "aa"}`: "aa",
		} {
			got := ""
			d.Find(Window{Data: []byte(text), At: strings.Index(text, "BEGIN")}, func(h Hit) {
				if got = h.Parts["id"].Reveal(); len(h.Loose) > 0 {
					t.Errorf("%d bytes, %.60s: loose", length, text)
				}
			})
			if got != want {
				t.Errorf("%d bytes, %.60s ... %s: %q, want %q", length, text, text[len(text)-30:], got, want)
			}
		}
	}
}
