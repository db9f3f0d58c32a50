package inventory

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/whosekey/whosekey/leak"
)

// field is one of the things that a column can be.
type field string

// The fields that a column can be mapped to.
const (
	fID         field = "id"
	fType       field = "identity_type"
	fName       field = "name"
	fOwner      field = "owner"
	fOwnerEmail field = "owner_email"
	fCreated    field = "creation_date"
	fUsed       field = "last_accessed"
	fPerms      field = "permissions"
	fRisk       field = "risk_score"
	fExpires    field = "expiration"
	fProvider   field = "provider"
	fProviderID field = "provider_id"
	fTenant     field = "tenant"
	fTenantName field = "tenant_name"
	fTenantKind field = "tenant_kind"
	fEnv        field = "environment"
	fState      field = "state"
	fDisabled   field = "disabled"
	fEmail      field = "email"
	fAliases    field = "aliases"
	fKeyID      field = "key_id"
	fLabel      field = "label"
	fRotated    field = "last_rotated"
	fIssued     field = "issued"
	fDecision   field = "decision"
	fReviewer   field = "reviewer"
	fReviewed   field = "reviewed"
	fComment    field = "comment"
	fIgnore     field = "-"
)

// fields lists those that --map knows.
var fields = []field{
	fID, fType, fName, fOwner, fOwnerEmail, fCreated, fUsed, fPerms, fRisk, fExpires, fProvider, fProviderID, fTenant, fTenantName, fTenantKind,
	fEnv, fState, fDisabled, fEmail, fAliases, fKeyID, fLabel, fRotated, fIssued, fDecision, fReviewer, fReviewed, fComment, fIgnore,
}

// headings are the names of columns that are understood without --map, without
// case and without what is no letter or digit. Where two columns of a table are
// the same field, the one whose name stands first here wins; further owners are
// kept as well. owner-email to last-used-date are GitHub's names.
var headings = []struct {
	field field
	names string
}{
	{fID, "id canonicalid nhiid"},
	{fType, "identitytype nhitype accounttype principaltype usertype objecttype type kind credentialtype sysclassname class"},
	{fName, "name identityname accountname serviceaccountname serviceaccount displayname username userprincipalname principalname rolename login secretname clientname appname app application applicationname title identity user"},
	{fOwner, "owner ownername ownerteam ownedby team owningteam owningteamname ownergroup managedby responsible responsibleteam supportgroup assignmentgroup managedbygroup changegroup approvalgroup businessowner technicalowner custodian steward contact assignedto manager createdby"},
	{fOwnerEmail, "owneremail ownermail contactemail owneremailaddress"},
	{fCreated, "creationdate created createdat createdon createddate createddatetime createdtime createtime creationtime creationtimestamp syscreatedon whencreated usercreationtime datecreated"},
	{fUsed, "lastaccessed lastaccess lastused lastuseddate lastusedat lastuse lastusedon lastlogin lastsignin lastsignindatetime lastactivity lastactivitydate lastauthenticated lastauthenticatedat lastseen"},
	{fPerms, "permissions permission scopes scope oauthscopes roles role entitlements privileges policies attachedpolicies access grants"},
	{fRisk, "riskscore risk score"},
	{fExpires, "expiration expirationdate expires expiresat expireson expiry expirydate secretexpirationdate enddate enddatetime validuntil validto notafter tokenexpiresat"},
	{fProvider, "provider cloudprovider cloud platform vendor system targetsystem saas idp"},
	{fProviderID, "providerid arn externalid objectid uniqueid clientid applicationid applicationclientid appid principalid resourceid userid nativeid"},
	{fTenant, "tenant tenantid accountid account awsaccount awsaccountid project projectid organizationid organisationid orgid subscription subscriptionid workspaceid workspace cluster domain organization organisation org company"},
	{fTenantName, "tenantname organizationname organisationname orgname accountalias workspacename projectname clustername"},
	{fTenantKind, "tenantkind tenanttype"},
	{fEnv, "environment env stage usedfor lifecyclestage tier"},
	{fState, "state status lifecycle lifecyclestatus lifecyclestate operationalstatus installstatus hardwarestatus enabled active isactive isenabled accountenabled accountstatus accountstate"},
	{fDisabled, "disabled isdisabled inactive deactivated retired"},
	{fEmail, "email mail emailaddress serviceaccountemail clientemail"},
	{fAliases, "aliases alias othernames alsoknownas correlationid sysid assettag"},
	{fKeyID, "keyid secretid accesskeyid credentialid keyids accesskeyids privatekeyid fingerprint thumbprint tokenid"},
	{fLabel, "label credentiallabel tokenname keyname credentialname"},
	{fRotated, "lastrotated lastrotatedat rotated rotatedat lastrotation lastrotationdate accesskeylastrotated passwordlastset pwdlastset passwordlastchanged"},
	{fIssued, "issued issuedat secretissueddate issuedate keycreated keycreatedat"},
	{fDecision, "decision keeprotaterevokenotmine reviewdecision"},
	{fReviewer, "reviewer reviewedby signedoffby"},
	{fReviewed, "reviewed reviewdate revieweddate reviewedat reviewedon signedoffon"},
	{fComment, "comment reviewcomment"},
}

