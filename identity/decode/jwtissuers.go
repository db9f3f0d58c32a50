package decode

import (
	"strings"

	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// issuers know the tokens of one issuer each: they say whose one is and return
// true, or say nothing.
var issuers = []func(v *voice, t *jwt) bool{
	kubernetesToken, entraToken, actionsToken, gitlabToken, supabaseToken, googleToken, pipelineToken,
	directoryToken, githubAppToken, cloudflareToken, jfrogToken, acrToken,
}

// actionsToken reads id tokens of GitHub Actions
// (https://docs.github.com/en/actions/reference/security/oidc). GitHub
// Enterprise has issuers of its own.
func actionsToken(v *voice, t *jwt) bool {
	iss := t.text("iss")
	if !strings.HasPrefix(iss, "https://token.actions.githubusercontent.com") && !strings.HasSuffix(iss, "/_services/token") {
		return false
	}
	const why = "inside the id token of an Actions job"
	v.say(leak.ClaimProvider, "github", "the issuer is GitHub Actions")
	v.say(leak.ClaimType, string(leak.WorkloadIdentity), "the issuer is GitHub Actions")
	v.say(leak.ClaimKind, "GitHub Actions id token", "the issuer is GitHub Actions")
	repository := t.text("repository")
	if repository == "" {
		if rest, ok := strings.CutPrefix(t.text("sub"), "repo:"); ok {
			repository, _, _ = strings.Cut(rest, ":")
		}
	}
	v.say(leak.ClaimName, repository, "repository "+why)
	v.say(leak.ClaimID, t.text("sub"), "sub "+why)
	owner := t.text("repository_owner")
	if owner == "" {
		owner, _, _ = strings.Cut(repository, "/")
	}
	v.tenant("organization", owner, "repository_owner "+why)
	v.say(leak.ClaimHuman, t.text("actor"), "actor "+why)
	v.say(leak.ClaimService, t.text("workflow"), "workflow "+why)
	v.say(leak.ClaimScope, t.text("job_workflow_ref"), "job_workflow_ref "+why)
	v.say(leak.ClaimNote, t.text("ref"), "ref "+why)
	v.environment(t.text("environment"), "environment "+why)
	return true
}

// gitlabToken reads id tokens of GitLab CI
// (https://docs.gitlab.com/ci/secrets/id_token_authentication/), and job
// tokens without their prefix.
func gitlabToken(v *voice, t *jwt) bool {
	job := t.text("aud") == "gitlab-authz-token"
	project := t.text("project_path")
	if !job && (project == "" || t.text("namespace_path") == "") {
		return false
	}
	const why = "inside the id token of a GitLab job"
	provider := "gitlab"
	if host := hostOf(t.text("iss")); host != "gitlab.com" && host != "" && !strings.ContainsAny(host, " @") {
		provider += "@" + host
	}
	v.say(leak.ClaimProvider, provider, "the issuer is a GitLab")
	if job {
		v.say(leak.ClaimType, string(leak.CIIdentity), "the audience of job tokens")
		v.say(leak.ClaimKind, "CI/CD job token", "the audience of job tokens")
		v.gitlabBuild(t)
		return true
	}
	v.say(leak.ClaimType, string(leak.WorkloadIdentity), "an id token of a GitLab job")
	v.say(leak.ClaimKind, "GitLab CI id token", "an id token of a GitLab job")
	v.say(leak.ClaimName, project, "project_path "+why)
	v.say(leak.ClaimID, t.text("sub"), "sub "+why)
	v.tenant("group", t.text("namespace_path"), "namespace_path "+why)
	v.say(leak.ClaimHuman, t.text("user_login"), "user_login "+why)
	v.say(leak.ClaimScope, t.text("ci_config_ref_uri"), "ci_config_ref_uri "+why)
	v.say(leak.ClaimNote, t.text("ref"), "ref "+why)
	env := t.text("deployment_tier") // production, staging, testing, development, other
	if env == "" || env == "other" {
		env = t.text("environment")
	}
	v.environment(env, "the environment "+why)
	return true
}

// supabaseToken reads the API keys of Supabase projects that are JSON Web Tokens
// (https://supabase.com/docs/guides/api/api-keys).
func supabaseToken(v *voice, t *jwt) bool {
	role, ref := t.text("role"), t.text("ref")
	if t.text("iss") != "supabase" && t.text("iss") != "supabase-demo" {
		return false
	}
	v.say(leak.ClaimProvider, "supabase", "iss is supabase")
	v.say(leak.ClaimType, string(leak.APIKey), "iss is supabase")
	v.say(leak.ClaimKind, strings.TrimSpace(role+" key"), "iss and role inside the token")
	v.tenant("project", ref, "ref inside the token is the project")
	v.say(leak.ClaimName, role, "role inside the token")
	if ref != "" {
		v.say(leak.ClaimServer, ref+".supabase.co", "ref inside the token")
	}
	switch role {
	case "service_role":
		v.say(leak.ClaimPermission, "admin", "service_role goes past row level security")
	case "anon":
		v.say(leak.ClaimNote, "a public key: row level security decides what it may do", "role is anon")
	}
	return true
}

var (
	googlePool   = lazy.New(`^https://securetoken\.google\.com/([a-z0-9-]{4,40})$`)
	serviceEmail = lazy.New(`^[0-9A-Za-z._-]{1,64}@[0-9a-z.-]{1,90}\.gserviceaccount\.com$`)
)

// googleToken reads id tokens of Google and Firebase, and what service
// accounts sign themselves
// (https://docs.cloud.google.com/docs/authentication/token-types).
func googleToken(v *voice, t *jwt) bool {
	iss, email := t.text("iss"), t.text("email")
	if m := googlePool.FindStringSubmatch(iss); m != nil {
		v.say(leak.ClaimProvider, "google", "the issuer is Firebase")
		v.say(leak.ClaimType, string(leak.HumanAccount), "a user of an app on Firebase")
		v.say(leak.ClaimKind, "Firebase id token", "the issuer is Firebase")
		v.tenant("project", m[1], "the project in the issuer")
		v.say(leak.ClaimID, t.text("sub"), "sub inside the token")
		return true
	}
	signed := serviceEmail.MatchString(iss)
	if !signed && strings.TrimPrefix(iss, "https://") != "accounts.google.com" {
		return false
	}
	v.say(leak.ClaimProvider, "google", "the issuer is Google")
	if signed {
		email = iss
		v.say(leak.ClaimKind, "token that a service account signed itself", "iss is a service account")
	} else {
		v.say(leak.ClaimKind, "Google id token", "the issuer is Google")
		v.say(leak.ClaimID, t.text("sub"), "sub inside the token")
	}
	if serviceEmail.MatchString(email) {
		v.serviceAccount(email, "the address of a service account inside the token")
		return true
	}
	v.say(leak.ClaimType, string(leak.HumanAccount), "an account that is no service account")
	v.tenant("domain", t.text("hd"), "hd inside the token: the domain of the account")
	v.say(leak.ClaimScope, prefixed("client ", t.text("azp")), "azp inside the token")
	return true
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// pipelines are CI services whose jobs get id tokens, by the beginning of the
// issuer and the claims that name the tenant and the pipeline.
var pipelines = []struct{ iss, provider, kind, tenant, tenantKind, name, human string }{
	// https://circleci.com/docs/openid-connect-tokens/
	{"https://oidc.circleci.com/org/", "circleci", "CircleCI id token", "aud", "organization", "oidc.circleci.com/project-id", ""},
	// https://buildkite.com/docs/pipelines/security/oidc
	{"https://agent.buildkite.com", "buildkite", "Buildkite id token", "organization_slug", "organization", "pipeline_slug", ""},
	// https://support.atlassian.com/bitbucket-cloud/docs/integrate-pipelines-with-resource-servers-using-oidc/
	{"https://api.bitbucket.org/2.0/workspaces/", "bitbucket", "Bitbucket Pipelines id token", "workspaceUuid", "workspace", "repositoryUuid", ""},
	// https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
	{"https://app.terraform.io", "terraform", "HCP Terraform workload identity token", "terraform_organization_name", "organization", "terraform_workspace_name", ""},
	// https://learn.microsoft.com/en-us/azure/devops/pipelines/release/configure-workload-identity
	{"https://vstoken.dev.azure.com/", "azure", "Azure DevOps id token", "org_id", "organization", "sub", ""},
	// https://www.pulumi.com/docs/administration/access-identity/oidc/
	{"https://api.pulumi.com/oidc", "pulumi", "Pulumi id token", "organization", "organization", "current_env", "user_login"},
}

func pipelineToken(v *voice, t *jwt) bool {
	iss := t.text("iss")
	for _, p := range pipelines {
		rest, ok := strings.CutPrefix(iss, p.iss)
		if !ok {
			continue
		}
		why := "the issuer " + p.iss
		v.say(leak.ClaimProvider, p.provider, why)
		v.say(leak.ClaimType, string(leak.WorkloadIdentity), why)
		v.say(leak.ClaimKind, p.kind, why)
		tenant := t.text(p.tenant)
		if before, _, _ := strings.Cut(rest, "/"); before != "" && (p.provider == "circleci" || p.provider == "bitbucket" || tenant == "") {
			tenant = before
		}
		v.tenant(p.tenantKind, tenant, "inside the token")
		name := t.text(p.name)
		v.say(leak.ClaimID, t.text("sub"), "sub inside the token")
		if name == "" {
			name = t.text("sub")
		}
		v.say(leak.ClaimName, name, p.name+" inside the token")
		v.say(leak.ClaimHuman, t.text(p.human), p.human+" inside the token")
		return true
	}
	return false
}

// directories are identity providers whose tenants are in the host or path of
// the issuer.
var directories = []struct {
	form             *lazy.RE
	provider, tenant string
}{
	// https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
	// https://auth0.com/docs/get-started/auth0-overview/create-tenants
	{lazy.New(`^https://([a-z0-9-]{1,63}(?:\.[a-z]{2}(?:-[0-9])?)?\.auth0\.com)/?$`), "auth0", "domain"},
	// https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/
	{lazy.New(`^https://([a-z0-9-]{1,63}\.(?:okta|oktapreview|okta-emea|okta-gov)\.com)(?:/oauth2/[0-9A-Za-z]{1,40})?$`), "okta", "organization"},
	// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
	{lazy.New(`^https://cognito-idp\.[a-z0-9-]{5,30}\.amazonaws\.com/([a-z0-9-]{5,30}_[0-9A-Za-z]{1,55})$`), "aws", "user pool"},
	// https://www.keycloak.org/securing-apps/oidc-layers
	{lazy.New(`^https?://[^/?#@\s]{1,120}(?:/auth)?/realms/([0-9A-Za-z._-]{1,100})$`), "keycloak", "realm"},
}

// Issuer is what the address of an identity provider says: which one it is and the tenant,
// or the server.
func Issuer(url string) []leak.Evidence {
	for _, d := range directories {
		m := d.form.FindStringSubmatch(url)
		if m == nil {
			continue
		}
		provider := d.provider
		if provider == "keycloak" {
			provider += "@" + hostOf(url)
		}
		return []leak.Evidence{{Claim: leak.ClaimProvider, Value: provider}, {Claim: leak.ClaimTenant, Value: m[1]}, {Claim: leak.ClaimTenantKind, Value: d.tenant}}
	}
	if host := hostOf(url); !shared(host) && strings.Contains(host, ".") {
		return []leak.Evidence{{Claim: leak.ClaimServer, Value: host}}
	}
	return nil
}

func directoryToken(v *voice, t *jwt) bool {
	for _, d := range directories {
		m := d.form.FindStringSubmatch(t.text("iss"))
		if m == nil {
			continue
		}
		provider := d.provider
		if provider == "keycloak" {
			provider += "@" + hostOf(t.text("iss"))
		}
		v.say(leak.ClaimProvider, provider, "the issuer inside the token")
		v.say(leak.ClaimKind, "token of "+d.provider, "the issuer inside the token")
		v.tenant(d.tenant, m[1], "the issuer inside the token")
		if region, _, ok := strings.Cut(m[1], "_"); ok && d.provider == "aws" {
			v.say(leak.ClaimRegion, region, "the issuer inside the token")
		}
		v.subject(t)
		return true
	}
	return false
}

// githubAppToken reads what a GitHub App signs to log in: iss is its id, and it
// lives for ten minutes
// (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).
func githubAppToken(v *voice, t *jwt) bool {
	iss := t.text("iss")
	if len(t.body) != 3 || t.head.text("alg") != "RS256" || !(only(iss, decimal) && len(iss) < 10 || strings.HasPrefix(iss, "Iv")) {
		return false
	}
	from, _ := t.body.at("iat")
	to, _ := t.body.at("exp")
	if from.IsZero() || to.Sub(from) <= 0 || to.Sub(from).Minutes() > 12 {
		return false
	}
	v.weigh(0.7, leak.ClaimProvider, "github", "it has the three claims, and the short life, of a GitHub App's token")
	v.weigh(0.7, leak.ClaimType, string(leak.OAuthApp), "it has the three claims, and the short life, of a GitHub App's token")
	v.weigh(0.7, leak.ClaimKind, "GitHub App token", "it has the three claims, and the short life, of a GitHub App's token")
	v.weigh(0.7, leak.ClaimID, iss, "iss inside the token is the app")
	return true
}

// cloudflareToken reads tokens of Cloudflare Access
// (https://developers.cloudflare.com/cloudflare-one/access-controls/applications/http-apps/authorization-cookie/application-token/).
func cloudflareToken(v *voice, t *jwt) bool {
	host := hostOf(t.text("iss"))
	team, ok := strings.CutSuffix(host, ".cloudflareaccess.com")
	if !ok {
		return false
	}
	v.say(leak.ClaimProvider, "cloudflare", "the issuer is Cloudflare Access")
	v.say(leak.ClaimKind, "Cloudflare Access token", "the issuer is Cloudflare Access")
	v.tenant("team", team, "the team in the issuer")
	if name := t.text("common_name"); name != "" {
		v.say(leak.ClaimType, string(leak.ServiceAccount), "common_name: a service token")
		v.say(leak.ClaimName, name, "common_name inside the token")
		return true
	}
	v.say(leak.ClaimType, string(leak.HumanAccount), "a person logged in")
	v.say(leak.ClaimID, t.text("sub"), "sub inside the token")
	return true
}
