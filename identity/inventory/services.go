package inventory

import (
	"net/url"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// readGitHubPAT reads a fine-grained token of GET
// /orgs/{org}/personal-access-tokens. It is a credential of its owner.
func readGitHubPAT(c *converter) (*Entry, error) {
	p := c.plain
	login := text(at(c.cells, "owner", "login"))
	e := githubUser(first(login, text(p["owner"])))
	if id := text(at(c.cells, "owner", "id")); id != "" {
		e.Aliases = append(e.Aliases, "github:"+id)
	}
	e.Permissions = words(p["permissions"])
	k := Credential{
		KeyID: first(text(p["tokenid"]), text(p["id"])), Label: text(p["tokenname"]), Kind: "fine-grained personal access token", IssuedAt: c.date(fIssued, p["accessgrantedat"]),
		ExpiresAt: c.date(fExpires, p["tokenexpiresat"]), LastUsedAt: c.date(fUsed, p["tokenlastusedat"]), State: Active,
	}
	if asState(text(p["tokenexpired"])) == Active {
		k.State = Retired
	}
	e.LastAccessed = k.LastUsedAt
	e.Credentials = []Credential{k}
	return e, nil
}

// readGitHubSSO reads a credential of GET /orgs/{org}/credential-authorizations.
// The last characters of the token, which are there, are left out.
func readGitHubSSO(c *converter) (*Entry, error) {
	p := c.plain
	e := githubUser(text(p["login"]))
	e.Permissions = words(p["scopes"])
	e.LastAccessed = c.date(fUsed, p["credentialaccessedat"])
	e.Credentials = []Credential{{
		KeyID: first(text(p["fingerprint"]), text(p["authorizedcredentialid"]), text(p["credentialid"])), Label: first(text(p["authorizedcredentialnote"]), text(p["authorizedcredentialtitle"])),
		Kind: text(p["credentialtype"]), IssuedAt: c.date(fIssued, p["credentialauthorizedat"]), ExpiresAt: c.date(fExpires, p["authorizedcredentialexpiresat"]),
		LastUsedAt: e.LastAccessed, State: Active,
	}}
	return e, nil
}

// githubUser is the account that a personal token belongs to. Logins are unique.
func githubUser(login string) *Entry {
	return &Entry{Provider: "github", IdentityType: leak.HumanAccount, Name: login, ProviderID: login, Owners: []Owner{{Name: login, Kind: "person"}}, State: Active}
}

func isGitHubAudit(p map[string]any) bool {
	return p["action"] != nil && p["actor"] != nil && (p["timestamp"] != nil || p["createdat"] != nil || p["documentid"] != nil) && strings.Contains(text(p["action"]), ".")
}

// readGitHubAudit reads an event about a token; all others are left out.
func readGitHubAudit(c *converter) (*Entry, error) {
	p := c.plain
	action := text(p["action"])
	group, event, _ := strings.Cut(action, ".")
	switch group {
	case "personal_access_token", "org_credential_authorization", "oauth_access", "oauth_authorization":
	default:
		return nil, errIgnored
	}
	e := githubUser(first(text(p["user"]), text(p["actor"])))
	when := first(c.date(fUsed, p["timestamp"]), c.date(fUsed, p["createdat"]))
	e.LastAccessed = when
	if org := text(p["org"]); org != "" {
		e.Tenant = &record.Tenant{ID: org, Kind: "organization"}
	}
	k := Credential{
		KeyID: first(text(p["tokenid"]), text(p["userprogrammaticaccessid"])), Label: first(text(p["userprogrammaticaccessname"]), text(p["oauthapplicationname"])),
		Kind: first(text(p["programmaticaccesstype"]), strings.ReplaceAll(group, "_", " ")), ExpiresAt: c.date(fExpires, p["tokenexpiresat"]),
	}
	for _, end := range []string{"revoke", "destroy", "deauthorize", "expire"} {
		if strings.Contains(event, end) {
			k.State = Retired
		}
	}
	if strings.Contains(event, "create") || strings.Contains(event, "grant") {
		k.IssuedAt = when
	}
	if k.KeyID != "" {
		e.Credentials = []Credential{k}
	}
	return e, nil
}

// oktaOrg is the organisation, out of a link of an object.
func oktaOrg(c *converter) *record.Tenant {
	links, _ := c.plain["links"].(map[string]any)
	for _, key := range []string{"self", "users", "user", "deactivate", "groups"} {
		if u, err := url.Parse(text(at(links, key, "href"))); err == nil && u.Hostname() != "" {
			return &record.Tenant{ID: strings.ToLower(u.Hostname()), Kind: "organization"}
		}
	}
	return nil
}

// readOktaApp reads an application of GET /api/v1/apps.
func readOktaApp(c *converter) (*Entry, error) {
	p := c.plain
	client := first(text(at(c.cells, "credentials", "oauthClient", "client_id")), text(p["clientid"]))
	e := &Entry{
		Provider: "okta", IdentityType: leak.OAuthApp, Name: text(p["label"]), ProviderID: first(client, text(p["id"])), CreationDate: c.date(fCreated, p["created"]),
		Tenant: oktaOrg(c), Aliases: texts(p["id"]),
	}
	if text(at(c.cells, "settings", "oauthClient", "application_type")) == "service" {
		e.IdentityType = leak.ServiceAccount
	}
	if s := text(p["status"]); s != "" {
		e.setState(asState(s), "its status is "+s)
	}
	e.addOwners(at(c.cells, "profile", "owner"))
	return e, nil
}

// readOktaToken reads a token of GET /api/v1/api-tokens.
func readOktaToken(c *converter) (*Entry, error) {
	p := c.plain
	e := &Entry{
		Provider: "okta", IdentityType: leak.APIKey, Name: text(p["name"]), ProviderID: text(p["id"]), CreationDate: c.date(fCreated, p["created"]),
		Expiration: c.date(fExpires, p["expiresat"]), Tenant: oktaOrg(c), State: Active,
	}
	if user := text(p["userid"]); user != "" {
		e.Owners = []Owner{{Name: user, Kind: "person"}}
	}
	return e, nil
}

// readOktaUser reads a user of GET /api/v1/users, or a row of the report Okta Password
// Health: help.okta.com/oie/en-us/content/topics/reports/okta-password-health-report.htm.
func readOktaUser(c *converter) (*Entry, error) {
	profile, nested := c.plain["profile"].(map[string]any)
	if !nested { // a table has a column profile.login
		profile = map[string]any{}
		for _, k := range []string{"firstName", "lastName", "login", "email", "userType"} {
			profile[k] = c.plain["profile"+strings.ToLower(k)]
		}
	}
	name := strings.TrimSpace(text(profile["firstName"]) + " " + text(profile["lastName"]))
	created := c.plain["created"]
	if created == nil {
		created = c.plain["activationdate"]
	}
	if login := text(c.plain["login"]); login != "" && profile["login"] == nil {
		profile["login"], name = login, first(name, text(c.plain["user"]))
		if isAddress(login) {
			profile["email"] = login
		}
	}
	e := &Entry{
		Provider: "okta", IdentityType: leak.HumanAccount, Name: text(profile["login"]), Email: text(profile["email"]), ProviderID: text(c.plain["id"]),
		CreationDate: c.date(fCreated, created), LastAccessed: c.date(fUsed, c.plain["lastlogin"]), Tenant: oktaOrg(c),
		Owners: []Owner{{Name: name, Email: text(profile["email"]), Kind: "person"}},
	}
	if t := asType(text(profile["userType"])); t != leak.UnknownIdentity {
		e.IdentityType = t
	}
	if s := text(c.plain["status"]); s != "" {
		e.setState(asState(s), "its status is "+s)
	}
	return e, nil
}

// readServiceNow reads a configuration item. Columns have the names or the labels
// of the fields of cmdb_ci; of a reference the name is read, if it is there.
func readServiceNow(c *converter) (*Entry, error) {
	e, err := readGeneric(c)
	if err != nil {
		return nil, err
	}
	class := strings.ToLower(first(text(c.plain["sysclassname"]), text(c.plain["class"])))
	if e.IdentityType == leak.UnknownIdentity || e.IdentityType == "" {
		e.IdentityType = classType(class)
	}
	// The id of the item is ServiceNow's and no provider's.
	if id := text(c.plain["sysid"]); id != "" {
		if e.ProviderID == id {
			e.ProviderID = ""
		}
		e.Aliases = append(without(e.Aliases, id), "servicenow:"+id)
	}
	if n := len(e.Owners); n == 0 {
		for _, key := range []string{"ownedby", "supportgroup", "managedby"} {
			if _, reference := c.plain[key].(map[string]any); reference {
				c.note("%s has no name: export with sysparm_display_value=true", key)
				break
			}
		}
	}
	e.ID = ""
	return e, nil
}

// classType guesses the type of identity from the class of an item.
func classType(class string) leak.IdentityType {
	for _, w := range []struct {
		in string
		t  leak.IdentityType
	}{
		{"service_account", leak.ServiceAccount}, {"service account", leak.ServiceAccount}, {"service_principal", leak.ServicePrincipal}, {"service principal", leak.ServicePrincipal},
		{"certificate", leak.Certificate}, {"api", leak.APIKey}, {"bot", leak.Bot}, {"iot", leak.Device}, {"ssh", leak.SSHKey}, {"oauth", leak.OAuthApp},
	} {
		if strings.Contains(class, w.in) {
			return w.t
		}
	}
	return leak.UnknownIdentity
}

func without(list []string, s string) (out []string) {
	for _, e := range list {
		if e != s {
			out = append(out, e)
		}
	}
	return out
}
