package detectors

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// encoder is one that is in use, and what its result stands in.
type encoder struct {
	name, family  string
	before, after string
	encode        func(string) string
}

// but spells all bytes with a format but letters, digits and kept ones.
func but(kept, format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if wordless(s[i]) && strings.IndexByte(kept, s[i]) < 0 {
				fmt.Fprintf(&b, format, s[i])
			} else {
				b.WriteByte(s[i])
			}
		}
		return b.String()
	}
}

func wordless(c byte) bool {
	return !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')
}

// inJSON is text as a string of JSON, where some characters are escaped too.
func inJSON(more, format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(s); err != nil {
			panic(err)
		}
		text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), `"`), `"`)
		for _, c := range []byte(more) {
			from := string(c)
			if c == '"' {
				from = `\"`
			}
			text = strings.ReplaceAll(text, from, fmt.Sprintf(format, c))
		}
		return text
	}
}

func again(encode func(string) string) func(string) string {
	return func(s string) string { return encode(encode(s)) }
}

// encoders have the characters of spellings, which are what is known of real ones; Gson and Mustache are from public code, not their pages.
var encoders = []encoder{
	{"encodeURIComponent", "url", "", "", but("-_.!~*'()", "%%%02X")},
	{"quote of Python", "url", "", "", but("-_.~/", "%%%02X")},
	{"encodeURIComponent, twice", "url", "", "", again(but("-_.!~*'()", "%%%02X"))},
	{"QueryEscape of Go", "url", "", "", url.QueryEscape},
	{"a form", "url", "", "", func(s string) string { return strings.ReplaceAll(but("-_.* ", "%%%02X")(s), " ", "+") }},
	{"json.dumps", "json", `{"run":"`, `"}`, inJSON("", "")},
	{"json.dumps, twice", "json", `{"body":"{\"run\":\"`, `\"}"}`, again(inJSON("", ""))},
	{"json of Go and Rails", "json", `{"run":"`, `"}`, inJSON("<>&", `\u%04x`)},
	{"json_encode of PHP", "json", `{"run":"`, `"}`, inJSON("/", `\%c`)},
	{"Gson", "json", `{"run":"`, `"}`, inJSON("<>&='", `\u%04x`)},
	{"System.Text.Json", "json", `{"run":"`, `"}`, inJSON("<>&'\"+`", `\u%04X`)},
	{"html.escape of Python", "html", "<pre>\n", "\n</pre>", func(s string) string {
		return strings.NewReplacer("&#34;", "&quot;", "&#39;", "&#x27;").Replace(html.EscapeString(s))
	}},
	{"html.EscapeString of Go", "html", "<pre>\n", "\n</pre>", html.EscapeString},
	{"Mustache", "html", "<pre>\n", "\n</pre>", func(s string) string {
		return strings.NewReplacer("&#34;", "&quot;", "/", "&#x2F;", "`", "&#x60;", "=", "&#x3D;").Replace(html.EscapeString(s))
	}},
	{"all but letters and digits, hex", "html", "<pre>\n", "\n</pre>", but(",.-_ \n", "&#x%X;")},
	{"all but letters and digits, decimal", "html", "<pre>\n", "\n</pre>", but(",.-_ \n", "&#%d;")},
}

// TestExamplesThroughEncoders sends each example of each rule that is found through each
// encoder: its own rule must find it again, and unread says which do not.
func TestExamplesThroughEncoders(t *testing.T) {
	ps, ds := shipped(t)
	set := NewSet(ds...)
	find := func(id, text string) (found bool) {
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			found = found || m.Rule == id
		})
		return found
	}
	missed, all := map[string]map[string]int{"url": {}, "json": {}, "html": {}}, 0
	for _, p := range ps {
		for _, r := range p.Rules {
			for i, l := range r.Leaks {
				text, err := rules.Expand(l.Text, fmt.Sprint(r.ID, i), Checksum(r.Checksum))
				if err != nil {
					t.Fatal(err)
				}
				if !find(r.ID, text) {
					continue // another rule is surer
				}
				for _, e := range encoders {
					all++
					if find(r.ID, e.before+e.encode(text)+e.after+"\n") {
						continue
					}
					missed[e.family][r.ID]++
					if unread[e.family][r.ID] == "" {
						t.Errorf("%s, example %d, through %s: not found", r.ID, i, e.name)
					}
				}
			}
		}
	}
	n := 0
	for family, rules := range unread {
		for _, id := range slices.Sorted(maps.Keys(rules)) {
			if n += missed[family][id]; missed[family][id] == 0 {
				t.Errorf("%s is found through all encoders of %s: unread need not have it", id, family)
			}
		}
	}
	t.Logf("%d examples through an encoder, %d not found", all, n)
	if all < 30_000 {
		t.Errorf("only %d examples", all)
	}
}

