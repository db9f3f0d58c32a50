package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

const withIdentity = `
[rule.identity]
type = "service_account"
kind = "deploy key"
power = "admin"
lifetime = "90d"
environment = "test"
legacy = "it names nobody"
third_party = true
permissions = ["all"]
parts = { key_id = "id" }

[[rule.clean]]`

const remedy = `
[[remedy]]
rules = ["acme-key"]
url = "https://acme.example/rotate"
rotate = ["acme keys new --for ${name}"]
revoke = ["acme keys delete ${key_id}"]
`

func identityFile() string { return strings.Replace(good, "[[rule.clean]]", withIdentity, 1) + remedy }

// TestIdentityRefuses changes one thing in a good file at a time.
func TestIdentityRefuses(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{`type = "service_account"`, "", `rule "acme-key": identity: type "": must be one of`},
		{`"service_account"`, `"robot"`, `identity: type "robot": must be one of`},
		{`power = "admin"`, `power = "root"`, `identity: power "root": must be admin`},
		{`power = "admin"`, ``, ``},
		{`"90d"`, `"90"`, `identity: lifetime "90": must be a number with m, h or d`},
		{`"90d"`, `"forever"`, `identity: lifetime "forever": must be`},
		{`environment = "test"`, `environment = "qa"`, `identity: environment "qa": must be one of prod`},
		{`["all"]`, `[""]`, `identity: permissions: an empty one`},
		{`key_id = "id"`, `key = "id"`, `identity: parts: "key": must be one of`},
		{`key_id = "id"`, `key_id = "secret"`, `identity: parts: key_id: the secret itself`},
		{`key_id = "id"`, `key_id = "idd"`, `identity: parts: key_id: no pattern of the rule has a group named "idd"`},
		{`kind = "deploy key"`, `kinds = "deploy key"`, `unknown key "rule.identity.kinds"`},

		{`rules = ["acme-key"]`, `rules = ["acme"]`, `remedy 1: there is no rule "acme" in this file`},
		{`https://acme.example/rotate`, `acme.example`, `remedy 1: url "acme.example": must be`},
		{`${name}`, `${secret}`, `remedy 1: command "acme keys new --for ${secret}": ${secret}: must be one of name`},
		{`${name}`, `$(id)`, `has a $ that is no ${...}`},
		{`--for ${name}`, "`id`", `must be one line without back quotes`},
		{`revoke = `, `delete = `, `unknown key "remedy.delete"`},
	} {
		_, err := rules.Parse("acme.toml", strings.Replace(identityFile(), tt.old, tt.new, 1))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q for %q:\nerror %v\nwant  %s", tt.new, tt.old, err, tt.want)
		}
	}
}

func TestIdentity(t *testing.T) {
	p, err := rules.Parse("acme.toml", identityFile())
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Rules[0].Identity.Lifetime.Duration(); got != 90*24*time.Hour {
		t.Errorf("a lifetime of 90d is %v", got)
	}
	if p.Remedy("acme-key", "") == nil || p.Remedy("other", "") != nil {
		t.Error("the remedy is for acme-key alone")
	}
	p.Remedies = append(p.Remedies, rules.Remedy{URL: "all"}, rules.Remedy{URL: "some", Kinds: []string{"deploy token"}}, rules.Remedy{URL: "one", Kinds: []string{"runner token"}, Rules: []string{"acme-key"}})
	for _, c := range [][3]string{
		{"other", "", "all"}, {"other", "deploy token", "some"}, {"acme-key", "deploy token", "some"}, {"acme-key", "runner token", "one"}, {"other", "runner token", "all"},
	} {
		if got := p.Remedy(c[0], c[1]).URL; got != c[2] {
			t.Errorf("the remedy of %s for a %q is %s, want %s", c[0], c[1], got, c[2])
		}
	}
	if u := p.Remedy("acme-key", "").URL; len(u) < 5 {
		t.Errorf("a remedy without rules is for all others, not %s", u)
	}
}

// TestShippedIdentities: every rule says what its credentials belong to.
func TestShippedIdentities(t *testing.T) {
	ps, err := rules.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		for _, r := range p.Rules {
			i := r.Identity
			if i == nil {
				t.Errorf("%s: %s has no [rule.identity]", p.File, r.ID)
				continue
			}
			if strings.HasSuffix(i.Legacy, ".") || strings.HasSuffix(i.Kind, ".") {
				t.Errorf("%s: %s: legacy and kind stand within sentences", p.File, r.ID)
			}
			if i.Environment == "" && (strings.Contains(r.ID, "-test-") || strings.Contains(r.ID, "sandbox")) {
				t.Errorf("%s: %s works in tests only, but has no environment", p.File, r.ID)
			}
			if i.Type == leak.Webhook && i.Power != rules.Send {
				t.Errorf("%s: %s: a webhook can only send", p.File, r.ID)
			}
		}
	}
}
