package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// sectioned are texts in which the name of a section says whose a credential is: H is 32
// hexadecimal digits, L 26 letters and digits, P a password. want is a rule, or a provider
// for one that is known by the field alone.
var sectioned = []struct{ text, want string }{
	{`{"facebook":{"client_id":"1029384756","client_secret":"H"}}`, "facebook-app-secret"},
	{"{\r\n  \"oauth\": {\r\n    \"facebook\": {\r\n      \"app_id\": \"1\",\r\n      \"app_secret\": \"H\"\r\n    }\r\n  }\r\n}", "facebook-app-secret"},
	{`{"google":{"a":{"b":1}},"facebook":{"x":{"y":"}{"},"client_secret":"H"}}`, "facebook-app-secret"},
	{`{"facebook":{"prod":{"client_secret":"H"}}}`, "facebook-app-secret"},
	{"facebook:\n  id: 1\n\n  # the secret\n  client_secret: H\n", "facebook-app-secret"},
	{"facebook:\r\n  prod:\r\n    client_secret: H\r\n", "facebook-app-secret"},
	{"oauth:\n- facebook:\n    client_secret: H\n", "facebook-app-secret"},
	{"facebook: {id: 1, client_secret: H}\n", "facebook-app-secret"},
	{"[facebook]\nid = 1\nclient_secret = \"H\"\n", "facebook-app-secret"},
	{"[auth.facebook]\r\n; c\r\nclient_secret=H\r\n", "facebook-app-secret"},
	{"[x]\na=1\n[oauth \"facebook\"]\n\tclient_secret = H\n", "facebook-app-secret"},
	{"facebook = { id = 1, client_secret = \"H\" }\n", "facebook-app-secret"},
	{"provider \"facebook\" {\n  client_secret = \"H\"\n}\n", "facebook-app-secret"},
	{"facebook {\n  client_secret = \"H\"\n}\n", "facebook-app-secret"},
	{"'facebook' => [\n 'a' => 1],\n'facebook' => {\n  'client_secret' => 'H',\n}", "facebook-app-secret"},
	{"class Facebook\n{\n  string client_secret = \"H\";\n}", "facebook-app-secret"},
	{"class FacebookConfig:\n    client_secret = 'H'\n", "facebook-app-secret"},
	{"Facebook.configure do |config|\n  config.client_secret = 'H'\nend\n", "facebook-app-secret"},
	{"mattermost:\n  url: https://x\n  token: L\n", "mattermost-token"},
	{"neo4j:\n  uri: x\n  password: P\n", "neo4j"},
	{"# Facebook\nid=1\nclient_secret=H\n", "facebook-app-secret"},
	{"a=1\n\n### Facebook app settings ###\r\n\r\nid=1\r\nclient_secret=H\r\n", "facebook-app-secret"},
	{"// -- Facebook --\nconst client_secret = 'H';\n", "facebook-app-secret"},
	{"const c = {\n  // Facebook\n  id: 1,\n  client_secret: 'H',\n}\n", "facebook-app-secret"},
	{"##########\n# Facebook\n# from the dashboard of the team, see there\n##########\nclient_secret=H\n", "facebook-app-secret"},
	{"## Facebook\n\n- Client ID: 1\n- client_secret: H\n", "facebook-app-secret"},
	{"facebook\nclient_secret=\"H\"\n", "facebook-app-secret"},
	{"# New Relic\nSECRET_TOKEN=L\n", "newrelic"},
	{"; Square\napi_token = L\n", "square"},

	{"c = asana.Client(1, token='L')\n", "asana"},
	{"client = Asana::Client.new(\n  id: f(1),\n  access_token: 'L'\n)\n", "asana"},
	{"const c = new NewRelic({ id: 1, token: 'L' })\n", "newrelic"},
	{"Facebook.configure do |config|\n  config.set(client_secret: 'H')\nend\n", "facebook-app-secret"},
	{"segment(token='L')\n", ""},
	{"asana(1); set(token='L')\n", ""},
	{"facebook client_secret: H\n", "facebook-app-secret"},
	{"use the Facebook api client_secret = 'H'\n", "facebook-app-secret"},
	{"new relic token = 'L'\n", "newrelic"},
	{"redis_auth: \"P\"\n", "redis"},

	{"curl \\\n  -H 'x-api-token: L' \\\n  https://acme.asana.com/api/1\n", "asana"},
	{"url: https://api.asana.com\napi_token: L\n", "asana"},
	{"get('https://app.asana.com/x?y=1&token=L')\n", "asana"},
	{"url = 'https://api.github.com/x'\ntoken = 'L'\n", "github"},
	{"[info] sending request to the asana api\n[debug] using api_key=L\n", "asana"},
	{"# get it where your Asana token is from\napi_key=L\n", "asana"},
	{"url = 'https://asana.com/x'\n\ntoken = 'L'\n", ""},
	{"a = 'https://asana.com/x'\nb = 'https://mapquest.com'\ntoken = 'L'\n", ""},
	{"url = 'https://github.com/x'\ntoken = 'L'\n", ""},
	{"url = 'https://acme.netlify.app/x'\ntoken = 'L'\n", ""},
	{"url = 'https://asana.example.com/x'\ntoken = 'L'\n", ""},
	{"url = 'https://asana'\ntoken = 'L'\n", ""},
	{"a = 1\nb = 'https://asana.com'\nc = 1\nd = 1\ne = 1\ntoken = 'L'\n", ""},
	{"# as Asana and others want it\napi_key=L\n", ""},
	{"x = f(asana api, 1) y\napi_key=L\n", ""},

	{"facebook, and then the client_secret: H\n", ""},
	{"as asana wants it token: L\n", ""},
	{"# Facebook\nid=1\n\nclient_secret=H\n", ""},
	{"# Facebook\nid=1\n\n# Database\nclient_secret=H\n", ""},
	{"# not of Facebook or others\nclient_secret=H\n", ""},
	{"# facebook:\n#   id: 1\nclient_secret=H\n", ""},
	{"# Facebook\n\n# what signs messages of all kinds\n\nclient_secret=H\n", ""},
	{"# Facebook\n# what signs messages of all kinds\n\nclient_secret=H\n", ""},
	{"# Facebook and Asana\nclient_secret=H\n", ""},
	{"facebook()\nclient_secret=H\n", ""},
	{"facebook=1\nclient_secret=H\n", ""},
	{"# Facebook\n" + strings.Repeat("a=some long value of another field\n", 30) + "client_secret=H\n", ""},
	{"# Facebook\nasana_token=L\n", "asana"},
	{"facebook:\n  id: 1\nother:\n  client_secret: H\n", ""},
	{"[facebook]\nid=1\n[other]\nclient_secret=H\n", ""},
	{`{"facebook":{"id":1},"client_secret":"H"}`, ""},
	{"resource \"facebook_thing\" \"x\" {\n  client_secret = \"H\"\n}\n", ""},
	{"if facebook() {\n  client_secret = \"H\"\n}\n", ""},
	{"facebook: {\n" + strings.Repeat("  a: some long value of another field\n", 30) + "  client_secret: H\n}", ""},
	{"facebook:\n  github:\n    secrets:\n      asana_token: L\n", "asana"},
}

