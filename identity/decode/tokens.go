package decode

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// jetBrains reads permanent tokens of Hub, YouTrack and TeamCity's relatives:
// perm:<base64 login>.<base64 name>.<secret>, also with perm- in front.
func jetBrains(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "perm")
	if !ok || rest == "" || rest[0] != ':' && rest[0] != '-' {
		return nil
	}
	f := strings.Split(rest[1:], ".")
	if len(f) != 3 || f[2] == "" {
		return nil
	}
	login, ok := unbase64(f[0])
	name, also := unbase64(f[1])
	if !ok || !also || !printable(string(login)) || !printable(string(name)) {
		return nil
	}
	const form = "perm:<login in base64>.<name in base64>.<secret>"
	c := about("jetbrains", leak.HumanAccount, "permanent token", .97, form)
	c.who(string(login), form)
	if number, part, cut := strings.Cut(string(name), "-"); cut && isNumber(number) && isNumber(part) {
		c.add(leak.ClaimKeyID, string(name), form)
	} else {
		c.text(leak.ClaimLabel, string(name), form)
	}
	return c.list
}

// harness reads pat.<account>.<token id>.<secret>, and sat. for service accounts.
func harness(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, ".")
	if len(f) != 4 || !madeOf(f[1], "_-", 22, 22) || !madeOf(f[2], "", 24, 24) || !madeOf(f[3], "", 20, 20) {
		return nil
	}
	identity, kind := leak.HumanAccount, "personal access token"
	switch f[0] {
	case "pat":
	case "sat":
		identity, kind = leak.ServiceAccount, "service account token"
	default:
		return nil
	}
	form := f[0] + ".<account>.<token id>.<secret>"
	c := about("harness", identity, kind, .95, form)
	c.tenant(f[1], "account", form)
	c.add(leak.ClaimKeyID, f[2], form)
	return c.list
}

// dynatraceKinds are what the prefixes mean, as the reference lists them.
var dynatraceKinds = map[string]prefix{
	"dt0c01": {identity: leak.APIKey, kind: "access token of the API"},
	"dt0a01": {identity: leak.Device, kind: "token of an ActiveGate or agent"},
	"dt0s01": {identity: leak.APIKey, kind: "API token for SCIM, which provisions users", may: "manage"},
	"dt0s02": {identity: leak.OAuthApp, kind: "OAuth client of the account"},
	"dt0s03": {identity: leak.OAuthApp, kind: "OAuth client of a service or integration"},
	"dt0s04": {identity: leak.OAuthToken, kind: "token for linking chats and identities"},
	"dt0s06": {identity: leak.OAuthToken, kind: "OAuth refresh token"},
	"dt0s08": {identity: leak.OAuthApp, kind: "OAuth client of a service or integration"},
	"dt0s09": {identity: leak.OAuthToken, kind: "token for linking chats and identities"},
	"dt0s16": {identity: leak.APIKey, kind: "platform token"},
}

// dynatrace reads <kind>.<public id>.<secret>. The first two are meant for logs.
func dynatrace(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, ".")
	if len(f) != 3 || !madeOf(f[1], "", 8, 24) || !madeOf(f[2], "", 64, 64) {
		return nil
	}
	k, known := dynatraceKinds[f[0]]
	if !known && (!strings.HasPrefix(f[0], "dt0") || len(f[0]) != 6) {
		return nil
	}
	if !known {
		k = prefix{identity: leak.APIKey, kind: "token"}
	}
	form := f[0] + ".<public id>.<secret>"
	c := about("dynatrace", k.identity, k.kind, .95, form)
	c.add(leak.ClaimKeyID, f[0]+"."+f[1], form)
	c.add(leak.ClaimPermission, k.may, form)
	return c.list
}

// tailscaleKinds are what the words in keys mean.
var tailscaleKinds = map[string]prefix{
	"auth":    {identity: leak.Device, kind: "auth key, which lets machines join", may: "join"},
	"api":     {identity: leak.HumanAccount, kind: "API access token", may: "admin"},
	"client":  {identity: leak.OAuthApp, kind: "OAuth client secret"},
	"scim":    {identity: leak.APIKey, kind: "SCIM key, which provisions users", may: "manage"},
	"webhook": {identity: leak.Webhook, kind: "webhook secret"},
}

