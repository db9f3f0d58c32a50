package inventory

import (
	"slices"
	"strings"
)

// merge joins a later row to an earlier one of the same identity: what the later
// one says counts, what it does not say stays, lists are joined.
func merge(a, b *Entry) *Entry {
	m := *b
	for _, f := range []struct {
		to   *string
		from string
	}{
		{&m.Name, a.Name}, {&m.Owner, a.Owner}, {&m.CreationDate, a.CreationDate}, {&m.LastAccessed, a.LastAccessed}, {&m.Expiration, a.Expiration},
		{&m.Provider, a.Provider}, {&m.ProviderID, a.ProviderID}, {&m.Environment, a.Environment}, {&m.Email, a.Email},
	} {
		if *f.to == "" {
			*f.to = f.from
		}
	}
	if m.ID != a.ID {
		m.Aliases = append(m.Aliases, m.ID)
		m.ID = a.ID // the older one
	}
	if m.IdentityType == "unknown" {
		m.IdentityType = a.IdentityType
	}
	if m.State == "" {
		m.State, m.StateReason = a.State, a.StateReason
	}
	if m.RiskScore == nil {
		m.RiskScore = a.RiskScore
	}
	if m.Tenant == nil {
		m.Tenant = a.Tenant
	}
	if m.Review == nil {
		m.Review = a.Review
	}
	m.joinLists(a)
	return &m
}

// joinLists adds what the lists of an earlier row have.
func (m *Entry) joinLists(a *Entry) {
	for _, w := range a.Owners {
		if len(m.Owners) < maxPeople && !slices.ContainsFunc(m.Owners, func(o Owner) bool { return strings.EqualFold(o.text(), w.text()) }) {
			m.Owners = append(m.Owners, w)
		}
	}
	for _, k := range a.Credentials {
		if len(m.Credentials) < maxKeys && (k.KeyID == "" || !slices.ContainsFunc(m.Credentials, func(c Credential) bool { return c.KeyID == k.KeyID })) {
			m.Credentials = append(m.Credentials, k)
		}
	}
	m.Permissions = bounded(append(m.Permissions, a.Permissions...), maxList)
	if m.Permissions == nil {
		m.Permissions = []string{}
	}
	m.Aliases = without(bounded(append(m.Aliases, a.Aliases...), maxAliases), m.ID)
	m.Names = without(bounded(append(m.Names, a.Names...), maxNames), m.Name)
	m.Sources = bounded(append(a.Sources, m.Sources...), maxSources)
}

// reviewed takes off the owner whose review said that it is not theirs.
func (e *Entry) reviewed() {
	if e.Review == nil || e.Review.Decision != notMine || e.Review.Owner == "" {
		return
	}
	e.Owners = slices.DeleteFunc(e.Owners, func(o Owner) bool { return strings.EqualFold(o.text(), e.Review.Owner) })
	if strings.EqualFold(e.Owner, e.Review.Owner) {
		if e.Owner = ""; len(e.Owners) > 0 {
			e.Owner = e.Owners[0].text()
		}
	}
}
