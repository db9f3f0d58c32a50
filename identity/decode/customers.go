package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
)

// customer is how a service calls a customer by a server of its own.
type customer struct {
	host *lazy.RE // its first group is the tenant
	kind string
}

// customers are services that give each customer a name below their domain: the forms
// are those of the fields that name them beside credentials (package names).
var customers = map[string]customer{
	"atlassian": {lazy.New(`^([a-z0-9][a-z0-9-]{0,62})\.atlassian\.net$`), "account"}, // support.atlassian.com/organization-administration/docs/update-a-product-and-site-url
	"zendesk":   {lazy.New(`^([a-z0-9][a-z0-9-]{0,62})\.zendesk\.com$`), "account"},   // developer.zendesk.com/documentation/api-basics
	"okta":      {lazy.New(`^([a-z0-9][a-z0-9-]{0,62}\.(?:okta|oktapreview|okta-emea|okta-gov)\.com)$`), "organization"},
	"auth0":     {lazy.New(`^([a-z0-9][a-z0-9.-]{0,100}\.auth0\.com)$`), "tenant"},
	"shopify":   {lazy.New(`^([a-z0-9][a-z0-9-]{0,62}\.myshopify\.com)$`), "shop"},
}

// Customer is the tenant of a provider whose own server a host is; empty for none. A
// port is left out.
func Customer(provider, host string) (tenant, kind string) {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	c, ok := customers[provider]
	if !ok {
		return "", ""
	}
	if m := c.host.FindStringSubmatch(host); m != nil {
		return m[1], c.kind
	}
	return "", ""
}
