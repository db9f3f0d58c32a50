package decode

import (
	"slices"
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
	// https://support.atlassian.com/organization-administration/docs/update-a-product-url
	"atlassian": {lazy.New(`^([a-z0-9][a-z0-9-]{0,62})\.atlassian\.net$`), "account"},
	// https://developer.zendesk.com/api-reference/introduction/security-and-auth/
	"zendesk": {lazy.New(`^([a-z0-9][a-z0-9-]{0,62})\.zendesk\.com$`), "account"},
	"okta":    {lazy.New(`^([a-z0-9][a-z0-9-]{0,62}\.(?:okta|oktapreview|okta-emea|okta-gov)\.com)$`), "organization"},
	// https://auth0.com/docs/get-started/auth0-overview/create-tenants
	"auth0": {lazy.New(`^([a-z0-9-]{1,63}(?:\.[a-z]{2}(?:-[0-9])?)?\.auth0\.com)$`), "tenant"},
	// https://shopify.dev/docs/api/shopify-cli/store/store-auth
	"shopify": {lazy.New(`^([a-z0-9][a-z0-9-]{0,62}\.myshopify\.com)$`), "shop"},
}

// ofService are servers below those domains that are the service's own, by the first
// part of their names: https://auth0.com/docs/troubleshoot/customer-support/operational-policies/public-cloud-service-endpoints,
// and where the documentation of Zendesk and Okta is.
var ofService = map[string][]string{"auth0": {"manage", "auth0", "login", "cdn"}, "zendesk": {"developer", "support"}, "okta": {"developer", "help"}}

// Customer is the tenant of a provider whose own server a host is; empty for none. A
// port is left out.
func Customer(provider, host string) (tenant, kind string) {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	c, ok := customers[provider]
	first, _, _ := strings.Cut(host, ".")
	if !ok || slices.Contains(ofService[provider], first) {
		return "", ""
	}
	if m := c.host.FindStringSubmatch(host); m != nil {
		return m[1], c.kind
	}
	return "", ""
}
