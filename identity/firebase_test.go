package identity

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestFirebaseFiles: keys in the files that Firebase makes for apps are of the project
// that those name.
func TestFirebaseFiles(t *testing.T) {
	const services = `{"project_info": {"project_number": "1", "project_id": "run-app-prod", "storage_bucket": "x"}, "client": [{"client_info": {"a": {"b": "c"}}, "api_key": [{"current_key": "KEY"}]}]}`
	const plist = "<plist><dict>\n\t<key>API_KEY</key>\n\t<string>KEY</string>\n\t<key>PROJECT_ID</key>\r\n\t<string>run-app-prod</string>\n</dict></plist>"
	for text, want := range map[string]string{
		services: "run-app-prod", plist: "run-app-prod", strings.ReplaceAll(services, " ", ""): "run-app-prod",
		services + strings.ReplaceAll(services, "run-app-prod", "run-app-dev"): "",
		`{"client": [{"project_id": "run-app-prod"}], "key": "KEY"}`:           "",
		"<key>PROJECT_ID</key><string>$(PROJECT)</string><string>KEY</string>": "",
	} {
		at := strings.Index(text, "KEY\"")
		if at < 0 {
			at = strings.Index(text, "KEY</string>")
		}
		p := Place{Location: leak.Location{Path: "x"}, Text: []byte(text), Start: at, End: at + 3, FirstLine: 1}
		a, err := FromItself(nil).Resolve(t.Context(), &Query{Finding: &leak.Finding{Rule: leak.RuleInfo{ID: "google-api-key", Provider: "google"}}, Places: []Place{p}})
		got := ""
		for _, e := range a.Evidence {
			if e.Claim == leak.ClaimTenant {
				got = e.Value
			}
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", text, got, err, want)
		}
	}
}
