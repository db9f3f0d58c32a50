package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// vague are texts that say so little of a value that it counts only where they name a service
// that is known by its name alone: U is a UUID, L 32 letters and digits, J long.
var vague = []struct{ text, want string }{
	{"APACTA_API_KEY=U\n", "apacta"},
	{"{\"apacta\": {\"token\": \"U\"}}\n", "apacta"},
	{"curl -H 'apikey: U' https://www.apacta.com/x\n", "apacta"},
	{"mapquest token - 'L'\n", "mapquest"},
	{"mapquest token L\n", "mapquest"},
	{"the MapQuest API key L\n", "mapquest"},
	{"MAPQUEST_PAT=L\n", "mapquest"},
	{"mapquest.key = L\n", "mapquest"},
	{"mapquest_api = \"L\"\n", "mapquest"},
	{"mapquest_token = \"J\"\n", "mapquest"},
	{"ably_token: \"L\"\n", "ably"},

	{"mapquestKey := \"L\"\n", "mapquest"},
	{"[INFO] asking the mapquest API\n[DEBUG] Using Key=L\n", "mapquest"},
	{"{\"mapquest\": {\"key\": \"L\"}}\n", "mapquest"},
	{"mapquest token = ' L '\n", "mapquest"},
	{"the mapquest api secret is L\n", "mapquest"},
	{"mapquest context\ntoken = \"L\"\n", "mapquest"},
	{"<server>\n  <id>mapquest</id>\n  <token>L</token>\n", "mapquest"},
	{"<id>x</id>\n<secret>{mapquest token L}</secret>\n", "mapquest"},

	{"API_KEY=U\n", ""},
	{"Using Key=L\n", ""},
	{"{\"key\": \"L\"}\n", ""},
	{"primaryKey = \"L\"\n", ""},
	{"the api secret is L\n", ""},
	{"<id>mapquest</id>\n<secret>{L}</secret>\n", ""}, // a ciphertext
	{"APACTA_TOKEN_ID=U\n", ""},
	{"MAPQUEST_API_KEY=U\n", ""}, // its keys have another form
	{"ASANA_API_KEY=U\n", ""},    // its keys have another form
	{"asana token - 'L'\n", ""},
	{"asana token L\n", ""},
	{"token L\n", ""},
	{"mapquest token id=L\n", ""}, // of another name: logs are full of those
	{"mapquest token L, and more\n", ""},
	{"mapquest token documentation-of-everything\n", ""},
	{"MAPQUEST_PATH=L\n", ""},
	{"cache_api = \"L\"\n", ""},
	{"sort.key = L\n", ""},
	{"mapquest_token_key_cache_key=L\n", ""},
}

// TestVague: what is no credential by itself is one of the service that is named.
func TestVague(t *testing.T) {
	set := everything(t)
	values := strings.NewReplacer("U\n", "0b9f6c1e-7d24-4a83-9e51-c3f8d2a60b7e\n", "U\"", "0b9f6c1e-7d24-4a83-9e51-c3f8d2a60b7e\"", "U'", "0b9f6c1e-7d24-4a83-9e51-c3f8d2a60b7e'",
		"L\n", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle\n", "L<", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle<", "L}", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle}", "L '", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle '", "L\"", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle\"", "L'", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle'", "L,", "k7wq3zt9m4xcv8b2n6rj5dy1hfgp0sle,", "J\"", strings.Repeat("k7wq3zt9Zm4xcv8b2Qn6rj5dy1hf", 12)+"\"")
	for _, v := range vague {
		for _, before := range []string{"", strings.Repeat("# a comment that is long\n", 60)} {
			var found []string
			set.Scan(&leak.Chunk{Data: []byte(before + values.Replace(v.text))}, func(m leak.Match) {
				if m.Rule == rules.Generic {
					found = append(found, set.Service(m.Hit))
				}
			})
			if v.want == "" && len(found) > 0 || v.want != "" && (len(found) == 0 || found[0] != v.want) {
				t.Errorf("%q: found %q, want %q", v.text, found, v.want)
			}
		}
	}
}

// called are calls of services in which nothing but the address says whose the value is: U is
// a UUID, H 40 hexadecimal digits, S 32 letters and digits, V 36 capitals and digits.
var called = []struct{ text, want string }{
	{"curl -H 'Authorization: Token H' https://api.deepgram.com/v1/projects\n", "deepgram-api-key"},
	{"curl https://api.deepgram.com/v1/projects \\\n  -H 'Authorization: Token H'\n", "deepgram-api-key"},
	{"curl -H 'Authorization: OAuth U' https://api.statuspage.io/v1/pages\n", "statuspage-api-key"},
	{"curl 'https://api.shodan.io/api-info?key=S'\n", "shodan-api-key"},
	{"curl -H 'Authorization: Bearer V' https://api.vultr.com/v2/account\n", "vultr-api-key"},

	{"deepgram api key H\n", "deepgram-api-key"},
	{"the Deepgram api token is H\n", "deepgram-api-key"},

	{"curl -H 'Authorization: Token H' https://api.acme.io/v1/projects\n", ""},
	{"acme api key H\n", ""},
	{"shodan api key H\n", ""}, // its keys have another form
	{"curl -H 'Authorization: Bearer H' https://api.vultr.com/v2/account\n", ""}, // its keys have another form
	{"curl 'https://acme.io/search?key=S'\n", ""},
	{"curl 'https://acme.io/search?key=S'\n# https://api.shodan.io/\n", ""}, // the address is its own
	{"curl 'https://www.shodan.io/search?key=sort-by-name-and-by-date-there'\n", ""},
}

// TestCalled: the service that an address names says what a header or a parameter beside it is.
func TestCalled(t *testing.T) {
	set := everything(t)
	values := strings.NewReplacer(" U'", " 0b9f6c1e-7d24-4a83-9e51-c3f8d2a60b7e'", " H'", " 7d244a839e51c3f8d2a60b7e0b9f6c1e55aa31c9'", " H\n", " 7d244a839e51c3f8d2a60b7e0b9f6c1e55aa31c9\n",
		"=S'", "=k7Wq3zT9m4xCv8b2N6rj5dY1hfGp0sLe'", " V'", " K7WQ3ZT9M4XCV8B2N6RJ5DY1HFGP0SLEA2U4'")
	for _, c := range called {
		var found []string
		set.Scan(&leak.Chunk{Data: []byte(values.Replace(c.text))}, func(m leak.Match) {
			if m.Rule != rules.Generic && m.Rule != "bearer-authorization" {
				found = append(found, m.Rule)
			}
		})
		if c.want == "" && len(found) > 0 || c.want != "" && (len(found) == 0 || found[0] != c.want) {
			t.Errorf("%q: found %q, want %q", c.text, found, c.want)
		}
	}
}
