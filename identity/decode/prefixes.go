package decode

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// prefix is a beginning by which a provider marks what kind a credential is.
type prefix struct {
	start    string
	tail     int // how many characters follow at least
	provider string
	identity leak.IdentityType
	kind     string
	may      string // permissions, with commas between
	env      string
}

// mostTail is how many characters follow a prefix at most.
const mostTail = 600

// byPrefix reads the first of several kinds that a value begins like.
// Longer prefixes stand before shorter ones that they begin with.
func byPrefix(name string, weight float64, kinds []prefix) decoder {
	return decoder{name: name, read: func(in *Input) []leak.Evidence {
		for i := range kinds {
			k := &kinds[i]
			if tail, ok := strings.CutPrefix(in.Value, k.start); ok && madeOf(tail, "_-.+/=~", k.tail, mostTail) {
				return k.claims(weight).list
			}
		}
		return nil
	}}
}

func (k *prefix) claims(weight float64) *told {
	reason := "begins with " + k.start
	c := about(k.provider, k.identity, k.kind, weight, reason)
	for may := range strings.SplitSeq(k.may, ",") {
		c.add(leak.ClaimPermission, may, reason)
	}
	c.add(leak.ClaimEnvironment, k.env, reason)
	return c
}

// kinds are credentials whose prefix tells their kind and little else. Sources:
// the providers' pages that the files of package rules name in "about".
var kinds = []prefix{
	{"dop_v1_", 64, "digitalocean", leak.HumanAccount, "personal access token", "", ""},
	{"doo_v1_", 64, "digitalocean", leak.OAuthToken, "OAuth access token", "", ""},
	{"dor_v1_", 64, "digitalocean", leak.OAuthToken, "OAuth refresh token", "", ""},
	{"hf_", 34, "huggingface", leak.HumanAccount, "user access token", "", ""},
	{"api_org_", 34, "huggingface", leak.APIKey, "organization API token (retired by Hugging Face)", "", ""},
	{"squ_", 40, "sonarqube", leak.HumanAccount, "user token", "", ""},
	{"sqp_", 40, "sonarqube", leak.CIIdentity, "project analysis token", "execute-analysis", ""},
	{"sqa_", 40, "sonarqube", leak.CIIdentity, "global analysis token", "execute-analysis", ""},
	{"sqco_", 40, "sonarqube", leak.CIIdentity, "scoped organization token of SonarQube Cloud", "", ""},
	{"dapi", 32, "databricks", leak.HumanAccount, "personal access token", "", ""},
	{"dose", 32, "databricks", leak.ServicePrincipal, "OAuth secret of a service principal", "", ""},
	{"NRAK-", 20, "newrelic", leak.HumanAccount, "user API key", "", ""},
	{"NRAA-", 20, "newrelic", leak.APIKey, "admin API key (retired)", "admin", ""},
	{"NRRA-", 20, "newrelic", leak.APIKey, "REST API key", "", ""},
	{"NRIQ-", 20, "newrelic", leak.APIKey, "Insights query key", "read-only", ""},
	{"NRII-", 20, "newrelic", leak.APIKey, "Insights insert key", "send", ""},
	{"NRJS-", 15, "newrelic", leak.APIKey, "browser ingest key, which is public", "send", ""},
	{"sgp_", 40, "sourcegraph", leak.HumanAccount, "access token", "", ""},
	{"slk_", 40, "sourcegraph", leak.APIKey, "license token", "", ""},
	{"CCIPAT_", 30, "circleci", leak.HumanAccount, "personal API token", "", ""},
	{"CCIPRJ_", 30, "circleci", leak.CIIdentity, "project API token", "", ""},
	{"pscale_tkn_", 32, "planetscale", leak.ServiceAccount, "service token", "", ""},
	{"pscale_pw_", 32, "planetscale", leak.DatabaseUser, "database password", "", ""},
	{"pscale_oauth_", 32, "planetscale", leak.OAuthToken, "OAuth token", "", ""},
	{"dckr_pat_", 27, "dockerhub", leak.HumanAccount, "personal access token", "", ""},
	{"dckr_oat_", 27, "dockerhub", leak.RegistryRobot, "organization access token", "", ""},
	{"CFPAT-", 40, "contentful", leak.HumanAccount, "content management token", "", ""},
	{"lin_api_", 32, "linear", leak.HumanAccount, "personal API key", "", ""},
	{"lin_oauth_", 32, "linear", leak.OAuthToken, "OAuth access token", "", ""},
	{"lin_wh_", 32, "linear", leak.Webhook, "secret that signs webhooks", "", ""},
	{"ntn_", 40, "notion", leak.Bot, "integration token", "", ""},
	{"nrt_", 40, "notion", leak.OAuthToken, "OAuth refresh token", "", ""},
	{"cfut_", 40, "cloudflare", leak.HumanAccount, "user API token", "", ""},
	{"cfat_", 40, "cloudflare", leak.ServiceAccount, "account API token", "", ""},
	{"cfk_", 40, "cloudflare", leak.HumanAccount, "Global API key", "admin", ""},
	{"bkua_", 40, "buildkite", leak.HumanAccount, "API access token", "", ""},
	{"bkaa_", 36, "buildkite", leak.CIIdentity, "agent access token", "", ""},
	{"bkaj_", 36, "buildkite", leak.CIIdentity, "job token", "", ""},
	{"bkct_", 36, "buildkite", leak.CIIdentity, "cluster token, which registers agents", "", ""},
	{"nfp_", 36, "netlify", leak.HumanAccount, "personal access token", "", ""},
	{"nfc_", 36, "netlify", leak.HumanAccount, "token of the command line", "", ""},
	{"nfo_", 36, "netlify", leak.OAuthToken, "OAuth token", "", ""},
	{"nfb_", 36, "netlify", leak.CIIdentity, "build token", "", ""},
	{"vcp_", 40, "vercel", leak.HumanAccount, "personal access token", "", ""},
	{"vci_", 40, "vercel", leak.OAuthToken, "integration token", "", ""},
	{"vca_", 40, "vercel", leak.OAuthToken, "app access token", "", ""},
	{"vcr_", 40, "vercel", leak.OAuthToken, "app refresh token", "", ""},
	{"vck_", 40, "vercel", leak.APIKey, "AI Gateway key", "", ""},
	{"pnu_", 36, "prefect", leak.HumanAccount, "API key of a user", "", ""},
	{"pnb_", 36, "prefect", leak.ServiceAccount, "API key of a service account", "", ""},
	{"snyk_uat.", 40, "snyk", leak.HumanAccount, "personal access token", "", ""},
	{"snyk_sat.", 40, "snyk", leak.ServiceAccount, "service account token", "", ""},
	{"sbp_oauth_", 40, "supabase", leak.OAuthToken, "OAuth access token", "", ""},
	{"sbp_", 40, "supabase", leak.HumanAccount, "personal access token", "", ""},
	{"sb_secret_", 22, "supabase", leak.APIKey, "secret API key", "admin", ""},
	{"sb_publishable_", 22, "supabase", leak.APIKey, "publishable key, which is public", "", ""},
	{"mdb_sa_sk_", 40, "mongodb", leak.ServiceAccount, "secret of an Atlas service account", "", ""},
	{"rubygems_", 48, "rubygems", leak.HumanAccount, "API key", "", ""},
	{"figd_", 30, "figma", leak.HumanAccount, "personal access token", "", ""},
	{"phx_", 40, "posthog", leak.HumanAccount, "personal API key", "", ""},
	{"phc_", 40, "posthog", leak.APIKey, "project API key, which is public", "send", ""},
	{"pul-", 40, "pulumi", leak.APIKey, "access token", "", ""},
	{"rnd_", 28, "render", leak.HumanAccount, "API key", "", ""},
	{"rdme_", 60, "readme", leak.APIKey, "API key", "", ""},
	{"CCDB1_", 60, "cockroachdb", leak.ServiceAccount, "API key of a service account", "", ""},
	{"figo_", 30, "figma", leak.OAuthToken, "OAuth access token", "", ""},
	{"figr_", 30, "figma", leak.OAuthToken, "OAuth refresh token", "", ""},
	{"figu_", 30, "figma", leak.OAuthToken, "OAuth token of a user", "", ""},
	{"PMAT-", 26, "postman", leak.APIKey, "access key of a collection", "read-only", ""},
	{"xkeysib-", 60, "brevo", leak.APIKey, "API key", "", ""},
	{"xsmtpsib-", 60, "brevo", leak.APIKey, "SMTP key", "send", ""},
	{"HRKU-", 36, "heroku", leak.HumanAccount, "API token", "", ""},
}

