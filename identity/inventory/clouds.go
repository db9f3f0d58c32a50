package inventory

import (
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/internal/awskey"
	"github.com/whosekey/whosekey/leak"
)

// readAWSReport reads a row of IAM's credential report, which has no ids of
// access keys: docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html.
func readAWSReport(c *converter) (*Entry, error) {
	p := c.plain
	e := &Entry{Provider: "aws", Name: text(p["user"]), ProviderID: text(p["arn"]), CreationDate: c.date(fCreated, p["usercreationtime"])}
	password := asState(text(p["passwordenabled"])) == Active
	e.IdentityType = personType(password || e.Name == "<root_account>")
	e.fromARN()
	live := password || e.Name == "<root_account>"
	used := []string{c.date(fUsed, p["passwordlastused"])}
	for _, n := range []string{"1", "2"} {
		for _, kind := range []string{"accesskey", "cert"} {
			state := asState(text(p[kind+n+"active"]))
			rotated := c.date(fRotated, p[kind+n+"lastrotated"])
			if state == "" || state == Retired && rotated == "" {
				continue
			}
			live = live || state == Active
			last := c.date(fUsed, p[kind+n+"lastuseddate"])
			used = append(used, last)
			words := map[string]string{"accesskey": "access key ", "cert": "signing certificate "}
			e.Credentials = append(e.Credentials, Credential{Kind: words[kind] + n, State: state, LastRotatedAt: rotated, LastUsedAt: last})
		}
	}
	for _, u := range used {
		e.LastAccessed = max(e.LastAccessed, u) // RFC 3339 in UTC sorts as text
	}
	e.State = Active
	if !live {
		e.setState(Retired, "none of its credentials is active")
	}
	return e, nil
}

// isAWSKey knows the rows of aws iam list-access-keys:
// docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyMetadata.html.
func isAWSKey(p map[string]any) bool {
	_, ok := awskey.Account(text(p["accesskeyid"]))
	return ok && p["username"] != nil && p["createdate"] != nil
}

// readAWSList reads a user or role of aws iam list-users, list-roles, and
// get-account-authorization-details, or a key of list-access-keys.
func readAWSList(c *converter) (*Entry, error) {
	p := c.plain
	if isAWSKey(p) {
		id := text(p["accesskeyid"])
		account, _ := awskey.Account(id)
		k := Credential{KeyID: id, State: asState(text(p["status"])), IssuedAt: c.date(fIssued, p["createdate"])}
		return &Entry{Provider: "aws", Name: text(p["username"]), IdentityType: leak.ServiceAccount, Tenant: &record.Tenant{ID: account, Kind: "account"}, Credentials: []Credential{k}}, nil
	}
	e := &Entry{
		Provider: "aws", Name: first(text(p["username"]), text(p["rolename"])), ProviderID: text(p["arn"]), CreationDate: c.date(fCreated, p["createdate"]),
		LastAccessed: first(c.date(fUsed, p["passwordlastused"]), c.date(fUsed, at(c.cells, "RoleLastUsed", "LastUsedDate"))),
		Aliases:      texts(first(text(p["userid"]), text(p["roleid"]))), IdentityType: leak.ServiceAccount,
	}
	if p["roleid"] != nil {
		e.IdentityType = leak.ManagedIdentity
	} else if p["passwordlastused"] != nil {
		e.IdentityType = leak.HumanAccount
	}
	policies, _ := p["attachedmanagedpolicies"].([]any)
	for _, one := range policies {
		if m, ok := one.(map[string]any); ok && text(m["PolicyName"]) != "" && len(e.Permissions) < maxList {
			e.Permissions = append(e.Permissions, text(m["PolicyName"]))
		}
	}
	e.tagged(p["tags"])
	e.fromARN()
	return e, nil
}