// tailscale reads tskey-<kind>-<key id>-<secret>.
func tailscale(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, "-")
	if len(f) < 3 || len(f) > 4 || f[0] != "tskey" {
		return nil
	}
	k, form := prefix{identity: leak.Device, kind: "key of the old form"}, "tskey-<key id>-<secret>"
	if len(f) == 4 {
		var known bool
		if k, known = tailscaleKinds[f[1]]; !known {
			return nil
		}
		form = "tskey-" + f[1] + "-<key id>-<secret>"
	}
	id := f[len(f)-2]
	if !madeOf(id, "", 6, 24) || len(f[len(f)-1]) < 10 {
		return nil
	}
	c := about("tailscale", k.identity, k.kind, .95, form)
	c.add(leak.ClaimKeyID, id, form)
	if f[1] == "client" {
		c.add(leak.ClaimID, id, form)
	}
	c.add(leak.ClaimPermission, k.may, form)
	return c.list
}

// airtable reads pat<14>.<64 hex>, whose first half is the token's id.
func airtable(in *Input) []leak.Evidence {
	id, secret, ok := strings.Cut(in.Value, ".")
	if !ok || !strings.HasPrefix(id, "pat") || !madeOf(id, "", 17, 17) || !isHex(secret, 64) {
		return nil
	}
	c := about("airtable", leak.HumanAccount, "personal access token", .9, "pat<id>.<secret>")
	c.add(leak.ClaimKeyID, id, "pat<id>.<secret>")
	return c.list
}

// asana reads 1/<user>:<secret> and 2/<user>/<token>:<secret>.
func asana(in *Input) []leak.Evidence {
	head, secret, ok := strings.Cut(in.Value, ":")
	f := strings.Split(head, "/")
	if !ok || !isHex(secret, 32) || len(f) < 2 || len(f) > 3 || !isNumber(f[1]) || len(f[1]) < 10 || f[0] != string(rune('0'+len(f)-1)) {
		return nil
	}
	form := "1/<user>:<secret>"
	if len(f) == 3 {
		form = "2/<user>/<token>:<secret>"
	}
	c := about("asana", leak.HumanAccount, "personal access token", .95, form)
	c.add(leak.ClaimID, f[1], form)
	if len(f) == 3 && isNumber(f[2]) {
		c.add(leak.ClaimKeyID, f[2], form)
	}
	return c.list
}

// postman reads PMAK-<24 hex>-<34 hex>. The first number has the form of an
// ObjectId, which begins with the time that it was made; that is an inference.
func postman(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, "-")
	if len(f) != 3 || f[0] != "PMAK" || !isHex(f[1], 24) || !isHex(f[2], 34) {
		return nil
	}
	c := about("postman", leak.HumanAccount, "API key", .7, "PMAK-<key id>-<secret>")
	c.add(leak.ClaimKeyID, f[1], "PMAK-<key id>-<secret>")
	raw, _ := hex.DecodeString(f[1][:8])
	made := time.Unix(int64(binary.BigEndian.Uint32(raw)), 0)
	if made.Year() >= 2012 && (in.Now.IsZero() || made.Before(in.Now)) {
		c.weight = .4
		c.time(leak.ClaimIssued, made, "the key id has the form of an ObjectId, which begins with a time")
	}
	return c.list
}

// mapbox reads pk., sk. and tk. tokens: the middle is a JSON document.
func mapbox(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, ".")
	if len(f) != 3 || !strings.HasPrefix(f[1], "eyJ") {
		return nil
	}
	kinds := map[string]prefix{
		"sk": {identity: leak.APIKey, kind: "secret access token"},
		"pk": {identity: leak.APIKey, kind: "public access token", may: "read-only"},
		"tk": {identity: leak.APIKey, kind: "temporary access token, of at most an hour"},
	}
	k, known := kinds[f[0]]
	raw, ok := unbase64(f[1])
	var doc struct{ U, A string }
	if !known || !ok || readJSON(raw, &doc) != nil || doc.U == "" {
		return nil
	}
	c := about("mapbox", k.identity, k.kind, .97, "begins with "+f[0]+".")
	c.add(leak.ClaimPermission, k.may, "begins with "+f[0]+".")
	c.who(doc.U, "u inside the token, the user name")
	if _, _, is := mailAddress(doc.U); !is && !secretish(doc.U) {
		c.tenant(doc.U, "account", "u inside the token")
	}
	c.add(leak.ClaimKeyID, doc.A, "a inside the token, the token's id")
	return c.list
}
