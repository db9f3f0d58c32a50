package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// besides are what the pieces that rules cut out around a credential are, by
// their names.
var besides = []struct{ part, claim, kind string }{
	{"key_id", leak.ClaimKeyID, ""}, {"token_id", leak.ClaimKeyID, ""}, {"access_key", leak.ClaimKeyID, ""}, {"access_id", leak.ClaimKeyID, ""}, {"public_key", leak.ClaimKeyID, ""},
	{"client_id", leak.ClaimID, ""}, {"app_id", leak.ClaimID, ""}, {"bot_id", leak.ClaimID, ""}, {"role_id", leak.ClaimID, ""}, {"id", leak.ClaimID, ""},
	{"account", leak.ClaimTenant, "account"}, {"account_id", leak.ClaimTenant, "account"}, {"organization", leak.ClaimTenant, "organization"}, {"team", leak.ClaimTenant, "team"},
	{"tenant_id", leak.ClaimTenant, "tenant"}, {"tenant", leak.ClaimTenant, "tenant"}, {"merchant", leak.ClaimTenant, "merchant"}, {"shop", leak.ClaimTenant, "shop"},
	{"store", leak.ClaimTenant, "store"}, {"project", leak.ClaimTenant, "project"}, {"space_id", leak.ClaimTenant, "space"}, {"subdomain", leak.ClaimTenant, "account"}, {"group", leak.ClaimTenant, "team"},
	{"user", leak.ClaimName, ""}, {"email", leak.ClaimName, ""}, {"client_email", leak.ClaimName, ""}, {"app", leak.ClaimName, ""}, {"key_name", leak.ClaimLabel, ""}, {"device", leak.ClaimName, ""},
	{"region", leak.ClaimRegion, ""}, {"data_center", leak.ClaimRegion, ""}, {"host", leak.ClaimServer, ""}, {"domain", leak.ClaimServer, ""}, {"registry", leak.ClaimServer, ""},
	{"database", leak.ClaimScope, ""}, {"service", leak.ClaimService, ""}, {"env", leak.ClaimEnvironment, ""}, {"config", leak.ClaimEnvironment, ""},
}

// beside is what the pieces around a credential say that nothing else did.
func beside(in *Input, said []leak.Evidence) []leak.Evidence {
	known := map[string]bool{}
	for _, e := range said {
		known[e.Claim] = true
	}
	c := &told{weight: .75}
	for _, b := range besides {
		value := unescape(in.Parts[b.part])
		if value == "" || known[b.claim] || value == in.Value || strings.ContainsAny(value, "${}<>") || googlesOwn(value) {
			continue
		}
		if strings.HasPrefix(value, "core.") && b.part == "domain" { // an endpoint suffix of Azure: hosts are ACCOUNT.SERVICE.core.windows.net
			if value = in.part("account") + ".*." + value; value[0] == '.' {
				continue
			}
		}
		before := len(c.list)
		reason := "the " + strings.ReplaceAll(b.part, "_", " ") + " beside it"
		switch b.claim {
		case leak.ClaimName:
			c.who(value, reason)
		case leak.ClaimEnvironment:
			c.add(b.claim, envWords[value], reason)
		case leak.ClaimTenant:
			c.tenant(value, b.kind, reason)
		case leak.ClaimScope:
			c.text(b.claim, b.part+" "+value, reason)
		case leak.ClaimKeyID, leak.ClaimID:
			c.add(b.claim, value, reason)
		default:
			c.text(b.claim, value, reason)
		}
		known[b.claim] = len(c.list) > before
	}
	return c.list
}
