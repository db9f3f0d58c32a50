package decode

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// NoteInState is how a note begins that names the resource of a state, by its address.
const NoteInState = "declared in Terraform as "

// resource says where a kind of resource of a Terraform state names the identity
// that its secret is of. Fields are attributes.
type resource struct {
	provider         string
	identity         leak.IdentityType
	kind             string
	name, id, keyID  string
	tenant, tenantIs string
	expires, issued  string
	server, label    string
	permission       string
}

// resources are the kinds that hold secrets or declare identities (the
// providers' documentation in the Terraform registry).
var resources = map[string]resource{
	"aws_iam_access_key":                        {provider: "aws", identity: leak.ServiceAccount, kind: "access key of an IAM user", name: "user", keyID: "id", issued: "create_date"},
	"aws_iam_user_login_profile":                {provider: "aws", identity: leak.HumanAccount, kind: "console password of an IAM user", name: "user"},
	"aws_iam_service_specific_credential":       {provider: "aws", identity: leak.ServiceAccount, kind: "service-specific credential of an IAM user", name: "user_name", keyID: "service_specific_credential_id"},
	"google_service_account_key":                {provider: "google", identity: leak.ServiceAccount, kind: "service account key", name: "service_account_id", expires: "valid_before", issued: "valid_after"},
	"google_sql_user":                           {provider: "google", identity: leak.DatabaseUser, kind: "Cloud SQL user", name: "name", server: "instance", tenant: "project", tenantIs: "project"},
	"google_storage_hmac_key":                   {provider: "google", identity: leak.ServiceAccount, kind: "HMAC key", name: "service_account_email", keyID: "access_id", tenant: "project", tenantIs: "project"},
	"azuread_application_password":              {provider: "azure", identity: leak.ServicePrincipal, kind: "password of an application", id: "application_id", keyID: "key_id", expires: "end_date", issued: "start_date", label: "display_name"},
	"azuread_service_principal_password":        {provider: "azure", identity: leak.ServicePrincipal, kind: "password of a service principal", id: "service_principal_id", keyID: "key_id", expires: "end_date", issued: "start_date", label: "display_name"},
	"azurerm_storage_account":                   {provider: "azure", identity: leak.APIKey, kind: "keys of a storage account", name: "name", label: "resource_group_name"},
	"azurerm_cosmosdb_account":                  {provider: "azure", identity: leak.APIKey, kind: "keys of a Cosmos DB account", name: "name", server: "endpoint", label: "resource_group_name"},
	"azurerm_container_registry":                {provider: "azure", identity: leak.RegistryRobot, kind: "admin login of a container registry", name: "admin_username", server: "login_server", permission: "admin"},
	"kubernetes_secret":                         {provider: "kubernetes", identity: leak.UnknownIdentity, kind: "Kubernetes secret", name: "metadata.name", tenant: "metadata.namespace", tenantIs: "namespace"},
	"kubernetes_secret_v1":                      {provider: "kubernetes", identity: leak.UnknownIdentity, kind: "Kubernetes secret", name: "metadata.name", tenant: "metadata.namespace", tenantIs: "namespace"},
	"aws_db_instance":                           {provider: "aws", identity: leak.DatabaseUser, kind: "master user of an RDS instance", name: "username", server: "endpoint", permission: "admin"},
	"aws_rds_cluster":                           {provider: "aws", identity: leak.DatabaseUser, kind: "master user of an RDS cluster", name: "master_username", server: "endpoint", permission: "admin"},
	"aws_redshift_cluster":                      {provider: "aws", identity: leak.DatabaseUser, kind: "master user of a Redshift cluster", name: "master_username", server: "endpoint", permission: "admin"},
	"aws_secretsmanager_secret_version":         {provider: "aws", identity: leak.UnknownIdentity, kind: "version of a secret in Secrets Manager", name: "secret_id"},
	"aws_ssm_parameter":                         {provider: "aws", identity: leak.UnknownIdentity, kind: "SSM parameter", name: "name"},
	"postgresql_role":                           {provider: "postgresql", identity: leak.DatabaseUser, kind: "role", name: "name", expires: "valid_until"},
	"mysql_user":                                {provider: "mysql", identity: leak.DatabaseUser, kind: "user", name: "user", server: "host"},
	"mongodbatlas_database_user":                {provider: "mongodb", identity: leak.DatabaseUser, kind: "database user", name: "username", tenant: "project_id", tenantIs: "project"},
	"github_actions_secret":                     {provider: "github", identity: leak.CIIdentity, kind: "secret of GitHub Actions", name: "secret_name", label: "repository"},
	"github_actions_organization_secret":        {provider: "github", identity: leak.CIIdentity, kind: "organization secret of GitHub Actions", name: "secret_name"},
	"gitlab_project_access_token":               {provider: "gitlab", identity: leak.Bot, kind: "project access token", name: "name", expires: "expires_at", tenant: "project", tenantIs: "project"},
	"gitlab_group_access_token":                 {provider: "gitlab", identity: leak.Bot, kind: "group access token", name: "name", expires: "expires_at", tenant: "group", tenantIs: "group"},
	"gitlab_personal_access_token":              {provider: "gitlab", identity: leak.HumanAccount, kind: "personal access token", id: "user_id", label: "name", expires: "expires_at"},
	"gitlab_deploy_token":                       {provider: "gitlab", identity: leak.ServiceAccount, kind: "deploy token", name: "username", label: "name", expires: "expires_at"},
	"cloudflare_api_token":                      {provider: "cloudflare", identity: leak.HumanAccount, kind: "API token", label: "name", keyID: "id", expires: "expires_on", issued: "issued_on"},
	"datadog_api_key":                           {provider: "datadog", identity: leak.APIKey, kind: "API key", name: "name", keyID: "id"},
	"datadog_application_key":                   {provider: "datadog", identity: leak.APIKey, kind: "application key", name: "name", keyID: "id"},
	"okta_app_oauth":                            {provider: "okta", identity: leak.OAuthApp, kind: "OAuth application", name: "label", id: "client_id"},
	"auth0_client":                              {provider: "auth0", identity: leak.OAuthApp, kind: "application", name: "name", id: "client_id"},
	"tls_private_key":                           {provider: "privatekey", identity: leak.UnknownIdentity, kind: "private key made by Terraform", id: "public_key_fingerprint_sha256"},
	"random_password":                           {provider: "random", identity: leak.UnknownIdentity, kind: "password made by Terraform"},
	"vault_approle_auth_backend_role_secret_id": {provider: "vault", identity: leak.ServiceAccount, kind: "secret id of an AppRole", name: "role_name", keyID: "accessor"},
	"vault_token":                               {provider: "vault", identity: leak.ServiceAccount, kind: "token", name: "display_name"},
	"confluent_api_key":                         {provider: "confluent", identity: leak.ServiceAccount, kind: "API key", name: "display_name", keyID: "id", id: "owner.id"},
	"databricks_token":                          {provider: "databricks", identity: leak.HumanAccount, kind: "personal access token", label: "comment", keyID: "id"},
	"snowflake_user":                            {provider: "snowflake", identity: leak.DatabaseUser, kind: "user", name: "name"},
	"digitalocean_database_user":                {provider: "digitalocean", identity: leak.DatabaseUser, kind: "database user", name: "name", server: "cluster_id"},
}