// TestSection: the name of what a field stands in counts as a name that stands before its own.
func TestSection(t *testing.T) {
	set := everything(t)
	values := strings.NewReplacer("H", "8f3b6ac2d0e1579b4a6c3d2e1f7085b9", "L", "k7wq3zt9m4xcv8b2n6rj5dy1hf", "P", "vK9"+"xq2Lr7TzW")
	for _, s := range sectioned {
		for _, before := range []string{"", strings.Repeat("# a comment that is long\n", 60)} {
			text, found := values.Replace(s.text), map[string]bool{}
			set.Scan(&leak.Chunk{Data: []byte(before + text)}, func(m leak.Match) {
				if secret := m.Parts[leak.SecretPart].Reveal(); text[int(m.Span.Start)-len(before):int(m.Span.End)-len(before)] != secret {
					t.Errorf("%q: %s says that it is at %v", s.text, m.Rule, m.Span)
				}
				if m.Rule != rules.Generic {
					found[m.Rule] = true
				}
				if service := set.Service(m.Hit); service != "" {
					found[service] = true
				}
			})
			provider, _, _ := strings.Cut(s.want, "-")
			if s.want == "" && len(found) > 0 || s.want != "" && !found[s.want] || s.want != "" && !found[provider] {
				t.Errorf("%q: found %v, want %q", s.text, found, s.want)
			}
		}
	}
}
