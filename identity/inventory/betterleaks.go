package inventory

import (
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// found are where Betterleaks' reports and what is made of them have an identity:
// in the row, in its finding, in what was found out of that.
var found = [][]string{{}, {"analysis"}, {"finding"}, {"finding", "analysis"}}

// betterleaksAt is the object of a row that has the identity, nil for none.
func betterleaksAt(cells map[string]any) map[string]any {
	for _, path := range found {
		m, _ := at(cells, path...).(map[string]any)
		if id, ok := m["identity"].(map[string]any); ok && (m["capabilities"] != nil || id["account"] != nil || id["username"] != nil) {
			return m
		}
	}
	return nil
}

// isBetterleaks knows a row with identity{id, username, name, email, account} and
// capabilities. The records of whosekey have an identity_type.
func isBetterleaks(p map[string]any) bool {
	if _, summary := p["scan"].(map[string]any); summary && p["schemaversion"] != nil {
		return true
	}
	m := betterleaksAt(p)
	return m != nil && at(m, "identity", "identity_type") == nil
}

// readBetterleaks reads what Betterleaks was told of whose a credential is.
// A capability that is not listed is not known, rather than missing.
func readBetterleaks(c *converter) (*Entry, error) {
	m := betterleaksAt(c.cells)
	if m == nil {
		return nil, errSilent // how the scan went
	}
	get := func(keys ...string) string { return text(at(m, append([]string{"identity"}, keys...)...)) }
	e := &Entry{
		ProviderID: get("id"), Name: first(get("username"), get("name"), get("email")), Email: get("email"),
		Permissions: words(m["capabilities"]), IdentityType: leak.UnknownIdentity, State: asState(text(m["status"])),
	}
	if id, name := get("account", "id"), get("account", "name"); id != "" || name != "" {
		e.Tenant = &record.Tenant{ID: id, Name: name, Kind: "account"}
	}
	if e.Email != "" && !strings.HasSuffix(strings.ToLower(e.Email), "gserviceaccount.com") {
		e.Owners = []Owner{{Name: first(get("name"), get("username")), Email: e.Email, Kind: "person"}}
	}
	rule := first(text(c.cells["rule_id"]), text(at(c.cells, "finding", "rule_id")), text(c.cells["RuleID"]))
	e.Provider = first(text(m["provider"]), text(c.cells["provider"]))
	if e.Provider == "" { // rules are called by provider and kind: github-pat
		e.Provider, _, _ = strings.Cut(rule, "-")
	}
	return e, nil
}
