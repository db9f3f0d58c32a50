package decode

import (
	"encoding/json"
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/internal/tokensum"
	"github.com/whosekey/whosekey/leak"
)

var (
	uuidForm    = lazy.New(`^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	entraIssuer = lazy.New(`^https://(?:sts\.windows\.net|sts\.chinacloudapi\.cn|login\.(?:microsoftonline\.com|microsoftonline\.us|chinacloudapi\.cn|partner\.microsoftonline\.cn))/([0-9a-fA-F-]{36})(?:/v2\.0)?/?$`)
)

// adminRoles are ids of directory roles in wids that may do much
// (https://learn.microsoft.com/en-us/entra/identity/role-based-access-control/permissions-reference).
var adminRoles = map[string]string{
	"62e90394-69f5-4237-9190-012177145e10": "Global Administrator",
	"e8611ab8-c189-46e8-94e1-60213ab1f814": "Privileged Role Administrator",
	"9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": "Application Administrator",
	"158c047a-c907-4556-b7ef-446551a6b5f7": "Cloud Application Administrator",
	"fe930be7-5e62-47db-91af-98c3a49a38b1": "User Administrator",
	"7be44c8a-adaf-4e2a-84d6-ab2649e08a13": "Privileged Authentication Administrator",
}

// entraToken reads tokens of Entra ID
// (https://learn.microsoft.com/en-us/entra/identity-platform/access-token-claims-reference).
// xms_mirid, the resource of a managed identity, is not among what is documented
// there.
func entraToken(v *voice, t *jwt) bool {
	m := entraIssuer.FindStringSubmatch(t.text("iss"))
	if m == nil || !uuidForm.MatchString(m[1]) {
		return false
	}
	v.say(leak.ClaimProvider, "azure", "the issuer is Entra ID")
	v.say(leak.ClaimKind, "Entra ID token", "the issuer is Entra ID")
	tenant := t.text("tid")
	if !uuidForm.MatchString(tenant) {
		tenant = m[1]
	}
	v.tenant("tenant", strings.ToLower(tenant), "the tenant inside the token")
	app, object := t.body.first("appid", "azp"), t.text("oid")
	switch mi := t.text("xms_mirid"); {
	case mi != "":
		v.say(leak.ClaimType, string(leak.ManagedIdentity), "xms_mirid inside the token: the resource of a managed identity")
		v.say(leak.ClaimName, mi[strings.LastIndexByte(mi, '/')+1:], "xms_mirid inside the token")
		v.say(leak.ClaimNote, prefixed("the managed identity is ", mi), "xms_mirid inside the token")
	case t.text("idtyp") == "app", object != "" && object == t.text("sub"), t.text("scp") == "" && app != "" && t.body.first("upn", "unique_name", "preferred_username", "name") == "":
		v.say(leak.ClaimType, string(leak.ServicePrincipal), "a token of an application itself")
		name := t.text("app_displayname")
		if name == "" {
			name = app
		}
		v.say(leak.ClaimName, name, "the application inside the token")
	default:
		v.say(leak.ClaimType, string(leak.HumanAccount), "a token of a person")
		v.say(leak.ClaimName, t.body.first("preferred_username", "upn", "unique_name", "name"), "the person inside the token")
		v.say(leak.ClaimHuman, t.text("name"), "the person inside the token")
	}
	v.say(leak.ClaimID, object, "oid inside the token")
	v.say(leak.ClaimScope, prefixed("application ", app), "the application inside the token")
	for _, id := range t.body.list("wids") {
		if role := adminRoles[strings.ToLower(id)]; role != "" {
			v.say(leak.ClaimPermission, role, "wids inside the token")
		}
	}
	return true
}

// readEntra reads the secrets of applications of Entra ID.
func readEntra(in *Input) []leak.Evidence {
	checked, ok := tokensum.EntraSecret(in.Value)
	if !ok {
		return nil
	}
	why, weight := "7Q~ in the fourth place", 0.8
	if checked {
		why, weight = "8Q~ in the fourth place, and its checksum is right", 0.85
	}
	v := of("azure", leak.ServicePrincipal, "client secret of an Entra ID application", weight, why)
	if id := in.part("client_id"); uuidForm.MatchString(id) {
		v.say(leak.ClaimID, strings.ToLower(id), "the application beside the secret")
	}
	if id := in.part("tenant_id"); uuidForm.MatchString(id) {
		v.tenant("tenant", strings.ToLower(id), "the tenant beside the secret")
	}
	return v.out
}

// readDevOps reads the older tokens of Azure DevOps.
func readDevOps(in *Input) []leak.Evidence {
	kind, ok := tokensum.DevOpsToken(in.Value)
	if !ok {
		return nil
	}
	why := "its checksum is that of tokens of a" + map[string]string{"user": " user", "application": "n application"}[kind]
	typ := leak.HumanAccount
	if kind == "application" {
		typ = leak.ServicePrincipal
	}
	v := of("azure", typ, "Azure DevOps "+kind+" personal access token, older form", 0.95, why)
	v.say(leak.ClaimNote, "it ends within a year", "a personal access token of Azure DevOps")
	if org := in.part("organization", "account"); org != "" {
		v.weigh(0.7, leak.ClaimTenant, org, "the organization beside the token")
		v.weigh(0.7, leak.ClaimTenantKind, "organization", "the organization beside the token")
	}
	return v.out
}

// acrToken reads refresh and access tokens of Azure Container Registry, by the claim sets
// in https://azure.github.io/acr/AAD-OAuth.html: of the directory of whoever logged in,
// who may be a person or a program.
func acrToken(v *voice, t *jwt) bool {
	if t.text("iss") != "Azure Container Registry" {
		return false
	}
	const why = "inside the token of Azure Container Registry"
	v.say(leak.ClaimProvider, "azure", "the issuer is Azure Container Registry")
	v.weigh(0.5, leak.ClaimType, string(leak.ServicePrincipal), "the issuer is Azure Container Registry")
	v.say(leak.ClaimKind, "Azure Container Registry token", "the issuer is Azure Container Registry")
	if tenant := t.text("tenant"); isUUID(tenant) {
		v.tenant("tenant", tenant, "tenant "+why)
	}
	if sub := t.text("sub"); isUUID(sub) {
		v.say(leak.ClaimID, sub, "sub "+why)
	}
	var permissions struct{ Actions []string }
	if json.Unmarshal(t.body["permissions"], &permissions) == nil {
		for _, p := range permissions.Actions[:min(len(permissions.Actions), maxItems)] {
			v.say(leak.ClaimPermission, p, "permissions "+why)
		}
	}
	return true
}
