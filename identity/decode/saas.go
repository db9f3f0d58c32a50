package decode

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// sentryKinds are tokens that name nobody.
var sentryKinds = []prefix{
	{"sntryu_", 64, "sentry", leak.HumanAccount, "personal token", "", ""},
	{"sntrya_", 64, "sentry", leak.OAuthApp, "token of an internal integration", "", ""},
	{"sntryi_", 64, "sentry", leak.OAuthApp, "token of an integration", "", ""},
}

// sentryOrganization reads sntrys_<base64 JSON>_<secret> (sentry,
// utils/security/orgauthtoken_token.py). iat is a number with a fraction.
func sentryOrganization(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "sntrys_")
	body, _, cut := strings.Cut(rest, "_")
	if !ok || !cut {
		return nil
	}
	raw, ok := unbase64(body)
	var doc struct {
		Iat       float64
		URL       string
		RegionURL string `json:"region_url"`
		Org       string
	}
	if !ok || readJSON(raw, &doc) != nil || doc.Org == "" {
		return nil
	}
	const reason = "the document inside the token"
	c := about("sentry", leak.CIIdentity, "organization token", .95, reason)
	c.tenant(doc.Org, "organization", "org inside the token")
	c.add(leak.ClaimServer, urlHost(doc.URL), "url inside the token")
	if host := urlHost(doc.RegionURL); host != urlHost(doc.URL) {
		c.add(leak.ClaimRegion, host, "region_url inside the token")
	}
	if doc.Iat > 0 && doc.Iat < math.MaxInt32*8 {
		c.unix(leak.ClaimIssued, int64(doc.Iat), "iat inside the token")
	}
	c.add(leak.ClaimPermission, "org:ci", "organization tokens are for builds: releases and source maps")
	return c.list
}

// sentryDSN reads https://<public key>[:<secret>]@o<org>.ingest.<host>/<project>.
func sentryDSN(in *Input) []leak.Evidence {
	if !strings.HasPrefix(in.Value, "http") || !strings.Contains(in.Value, "@") {
		return nil
	}
	u, err := url.Parse(in.Value)
	if err != nil || u.User == nil || !isHex(u.User.Username(), 32) || !isNumber(strings.TrimPrefix(lastPath(u.Path), "/")) {
		return nil
	}
	c := about("sentry", leak.APIKey, "DSN, which is public and takes events", .95, "a DSN")
	c.add(leak.ClaimPermission, "send", "a DSN takes events")
	if _, has := u.User.Password(); has {
		c.add(leak.ClaimNote, "a DSN of the old form, with a secret", "a DSN")
	}
	c.add(leak.ClaimServer, u.Host, "host of the DSN")
	if org, _, ok := strings.Cut(u.Host, "."); ok && strings.HasPrefix(org, "o") && isNumber(org[1:]) {
		c.tenant(org[1:], "organization", "host of the DSN, o<organization>")
	}
	c.add(leak.ClaimID, lastPath(u.Path), "path of the DSN, the project")
	c.add(leak.ClaimScope, "project "+lastPath(u.Path), "path of the DSN, the project")
	return c.list
}

