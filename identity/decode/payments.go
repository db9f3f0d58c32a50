package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// payments are credentials of payment providers and shops. Square's EAAA tokens
// are alike in the sandbox and outside, their applications' ids are not
// (developer.squareup.com/forums/t/not-authorized-for-oauth-in-sandbox/15379).
var payments = []prefix{
	{"sq0atp-", 22, "square", leak.APIKey, "personal access token", "admin", "prod"},
	{"sq0csp-", 43, "square", leak.OAuthApp, "OAuth application secret", "", "prod"},
	{"sandbox-sq0atp-", 22, "square", leak.APIKey, "sandbox personal access token", "admin", "sandbox"},
	{"sandbox-sq0csp-", 43, "square", leak.OAuthApp, "sandbox OAuth application secret", "", "sandbox"},
	{"sandbox-sq0atb-", 22, "square", leak.APIKey, "sandbox access token", "", "sandbox"},
	{"sandbox-sq0csb-", 43, "square", leak.OAuthApp, "sandbox OAuth application secret", "", "sandbox"},
	{"sandbox-sq0idb-", 22, "square", leak.OAuthApp, "application id, which is no secret", "", "sandbox"},
	{"sq0idp-", 22, "square", leak.OAuthApp, "application id, which is no secret", "", "prod"},
	{"EAAA", 60, "square", leak.OAuthToken, "access token", "", ""},
	{"A21AA", 60, "paypal", leak.OAuthToken, "REST access token", "", ""},
	{"EZAK", 54, "easypost", leak.APIKey, "production API key", "", "prod"},
	{"EZTK", 54, "easypost", leak.APIKey, "test API key", "", "test"},
	{"FLWSECK_TEST-", 12, "flutterwave", leak.APIKey, "test secret key", "", "test"},
	{"FLWSECK-", 32, "flutterwave", leak.APIKey, "secret key", "", "prod"},
	{"FLWPUBK_TEST-", 32, "flutterwave", leak.APIKey, "test public key", "", "test"},
	{"FLWPUBK-", 32, "flutterwave", leak.APIKey, "public key", "", "prod"},
}

// braintree reads access_token$<environment>$<merchant>$<secret>.
func braintree(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, "$")
	if len(f) != 4 || f[0] != "access_token" || !madeOf(f[2], "", 8, 32) || len(f[3]) < 16 {
		return nil
	}
	env := envWords[f[1]]
	if env == "" {
		return nil
	}
	const form = "access_token$<environment>$<merchant>$<secret>"
	c := about("braintree", leak.OAuthToken, "access token", .95, form)
	c.add(leak.ClaimEnvironment, env, form)
	c.add(leak.ClaimID, f[2], form)
	c.tenant(f[2], "merchant", form)
	return c.list
}

// plaid reads <what>-<environment>-<uuid>.
func plaid(in *Input) []leak.Evidence {
	what, rest, _ := strings.Cut(in.Value, "-")
	env, id, ok := strings.Cut(rest, "-")
	if !ok || !isUUID(id) || envWords[env] == "" {
		return nil
	}
	kind := map[string]string{
		"access": "access token of a linked account", "public": "public token, which is exchanged once",
		"link": "link token, for a browser", "processor": "processor token of a linked account",
	}[what]
	if kind == "" {
		return nil
	}
	const form = "<kind>-<environment>-<uuid>"
	c := about("plaid", leak.OAuthToken, kind, .7, form)
	c.add(leak.ClaimEnvironment, envWords[env], form)
	return c.list
}

// razorpay reads key ids, which stand beside their secrets.
func razorpay(in *Input) []leak.Evidence {
	id, reason := in.Value, "rzp_<mode>_<id>"
	if part := in.Parts["key_id"]; strings.HasPrefix(part, "rzp_") {
		id, reason = part, "the key id beside it, rzp_<mode>_<id>"
	}
	mode, tail, ok := strings.Cut(strings.TrimPrefix(id, "rzp_"), "_")
	if !ok || !strings.HasPrefix(id, "rzp_") || envWords[mode] == "" || !madeOf(tail, "", 10, 24) {
		return nil
	}
	c := about("razorpay", leak.APIKey, "API key", .8, reason)
	c.add(leak.ClaimKeyID, id, reason)
	c.add(leak.ClaimEnvironment, envWords[mode], reason)
	return c.list
}

// shopifyKinds are what shp prefixes mean.
var shopifyKinds = []prefix{
	{"shpat_", 32, "shopify", leak.OAuthApp, "Admin API access token of an app", "", ""},
	{"shpca_", 32, "shopify", leak.OAuthApp, "access token of a custom app", "", ""},
	{"shppa_", 32, "shopify", leak.OAuthApp, "password of a private app", "", ""},
	{"shpss_", 32, "shopify", leak.OAuthApp, "client secret of an app, which also signs webhooks", "", ""},
	{"shpua_", 32, "shopify", leak.OAuthToken, "user access token of an app", "", ""},
	{"shptka_", 32, "shopify", leak.HumanAccount, "Theme Access password", "write-themes", ""},
}

// shopifyShop takes the shop that stood near the token.
func shopifyShop(in *Input) []leak.Evidence {
	shop := in.Parts["shop"]
	if shop == "" || !strings.HasPrefix(in.Value, "shp") {
		return nil
	}
	c := &told{weight: .8}
	if name, ok := strings.CutSuffix(shop, ".myshopify.com"); ok {
		shop = name
	}
	c.tenant(shop, "shop", "the shop beside it")
	c.add(leak.ClaimServer, shop+".myshopify.com", "the shop beside it")
	return c.list
}