// rank is a column's field, and how good its name is for that: lower is better.
type rank struct {
	field field
	order int
}

var byHeading = func() map[string]rank {
	m := map[string]rank{}
	for _, h := range headings {
		for i, name := range strings.Fields(h.names) {
			m[name] = rank{h.field, i}
		}
	}
	return m
}()

// plainHeading is the name of a column without what people vary.
func plainHeading(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// texts is what a cell says, as texts: of an object its name, of a list all. It
// is one or more cells' worth of an owner, a list of permissions.
func texts(v any) []string {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		if v = strings.TrimSpace(v); v == "" || len(v) < 16 && nothing[strings.ToLower(v)] {
			return nil
		}
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var out []string
		for _, e := range v {
			if out = append(out, texts(e)...); len(out) > maxList {
				break
			}
		}
		return out
	case map[string]any:
		// A reference of ServiceNow without its name is nothing to show.
		if _, link := v["link"]; link && v["display_value"] == nil && v["name"] == nil {
			return nil
		}
		for _, key := range []string{"login", "name", "display_value", "displayName", "userPrincipalName", "email", "mail", "id", "value"} {
			if s := texts(v[key]); len(s) > 0 {
				return s[:1]
			}
		}
	}
	return nil
}

// nothing are the words that exports write where there is nothing. The last four
// are those of AWS's credential report.
var nothing = map[string]bool{"null": true, "none": true, "nil": true, "-": true, "--": true, "n/a": true, "no_information": true, "not_supported": true, "(empty)": true, "undefined": true}

func text(v any) string {
	if s := texts(v); len(s) > 0 {
		return s[0]
	}
	return ""
}

// at is the value below nested keys.
func at(m map[string]any, keys ...string) any {
	var v any = m
	for _, k := range keys {
		inner, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = inner[k]
	}
	return v
}

// words takes a list apart that stands in one cell: at ; | , and ends of lines,
// and at blanks if all words are scopes.
func words(v any) []string {
	if s, ok := v.(string); ok {
		s = strings.Trim(strings.TrimSpace(s), "[]")
		sep := func(r rune) bool { return strings.ContainsRune(";|,\n", r) }
		if !strings.ContainsFunc(s, sep) && scopes(s) {
			sep = unicode.IsSpace
		}
		var out []string
		for _, w := range strings.FieldsFunc(s, sep) {
			if w = strings.Trim(strings.TrimSpace(w), `"'`); w != "" && !nothing[strings.ToLower(w)] {
				out = append(out, w)
			}
		}
		return out
	}
	if m, ok := v.(map[string]any); ok {
		return flatten("", m)
	}
	if list, ok := v.([]any); ok {
		return texts(list)
	}
	return texts(v)
}

// scopes reports whether a text is several permissions divided by blanks, as
// OAuth's scopes are, and not the name of one: "Storage Blob Data Reader". Each word
// has a sign that names of roles have not, or is a scope that has none.
func scopes(s string) bool {
	for _, w := range strings.Fields(s) {
		if !strings.ContainsAny(w, ":./_") && !bareScopes[w] {
			return false
		}
	}
	return true
}

// bareScopes are scopes of OpenID Connect, GitHub, GitLab, Slack and others that are one
// plain word.
var bareScopes = map[string]bool{
	"openid": true, "profile": true, "email": true, "phone": true, "address": true, "repo": true, "user": true, "gist": true, "workflow": true, "notifications": true,
	"project": true, "codespace": true, "copilot": true, "api": true, "sudo": true, "read": true, "write": true, "delete": true, "list": true, "admin": true, "bot": true,
	"commands": true, "client": true, "identify": true, "web": true, "full": true, "execute": true, "push": true, "pull": true,
}

// flatten makes words of a map: {"repository": {"contents": "read"}} of GitHub
// is "repository:contents:read".
func flatten(prefix string, m map[string]any) (out []string) {
	for k, v := range m {
		if inner, ok := v.(map[string]any); ok && strings.Count(prefix, ":") < 3 {
			out = append(out, flatten(prefix+k+":", inner)...)
			continue
		}
		if s := text(v); s != "" {
			out = append(out, prefix+k+":"+s)
		}
	}
	slices.Sort(out)
	return out
}