// tagged takes owner and environment out of tags: a map, or AWS's list of Key
// and Value.
func (e *Entry) tagged(v any) {
	set := func(key string, v any) {
		switch plainHeading(key) {
		case "owner", "team", "contact", "ownedby", "ownerteam", "squad":
			if !identity.Nobody(text(v)) {
				e.addOwners(v)
			}
		case "environment", "env", "stage":
			e.Environment = asEnvironment(text(v))
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"owner", "Owner", "team", "Team", "contact", "environment", "Environment", "env", "stage"} {
			if v[key] != nil {
				set(key, v[key])
			}
		}
	case []any:
		for _, t := range v {
			if m, ok := t.(map[string]any); ok {
				set(text(m["Key"]), m["Value"])
			}
		}
	}
}

// readGcloud reads a service account, or a key of one:
// cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.
func readGcloud(c *converter) (*Entry, error) {
	p := c.plain
	path := strings.Split(text(p["name"]), "/") // projects/P/serviceAccounts/EMAIL/keys/ID
	e := &Entry{Provider: "google", IdentityType: leak.ServiceAccount, Name: text(p["email"]), ProviderID: text(p["uniqueid"])}
	if len(path) >= 4 {
		e.Name = first(e.Name, path[3])
		if path[1] != "-" {
			e.Tenant = &record.Tenant{ID: path[1], Kind: "project"}
		}
	}
	id := text(p["projectid"])
	if host, ok := strings.CutSuffix(e.Name, ".iam.gserviceaccount.com"); ok && e.Tenant == nil { // the table has no project
		if _, host, _ = strings.Cut(host, "@"); !strings.Contains(host, ".") { // else a domain's: example.com:project
			id = first(id, host)
		}
	}
	if id != "" {
		e.Tenant = &record.Tenant{ID: id, Kind: "project"}
	}
	e.Email = e.Name
	e.Aliases = texts(p["oauth2clientid"])
	if len(path) == 6 && path[4] == "keys" {
		k := Credential{KeyID: path[5], Kind: text(p["keytype"]), IssuedAt: c.date(fIssued, p["validaftertime"]), ExpiresAt: c.date(fExpires, p["validbeforetime"])}
		if asState(text(p["disabled"])) == Active {
			k.State = Retired
		}
		e.Credentials = []Credential{k}
		return e, nil
	}
	e.Names = texts(p["displayname"])
	e.State = Active
	if asState(text(p["disabled"])) == Active {
		e.setState(Retired, "it is disabled")
	}
	return e, nil
}

// isKubectlTable knows the table of kubectl get serviceaccounts -A. Without -A it does
// not say the namespace.
func isKubectlTable(p map[string]any) bool {
	return p["namespace"] != nil && p["name"] != nil && p["secrets"] != nil && p["age"] != nil && len(p) <= 5
}

// readKubernetes reads a service account of a cluster. The identities of clouds
// that its annotations name are others, and its own names are unique only within
// the cluster, which the export does not name.
func readKubernetes(c *converter) (*Entry, error) {
	if kind := text(c.plain["kind"]); kind != "" && kind != "ServiceAccount" {
		return nil, errIgnored
	}
	meta, _ := c.plain["metadata"].(map[string]any)
	if isKubectlTable(c.plain) {
		meta = c.plain
	}
	name, ns := text(meta["name"]), first(text(meta["namespace"]), "default")
	if name == "" {
		return &Entry{}, nil
	}
	e := &Entry{
		Provider: "kubernetes", IdentityType: leak.ServiceAccount, Name: ns + "/" + name, ProviderID: text(meta["uid"]),
		CreationDate: c.date(fCreated, meta["creationTimestamp"]), State: Active,
	}
	for _, from := range []string{"labels", "annotations"} {
		if m, ok := meta[from].(map[string]any); ok {
			e.tagged(m)
		}
	}
	if shown, ok := meta["labels"].(string); ok { // --show-labels: a=b,c=d
		m := map[string]any{}
		for pair := range strings.SplitSeq(shown, ",") {
			if key, value, ok := strings.Cut(pair, "="); ok {
				m[key] = value
			}
		}
		e.tagged(m)
	}
	return e, nil
}