// notionOld reads secret_<43>, a prefix that others use too.
func notionOld(in *Input) []leak.Evidence {
	if secret, ok := strings.CutPrefix(in.Value, "secret_"); ok && madeOf(secret, "", 43, 43) {
		return about("notion", leak.Bot, "integration token of the old form", .5, "secret_ and 43 letters and digits").list
	}
	return nil
}

// vercelBlob reads vercel_blob_rw_<store>_<secret>.
func vercelBlob(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "vercel_blob_rw_")
	store, secret, cut := strings.Cut(rest, "_")
	if !ok || !cut || !madeOf(store, "", 16, 16) || !madeOf(secret, "", 20, 60) {
		return nil
	}
	const form = "vercel_blob_rw_<store>_<secret>"
	c := about("vercel", leak.APIKey, "token of a blob store", .9, form)
	c.tenant(store, "store", form)
	c.add(leak.ClaimPermission, "read-write", form)
	return c.list
}

// onePasswordKey reads the secret key of an account: the version, six
// characters that 1Password knows it by, and the secret.
func onePasswordKey(in *Input) []leak.Evidence {
	f := strings.Split(in.Value, "-")
	if len(f) < 6 || f[0] != "A3" || len(in.Value) < 34 || len(in.Value) > 42 || !madeOf(in.Value, "-", 34, 42) || in.Value != strings.ToUpper(in.Value) {
		return nil
	}
	c := about("1password", leak.HumanAccount, "secret key of an account, which opens nothing without the password", .8, "A3-<id>-<secret>")
	c.add(leak.ClaimKeyID, f[1], "A3-<id>-<secret>")
	return c.list
}