func lastPath(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// urlHost is the host of a URL, or empty.
func urlHost(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Host
}

// algoliaSecured reads secured API keys: base64 of an HMAC in hex and the
// restrictions as a query string.
func algoliaSecured(in *Input) []leak.Evidence {
	if len(in.Value) < 90 || !madeOf(in.Value, "+/=-_", 90, 8192) {
		return nil
	}
	raw, ok := unbase64(in.Value)
	if !ok || len(raw) < 64 || !isHex(string(raw[:64]), 64) || !printable(string(raw)) {
		return nil
	}
	query, err := url.ParseQuery(string(raw[64:]))
	if err != nil {
		return nil
	}
	known := false
	for _, key := range []string{"validUntil", "filters", "restrictIndices", "restrictSources", "userToken", "hitsPerPage", "tagFilters", "facetFilters"} {
		known = known || query.Has(key)
	}
	if !known {
		return nil
	}
	c := about("algolia", leak.APIKey, "secured search key", .9, "base64 of an HMAC and restrictions")
	c.add(leak.ClaimPermission, "read-only", "secured keys are for searching")
	if until, err := strconv.ParseInt(query.Get("validUntil"), 10, 64); err == nil {
		c.unix(leak.ClaimExpires, until, "validUntil inside the key")
	}
	c.text(leak.ClaimScope, prefixed("indices ", query.Get("restrictIndices")), "restrictIndices inside the key")
	c.text(leak.ClaimPermission, prefixed("filters ", query.Get("filters")), "filters inside the key")
	c.text(leak.ClaimPermission, prefixed("from ", query.Get("restrictSources")), "restrictSources inside the key")
	c.who(query.Get("userToken"), "userToken inside the key")
	return c.list
}

// elastic reads API keys, base64 of <id>:<key>, and cloud ids, <name>:<base64
// of host$elasticsearch$kibana>.
func elastic(in *Input) []leak.Evidence {
	v := strings.TrimPrefix(in.Value, "essu_")
	if name, code, ok := strings.Cut(v, ":"); ok {
		return elasticCloud(name, code)
	}
	raw, ok := []byte(nil), false
	if madeOf(v, "+/=-_", 40, 500) {
		raw, ok = unbase64(v)
	}
	id, key, cut := strings.Cut(string(raw), ":")
	if ok && cut && madeOf(id, "_-", 20, 20) && madeOf(key, "_-", 20, 90) {
		c := about("elastic", leak.APIKey, "API key", .9, "base64 of <id>:<key>")
		c.add(leak.ClaimKeyID, id, "base64 of <id>:<key>")
		return c.list
	}
	if v != in.Value && madeOf(v, "+/=-_", 60, 500) {
		return about("elastic", leak.APIKey, "API key of Elastic Cloud", .7, "begins with essu_").list
	}
	return nil
}

func elasticCloud(name, code string) []leak.Evidence {
	raw, ok := unbase64(code)
	f := strings.Split(string(raw), "$")
	if !ok || len(f) < 2 || len(f) > 3 || !strings.Contains(f[0], ".") || !isHex(f[1], 32) && !madeOf(f[1], "-_.", 4, 64) || !printable(string(raw)) {
		return nil
	}
	c := about("elastic", leak.UnknownIdentity, "cloud id, which is no secret", .9, "<name>:<base64 of host$elasticsearch$kibana>")
	c.tenant(f[1], "deployment", "elasticsearch's id inside the cloud id")
	c.text(leak.ClaimTenantName, name, "name in front of the cloud id")
	c.add(leak.ClaimServer, f[0], "host inside the cloud id")
	return c.list
}

// cloudflareTunnel reads base64 of {"a": account, "t": tunnel, "s": secret}
// (cloudflared, connection/connection.go: TunnelToken).
func cloudflareTunnel(in *Input) []leak.Evidence {
	if !strings.HasPrefix(in.Value, "eyJ") || strings.Contains(in.Value, ".") {
		return nil
	}
	raw, ok := unbase64(in.Value)
	var doc struct{ A, T, S string }
	if !ok || readJSON(raw, &doc) != nil || !isHex(doc.A, 32) || !isUUID(doc.T) || doc.S == "" {
		return nil
	}
	const reason = "the document inside the token"
	c := about("cloudflare", leak.ServiceAccount, "tunnel token, which runs a tunnel's connector", .97, reason)
	c.tenant(doc.A, "account", "a inside the token, the account")
	c.add(leak.ClaimID, doc.T, "t inside the token, the tunnel")
	c.add(leak.ClaimScope, "tunnel "+doc.T, "t inside the token, the tunnel")
	return c.list
}

// jfrog reads reference tokens: base64 of reftkn:<version>:<expiry>:<id>, an
// expiry of 0 being never.
func jfrog(in *Input) []leak.Evidence {
	if strings.HasPrefix(in.Value, "AKCp") && madeOf(in.Value, "", 60, 90) {
		return about("jfrog", leak.HumanAccount, "Artifactory API key, one of each user", .7, "begins with AKCp").list
	}
	if !strings.HasPrefix(in.Value, "cmVmdGtu") {
		return nil
	}
	raw, ok := unbase64(in.Value)
	f := strings.Split(string(raw), ":")
	if !ok || len(f) != 4 || f[0] != "reftkn" {
		return nil
	}
	const form = "base64 of reftkn:<version>:<expiry>:<secret>"
	c := about("jfrog", leak.APIKey, "reference token, which stands for an access token", .9, form)
	if until, err := strconv.ParseInt(f[2], 10, 64); err == nil && until > 0 {
		c.unix(leak.ClaimExpires, until, form)
	} else if err == nil {
		c.add(leak.ClaimNote, "never expires", form)
	}
	return c.list
}

// salesforce reads session ids and access tokens: <organization>!<secret>.
func salesforce(in *Input) []leak.Evidence {
	org, secret, ok := strings.Cut(in.Value, "!")
	if !ok || !strings.HasPrefix(org, "00D") || !madeOf(org, "", 15, 18) || !madeOf(secret, "._", 40, 200) {
		return nil
	}
	c := about("salesforce", leak.OAuthToken, "access token or session id", .9, "<organization>!<secret>")
	c.tenant(org, "organization", "<organization>!<secret>")
	return c.list
}
