package names

import (
	"slices"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// neighbour is a field beside a credential that says whose it is.
type neighbour struct {
	providers []string // ids of rules' providers
	names     []string // without case and punctuation; a prefix is fine
	claim     string
	form      *lazy.RE // the value's; its first group, if any, is what counts
	kind      string   // of the tenant
	decode    bool     // the value says more: an access key id, an ARN
}

func form(pattern string) *lazy.RE { return lazy.New(`^(?:` + pattern + `)$`) }

var (
	guid          = form(`[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`)
	hosted        = form(`(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?(?::[0-9]{1,5})?)(?:[/?].*)?`)
	digits        = form(`[0-9]{3,20}`)
	slug          = form(`[A-Za-z0-9][A-Za-z0-9._-]{0,99}`)
	directoryUser = form(`(?i:cn|uid|mail|samaccountname)=[^,=<>${}\x00-\x1f]+(?:,[A-Za-z]+=[^,=<>${}\x00-\x1f]+)+`)
	user          = form(`[A-Za-z_][A-Za-z0-9_.+@$\\-]{0,63}`)
	hex32         = form(`[0-9a-f]{32}`)
	mail          = form(`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,200}\.[A-Za-z]{2,20}`)
)

func of(ids ...string) []string { return ids }

// neighbours are the fields that providers' own documentation and tools name.
var neighbours = []neighbour{
	{of("aws"), of("awsaccesskeyid", "accesskeyid", "awsaccesskey", "awskeyid", "accesskey", "keyid", "awskey"), leak.ClaimKeyID, form(`A[KS]IA[A-Z2-7]{16}`), "", true},
	{of("aws"), of("awsaccountid", "accountid", "awsaccount", "ownerid"), leak.ClaimTenant, form(`[0-9]{12}`), "account", false},
	{of("aws"), of("awsuserarn", "userarn", "arn"), leak.ClaimTenant, form(`arn:aws[a-z-]*:iam::([0-9]{12}):user/.{1,200}`), "account", false},
	{of("aws"), of("awsiamuser", "awsiamusername", "iamuser", "iamusername", "awsusername", "awsuser"), leak.ClaimName, user, "", false},
	{of("aws"), of("awsregion", "awsdefaultregion", "region", "regionname"), leak.ClaimRegion, form(`[a-z]{2}(?:-[a-z]+)+-[0-9]`), "", false},
	{of("azure"), of("tenantid", "azuretenantid", "armtenantid", "aadtenantid", "directoryid", "tenant"), leak.ClaimTenant, guid, "tenant", false},
	{of("azure"), of("clientid", "azureclientid", "armclientid", "appid", "applicationid", "aadclientid"), leak.ClaimID, guid, "", false},
	{of("azure"), of("displayname"), leak.ClaimLabel, form(`[A-Za-z0-9][A-Za-z0-9 ._-]{1,99}`), "", false}, // az ad sp create-for-rbac
	{of("azure"), of("accountname", "azurestorageaccount", "storageaccount", "storageaccountname"), leak.ClaimName, form(`[a-z0-9]{3,24}`), "", false},
	{of("google"), of("projectid", "gcpproject", "gcpprojectid", "googlecloudproject", "gcloudproject", "gcloudprojectid", "project"), leak.ClaimTenant, form(`[a-z][a-z0-9-]{4,28}[a-z0-9]`), "project", false},
	{of("google"), of("clientid", "googleclientid", "gcpclientid", "oauthclientid"), leak.ClaimID, form(`[0-9]{6,20}-[a-z0-9]{32}\.apps\.googleusercontent\.com`), "", true},
	{of("google"), of("clientemail", "serviceaccount", "serviceaccountemail"), leak.ClaimName, form(`[a-z0-9-]{1,63}@[a-z0-9.-]{1,100}\.gserviceaccount\.com`), "", false},
	{of("gitlab"), of("gitlabhost", "gitlaburl", "gitlabbaseurl", "ciserverhost", "ciserverurl", "gitlabserver"), leak.ClaimServer, hosted, "", false},
	{of("github"), of("githubhost", "ghhost", "githubserverurl", "githubenterpriseurl", "githubapiurl"), leak.ClaimServer, hosted, "", false},
	{of("github"), of("githubowner", "githuborg", "githuborganization", "ghorg"), leak.ClaimTenant, slug, "organization", false},
	{of("github", "gitlab", "bitbucket"), of("githubuser", "githubusername", "githubactor", "gitlabuser", "gitlabusername", "bitbucketusername", "gituser", "gitusername", "ghuser"), leak.ClaimName, user, "", false},
	{of("vault"), of("vaultaddr", "vaultaddress", "vaulturl", "vaulthost"), leak.ClaimServer, hosted, "", false},
	{of("vault"), of("vaultaddr", "vaultaddress", "vaulturl", "vaulthost"), leak.ClaimTenant, hosted, "server", false},
	{of("vault"), of("vaultnamespace"), leak.ClaimTenantName, form(`[A-Za-z0-9][A-Za-z0-9/_-]{0,99}`), "", false},
	{of("twilio"), of("accountsid", "twilioaccountsid", "twiliosid", "sid"), leak.ClaimTenant, form(`AC[0-9a-f]{32}`), "account", false},
	{of("twilio"), of("apikeysid", "twilioapikey", "twilioapikeysid", "apikey", "keysid"), leak.ClaimKeyID, form(`SK[0-9a-f]{32}`), "", false},
	{of("okta"), of("oktadomain", "oktaorgurl", "oktaurl", "orgurl", "oktabaseurl"), leak.ClaimTenant, hosted, "organization", false},
	{of("auth0"), of("auth0domain", "domain", "auth0issuerbaseurl"), leak.ClaimTenant, hosted, "tenant", false},
	{of("okta", "auth0"), of("clientid", "auth0clientid", "oktaclientid"), leak.ClaimID, form(`[A-Za-z0-9]{20,40}`), "", false},
	{of("datadog"), of("ddsite", "datadogsite", "datadoghost", "site"), leak.ClaimServer, hosted, "", false},
	{of("algolia"), of("algoliaappid", "algoliaapplicationid", "applicationid", "appid"), leak.ClaimTenant, form(`[A-Z0-9]{10}`), "application", false},
	{of("shopify"), of("shopifyshop", "shop", "shopname", "shopifystore", "shopifystoreurl", "shopdomain", "storedomain", "shopifystoredomain"), leak.ClaimTenant, form(`(?:https://)?([a-z0-9][a-z0-9-]*\.myshopify\.com)/?`), "shop", false},
	{of("supabase", "jwt"), of("supabaseurl", "supabaseprojecturl", "publicsupabaseurl", "apiurl", "url"), leak.ClaimTenant, form(`https://([a-z]{20})\.supabase\.co/?`), "project", false},
	{of("snowflake"), of("snowflakeaccount", "account", "sfaccount", "snowsqlaccount"), leak.ClaimTenant, form(`[A-Za-z0-9][A-Za-z0-9._-]{2,99}`), "account", false},
	{of("snowflake"), of("snowflakeuser", "snowflakeusername", "snowsqluser"), leak.ClaimName, user, "", false},
	{of("databricks"), of("databrickshost", "host", "databricksworkspaceurl", "workspaceurl"), leak.ClaimTenant, hosted, "workspace", false},
	{of("cloudinary"), of("cloudname", "cloudinarycloudname"), leak.ClaimTenant, slug, "cloud", false},
	{of("cloudflare"), of("cloudflareaccountid", "cfaccountid", "accountid"), leak.ClaimTenant, hex32, "account", false},
	{of("cloudflare"), of("cloudflareemail", "cfemail", "cfapiemail", "xauthemail"), leak.ClaimEmail, mail, "", false},
	{of("atlassian"), of("jiraurl", "jirahost", "jirabaseurl", "jiraserver", "confluenceurl", "confluencebaseurl", "atlassianurl", "atlassiansite", "atlassiandomain", "jiradomain"), leak.ClaimServer, hosted, "", false},
	{of("atlassian"), of("jiraurl", "jirahost", "jirabaseurl", "jiraserver", "confluenceurl", "confluencebaseurl", "atlassianurl", "atlassiansite", "atlassiandomain", "jiradomain"), leak.ClaimTenant, form(`(?:https://)?([a-z0-9][a-z0-9-]{0,62})\.atlassian\.net(?:/.*)?`), "account", false},
	{of("atlassian"), of("jiraemail", "jirauser", "jirausername", "atlassianemail", "atlassianuser", "confluenceuser", "confluenceusername", "useremail", "email"), leak.ClaimEmail, mail, "", false},
	{of("mailgun"), of("mailgundomain", "mgdomain", "domain"), leak.ClaimTenant, hosted, "domain", false},
	{of("stripe"), of("stripeaccount", "stripeaccountid", "stripeacct", "accountid", "account", "stripeuser", "stripeuserid"), leak.ClaimTenant, form(`acct_[A-Za-z0-9]{8,30}`), "account", false},
	{of("slack"), of("slackteamid", "slackteam", "teamid", "slackworkspaceid", "workspaceid"), leak.ClaimTenant, form(`T[A-Z0-9]{8,12}`), "workspace", false},
	{of("slack"), of("slackappid", "appid"), leak.ClaimID, form(`A[A-Z0-9]{8,12}`), "", false},
	{of("discord"), of("clientid", "discordclientid", "applicationid", "discordapplicationid", "appid", "botid"), leak.ClaimID, form(`[0-9]{17,20}`), "", false},
	{of("openai"), of("openaiorganization", "openaiorganizationid", "openaiorg", "openaiorgid", "orgid", "organization", "organizationid"), leak.ClaimTenant, form(`org-[A-Za-z0-9]{6,60}`), "organization", false},
	{of("openai"), of("openaiproject", "openaiprojectid", "projectid"), leak.ClaimTenantName, form(`proj_[A-Za-z0-9]{2,60}`), "", false},
	{of("newrelic"), of("newrelicaccountid", "accountid", "nraccountid"), leak.ClaimTenant, digits, "account", false},
	{of("mongodb"), of("publickey", "mongodbatlaspublickey", "atlaspublickey"), leak.ClaimKeyID, form(`[a-z]{8}`), "", false},
	{of("mongodb"), of("groupid", "projectid", "mongodbatlasprojectid", "atlasprojectid"), leak.ClaimTenant, form(`[0-9a-f]{24}`), "project", false},
	{of("elastic"), of("cloudid", "elasticcloudid", "eccloudid", "escloudid"), leak.ClaimServer, form(`[A-Za-z0-9._ -]{0,100}:([A-Za-z0-9+/]{16,250}={0,2})`), "", false},
	{of("elastic"), of("elasticurl", "elastichost", "elasticsearchurl", "elasticsearchhosts", "elasticsearchhost", "host", "url"), leak.ClaimServer, hosted, "", false},
	{of("plaid"), of("plaidclientid", "clientid"), leak.ClaimID, form(`[0-9a-f]{24}`), "", false},
	{of("paypal"), of("paypalclientid", "clientid"), leak.ClaimID, form(`A[A-Za-z0-9_-]{79}`), "", false},
	{of("square"), of("squareapplicationid", "squareappid", "squareclientid", "applicationid", "appid", "clientid"), leak.ClaimID, form(`(?:sandbox-)?sq0id[pb]-[0-9A-Za-z_-]{22}`), "", true},
	{of("fastly"), of("fastlyserviceid", "serviceid"), leak.ClaimTenant, form(`[A-Za-z0-9]{20,24}`), "service", false},
	{of("zendesk"), of("zendesksubdomain", "subdomain", "zendeskdomain"), leak.ClaimTenant, slug, "account", false},
	{of("sentry"), of("sentryorg", "sentryorgslug", "sentryorganization", "sentryorganizationslug", "org", "organization"), leak.ClaimTenant, slug, "organization", false},
	{of("grafana"), of("grafanaurl", "grafanahost"), leak.ClaimServer, hosted, "", false},
	{of("sonarqube"), of("sonarhosturl", "sonarurl", "sonarqubeurl"), leak.ClaimServer, hosted, "", false},
	{of("jenkins"), of("jenkinsurl", "jenkinshost"), leak.ClaimServer, hosted, "", false},
	{of("jenkins"), of("jenkinsuser", "jenkinsusername", "jenkinsuserid"), leak.ClaimName, user, "", false},
	{of("jfrog"), of("jfrogurl", "artifactoryurl", "artifactoryhost"), leak.ClaimServer, hosted, "", false},
	{of("jfrog"), of("artifactoryuser", "artifactoryusername", "jfroguser"), leak.ClaimName, user, "", false},
	{of("docker", "dockerhub", "quay"), of("dockerusername", "dockeruser", "dockerhubusername", "dockerhubuser", "registryuser", "registryusername", "quayusername", "quayuser"), leak.ClaimName, user, "", false},
	{of("docker", "dockerhub", "quay"), of("dockerregistry", "registry", "registryurl", "dockerserver"), leak.ClaimServer, hosted, "", false},
	{of("salesforce"), of("sfusername", "salesforceusername"), leak.ClaimEmail, mail, "", false},
	{of("salesforce"), of("instanceurl", "sfinstanceurl", "salesforceinstanceurl"), leak.ClaimServer, hosted, "", false},
	{of("kubernetes"), of("server", "kubeserver", "k8sserver", "apiserver"), leak.ClaimServer, hosted, "", false},
	{of("google"), of("authdomain", "firebaseauthdomain"), leak.ClaimTenant, form(`([a-z][a-z0-9-]{4,28}[a-z0-9])\.firebaseapp\.com`), "project", false},
	{of("terraform"), of("tfehostname", "tfhostname", "hostname"), leak.ClaimServer, hosted, "", false},
	{of("terraform"), of("tforganization", "organization", "tfcloudorganization", "tfeorganization"), leak.ClaimTenant, slug, "organization", false},
	{of("dynatrace"), of("dtenvironment", "dynatraceurl", "dtenvurl", "dttenanturl", "dynatracetenant"), leak.ClaimTenant, hosted, "environment", false},
	{of("launchdarkly"), of("launchdarklyprojectkey", "ldprojectkey"), leak.ClaimTenant, slug, "project", false},
	{of("scaleway"), of("scwaccesskey", "accesskey"), leak.ClaimKeyID, form(`SCW[A-Z0-9]{17}`), "", false},
	{of("scaleway"), of("scwdefaultprojectid", "scwprojectid", "projectid"), leak.ClaimTenant, guid, "project", false},
	{of("scaleway"), of("scwdefaultorganizationid", "organizationid"), leak.ClaimTenantName, guid, "", false},
	{of("alibaba"), of("alibabacloudaccesskeyid", "accesskeyid", "aliyunaccesskeyid", "alicloudaccesskey"), leak.ClaimKeyID, form(`LTAI[A-Za-z0-9]{12,24}`), "", false},
	{of("confluent"), of("apikey", "confluentapikey", "confluentcloudapikey", "kafkaapikey", "saslusername"), leak.ClaimKeyID, form(`[A-Z0-9]{16}`), "", false},
	{of("heroku"), of("herokuappname", "herokuapp"), leak.ClaimTenant, slug, "app", false},
	{of("posthog"), of("posthoghost"), leak.ClaimServer, hosted, "", false},
	{of("planetscale"), of("planetscaleorg", "planetscaleorganization"), leak.ClaimTenant, slug, "organization", false},
	{of("pulumi"), of("pulumiorg"), leak.ClaimTenant, slug, "organization", false},
	{of("netlify"), of("netlifysiteid", "siteid"), leak.ClaimTenant, guid, "site", false},
	{of("vercel"), of("vercelorgid", "orgid"), leak.ClaimTenant, form(`team_[A-Za-z0-9]{20,30}`), "team", false},
	{of("razorpay"), of("razorpaykeyid", "keyid"), leak.ClaimKeyID, form(`rzp_(?:live|test)_[A-Za-z0-9]{14}`), "", false},
	{of("flyio"), of("flyapp", "flyappname"), leak.ClaimTenant, slug, "app", false},
}

// Passwords have a user and a server beside them, by names with the same prefix:
// DB_USER and DB_HOST beside DB_PASSWORD.
var (
	secretEnds = []string{"password", "passwd", "pass", "pwd", "passphrase", "secret", "pw", "token", "key", "apikey", "authtoken", "credential", "credentials"}
	userEnds   = []string{"username", "user", "login", "userid", "uid", "userName", "accountname", "principal", "binddn"}
	hostEnds   = []string{"smarthost", "hostname", "host", "server", "servername", "address", "addr", "endpoint", "url", "uri", "urls", "uris", "serverurl", "serveruri", "baseurl", "hosts", "repository", "repositoryurl", "registry", "registryurl",
		"connectionurl", // of WildFly's data sources, docs.jboss.org/infinispan/9.4/serverconfigdocs/wildfly-datasources_5_0.html
		"jdbcurl"}       // of HikariCP, github.com/brettwooldridge/HikariCP
)

// withUser are the providers whose credentials are a password of a user. ""
// is a rule without one: anything that looks secret.
var withUser = of("", "generic", "sql", "smtp", "ldap", "mqtt", "ftp", "smb", "mysql", "mariadb", "postgresql", "redshift", "sqlserver", "oracle",
	"mongodb", "rabbitmq", "redis", "clickhouse", "cockroachdb", "neo4j", "snowflake", "elastic", "jdbc", "jenkins", "jfrog", "quay", "docker",
	"dockerhub", "urlcredentials", "httpauth")

// takesUser reports whether a credential of a rule is, or may be, a password of a user:
// one that is known by its field's name alone may be, whatever service that names
// (JIRA_PASSWORD beside JIRA_USER).
func takesUser(r *leak.RuleInfo) bool {
	return r.ID == rules.Generic || r.ID == rules.KubernetesSecret || slices.Contains(withUser, r.Provider)
}