// newRelicLicense reads license and ingest keys, which begin with where their
// data is kept: eu01xx.
func newRelicLicense(in *Input) []leak.Evidence {
	v := in.Value
	if len(v) != 40 || !strings.HasSuffix(v, "NRAL") && v[4:6] != "xx" {
		return nil
	}
	if !madeOf(v, "", 40, 40) {
		return nil
	}
	c := about("newrelic", leak.APIKey, "license key", .6, "40 characters in the form of a license key")
	c.add(leak.ClaimPermission, "send", "license keys are for ingesting data")
	if v[4:6] == "xx" {
		c.add(leak.ClaimRegion, v[:2], "begins with the region, "+v[:4])
	}
	return c.list
}

// launchDarkly tells the kinds of keys of a UUID's form apart.
func launchDarkly(in *Input) []leak.Evidence {
	kind, id, ok := strings.Cut(in.Value, "-")
	if !ok || !isUUID(id) {
		return nil
	}
	reason := "begins with " + kind + "-"
	switch kind {
	case "sdk":
		c := about("launchdarkly", leak.APIKey, "server-side SDK key", .6, reason)
		c.add(leak.ClaimPermission, "read-only", "an SDK key reads the flags of one environment")
		return c.list
	case "mob":
		return about("launchdarkly", leak.APIKey, "mobile key, which is in apps", .6, reason).list
	case "api":
		return about("launchdarkly", leak.ServiceAccount, "API access token of a person or a service", .4, reason).list
	}
	return nil
}

// hubSpot reads private app tokens: pat-<region>-<uuid>.
func hubSpot(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "pat-")
	region, id, cut := strings.Cut(rest, "-")
	if !ok || !cut || len(region) < 2 || len(region) > 4 || !isUUID(id) {
		return nil
	}
	c := about("hubspot", leak.OAuthApp, "access token of a private app", .6, "pat-<region>-<uuid>")
	c.add(leak.ClaimRegion, region, "pat-<region>-<uuid>")
	return c.list
}

// sourcegraphInstance reads sgp_<instance>_<40 hex>.
func sourcegraphInstance(in *Input) []leak.Evidence {
	rest, ok := strings.CutPrefix(in.Value, "sgp_")
	instance, secret, cut := strings.Cut(rest, "_")
	if !ok || !cut || !isHex(secret, 40) || instance != "local" && !isHex(instance, 16) {
		return nil
	}
	c := &told{weight: .8}
	c.tenant(instance, "instance", "sgp_<instance>_<secret>")
	return c.list
}
