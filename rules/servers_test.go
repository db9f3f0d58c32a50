package rules

import (
	"regexp"
	"strings"
	"testing"
)

const serversFile = `
provider = "acme"
name = "Acme"
about = "https://acme.example/docs"
[servers]
names = ["acme"]
fields = ['\bac_url', 'base_url']
hosts = ['\bac_host', '--hostname']
paths = ["/api/v4"]
tokens = ["acme_own_token"]
[[rule]]
id = "acme-token"
title = "Acme token"
pattern = '\b(?P<secret>acme_[0-9a-z]{24})\b'
confidence = "high"
severity = 8.0
rotate = "Delete it."
  [[rule.near]]
  pattern = 'dotted (?P<host>[a-z.]{3,60})'
  within = 100
  [[rule.leaks]]
  text = "acme_${lower:24}"
  [[rule.clean]]
  text = "acme_${lower:23}"
  why = "short"
[[verify]]
class = "S1"
docs = "https://acme.example/docs/me"
request = "GET https://${host}/me"
self_hosted = true
default_host = "api.acme.example"
  [[verify.verdict]]
  is = "live"
  status = [200]
  json = { user = "*" }
  [[verify.verdict]]
  is = "dead"
  status = [401]
  [[verify.exchange]]
  status = 200
  body = '{"user":"deploy"}'
  want = "live"
  [[verify.exchange]]
  status = 401
  body = '{}'
  want = "dead"
`

func TestServers(t *testing.T) {
	p, err := Parse("acme.toml", serversFile)
	if err != nil {
		t.Fatal(err)
	}
	nears := p.Rules[0].Near
	if !strings.HasPrefix(nears[len(nears)-1].Pattern, "dotted") {
		t.Errorf("the rule's own near is not the last, which counts: %q", nears[len(nears)-1].Pattern)
	}
	find := func(group, text string) string {
		for _, n := range nears {
			re := regexp.MustCompile(n.Pattern)
			if m := re.FindStringSubmatch(text); m != nil && re.SubexpIndex(group) > 0 {
				return m[re.SubexpIndex(group)]
			}
		}
		return ""
	}
	for text, want := range map[string]string{
		"ACME_URL=https://acme":                              "acme",
		"MY_ACME_URL=http://git:8080/":                       "git:8080",
		"AC_URL: 'http://localhost:3000'":                    "localhost:3000",
		"ACME_HOST=git":                                      "git",
		`"acme_hostname": "git:8443",`:                       "git:8443",
		"acme auth login --hostname git --token T":           "git",
		"AC_HOST=git\n":                                      "git",
		"git clone https://oauth2@my-acme/group/repo":        "my-acme",
		"ssh://git@acme-prod:2222/group":                     "acme-prod:2222",
		"curl https://git/api/v4/user":                       "git",
		"curl http://git:80/base/api/v4":                     "git:80",
		`Acme("http://localhost:8080", "T")`:                 "localhost:8080",
		`"acme": {"url": "https://git.corp.example", "x": 1`: "git.corp.example",
		`{"acme":{"base":"https://git","token":"T"}}`:        "git",
		"base_url: http://[fd00::1]:8200":                    "[fd00::1]:8200",
		// not these
		"ACME_REDIRECT_URI=http://localhost:3000/callback":   "",
		"APP_URL=http://localhost:3000":                      "",
		"see https://docs.acme.example/tokens":               "",
		`"acme": {"docs": "https://corp.example/page/tokens`: "",
		"acme_host: string; acme_host: string, x":            "",
		"ACME_HOST=${HOST}":                                  "",
		"https://acme.example/x":                             "",
		"acme: a server\nof https://git":                     "",
		"pacme_url=https://x":                                "",
	} {
		if got := find("host", text); got != want {
			t.Errorf("%q: host %q instead of %q", text, got, want)
		}
	}
	if got := find(ServerPart, `ACME_OWN_TOKEN: "`); got != "ACME_OWN_TOKEN" {
		t.Errorf("own server: %q", got)
	}
	for _, bad := range [][2]string{
		{`names = ["acme"]`, `names = []`}, {`names = ["acme"]`, `names = ["Ac(me"]`}, {`'base_url'`, `'base('`}, {`'base_url'`, `''`},
		{`paths = ["/api/v4"]`, `rules = ["other"]`}, {"self_hosted = true\n", ""},
	} {
		text := strings.Replace(serversFile, bad[0], bad[1], 1)
		if _, err := Parse("acme.toml", text); err == nil || !strings.Contains(err.Error(), "servers: ") {
			t.Errorf("%q: %v", bad[1], err)
		}
	}
}
