package inventory

import (
	"slices"
	"strings"
)

const byCanonical = "canonical id"

// canonical says how much the canonical id that an entry was found by is worth: an
// id that this package made of a row says what the row's name and tenant say, but
// for one that somebody signed for.
func (m *Match) canonical() {
	e := m.Entry
	switch made := strings.EqualFold(m.On[0], canonical(e)); {
	case !made || e.Review != nil || e.ProviderID != "":
		m.By = byCanonical
	case e.Tenant != nil:
		m.By, m.Weight = "name and tenant", byNameTenant
	default:
		m.By, m.Weight = "name", byName
	}
}

// registries are providers whose software a registry of images or packages may be: a
// login to it does not say which.
var registries = []string{"docker", "harbor", "quay", "artifactory", "jfrog", "nexus", "sonatype", "gitlab", "gitea", "forgejo", "openshift", "zot"}

func ofRegistry(provider string) bool {
	provider, _, _ = strings.Cut(provider, "@")
	return slices.Contains(registries, provider)
}
