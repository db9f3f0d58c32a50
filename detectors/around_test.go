package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// vague are texts that say so little of a value that it counts only where they name a service
// that is known by its name alone: U is a UUID, L 26 letters and digits, J long.
var vague = []struct{ text, want string }{
	{"MAPQUEST_API_KEY=U\n", "mapquest"},
	{"{\"mapquest\": {\"token\": \"U\"}}\n", "mapquest"},
	{"curl -H 'apikey: U' https://www.mapquest.com/x\n", "mapquest"},
	{"mapquest token - 'L'\n", "mapquest"},
	{"mapquest token L\n", "mapquest"},
	{"the MapQuest API key L\n", "mapquest"},
	{"MAPQUEST_PAT=L\n", "mapquest"},
	{"mapquest.key = L\n", "mapquest"},
	{"mapquest_api = \"L\"\n", "mapquest"},
	{"mapquest_token = \"J\"\n", "mapquest"},
	{"crowdin_token: \"L\"\n", "crowdin"},

	{"API_KEY=U\n", ""},
	{"MAPQUEST_TOKEN_ID=U\n", ""},
	{"ASANA_API_KEY=U\n", ""}, // its keys have another form
	{"asana token - 'L'\n", ""},
	{"asana token L\n", ""},
	{"token L\n", ""},
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
		"L\n", "k7wq3zt9m4xcv8b2n6rj5dy1hf\n", "L\"", "k7wq3zt9m4xcv8b2n6rj5dy1hf\"", "L'", "k7wq3zt9m4xcv8b2n6rj5dy1hf'", "L,", "k7wq3zt9m4xcv8b2n6rj5dy1hf,", "J\"", strings.Repeat("k7wq3zt9Zm4xcv8b2Qn6rj5dy1hf", 12)+"\"")
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