// types are other words for the types of identities, as plainHeading writes
// them.
var types = map[string]leak.IdentityType{
	"user": leak.HumanAccount, "human": leak.HumanAccount, "person": leak.HumanAccount, "member": leak.HumanAccount, "employee": leak.HumanAccount, "guest": leak.HumanAccount, "useraccount": leak.HumanAccount,
	"service": leak.ServiceAccount, "serviceuser": leak.ServiceAccount, "technicaluser": leak.ServiceAccount, "technicalaccount": leak.ServiceAccount, "iamuser": leak.ServiceAccount, "systemaccount": leak.ServiceAccount, "svcaccount": leak.ServiceAccount, "machineaccount": leak.ServiceAccount, "gmsa": leak.ServiceAccount, "roboticaccount": leak.ServiceAccount,
	"application": leak.ServicePrincipal, "app": leak.ServicePrincipal, "serviceprincipal": leak.ServicePrincipal, "appregistration": leak.ServicePrincipal, "enterpriseapplication": leak.ServicePrincipal, "spn": leak.ServicePrincipal, "legacy": leak.ServicePrincipal,
	"managedidentity": leak.ManagedIdentity, "msi": leak.ManagedIdentity, "instanceprofile": leak.ManagedIdentity, "iamrole": leak.ManagedIdentity, "role": leak.ManagedIdentity,
	"workload": leak.WorkloadIdentity, "spiffe": leak.WorkloadIdentity, "oidc": leak.WorkloadIdentity,
	"token": leak.APIKey, "apitoken": leak.APIKey, "key": leak.APIKey, "secret": leak.APIKey, "accesskey": leak.APIKey,
	"oauth": leak.OAuthApp, "oauthclient": leak.OAuthApp, "oauthapplication": leak.OAuthApp, "openidconnect": leak.OAuthApp, "oauth2": leak.OAuthApp,
	"robot": leak.RPABot, "rpa": leak.RPABot, "agent": leak.AIAgent, "aiagent": leak.AIAgent, "mcp": leak.AIAgent,
	"ci": leak.CIIdentity, "cicd": leak.CIIdentity, "pipeline": leak.CIIdentity, "runner": leak.CIIdentity, "cert": leak.Certificate, "cmdbcicertificate": leak.Certificate, "x509": leak.Certificate,
	"ssh": leak.SSHKey, "gpgkey": leak.SigningKey, "db": leak.DatabaseUser, "dbuser": leak.DatabaseUser, "databaseaccount": leak.DatabaseUser, "personalaccesstoken": leak.HumanAccount, "pat": leak.HumanAccount,
	"registry": leak.RegistryRobot, "hook": leak.Webhook, "iot": leak.Device, "iotdevice": leak.Device,
}

func init() {
	for _, t := range leak.IdentityTypes {
		types[plainHeading(string(t))] = t
	}
}

// asType reads a type; what is none of the words is unknown.
func asType(s string) leak.IdentityType {
	p := plainHeading(s)
	if t, ok := types[p]; ok {
		return t
	}
	if t, ok := types[strings.TrimSuffix(p, "s")]; ok {
		return t
	}
	return leak.UnknownIdentity
}

// asState reads a word for whether something is in use, or what says yes or no.
func asState(s string) State {
	switch p := plainHeading(s); p {
	case "retired", "inactive", "disabled", "deprovisioned", "decommissioned", "deleted", "false", "no", "terminated", "revoked", "suspended", "expired", "archived",
		"endoflife", "stolen", "absent", "nonoperational", "deactivated", "offboarded", "blocked", "softdeleted", "0":
		return Retired
	case "active", "enabled", "true", "yes", "operational", "installed", "inuse", "live", "production", "provisioned", "staged", "1", "valid", "known", "pipeline":
		return Active
	}
	return ""
}

// providerNames are other words for providers.
var providerNames = map[string]string{
	"amazonwebservices": "aws", "amazon": "aws", "amazonaws": "aws", "iam": "aws", "googlecloud": "google", "gcp": "google", "googlecloudplatform": "google",
	"microsoft": "azure", "entra": "azure", "entraid": "azure", "azuread": "azure", "azureactivedirectory": "azure", "microsoftentra": "azure", "microsoftentraid": "azure", "aad": "azure", "microsoftazure": "azure",
	"k8s": "kubernetes", "githubcom": "github", "githubenterprise": "github", "gitlabcom": "gitlab", "postgres": "postgresql", "docker": "dockerhub", "hashicorpvault": "vault",
	"quayio": "quay", "ghcrio": "github", "dockerio": "dockerhub", "goharbor": "harbor", "registrygitlabcom": "gitlab",
	"sqlserver": "sqlserver", "mssql": "sqlserver", "slackcom": "slack", "twiliosendgrid": "sendgrid",
}

// asProvider is the id of a provider, as rules have it.
func asProvider(s string) string {
	p := plainHeading(s)
	if id, ok := providerNames[p]; ok {
		return id
	}
	if host, at, found := strings.Cut(strings.ToLower(s), "@"); found { // gitlab@git.acme.example
		return asProvider(host) + "@" + strings.TrimSpace(at)
	}
	return p
}

// environments are the words of environments.
var environments = map[string]string{
	"production": "prod", "prod": "prod", "prd": "prod", "live": "prod", "staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "preproduction": "staging", "uat": "staging",
	"development": "dev", "dev": "dev", "develop": "dev", "test": "test", "testing": "test", "qa": "test", "sandbox": "sandbox", "demo": "sandbox",
}

func asEnvironment(s string) string {
	if e, ok := environments[plainHeading(s)]; ok {
		return e
	}
	return strings.ToLower(s)
}