// terraformState reads state files of version 4, and those of version 3.
func terraformState(in *Input) []leak.Evidence {
	if !strings.HasPrefix(in.Value, "{") || !strings.Contains(in.Value, `"terraform_version"`) {
		return nil
	}
	var state struct {
		Resources []struct {
			Module, Mode, Type, Name string
			Instances                []struct {
				IndexKey   any `json:"index_key"`
				Attributes map[string]any
			}
		}
	}
	if readJSON([]byte(in.Value), &state) != nil {
		return nil
	}
	var list []stateEntry
	for _, r := range state.Resources {
		if k, known := resources[r.Type]; known && r.Mode != "data" && len(r.Instances) > 0 && len(list) < 200 {
			address := strings.TrimPrefix(r.Module+"."+r.Type+"."+r.Name, ".")
			for _, i := range r.Instances[:min(len(r.Instances), maxLogins)] {
				list = append(list, stateEntry{k, address + instance(i.IndexKey), i.Attributes})
			}
		}
	}
	if len(list) == 0 {
		return nil
	}
	if in.entries != nil {
		for _, e := range list {
			if !in.full() && e.provider != "random" {
				in.enter(e.claims(in, e.attributes, e.address).list, texts(e.attributes, nil, 0)...)
			}
		}
	}
	// A password of the provider "random" is that of another resource.
	main := max(0, slices.IndexFunc(list, func(e stateEntry) bool { return e.provider != "random" }))
	c := list[main].claims(in, list[main].attributes, list[main].address)
	for i, e := range list[:min(len(list), maxEntries)] {
		if i != main {
			c.text(leak.ClaimNote, "also in the state: "+e.address+prefixed(", ", e.whose(e.attributes)), "another resource of the state")
		}
	}
	return c.list
}

