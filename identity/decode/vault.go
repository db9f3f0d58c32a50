package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

// vault reads tokens of HashiCorp Vault. Those of servers from 1.10 on carry a
// signed protobuf message (hashicorp/vault, vault/tokens/token.proto), and behind
// a dot the id of the namespace if that is not the root.
func vault(in *Input) []leak.Evidence {
	kinds := []prefix{
		{"hvs.", 0, "vault", leak.ServiceAccount, "service token", "", ""},
		{"hvb.", 0, "vault", leak.ServiceAccount, "batch token, which cannot be renewed or revoked", "", ""},
		{"hvr.", 0, "vault", leak.ServiceAccount, "recovery token", "admin", ""},
	}
	for _, k := range kinds {
		body, ok := strings.CutPrefix(in.Value, k.start)
		if !ok {
			continue
		}
		body, namespace, _ := strings.Cut(body, ".")
		if !madeOf(body, "-_", 24, 400) || namespace != "" && !madeOf(namespace, "", 5, 6) {
			return nil
		}
		weight, reason := .7, "begins with "+k.start
		if k.start == "hvs." && tokensum.VaultSigned(body) {
			weight, reason = .8, reason+" and holds a signed token message"
		}
		c := about(k.provider, k.identity, k.kind, weight, reason)
		c.add(leak.ClaimPermission, k.may, reason)
		c.tenant(namespace, "namespace", "the namespace id behind the dot")
		return c.list
	}
	if body, ok := strings.CutPrefix(in.Value, "s."); ok && (strings.HasPrefix(in.Rule, "vault") || in.Rule == "" && in.depth == 0) {
		body, namespace, _ := strings.Cut(body, ".")
		weight := .7
		if in.Rule == "" { // what begins so need not be one
			weight = .5
		}
		if madeOf(body, "", 24, 24) && mixedCase(body) {
			c := about("vault", leak.ServiceAccount, "service token of a server before 1.10", weight, "begins with s.")
			c.tenant(namespace, "namespace", "the namespace id behind the dot")
			return c.list
		}
	}
	return nil
}

// mixedCase reports whether a text has small and capital letters and digits, as
// nearly all that are random do.
func mixedCase(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ToLower(s) != s && strings.ToUpper(s) != s
}

// terraformCloud reads <14>.atlasv1.<secret>.
func terraformCloud(in *Input) []leak.Evidence {
	head, tail, ok := strings.Cut(in.Value, ".atlasv1.")
	if !ok || !madeOf(head, "", 14, 14) || !madeOf(tail, "_=-", 50, 90) {
		return nil
	}
	return about("terraform", leak.APIKey, "HCP Terraform API token (user, team or organization)", .7, "has .atlasv1. in it").list
}

// dopplerKinds are the kinds of Doppler tokens, but for service tokens.
var dopplerKinds = []prefix{
	{"dp.pt.", 40, "doppler", leak.HumanAccount, "personal token", "", ""},
	{"dp.ct.", 40, "doppler", leak.HumanAccount, "token of the command line", "", ""},
	{"dp.said.", 40, "doppler", leak.WorkloadIdentity, "short-lived token of a service account identity", "", ""},
	{"dp.sa.", 40, "doppler", leak.ServiceAccount, "service account token", "", ""},
	{"dp.scim.", 40, "doppler", leak.APIKey, "SCIM token, which provisions users", "manage", ""},
	{"dp.audit.", 40, "doppler", leak.APIKey, "audit token", "read-only", ""},
}

// dopplerService reads dp.st.<config>.<secret>. Service tokens open one config
// of a project; old ones do not name it.
func dopplerService(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "dp.st.")
	if !ok {
		return nil
	}
	config := ""
	if i := strings.LastIndexByte(rest, '.'); i >= 0 {
		config, rest = rest[:i], rest[i+1:]
	}
	if !madeOf(rest, "", 40, 44) || config != "" && !madeOf(config, "_-", 1, 60) {
		return nil
	}
	c := about("doppler", leak.ServiceAccount, "service token of one config", .9, "begins with dp.st.")
	c.add(leak.ClaimPermission, "read-secrets", "service tokens read the secrets of a config")
	if config == "" {
		return c.list
	}
	const reason = "the config's name inside the token"
	c.add(leak.ClaimName, config, reason)
	c.add(leak.ClaimScope, "config "+config, reason)
	root, _, _ := strings.Cut(config, "_")
	c.add(leak.ClaimEnvironment, envWords[root], reason)
	return c.list
}

// onePassword reads service account tokens: base64 of a JSON document with the
// account's address, the keys and the account's e-mail address, which is its name.
func onePassword(in *Input) []leak.Evidence {
	body, ok := strings.CutPrefix(in.Value, "ops_")
	if !ok {
		return nil
	}
	raw, ok := unbase64(body)
	var doc struct{ SignInAddress, Email, DeviceUUID string }
	if !ok || readJSON(raw, &doc) != nil || doc.SignInAddress == "" {
		return nil
	}
	c := about("1password", leak.ServiceAccount, "service account token", .97, "the document inside the token")
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(doc.SignInAddress, "https://"), "http://"), "/")
	c.tenant(host, "account", "signInAddress inside the token")
	c.add(leak.ClaimServer, host, "signInAddress inside the token")
	c.who(doc.Email, "email inside the token")
	if id, domain, ok := mailAddress(doc.Email); ok && domain == "1passwordserviceaccounts.com" {
		c.add(leak.ClaimID, id, "email inside the token")
	}
	c.add(leak.ClaimPermission, "read-secrets", "service accounts read the vaults that they were given")
	return c.list
}