// Why an example is not found through an encoder.
const (
	tooLong   = "it reads on further than maxEscaped; blocks know their own escapes, if not all"
	strung    = "the escapes of strings are read where another one is in the way: source code is full of them"
	lineStart = "it stands at the beginning of a line, which that of a string is not"
	spaces    = "a plus is a space where another escape is in the way too"
	doubly    = "escaped twice it is wider than three bytes for each of its own, or it has escapes itself"
	own       = "its value has escapes of its own, which are read too"
)

// unread are the rules of which an example is not found, by what the encoders are for.
var unread = map[string]map[string]string{
	"url": {
		"artifactory-api-key":              spaces,
		"artifactory-reference-token":      spaces,
		"auth0-client-secret-nearby":       spaces,
		"aws-access-key":                   spaces,
		"azure-messaging-sas-token":        spaces,
		"azure-sql-password":               spaces,
		"clerk-webhook-secret":             spaces,
		"cloudinary-config":                spaces,
		"command-account-password":         spaces,
		"command-password":                 spaces,
		"command-token":                    spaces,
		"confluent-sasl-password":          doubly,
		"customerio-api-key":               spaces,
		"datagov-api-key":                  spaces,
		"directive-password":               spaces,
		"docker-config-auth":               tooLong,
		"docker-config-json-key":           tooLong,
		"duo-secret-key":                   spaces,
		"encoded-user-password":            doubly,
		"filezilla-password":               spaces,
		"github-app-private-key":           tooLong,
		"grafana-api-key-by-name":          spaces,
		"intercom-access-token":            spaces,
		"jwt":                              tooLong,
		"kubernetes-bootstrap-token":       spaces,
		"kubernetes-service-account-token": tooLong,
		"laravel-app-key":                  spaces,
		"microsoftteams-workflow-webhook":  own,
		"minio-secret-key":                 spaces,
		"mosquitto-bridge-password":        spaces,
		"mysql-dsn":                        doubly,
		"netrc-password":                   spaces,
		"npm-registry-login":               spaces,
		"one-time-password-seed":           own,
		"openai-webhook-secret":            spaces,
		"pgpass-password":                  doubly,
		"piped-password":                   spaces,
		"portainer-access-token":           doubly,
		"powershell-secure-string":         spaces,
		"private-key-encrypted":            tooLong,
		"private-key-jwk":                  doubly,
		"private-key-jwk-symmetric":        doubly,
		"private-key-openssh":              tooLong,
		"private-key-pem":                  tooLong,
		"private-key-pgp":                  tooLong,
		"private-key-putty":                tooLong,
		"private-key-ssh2":                 tooLong,
		"pypirc-password":                  spaces,
		"sidekiq-gem-server":               spaces,
		"sshpass-password":                 spaces,
		"svix-webhook-secret":              spaces,
		"terraform-resource-password":      spaces,
		"twitter-bearer-token":             own,
		"unattend-password":                spaces,
		"unleash-api-token":                doubly,
		"wireguard-preshared-key":          spaces,
		"wireguard-private-key":            spaces,
	},
	"json": {
		"adafruit-io-legacy-key":            strung,
		"airbrake-key":                      strung,
		"algolia-admin-key":                 strung,
		"algolia-api-key":                   strung,
		"algolia-key-in-block":              strung,
		"alibaba-access-key":                strung,
		"alibaba-access-key-secret":         strung,
		"amplitude-secret-key":              strung,
		"ansible-password":                  strung,
		"artifactory-identity-token":        strung,
		"artifactory-npm-login":             strung,
		"asana-client-secret":               strung,
		"assemblyai-api-key":                strung,
		"atlassian-data-center-token":       strung,
		"atlassian-legacy-api-token":        strung,
		"auth0-client-secret":               strung,
		"auth0-client-secret-nearby":        strung,
		"aws-access-key":                    strung,
		"aws-access-key-line":               strung,
		"aws-secret-access-key":             strung,
		"azure-account-key":                 strung,
		"azure-ai-key-named":                strung,
		"azure-devops-pat-legacy":           strung,
		"azure-openai-key":                  strung,
		"azure-search-key-named":            strung,
		"basic-authorization":               strung,
		"beamer-api-key":                    strung,
		"bearer-authorization":              strung,
		"bitbucket-oauth-secret":            strung,
		"bitly-access-token":                strung,
		"box-access-token":                  strung,
		"braintree-private-key":             strung,
		"brave-search-api-key":              strung,
		"browserstack-access-key":           strung,
		"buildkite-legacy-token":            strung,
		"call-key":                          strung,
		"call-user-password":                strung,
		"clerk-webhook-secret":              strung,
		"cloudflare-access-service-token":   strung,
		"cloudflare-r2-secret":              strung,
		"cloudinary-config":                 strung,
		"coda-api-token":                    strung,
		"codacy-api-token":                  strung,
		"codeclimate-reporter-id":           strung,
		"codecov-token":                     strung,
		"cohere-api-key":                    strung,
		"coinbase-api-secret":               strung,
		"coinbase-cdp-ed25519-key":          doubly,
		"coinbase-cdp-key":                  doubly,
		"command-account-password":          strung,
		"command-password":                  strung,
		"command-token":                     strung,
		"command-user-password":             strung,
		"confluent-legacy-secret":           strung,
		"confluent-sasl-password":           doubly,
		"coveralls-personal-token":          strung,
		"customerio-api-key":                strung,
		"dailyco-api-key":                   strung,
		"datadog-application-key":           strung,
		"datadog-key-pair":                  strung,
		"datagov-api-key":                   strung,
		"deepgram-api-key":                  strung,
		"directive-password":                strung,
		"discord-client-secret":             strung,
		"disqus-secret-key":                 strung,
		"docker-config-auth":                tooLong,
		"docker-config-json-key":            tooLong,
		"dotenvx-private-key":               strung,
		"droneci-token":                     strung,
		"encoded-user-password":             doubly,
		"eventbrite-private-token":          strung,
		"facebook-app-secret":               strung,
		"filezilla-password":                strung,
		"finicity-app-key":                  strung,
		"finicity-partner-secret":           strung,
		"finnhub-api-key":                   strung,
		"flickr-api-key":                    strung,
		"flickr-api-secret":                 strung,
		"freshbooks-client-secret":          strung,
		"freshbooks-token":                  strung,
		"freshdesk-api-key":                 strung,
		"gitea-access-token":                strung,
		"github-app-client-secret":          strung,
		"github-app-private-key":            tooLong,
		"github-legacy-token":               strung,
		"github-oauth-client-secret":        strung,
		"gitlab-legacy-access-token":        strung,
		"gitter-token":                      strung,
		"google-hmac-key":                   strung,
		"google-oauth-client-login":         strung,
		"google-oauth-client-secret-legacy": strung,
		"google-service-account-key":        strung,
		"guardian-api-key":                  strung,
		"gumroad-access-token":              strung,
		"hcp-client-secret":                 strung,
		"heroku-api-key":                    strung,
		"hetzner-cloud-api-token":           strung,
		"htpasswd-hash":                     lineStart,
		"hubspot-api-key":                   strung,
		"ibm-classic-infrastructure-key":    strung,
		"ibm-cos-hmac-secret":               strung,
		"ibmcloud-api-key":                  strung,
		"influxdb-api-token":                strung,
		"jenkins-initial-password":          strung,
		"jumpcloud-api-key":                 strung,
		"jwt-signing-key":                   strung,
		"kagi-api-token":                    strung,
		"kraken-private-key":                strung,
		"kubernetes-bootstrap-token":        strung,
		"kubernetes-bootstrap-token-secret": strung,
		"kucoin-api-key":                    strung,
		"kucoin-api-secret":                 strung,
		"laravel-app-key":                   strung,
		"lark-app-secret":                   strung,
		"line-channel-access-token":         strung,
		"linear-client-secret":              strung,
		"linkedin-legacy-client-secret":     strung,
		"linode-api-token":                  strung,
		"liveblocks-secret-key":             strung,
		"liveblocks-webhook-secret":         strung,
		"lokalise-api-token":                strung,
		"looker-client-secret":              strung,
		"loops-api-key":                     strung,
		"mailjet-key-pair":                  strung,
		"mattermost-token":                  strung,
		"maxmind-legacy-license-key":        strung,
		"meraki-api-key":                    strung,
		"messagebird-access-key":            strung,
		"microsoftteams-workflow-webhook":   own,
		"minio-secret-key":                  strung,
		"mixpanel-service-account-secret":   strung,
		"mongodb-atlas-private-key":         strung,
		"mosquitto-command-password":        strung,
		"netrc-password":                    strung,
		"newrelic-legacy-license-key":       strung,
		"npm-legacy-token":                  doubly,
		"npm-registry-login":                strung,
		"npm-registry-password":             strung,
		"npm-registry-token":                strung,
		"nuget-config-password":             doubly,
		"nytimes-api-key":                   strung,
		"okta-api-token":                    strung,
		"ollama-api-key":                    strung,
		"one-time-password-seed":            own,
		"openai-webhook-secret":             strung,
		"openshift-access-token":            strung,
		"openvpn-password":                  strung,
		"openvpn-static-key":                strung,
		"openweather-api-key":               strung,
		"opsgenie-api-key":                  strung,
		"oracle-command-password":           strung,
		"oracle-easy-connect-password":      strung,
		"paypal-client-secret":              strung,
		"pgpass-password":                   strung,
		"piped-password":                    strung,
		"plaid-secret":                      strung,
		"plivo-auth-token":                  strung,
		"powershell-secure-string":          strung,
		"private-key-jwk":                   doubly,
		"private-key-jwk-symmetric":         doubly,
		"private-key-openssh":               tooLong,
		"private-key-pem":                   tooLong,
		"private-key-putty":                 tooLong,
		"private-key-ssh2":                  tooLong,
		"psexec-password":                   strung,
		"pypirc-password":                   strung,
		"quay-oauth-token":                  strung,
		"railway-token":                     strung,
		"rapidapi-other-key":                strung,
		"razorpay-key-pair":                 strung,
		"razorpay-key-secret":               strung,
		"recaptcha-secret-key":              strung,
		"resend-webhook-secret":             strung,
		"rubygems-legacy-api-key":           strung,
		"salesforce-consumer-secret":        strung,
		"saucelabs-access-key":              strung,
		"scaleway-secret-key":               strung,
		"semgrep-app-token":                 strung,
		"sendbird-api-token":                strung,
		"sendbird-organization-key":         strung,
		"session-cookie":                    strung,
		"shodan-api-key":                    strung,
		"sidekiq-gem-credentials":           strung,
		"sidekiq-gem-server":                strung,
		"slack-app-secret":                  strung,
		"snowflake-password":                strung,
		"snyk-api-token":                    strung,
		"sourcegraph-legacy-token":          strung,
		"splunk-hec-header":                 strung,
		"splunk-hec-token":                  strung,
		"spotify-client-login":              strung,
		"spotify-client-secret":             strung,
		"squarespace-api-key":               strung,
		"sslmate-api-key":                   strung,
		"stabilityai-api-key":               strung,
		"statuspage-api-key":                strung,
		"storyblok-access-token":            strung,
		"sumologic-access-key":              strung,
		"svix-webhook-secret":               strung,
		"telegram-bot-token-named":          strung,
		"tencent-secret-key":                strung,
		"terraform-random-password":         strung,
		"terraform-resource-password":       strung,
		"thingsboard-provision-secret":      strung,
		"travisci-access-token":             strung,
		"trello-token":                      strung,
		"twilio-api-key-pair":               strung,
		"twitch-access-token":               strung,
		"twitch-client-secret":              strung,
		"twitter-access-token":              strung,
		"twitter-bearer-token":              own,
		"twitter-secret":                    strung,
		"unattend-password":                 strung,
		"urlscan-api-key":                   strung,
		"vault-approle-secret-id":           strung,
		"virustotal-api-key":                strung,
		"vmware-powercli-password":          strung,
		"vultr-api-key":                     strung,
		"wakatime-api-key-older":            strung,
		"wandb-api-key":                     strung,
		"webex-access-token":                strung,
		"webflow-api-token":                 strung,
		"wordpress-key":                     strung,
		"zendesk-api-token":                 strung,
		"zhipu-api-key":                     strung,
		"zoom-client-secret":                strung,
		"zoom-webhook-secret-token":         strung,
	},
	"html": {
		"docker-config-auth":              tooLong,
		"docker-config-json-key":          tooLong,
		"github-app-private-key":          tooLong,
		"microsoftteams-workflow-webhook": own,
		"one-time-password-seed":          own,
		"private-key-encrypted":           tooLong,
		"private-key-openssh":             tooLong,
		"private-key-pem":                 tooLong,
		"private-key-putty":               tooLong,
		"private-key-ssh2":                tooLong,
		"twitter-bearer-token":            own,
	},
}
