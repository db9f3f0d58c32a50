package decode

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestSharedHosts: a server that all customers of a provider share is no tenant; one's own is.
func TestSharedHosts(t *testing.T) {
	for server, want := range map[string]string{
		"gitlab.com": "", "gitlab.com:443": "", "GitLab.com": "", "www.gitlab.com": "", "sentry.io": "", "de.sentry.io": "", "api.github.com": "", "app.datadoghq.com": "",
		"api.us3.datadoghq.com": "", "api.datadoghq.eu": "", "app.terraform.io": "", "sonarcloud.io": "",
		"gitlab.acme.io": "gitlab.acme.io", "acme.sentry.io": "acme.sentry.io", "gitlab.com.acme.io": "gitlab.com.acme.io", "notdatadoghq.com": "notdatadoghq.com",
	} {
		got := ""
		for _, e := range Login("https", "", server) {
			if e.Claim == leak.ClaimTenant {
				got = e.Value
			}
		}
		if got != want {
			t.Errorf("%s: tenant %q, want %q", server, got, want)
		}
	}
}
