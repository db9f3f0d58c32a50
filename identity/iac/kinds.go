package iac

import "github.com/whosekey/whosekey/leak"

// A kind is what is known of a type of resource, in Terraform's words; those of
// the other formats are translated to them. Attributes are listed best first.
type kind struct {
	identity leak.IdentityType
	provider string
	names    []string // attributes that name the identity
	labels   []string // attributes that name a credential of it
	keyID    string   // attribute: the public id of a credential
	of       []string // attributes that refer to the identity whose credential this is
	tenant   []string // attributes that name the tenant
	in       string   // what sort of tenant that is
	server   []string // attributes: of a database user, what it is a user of
	role     []string // attributes: the permission that this gives ...
	to       []string // ... and to whom
	perm     []string // attributes: permissions of the identity itself
	policy   []string // attributes: what is allowed, written out
	group    []string // attributes: groups that get it, or whose members these are
	expires  string
	store    []string // attributes: name of a secret in a store
	consumer string   // what sort of consumer of credentials it is
	calls    []string // attributes: name of that consumer
	runs     []string // attributes: the identity that it runs as
	via      bool     // only passes a value on
	into     []string // attributes that refer to what the value is put into
}

const db = leak.DatabaseUser

// kinds are the types of resources that are understood. Of any other type the
// tags and references are. Sources: the providers' documentation in the registry.
var kinds = map[string]kind{
	// Google Cloud
	"google_service_account": {identity: leak.ServiceAccount, provider: "google", names: []string{"email", "account_id", "unique_id"},
		tenant: []string{"project"}, in: "project"},
	"google_service_account_key":      {keyID: "name", of: []string{"service_account_id"}},
	"google_storage_hmac_key":         {keyID: "access_id", of: []string{"service_account_email"}},
	"google_apikeys_key":              {identity: leak.APIKey, provider: "google", names: []string{"name", "display_name"}, tenant: []string{"project"}, in: "project"},
	"google_sql_user":                 {identity: db, names: []string{"name"}, server: []string{"instance"}},
	"google_sql_database_instance":    {server: []string{"name"}},
	"google_alloydb_user":             {identity: db, names: []string{"user_id"}, server: []string{"cluster"}},
	"google_secret_manager_secret":    {store: []string{"secret_id"}, via: true},
	"google_cloud_run_service":        {consumer: "function", calls: []string{"name"}, runs: []string{"template.spec.service_account_name"}},
	"google_cloud_run_v2_service":     {consumer: "function", calls: []string{"name"}, runs: []string{"template.service_account"}},
	"google_cloud_run_v2_job":         {consumer: "function", calls: []string{"name"}, runs: []string{"template.template.service_account"}},
	"google_compute_instance":         {consumer: "instance", calls: []string{"name"}, runs: []string{"service_account.email"}},
	"google_cloudfunctions_function":  {consumer: "function", calls: []string{"name"}, runs: []string{"service_account_email"}},
	"google_cloudfunctions2_function": {consumer: "function", calls: []string{"name"}, runs: []string{"service_config.service_account_email"}},

	// AWS
	"aws_iam_user":                         {identity: leak.ServiceAccount, provider: "aws", names: []string{"arn", "name", "unique_id"}, perm: []string{"managed_policy_arns"}, group: []string{"groups"}},
	"aws_iam_access_key":                   {keyID: "id", of: []string{"user"}},
	"aws_iam_role":                         {identity: leak.ManagedIdentity, provider: "aws", names: []string{"arn", "name", "unique_id"}, perm: []string{"managed_policy_arns"}},
	"aws_iam_user_policy_attachment":       {role: []string{"policy_arn"}, to: []string{"user"}},
	"aws_iam_role_policy_attachment":       {role: []string{"policy_arn"}, to: []string{"role"}},
	"aws_iam_policy_attachment":            {role: []string{"policy_arn"}, to: []string{"users", "roles"}, group: []string{"groups"}},
	"aws_iam_group_policy_attachment":      {role: []string{"policy_arn"}, group: []string{"group"}},
	"aws_iam_user_policy":                  {policy: []string{"policy"}, to: []string{"user"}},
	"aws_iam_role_policy":                  {policy: []string{"policy"}, to: []string{"role"}},
	"aws_iam_group_policy":                 {policy: []string{"policy"}, group: []string{"group"}},
	"aws_iam_policy":                       {policy: []string{"policy"}, role: []string{"arn", "name"}},
	"aws_iam_policy_document":              {},
	"aws_iam_group":                        {perm: []string{"managed_policy_arns"}, labels: []string{"name"}},
	"aws_iam_group_membership":             {group: []string{"group"}, to: []string{"users"}},
	"aws_iam_user_group_membership":        {group: []string{"groups"}, to: []string{"user"}},
	"AWS::IAM::Policy":                     {policy: []string{"policy_document"}, to: []string{"users", "roles"}, group: []string{"groups"}},
	"AWS::IAM::ManagedPolicy":              {policy: []string{"policy_document"}, to: []string{"users", "roles"}, group: []string{"groups"}},
	"aws_iam_service_specific_credential":  {keyID: "service_specific_credential_id", of: []string{"user_name"}},
	"aws_db_instance":                      {identity: db, names: []string{"username"}, server: []string{"address", "endpoint", "identifier"}},
	"aws_rds_cluster":                      {identity: db, names: []string{"master_username"}, server: []string{"endpoint", "cluster_identifier"}},
	"aws_docdb_cluster":                    {identity: db, names: []string{"master_username"}, server: []string{"endpoint", "cluster_identifier"}},
	"aws_redshift_cluster":                 {identity: db, names: []string{"master_username"}, server: []string{"endpoint", "cluster_identifier"}},
	"aws_elasticache_user":                 {identity: db, names: []string{"user_name", "user_id"}},
	"aws_mq_broker":                        {server: []string{"broker_name"}},
	"aws_secretsmanager_secret":            {store: []string{"name", "arn"}, via: true},
	"aws_secretsmanager_secret_version":    {via: true, into: []string{"secret_id"}},
	"google_secret_manager_secret_version": {via: true, into: []string{"secret"}},
	"aws_ssm_parameter":                    {store: []string{"name", "arn"}, via: true},
	"aws_lambda_function":                  {consumer: "function", calls: []string{"function_name"}, runs: []string{"role"}},
	"aws_ecs_task_definition":              {consumer: "task", calls: []string{"family"}, runs: []string{"task_role_arn", "execution_role_arn"}},
	"aws_apprunner_service":                {consumer: "function", calls: []string{"service_name"}, runs: []string{"instance_configuration.instance_role_arn"}},

	// Azure. The password's application is application_object_id in version 2
	// of the provider and application_id in version 3; neither is its client id.
	"azuread_application":              {identity: leak.ServicePrincipal, provider: "azure", names: []string{"client_id", "application_id", "display_name", "object_id", "id"}},
	"azuread_application_registration": {identity: leak.ServicePrincipal, provider: "azure", names: []string{"client_id", "display_name", "object_id", "id"}},
	"azuread_application_password":     {keyID: "key_id", labels: []string{"display_name"}, expires: "end_date", of: []string{"application_id", "application_object_id"}},
	"azuread_application_certificate":  {keyID: "key_id", expires: "end_date", of: []string{"application_id", "application_object_id"}},
	"azuread_service_principal": {identity: leak.ServicePrincipal, provider: "azure", names: []string{"client_id", "application_id", "display_name", "object_id", "id"},
		tenant: []string{"application_tenant_id"}, in: "tenant"},
	"azuread_service_principal_password": {keyID: "key_id", labels: []string{"display_name"}, expires: "end_date", of: []string{"service_principal_id"}},
	"azurerm_user_assigned_identity": {identity: leak.ManagedIdentity, provider: "azure", names: []string{"client_id", "name", "principal_id"},
		tenant: []string{"tenant_id"}, in: "tenant"},
	"azurerm_role_assignment":            {role: []string{"role_definition_name", "role_definition_id"}, to: []string{"principal_id"}},
	"azurerm_storage_account":            {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_cosmosdb_account":           {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_servicebus_namespace":       {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_eventhub_namespace":         {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_redis_cache":                {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_cognitive_account":          {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_search_service":             {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_container_registry":         {identity: leak.APIKey, provider: "azure", names: []string{"name"}},
	"azurerm_mssql_server":               {identity: db, names: []string{"administrator_login"}, server: []string{"fully_qualified_domain_name", "name"}},
	"azurerm_postgresql_server":          {identity: db, names: []string{"administrator_login"}, server: []string{"fqdn", "name"}},
	"azurerm_postgresql_flexible_server": {identity: db, names: []string{"administrator_login"}, server: []string{"fqdn", "name"}},
	"azurerm_mysql_flexible_server":      {identity: db, names: []string{"administrator_login"}, server: []string{"fqdn", "name"}},
	"azurerm_key_vault_secret":           {store: []string{"name"}, via: true},
	"azurerm_linux_web_app":              {consumer: "function", calls: []string{"name"}},
	"azurerm_windows_web_app":            {consumer: "function", calls: []string{"name"}},
	"azurerm_linux_function_app":         {consumer: "function", calls: []string{"name"}},
	"azurerm_container_app":              {consumer: "function", calls: []string{"name"}},

	// Forges. A project or group token makes a user of its own, a bot.
	"github_repository_deploy_key":          {identity: leak.DeployKey, provider: "github", names: []string{"title"}, tenant: []string{"repository"}, in: "repository"},
	"github_actions_secret":                 {consumer: "ci secret", calls: []string{"secret_name"}},
	"github_actions_environment_secret":     {consumer: "ci secret", calls: []string{"secret_name"}},
	"github_actions_organization_secret":    {consumer: "ci secret", calls: []string{"secret_name"}},
	"github_dependabot_secret":              {consumer: "ci secret", calls: []string{"secret_name"}},
	"github_codespaces_secret":              {consumer: "ci secret", calls: []string{"secret_name"}},
	"gitlab_project_access_token":           {identity: leak.Bot, provider: "gitlab", names: []string{"name"}, tenant: []string{"project"}, in: "project", perm: []string{"scopes", "access_level"}, expires: "expires_at"},
	"gitlab_group_access_token":             {identity: leak.Bot, provider: "gitlab", names: []string{"name"}, tenant: []string{"group"}, in: "group", perm: []string{"scopes", "access_level"}, expires: "expires_at"},
	"gitlab_personal_access_token":          {identity: leak.UnknownIdentity, provider: "gitlab", names: []string{"name", "user_id"}, perm: []string{"scopes"}, expires: "expires_at"},
	"gitlab_service_account_access_token":   {identity: leak.ServiceAccount, provider: "gitlab", names: []string{"name", "user_id"}, perm: []string{"scopes"}, expires: "expires_at"},
	"gitlab_deploy_token":                   {identity: leak.Bot, provider: "gitlab", names: []string{"username", "name"}, tenant: []string{"project", "group"}, in: "project", perm: []string{"scopes"}, expires: "expires_at"},
	"gitlab_deploy_key":                     {identity: leak.DeployKey, provider: "gitlab", names: []string{"title"}, tenant: []string{"project"}, in: "project"},
	"gitlab_project_variable":               {consumer: "ci variable", calls: []string{"key"}},
	"gitlab_group_variable":                 {consumer: "ci variable", calls: []string{"key"}},
	"circleci_context_environment_variable": {consumer: "ci variable", calls: []string{"variable", "name"}},
	"tfe_variable":                          {consumer: "ci variable", calls: []string{"key"}},
	"vercel_project_environment_variable":   {consumer: "function", calls: []string{"key"}},

	// Services
	"datadog_api_key":                         {identity: leak.APIKey, provider: "datadog", names: []string{"name"}},
	"datadog_application_key":                 {identity: leak.APIKey, provider: "datadog", names: []string{"name"}},
	"datadog_service_account":                 {identity: leak.ServiceAccount, provider: "datadog", names: []string{"name"}},
	"datadog_service_account_application_key": {of: []string{"service_account_id"}, labels: []string{"name"}},
	"cloudflare_api_token":                    {identity: leak.APIKey, provider: "cloudflare", names: []string{"name"}, expires: "expires_on"},
	"cloudflare_account_token":                {identity: leak.APIKey, provider: "cloudflare", names: []string{"name"}, tenant: []string{"account_id"}, in: "account", expires: "expires_on"},
	"okta_app_oauth":                          {identity: leak.OAuthApp, provider: "okta", names: []string{"client_id", "label"}},
	"auth0_client":                            {identity: leak.OAuthApp, provider: "auth0", names: []string{"client_id", "name"}},
	"auth0_client_credentials":                {of: []string{"client_id"}},
	"grafana_service_account":                 {identity: leak.ServiceAccount, provider: "grafana", names: []string{"name"}, perm: []string{"role"}},
	"grafana_service_account_token":           {of: []string{"service_account_id"}, labels: []string{"name"}},
	"grafana_cloud_access_policy":             {identity: leak.ServiceAccount, provider: "grafana", names: []string{"name"}, perm: []string{"scopes"}},
	"grafana_cloud_access_policy_token":       {of: []string{"access_policy_id"}, labels: []string{"name"}, expires: "expires_at"},
	"confluent_service_account":               {identity: leak.ServiceAccount, provider: "confluent", names: []string{"id", "display_name"}},
	"confluent_api_key":                       {of: []string{"owner.id"}, labels: []string{"display_name"}, keyID: "id"},
	"databricks_service_principal":            {identity: leak.ServicePrincipal, provider: "databricks", names: []string{"application_id", "display_name"}},
	"databricks_token":                        {identity: leak.UnknownIdentity, provider: "databricks", names: []string{"comment"}},
	"databricks_obo_token":                    {of: []string{"application_id"}, labels: []string{"comment"}},
	"doppler_service_token":                   {identity: leak.ServiceAccount, provider: "doppler", names: []string{"name"}, tenant: []string{"project"}, in: "project"},
	"newrelic_api_access_key":                 {identity: leak.APIKey, provider: "newrelic", names: []string{"name"}, tenant: []string{"account_id"}, in: "account"},
	"launchdarkly_access_token":               {identity: leak.APIKey, provider: "launchdarkly", names: []string{"name"}, perm: []string{"role"}},
	"buildkite_agent_token":                   {identity: leak.CIIdentity, provider: "buildkite", names: []string{"description"}},
	"sendgrid_api_key":                        {identity: leak.APIKey, provider: "sendgrid", names: []string{"name"}, perm: []string{"scopes"}},
	"openai_project_service_account":          {identity: leak.ServiceAccount, provider: "openai", names: []string{"name"}, tenant: []string{"project_id"}, in: "project"},
	"scaleway_iam_application":                {identity: leak.ServiceAccount, provider: "scaleway", names: []string{"name"}},
	"scaleway_iam_api_key":                    {of: []string{"application_id"}, keyID: "access_key"},
	"harbor_robot_account":                    {identity: leak.RegistryRobot, names: []string{"full_name", "name"}},
	"quay_robot":                              {identity: leak.RegistryRobot, provider: "quay", names: []string{"fullname", "name"}},
	"tfe_team_token":                          {of: []string{"team_id"}},

	// Vault
	"vault_approle_auth_backend_role":           {identity: leak.ServiceAccount, provider: "vault", names: []string{"role_id", "role_name"}, perm: []string{"token_policies", "policies"}},
	"vault_approle_auth_backend_role_secret_id": {of: []string{"role_name"}, keyID: "accessor"},
	"vault_kubernetes_auth_backend_role":        {identity: leak.WorkloadIdentity, provider: "vault", names: []string{"role_name"}, perm: []string{"token_policies", "policies"}},
	"vault_jwt_auth_backend_role":               {identity: leak.WorkloadIdentity, provider: "vault", names: []string{"role_name"}, perm: []string{"token_policies", "policies"}},
	"vault_aws_auth_backend_role":               {identity: leak.WorkloadIdentity, provider: "vault", names: []string{"role"}, perm: []string{"token_policies", "policies"}},
	"vault_gcp_auth_backend_role":               {identity: leak.WorkloadIdentity, provider: "vault", names: []string{"role"}, perm: []string{"token_policies", "policies"}},
	"vault_token_auth_backend_role":             {identity: leak.ServiceAccount, provider: "vault", names: []string{"role_name"}, perm: []string{"allowed_policies"}},
	"vault_generic_secret":                      {store: []string{"path"}, via: true},
	"vault_kv_secret":                           {store: []string{"path"}, via: true},
	"vault_kv_secret_v2":                        {store: []string{"name", "path"}, via: true},

	// Databases
	"postgresql_role":              {identity: db, names: []string{"name"}, perm: []string{"roles"}},
	"mysql_user":                   {identity: db, names: []string{"user"}, server: []string{"host"}},
	"mssql_login":                  {identity: db, names: []string{"login_name"}},
	"mongodbatlas_database_user":   {identity: db, provider: "mongodb", names: []string{"username"}, tenant: []string{"project_id"}, in: "project"},
	"mongodbatlas_project_api_key": {identity: leak.APIKey, provider: "mongodb", names: []string{"description"}},
	"snowflake_user":               {identity: db, provider: "snowflake", names: []string{"login_name", "name"}},
	"snowflake_service_user":       {identity: db, provider: "snowflake", names: []string{"login_name", "name"}},
	"redshift_user":                {identity: db, names: []string{"name"}},
	"cockroach_sql_user":           {identity: db, names: []string{"name"}},
	"digitalocean_database_user":   {identity: db, names: []string{"name"}},
	"aiven_pg_user":                {identity: db, names: []string{"username"}, server: []string{"service_name"}, tenant: []string{"project"}, in: "project"},
	"aiven_kafka_user":             {identity: db, names: []string{"username"}, server: []string{"service_name"}, tenant: []string{"project"}, in: "project"},
	"neon_role":                    {identity: db, names: []string{"name"}, tenant: []string{"project_id"}, in: "project"},

	// Kubernetes
	"kubernetes_service_account": {identity: leak.ServiceAccount, provider: "kubernetes", names: []string{"metadata.name"}},
	"kubernetes_secret":          {},
	"kubernetes_config_map":      {},
	"kubernetes_deployment":      {consumer: "deployment", calls: []string{"metadata.name"}},
	"kubernetes_stateful_set":    {consumer: "statefulset", calls: []string{"metadata.name"}},
	"kubernetes_daemonset":       {consumer: "daemonset", calls: []string{"metadata.name"}},
	"kubernetes_cron_job":        {consumer: "cronjob", calls: []string{"metadata.name"}},
	"kubernetes_job":             {consumer: "job", calls: []string{"metadata.name"}},
	"helm_release":               {consumer: "helm release", calls: []string{"name"}},

	// What only makes a value
	"tls_private_key": {via: true},
	"random_password": {via: true},
	"random_string":   {via: true},
	"time_rotating":   {via: true},
}
