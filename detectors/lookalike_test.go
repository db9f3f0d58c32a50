package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// A value of the form of a credential with a checksum, which it has not, is not found
// by its name, in a URL or in a header either; what has the checksum is, and what is
// of no such form.
func TestLookalikes(t *testing.T) {
	set := everything(t)
	places := []string{
		`token = "VALUE"`, "export API_TOKEN=VALUE\n", "  password: VALUE\n", `{"secret": "VALUE"}`, "api_key: 'VALUE'\r\n", "<token>VALUE</token>",
		"curl -H 'Authorization: Bearer VALUE' https://api.acme.io\n", "git clone https://x-access-token:VALUE@git.acme.io/a.git\n",
		"apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  token: VALUE\n",
	}
	kinds := []struct{ head, checksum, wrong string }{
		{"ghp_${alnum:30}", "github-crc32", "${alnum:6}"},
		{"npm_${alnum:30}", "github-crc32", "${alnum:6}"},
		{"glsa_${alnum:32}_", "grafana-crc32", "${hex:8}"},
		{"ATAT" + "T3xFfGF0${b64url:180}=", "atlassian-crc32", "${HEX:8}"},
		{"${b64:33}Az" + "Ca", "azure-key", "C${alnum:5}="},
		{"${alnum:52}JQ" + "QJ99BK${alnum:12}AAAB" + "ACOG", "azure-annotated", "${alnum:4}"},
		{"hvs." + "CAESI${alnum:80}", "", "${alnum:6}"},
	}
	for _, k := range kinds {
		for i, place := range places {
			if strings.Contains(k.head, "b64:") && strings.Contains(place, "://x-") {
				continue // no such key is in a URL
			}
			wrong, _ := rules.Expand(k.head+k.wrong, place, nil)
			if got := rulesIn(set, strings.ReplaceAll(place, "VALUE", wrong)); len(got) > 0 {
				t.Errorf("%s without its checksum in place %d: %v", k.head, i, got)
			}
			if k.checksum == "" {
				continue
			}
			right, _ := rules.Expand(k.head, place, nil)
			right += detectors.Checksum(k.checksum)(right)
			if got := rulesIn(set, strings.ReplaceAll(place, "VALUE", right)); len(got) == 0 {
				t.Errorf("%s with its checksum in place %d: nothing", k.head, i)
			}
		}
	}
	other, _ := rules.Expand("${alnum:40}", "other", nil)
	for i, place := range places[:5] {
		if got := rulesIn(set, strings.ReplaceAll(place, "VALUE", other)); len(got) == 0 {
			t.Errorf("another token in place %d: nothing", i)
		}
	}
}

func rulesIn(set *detectors.Set, text string) (ids []string) {
	set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) { ids = append(ids, m.Rule) })
	return ids
}
