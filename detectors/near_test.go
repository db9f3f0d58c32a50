package detectors

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

// TestPiecesByPrefix: of several pieces nearby, the one that is called like the
// credential is its own, though another stands nearer.
func TestPiecesByPrefix(t *testing.T) {
	ps, err := rules.Parse("acme.toml", `provider = "acme"
name = "Acme"
about = "https://docs.acme.example"
[[rule]]
id = "acme-x"
title = "Acme X"
about = "https://docs.acme.example"
pattern = '\b(?P<secret>sekret[0-9]{3})\b'
confidence = "high"
severity = 5.0
rotate = "Delete it."
  [[rule.near]]
  pattern = '(?i:tenant_id)=(?P<tenant_id>[0-9]{4})'
  within = 100
  [[rule.leaks]]
  text = "sekret123"
  [[rule.clean]]
  text = "sekret"
  why = "too short"
`)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newPattern(ps, &ps.Rules[0])
	if err != nil {
		t.Fatal(err)
	}
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
