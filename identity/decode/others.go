package decode

import "slices"

// others are the decoders of all other credentials, and of files. It is a
// function because files hold credentials, which are decoded in turn.
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
		{"age", ageKeys}, {"nats", nats}, {"private-keys", privateKeys}, {"ssh", sshFiles}, {"jwk", jsonWebKeys},
		{"certificates", certificates}, {"pgp", pgp}, {"key-stores", keyStores}, {"wireguard", wireGuard},
		{"kubeconfig", kubeConfig}, {"docker-config", dockerConfig}, {"login-files", loginFiles}, {"xml", xmlFiles},
		{"urls", serverURLs}, {"parts", parts}, {"basic", basic}, {"dsn", dsn},
		{"terraform-state", terraformState}, {"sops", sops}, {"ansible-vault", ansibleVault},
		{"bootstrap-token", bootstrapToken}, {"rancher", rancher}, {"openshift", openShift}, {"docker-swarm", dockerSwarm}, {"hooks", hooks},
	})
}

var paymentDecoders = []decoder{
	byPrefix("payments", .7, payments), {"braintree", braintree}, {"plaid", plaid}, {"razorpay", razorpay},
	byPrefix("shopify", .8, shopifyKinds), {"shopify-shop", shopifyShop},
}