// readEntraApp reads an application or service principal of Entra. Secrets are
// there by their ids only; their hints are left out.
func readEntraApp(c *converter) (*Entry, error) {
	p := c.plain
	e := &Entry{
		Provider: "azure", IdentityType: leak.ServicePrincipal, Name: first(text(p["displayname"]), text(p["appdisplayname"])), ProviderID: first(text(p["appid"]), text(p["applicationid"]), text(p["applicationclientid"])),
		CreationDate: first(c.date(fCreated, p["createddatetime"]), c.date(fCreated, p["createdon"])),
		LastAccessed: first(c.date(fUsed, p["lastsignindatetime"]), c.date(fUsed, p["lastsignin"])),
		Aliases:      append(texts(first(text(p["id"]), text(p["objectid"]))), texts(p["identifieruris"])...),
	}
	if asType(text(p["serviceprincipaltype"])) == leak.ManagedIdentity || asType(text(p["applicationtype"])) == leak.ManagedIdentity {
		e.IdentityType = leak.ManagedIdentity
		for _, s := range texts(p["alternativenames"]) {
			if strings.HasPrefix(s, "/subscriptions/") {
				e.Aliases = append(e.Aliases, s)
			}
		}
	}
	if t := first(text(p["appownerorganizationid"]), text(p["appownertenantid"]), text(p["tenantid"])); t != "" {
		e.Tenant = &record.Tenant{ID: t, Kind: "tenant"}
	}
	for _, key := range []string{"owner", "owners", "ownedby", "createdby"} {
		e.addOwners(p[key])
	}
	e.State = asState(text(p["accountenabled"]))
	if e.State == Retired {
		e.StateReason = "sign-in is disabled"
	}
	e.Permissions = appRoles(p)
	for _, kind := range []string{"passwordcredentials", "keycredentials"} {
		secrets, _ := p[kind].([]any)
		for _, s := range secrets {
			if m, ok := s.(map[string]any); ok && len(e.Credentials) < maxKeys {
				e.Credentials = append(e.Credentials, Credential{
					KeyID: text(m["keyId"]), Label: text(m["displayName"]), Kind: strings.TrimSuffix(kind, "credentials"),
					IssuedAt: c.date(fIssued, m["startDateTime"]), ExpiresAt: c.date(fExpires, m["endDateTime"]),
				})
			}
		}
	}
	return e, nil
}

// appRoles are the permissions that columns of an export name.
func appRoles(p map[string]any) []string {
	for _, key := range []string{"permissions", "assignedpermissions", "scopes", "scope"} {
		if w := words(p[key]); len(w) > 0 {
			return w
		}
	}
	return nil
}

func readEntraUser(c *converter) (*Entry, error) {
	p := c.plain
	e := &Entry{
		Provider: "azure", IdentityType: leak.HumanAccount, Name: text(p["userprincipalname"]), Email: first(text(p["mail"]), text(p["userprincipalname"])),
		ProviderID: first(text(p["id"]), text(p["objectid"])), CreationDate: first(c.date(fCreated, p["createddatetime"]), c.date(fCreated, p["whencreated"])),
		LastAccessed: first(c.date(fUsed, at(c.cells, "signInActivity", "lastSignInDateTime")), c.date(fUsed, p["lastsignindatetime"]), c.date(fUsed, p["lastsignin"])),
		Names:        texts(p["displayname"]),
	}
	e.Owners = []Owner{{Name: text(p["displayname"]), Email: e.Email, Kind: "person"}}
	for _, key := range []string{"accountenabled", "blockcredential"} {
		if s := asState(text(p[key])); s != "" {
			if e.State = s; key == "blockcredential" && s == Active || key == "accountenabled" && s == Retired {
				e.setState(Retired, "sign-in is disabled")
			}
		}
	}
	return e, nil
}
