package decode

import (
	"encoding/json"
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// readGrafana reads tokens of service accounts, of Grafana Cloud and old API
// keys (https://grafana.com/docs/grafana/latest/administration/service-accounts/,
// https://grafana.com/docs/grafana-cloud/security-and-account-management/authentication-and-permissions/access-policies/).
// That the latter two are JSON in base64 is not documented, and seen in all of
// them.
func readGrafana(in *Input) []leak.Evidence {
	t := in.Value
	switch {
	case len(t) > 1024:
		return nil
	case strings.HasPrefix(t, "glsa_"):
		if len(t) != 46 || !only(t[5:37], alphanum) || !only(strings.ToLower(t[38:]), lowHex) {
			return nil
		}
		if !tokensum.Grafana(t) {
			return wrongSum("grafana", "the prefix glsa_, but not the checksum")
		}
		return of("grafana", leak.ServiceAccount, "service account token", 0.9, "the prefix glsa_, and its checksum is right").out
	case strings.HasPrefix(t, "glc_"):
		return grafanaCloud(t[4:])
	case strings.HasPrefix(t, "eyJrIjoi"):
		return grafanaLegacy(t)
	}
	return nil
}

func grafanaCloud(body string) []leak.Evidence {
	var t struct {
		O json.RawMessage `json:"o"` // a number, mostly as text
		N string          `json:"n"`
		K string          `json:"k"`
		M struct {
			R string `json:"r"`
		} `json:"m"`
	}
	raw, ok := anyBase64(body)
	if !ok || json.Unmarshal(raw, &t) != nil || t.K == "" {
		return nil
	}
	const why = "the prefix glc_, and JSON in base64"
	v := of("grafana", leak.ServiceAccount, "Grafana Cloud access policy token", 0.95, why)
	if org := strings.Trim(string(t.O), `"`); only(org, decimal) && len(org) < 20 {
		v.tenant("organization", org, "the organization's id inside the token")
	}
	if !strings.Contains(t.N, t.K) {
		v.say(leak.ClaimName, t.N, "the names of the access policy and of the token inside it")
		v.say(leak.ClaimLabel, t.N, "the token's name inside it")
	}
	v.say(leak.ClaimRegion, t.M.R, "the region inside the token")
	return v.out
}

func grafanaLegacy(body string) []leak.Evidence {
	var t struct {
		K  string `json:"k"`
		N  string `json:"n"`
		ID *int64 `json:"id"`
	}
	raw, ok := anyBase64(body)
	if !ok || json.Unmarshal(raw, &t) != nil || t.K == "" || t.N == "" || t.ID == nil {
		return nil
	}
	v := of("grafana", leak.APIKey, "Grafana API key of the old kind", 0.9, "JSON with k, n and id in base64")
	v.tenant("organization", jsonNumber(*t.ID), "the organization's id inside the key")
	if !strings.Contains(t.N, t.K) {
		v.say(leak.ClaimName, t.N, "the key's name inside it")
		v.say(leak.ClaimLabel, t.N, "the key's name inside it")
	}
	return v.out
}
