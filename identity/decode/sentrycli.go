package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// SentryDefaults is what the settings of Sentry's command line say of the token in
// them: its server, and the organization that it is for. They are .sentryclirc with
// sections, or sentry.properties with names such as defaults.org:
// docs.sentry.io/cli/configuration.
func SentryDefaults(text string) []leak.Evidence {
	if len(text) > maxValue {
		return nil
	}
	c := &told{weight: .9}
	for _, s := range settings(text) {
		name := s.key
		if s.section != "" {
			name = s.section + "." + s.key
		}
		if s.value == "" || len(s.value) > 200 || strings.ContainsAny(s.value, "${}<> ") {
			continue
		}
		switch name {
		case "defaults.org":
			c.add(leak.ClaimTenant, s.value, "defaults.org of the file")
			c.add(leak.ClaimTenantKind, "organization", "defaults.org of the file")
		case "defaults.url":
			c.add(leak.ClaimServer, urlHost(s.value), "defaults.url of the file")
		}
	}
	return c.list
}
