package detectors_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// TestMarked: a value in a field of no provider's name is said to be of the one whose
// credentials begin like it and are as long, with no more confidence.
func TestMarked(t *testing.T) {
	set := everything(t)
	for template, want := range map[string]string{
		`icoToken = "i${lit:co}-${alnum:32}"`:    "infracost",
		`icoToken = "i${lit:co}-${alnum:31}"`:    "",
		`token = "${alnum:36}"`:                  "",
		`api_key = "k${lit:ey}_${hex:40}"`:       "", // everybody's keys begin so
		`ACME_TOKEN = "i${lit:co}-${alnum:32}"`:  "infracost",
		`ASANA_TOKEN = "i${lit:co}-${alnum:32}"`: "asana",
		// Of rules that would have found them alone, had they the form.
		`sengridToken = "S${lit:G}.${alnum:22}=${alnum:43}"`:                           "sendgrid",
		`sengridToken = "S${lit:G}.${alnum:22}=${alnum:9}"`:                            "",
		`GITLAB_TOKEN = "S${lit:G}.${alnum:22}=${alnum:43}"`:                           "gitlab",
		`deploy_key = "p${lit:x-d}ep-${hex:8}-${hex:3}h-${hex:4}-j${hex:3}-${hex:12}"`: "",
		`deploy: {apiKey: "i${lit:co}-${alnum:32}"}`:                                   "infracost",
	} {
		text, err := rules.Expand(template, "marked", nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		set.Scan(&leak.Chunk{Data: []byte(text)}, func(m leak.Match) {
			if m.Rule != rules.Generic {
				t.Errorf("%s: found by %s", template, m.Rule)
			}
			got = append(got, set.Service(m.Hit))
		})
		if strings.Join(got, " ") != want || len(got) != 1 {
			t.Errorf("%s: of %q, want %q", template, got, want)
		}
	}
}