// instance is what the address of one of several ends in: [0] with count,
// ["pay"] with for_each.
func instance(key any) string {
	switch key := key.(type) {
	case float64:
		return fmt.Sprintf("[%v]", key)
	case string:
		return fmt.Sprintf("[%q]", key)
	}
	return ""
}

// stateEntry is a resource of a state that is known.
type stateEntry struct {
	resource
	address    string
	attributes map[string]any
}

func (k *resource) whose(a map[string]any) string {
	name := accountName(attribute(a, k.name))
	if name == "" || secretish(name) {
		return k.kind
	}
	return k.kind + " " + publicUser(name)
}

func (k *resource) claims(in *Input, a map[string]any, address string) *told {
	c := about(k.provider, k.identity, k.kind, .97, "type of the resource "+address)
	reason := func(field string) string { return field + " of " + address }
	get := func(field string) string { return attribute(a, field) }
	c.who(accountName(get(k.name)), reason(k.name))
	c.objectID(get(k.id), reason(k.id))
	c.add(leak.ClaimKeyID, get(k.keyID), reason(k.keyID))
	if t := firstOf(get(k.tenant), projectOf(get(k.name))); t != "" {
		c.tenant(t, firstOf(k.tenantIs, "project"), reason(firstOf(k.tenant, k.name)))
	}
	c.date(leak.ClaimExpires, get(k.expires), reason(k.expires))
	c.date(leak.ClaimIssued, get(k.issued), reason(k.issued))
	c.add(leak.ClaimServer, get(k.server), reason(k.server))
	c.text(leak.ClaimLabel, get(k.label), reason(k.label))
	c.add(leak.ClaimPermission, k.permission, "type of the resource "+address)
	c.text(leak.ClaimNote, NoteInState+address, "the state")
	c.named(address+" "+get(k.name), "a word in the address or name")
	if k.provider == "aws" { // the account is in the key's id
		c.join(in.within("", get(k.keyID)))
	}
	if k.provider == "google" {
		if raw, ok := unbase64(get("private_key")); ok {
			c.join(in.within("", string(raw)))
		}
	}
	for _, owner := range []string{"owner", "team", "Owner", "Team"} {
		c.text(leak.ClaimNote, prefixed("tag "+owner+": ", firstOf(get("tags."+owner), get("labels."+owner))), "tags of "+address)
	}
	return c
}

// objectID says by which id the provider knows the identity. Those of objects in
// Entra, which version 3 of its Terraform provider writes with a path, are not those
// that applications log in with: the declaration of the application says these.
func (c *told) objectID(id, reason string) {
	bare := strings.TrimPrefix(strings.TrimPrefix(id, "/applications/"), "/servicePrincipals/")
	if bare != id && !secretish(bare) {
		c.weigh(leak.ClaimID, bare, .8, reason)
		return
	}
	c.text(leak.ClaimID, id, reason)
}

// attribute is a text by its path; lists are gone through by their first element.
func attribute(a map[string]any, path string) string {
	if path == "" {
		return ""
	}
	var v any = a
	for field := range strings.SplitSeq(path, ".") {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
		}
		m, ok := v.(map[string]any)
		if !ok {
			return ""
		}
		v = m[field]
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		if b, err := json.Marshal(v); err == nil {
			return string(b)
		}
	}
	return ""
}

// accountName is the address in projects/p/serviceAccounts/a@p.iam...
func accountName(s string) string {
	if _, name, ok := strings.Cut(s, "/serviceAccounts/"); ok {
		return name
	}
	return s
}

// projectOf is the project of a Google service account.
func projectOf(s string) string {
	_, domain, ok := strings.Cut(accountName(s), "@")
	project, is := strings.CutSuffix(domain, ".iam.gserviceaccount.com")
	if !ok || !is {
		return ""
	}
	return project
}

// texts are the texts in an attribute that may be secrets, at most some hundred.
func texts(v any, out []string, depth int) []string {
	if depth > 8 || len(out) > 300 {
		return out
	}
	switch v := v.(type) {
	case string:
		if len(v) >= 8 {
			out = append(out, v)
		}
	case []any:
		for _, e := range v {
			out = texts(e, out, depth+1)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			out = texts(v[key], out, depth+1)
		}
	}
	return out
}
