package identity_test

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// What stands in one connection string or address with a key is said by the
// credential, not by its neighbourhood.
func TestConnectionStrings(t *testing.T) {
	ps, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rs := []identity.Resolver{identity.FromRules(ps), identity.FromItself(ps)}
	const key = "q7Tz1xLw0Pv4q7Tz1xLw0Pv4q7Tz1xLw0Pv4q7Tz1xLw0Pv="
	for _, c := range []struct{ rule, before, after, name, tenant string }{
		{"azure-shared-access-key", "BUS='Endpoint=sb://acme-bus.servicebus.windows.net/;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=", ";EntityPath=orders'\n", "RootManageSharedAccessKey", "acme-bus"},
		{"azure-shared-access-key", "HUB=HostName=acme-hub.azure-devices.net;DeviceId=sensor-7;SharedAccessKey=", "\n", "sensor-7", "acme-hub"},
		{"azure-account-key", "{\"db\": \"AccountEndpoint=https://acme-cosmos.documents.azure.com:443/;AccountKey=", ";\"}", "", "acme-cosmos"},
		{"azure-account-key", "DB=AccountEndpoint=https://${NAME}.documents.azure.com:443/;AccountKey=", ";", "", ""},
		{"azure-sas-token", "see https://acmepay.blob.core.windows.net/inv?", " for it", "acmepay", "acmepay"},
	} {
		secret := key
		if c.rule == "azure-sas-token" {
			secret = "sv=2022-11-02&ss=b&srt=co&sp=rwdl&st=2026-03-01T00:00:00Z&se=2027-03-01T00:00:00Z&spr=https&sig=" + strings.ReplaceAll(key, "=", "%3D")
		}
		f := &leak.Finding{ID: "a", Rule: leak.RuleInfo{ID: c.rule, Provider: "azure"}, Parts: leak.Parts{leak.SecretPart: leak.NewSecret(secret)}}
		if c.rule == "azure-sas-token" {
			f.Parts["account"] = leak.NewSecret("acmepay")
		}
		text := strings.Repeat("x = 1\n", 3) + c.before + secret + c.after
		q := &identity.Query{Finding: f, Now: now, Lose: func(string) {}, Places: []identity.Place{{Text: []byte(text), Start: strings.Index(text, secret), End: strings.Index(text, secret) + len(secret), FirstLine: 1}}}
		sure := map[string]float64{}
		for _, r := range rs {
			a, err := r.Resolve(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range a.Evidence {
				sure[e.Claim+"="+e.Value] = max(sure[e.Claim+"="+e.Value], e.Weight)
			}
			q.Known = append(q.Known, a.Evidence...)
		}
		for claim, value := range map[string]string{leak.ClaimName: c.name, leak.ClaimTenant: c.tenant} {
			if value != "" && sure[claim+"="+value] < 0.95 {
				t.Errorf("%s: %s=%s at %.2f", c.before, claim, value, sure[claim+"="+value])
			}
		}
		if con := identity.Conclude(q.Known); c.tenant == "" && con.Confidence > 0 {
			t.Errorf("%s: confidence %.2f", c.before, con.Confidence)
		}
	}
}
