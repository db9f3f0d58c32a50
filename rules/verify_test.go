package rules_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/rules"
)

const goodVerify = good + `
[[verify]]
rules = ["acme-key"]
docs = "https://acme.example/api"
class = "S1"
request = "POST https://${host}/me?a=${id}"
only_reads = "a test"
header = { Authorization = "Bearer ${secret}" }
basic = "${id}:${secret}"
type = "json"
body = '{"a": "${secret}", "b": [1]}'
take = { token = "json:a.b[0]" }
hosts = ["api.acme.example", ".acme.example"]
rate = 3.0

[[verify.step]]
request = "GET https://${id}.acme.example/v1/${token}"

[[verify.verdict]]
is = "live"
status = [200]
json = { "user.id" = "*" }

[[verify.verdict]]
is = "dead"
status = [401]

[verify.facts]
id = "json2:user.id"
tenant = "part:account"
server = "=Acme"

[[verify.exchange]]
status = 200
want = "live"

[[verify.exchange.before]]
status = 200
`

// TestVerifyRefuses changes one thing in a good table at a time.
func TestVerifyRefuses(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"", "", ""},
		{`class = "S1"`, `class = "S2"`, ""},
		{`rules = ["acme-key"]`, ``, ""},
		{`rules = ["acme-key"]`, `rules = ["acme-kee"]`, `there is no rule "acme-kee" in this file`},
		{`class = "S1"`, `class = "S3"`, `class "S3": must be S0, S1 or S2; what changes anything is never called`},
		{`status = [401]`, "status = [401]\ntypes = [\"text/plain\"]", `any text fits it`},
		{`status = [401]`, "status = [401]\ntypes = [\"text/plain\"]\ncontains = \"no\"", ``},
		{`status = [401]`, "status = [401]\ntypes = [\"plain\"]", `must be a media type`},
		{`status = [401]`, "status = [401]\ntypes = [\"text/html\"]\njson = { a = \"*\" }", `there is no JSON in text/html`},
		{`status = [401]`, "status = [401]\nempty = true", ``},
		{`status = [401]`, "status = [401]\nempty = true\ncontains = \"no\"", `nothing can be read in no body`},
		{`class = "S1"`, ``, `class "": must be`},
		{`docs = "https://acme.example/api"`, ``, `class S1 without docs: a call that is not documented is S2`},
		{`docs = "https://acme.example/api"`, `docs = "acme.example"`, `docs "acme.example": must be an https address`},
		{`rate = 3.0`, `checked = "2026-02-28"`, ""},
		{`rate = 3.0`, `checked = "2026-02-30"`, `checked "2026-02-30": must be a day: "2026-01-31"`},
		{`rate = 3.0`, `checked = "28.2.2026"`, `checked "28.2.2026": must be a day`},
		{`rate = 3.0`, `rate = 51.0`, `rate 51: must be`},
		{`rate = 3.0`, `rate = nan`, `rate NaN: must be`},
		{`rate = 3.0`, `retries = 3`, `unknown key "verify.retries"`},
		{`rate = 3.0`, `go = "acme"`, `needs one of request, go and none`},
		{`rate = 3.0`, `none = "x"`, `needs one of request, go and none`},
		{`rate = 3.0`, `extended = true`, `it cannot be extended`},

		// Requests.
		{`"POST https`, `"PUT https`, `method "PUT": must be GET, HEAD, or a POST that only reads`},
		{`only_reads = "a test"`, ``, `a POST needs only_reads`},
		{`"POST https`, `"DELETE https`, `method "DELETE"`},
		{`"POST https`, `"post https`, `method "post"`},
		{`"POST https`, `"GET https`, `a body in a GET`},
		{`POST https://`, `POST http://`, `must be an https address`},
		{`https://${host}/me`, `https://api.${host}/me`, `host "api.${host}": must be constant`},
		{`https://${host}/me`, `https://${host}${id}/me`, `must be constant`},
		{`https://${host}/me`, `https://${host}.com/me`, `must be constant`},
		{`https://${host}/me`, `https://user@acme.example/me`, `must be constant`},
		{`https://${host}/me`, `https://localhost/me`, `must be constant`},
		{`https://${host}/me`, `https://${host}:8080/me`, ""},
		{`https://${host}/me`, `https://acme.example/me`, `hosts without a request whose whole host is ${part}`},
		{`?a=${id}`, `?a=${id}#x`, `must have no spaces, quotes or #`},
		{`?a=${id}`, `?a=${id} b`, `must have no spaces`},
		{`?a=${id}`, `?a=${id`, `a ${ is not closed`},
		{`?a=${id}`, `?a=${ID}`, `${ID}: must be the name of a part`},
		{`?a=${id}`, `?a=${alnum:3}`, `${alnum:3}: must be the name of a part`},
		{`{ Authorization =`, `{ "X ${id}" =`, `its name must be constant`},
		{`{ Authorization =`, `{ "A\nB" =`, `its name must be constant`},
		{`basic = "${id}:${secret}"`, `basic = "${secret}"`, `must be USER:PASSWORD`},
		{`type = "json"`, `type = "xml"`, `type "xml": must be json or form`},
		{`type = "json"`, ``, `type "": must be json or form`},
		{`"${secret}", "b"`, `${secret}, "b"`, `the body is no JSON with every ${...} inside quotes`},
		{`{ token = "json:a.b[0]" }`, `{ Token = "json:a" }`, `take "Token"`},
		{`"json:a.b[0]"`, `"json:a..b"`, `must be json:PATH`},
		{`"json:a.b[0]"`, `"json3:a"`, `there are 2 requests`},
		{`".acme.example"`, `"*.acme.example"`, `hosts: "*.acme.example"`},
		{`".acme.example"`, `".com"`, `hosts: ".com"`},
		{"[[verify.step]]\n", "[[verify.step]]\nrequest = \"GET https://a.example/\"\n[[verify.step]]\nrequest = \"GET https://a.example/\"\n[[verify.step]]\n", "more than 3 requests"},
		{"[[verify.step]]\n", "[[verify.step]]\nrequest = \"GET https://a.example/\"\nextended = true\n[[verify.step]]\n", "must not be followed"},

		// Verdicts.
		{`is = "live"`, `is = "alive"`, `verdict 1: "alive" is none of`},
		{`is = "live"`, `is = "canary"`, `"canary" is none of`},
		{"status = [401]", "", `verdict 2: every answer fits it`},
		{`json = { "user.id" = "*" }`, ``, `live by status 200 alone`},
		{`json = { "user.id" = "*" }`, `json = { user.id = "*" }`, `unknown key "verify.verdict.json.user.id"`},
		{`json = { "user.id" = "*" }`, `json = { "user..id" = "*" }`, `must be a path`},
		{`json = { "user.id" = "*" }`, `json = { id = [["a"]] }`, `a list must hold`},
		{`json = { "user.id" = "*" }`, `json = { id = ["a", 1, true, 2.5] }`, ""},
		{`json = { "user.id" = "*" }`, `contains = "ok"`, ""},
		{`json = { "user.id" = "*" }`, "json = { id = 1 }\nat_step = 3", `at_step 3: there are 2 requests`},
		{"status = [401]", "status = [403]", `dead by status 403 alone`},
		{"status = [401]", "status = [404]", `dead by status 404 alone`},
		{"status = [401]", "status = [403]\ncontains = \"revoked\"", ""},
		{"status = [401]", "status = [410]", ""},
		{"status = [401]", "status = [429]\ncontains = \"revoked\"", `status 429 says nothing about a credential`},
		{"status = [401]", "status = [503]\ncontains = \"revoked\"", `status 503 says nothing`},
		{"status = [401]", "status = [302]\ncontains = \"revoked\"", `status 302 says nothing`},

		// Facts and exchanges.
		{`server = "=Acme"`, `sever = "=Acme"`, `fact "sever": must be one of id, name`},
		{`server = "=Acme"`, `server = "Acme"`, `fact server: "Acme": must be json:PATH`},
		{`server = "=Acme"`, `server = "part:secret"`, `part "secret" is not public`},
		{`server = "=Acme"`, `server = "part:key_id"`, `part "key_id" is not public`},
		{"status = 200\nwant = \"live\"", "status = 0\nwant = \"live\"", `exchange 1: status 0 is none`},
		{`want = "live"`, `want = "fine"`, `exchange 1: want "fine" is none of`},
		{`want = "live"`, "want = \"live\"\nfacts = { nmae = \"x\" }", `exchange 1: fact "nmae"`},
		{"[[verify.exchange.before]]\nstatus = 200\n", "[[verify.exchange.before]]\nstatus = 200\n[[verify.exchange.before]]\nstatus = 200\n", `2 answers before the last, but 2 requests`},
		{"[[verify.exchange]]\nstatus = 200\nwant = \"live\"\n\n[[verify.exchange.before]]\nstatus = 200\n", "", `needs at least one [[verify.verdict]] and one [[verify.exchange]]`},
	} {
		if !strings.Contains(goodVerify, tt.old) {
			t.Fatalf("%q is not in the file", tt.old)
		}
		_, err := rules.Parse("acme.toml", strings.Replace(goodVerify, tt.old, tt.new, 1))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%q for %q:\nerror %v\nwant  %s", tt.new, tt.old, err, tt.want)
		}
		if err != nil && !strings.HasPrefix(err.Error(), "rules: acme.toml: ") {
			t.Errorf("%q for %q: error %v does not begin with the file", tt.new, tt.old, err)
		}
	}
}

func TestVerifyFor(t *testing.T) {
	text := good + strings.Replace(good[strings.Index(good, "[[rule]]"):], "acme-key", "acme-old-key", 1) +
		"[[verify]]\nrules = [\"acme-old-key\"]\nnone = \"it is old\"\n[[verify]]\nnone = \"none is safe\"\n"
	p, err := rules.Parse("acme.toml", text)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.For("acme-old-key"); got == nil || got.None != "it is old" {
		t.Errorf("the table for the old key is %+v", got)
	}
	if got := p.For("acme-key"); got == nil || got.None != "none is safe" {
		t.Errorf("the table for the key is %+v", got)
	}
}
