package decode

import (
	"slices"
	"strings"
)

// documents are the decoders of files. What one of them knows no decoder of
// single credentials is asked about: a file names identities that are not its own.
// It is a function because files hold credentials, which are decoded in turn.
func documents() []decoder {
	return []decoder{
		{"kubeconfig", kubeConfig}, {"docker-config", dockerConfig}, {"terraform-state", terraformState}, {"sops", sops},
		{"pem", pems}, {"pgp", pgp}, {"age", ageKeys}, {"nats", nats}, {"ssh", sshFiles}, {"jwk", jsonWebKeys}, {"key-stores", keyStores}, {"wireguard", wireGuard},
		{"login-files", loginFiles}, {"xml", xmlFiles}, {"ansible-vault", ansibleVault},
	}
}

// IsFile reports whether a value is a whole file of a kind that is read as
// such, and names more than one of its credentials could.
func IsFile(value string) bool {
	in := Input{Value: strings.TrimSpace(value)}
	if len(value) > maxValue {
		return false
	}
	for _, d := range documents() {
		switch d.name {
		case "pem", "pgp", "age", "ssh", "jwk", "key-stores":
			continue
		}
		if len(d.read(&in)) > 0 {
			return true
		}
	}
	return false
}

// others are the decoders of credentials that are not in the list cloud.
func others() []decoder {
	return slices.Concat(paymentDecoders, []decoder{
		{"openai", openAI}, {"anthropic", anthropic}, byPrefix("ai", .7, aiKinds),
		{"vault", vault}, {"terraform-cloud", terraformCloud}, byPrefix("doppler", .9, dopplerKinds), {"doppler-service", dopplerService}, {"1password", onePassword},
		{"package-index", packageIndex}, {"fly", fly},
		{"jetbrains", jetBrains}, {"harness", harness}, {"dynatrace", dynatrace}, {"tailscale", tailscale}, {"airtable", airtable},
		{"asana", asana}, {"postman", postman}, {"mapbox", mapbox},
		byPrefix("sentry", .7, sentryKinds), {"sentry-organization", sentryOrganization}, {"sentry-dsn", sentryDSN},
		{"algolia", algoliaSecured}, {"elastic", elastic}, {"cloudflare-tunnel", cloudflareTunnel}, {"jfrog", jfrog}, {"salesforce", salesforce},
		byPrefix("kinds", .6, kinds), {"newrelic", newRelicLicense}, {"launchdarkly", launchDarkly}, {"hubspot", hubSpot}, {"sourcegraph", sourcegraphInstance},
		{"notion", notionOld}, {"vercel-blob", vercelBlob}, {"1password-key", onePasswordKey},
		{"urls", serverURLs}, {"parts", parts}, {"basic", basic}, {"dsn", dsn}, {"driver-string", driverString},
		{"bootstrap-token", bootstrapToken}, {"rancher", rancher}, {"openshift", openShift}, {"docker-swarm", dockerSwarm}, {"hooks", hooks},
	})
}

var paymentDecoders = []decoder{
	byPrefix("payments", .7, payments), {"braintree", braintree}, {"plaid", plaid}, {"razorpay", razorpay},
	byPrefix("shopify", .8, shopifyKinds), {"shopify-shop", shopifyShop},
}
