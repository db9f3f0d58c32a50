package inventory

import (
	"slices"
	"strings"
	"testing"
)

// TestAligned: the tables that commands print are read as their JSON is.
func TestAligned(t *testing.T) {
	for text, want := range map[string][]string{
		"DISPLAY NAME                EMAIL                                  DISABLED\n" +
			"Größe der Zahlungen  (pay)  pay@acme-prod.iam.gserviceaccount.com  False\n" +
			"                            ci@acme-prod.iam.gserviceaccount.com   True\n" +
			"Old                         old@a.example.com.iam.gserviceaccount.com  False\n": {
			"pay@acme-prod.iam.gserviceaccount.com google acme-prod active", "ci@acme-prod.iam.gserviceaccount.com google acme-prod retired", "old@a.example.com.iam.gserviceaccount.com google  active"},
		"NAMESPACE   NAME      SECRETS   AGE\r\npay         default   0         5d\r\n\r\npay         api       1         5d\r\n": {
			"pay/default kubernetes  active", "pay/api kubernetes  active"},
		"NAME      SECRETS   AGE\napi       1         5d\n": {"api   "},
		"DisplayName    Id                                    AppId\n-------------  ------------------------------------  ------------------------------------\n" +
			"My mailer      99999999-2222-3333-4444-555555555555  11111111-2222-3333-4444-555555555555\n": {"My mailer azure  "},
		"\nName    Owner\npay     Pay Team\nbilling-of-many  Billing\nx   overlong  y\n": {"pay   ", "billing-of-many   "},
		"email,displayName,disabled\nci@acme-prod.iam.gserviceaccount.com,CI,False\n":    {"ci@acme-prod.iam.gserviceaccount.com google acme-prod active"},
		"name  owner\n": nil,
	} {
		var got []string
		for _, e := range entries(t, load(t, Options{}, text)) {
			tenant := ""
			if e.Tenant != nil {
				tenant = e.Tenant.ID
			}
			got = append(got, strings.Join([]string{e.Name, e.Provider, tenant, string(e.State)}, " "))
		}
		slices.Sort(got)
		slices.Sort(want)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q:\n%q, want\n%q", text, got, want)
		}
	}
}
