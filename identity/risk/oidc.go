package risk

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// snippet lets a job log in to a cloud with its own token, so that no key is
// stored. Lines are templates.
type snippet struct {
	lines []string
	url   string
}

// googlePool is a provider of a workload identity pool, in the words of Google's pages.
const googlePool = "projects/<project-number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>"

// awsRole is the role that a job takes on. That its ARN and the file with the token may
// stand in these variables is from docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
const (
	awsRole  = "arn:${partition}:iam::${tenant:account-id}:role/<role>"
	awsToken = "AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token"
)

// googleFile makes a file of credentials that reads the token from another one:
// cloud.google.com/sdk/gcloud/reference/iam/workload-identity-pools/create-cred-config
const googleFile = "gcloud iam workload-identity-pools create-cred-config " + googlePool + " --service-account=${name:service-account} --credential-source-file=/tmp/gcp-token --output-file=/tmp/gcp.json"

const githubDocs = "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/"

// snippets by CI and provider. What their actions and commands are called is from
// the pages that are linked; where the CI's or the cloud's documentation has none for
// the two, there is none.
var snippets = map[string]map[string]snippet{
	"workflow": {
		"aws": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: aws-actions/configure-aws-credentials@v6", "    with:", "      role-to-assume: " + awsRole, "      aws-region: ${region}",
		}, githubDocs + "oidc-in-aws"},
		"google": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: google-github-actions/auth@v3", "    with:", "      workload_identity_provider: " + googlePool, "      service_account: ${name:service-account}",
		}, githubDocs + "oidc-in-google-cloud-platform"},
		"azure": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: azure/login@v3", "    with:",
			"      client-id: ${id:client-id}", "      tenant-id: ${tenant:tenant-id}", "      subscription-id: <subscription>",
		}, githubDocs + "oidc-in-azure"},
	},
	"gitlab-ci": {
		"aws": {[]string{
			"<job>:", "  id_tokens:", "    AWS_TOKEN:", "      aud: https://<gitlab-host>",
			"  variables:", "    AWS_ROLE_ARN: " + awsRole, "    " + awsToken,
			"  before_script:", `    - printf %s "$AWS_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"`,
		}, "https://docs.gitlab.com/ci/cloud_services/aws/"},
		"google": {[]string{
			"<job>:", "  id_tokens:", "    GCP_TOKEN:", "      aud: https://<gitlab-host>",
			"  variables:", "    GOOGLE_APPLICATION_CREDENTIALS: /tmp/gcp.json",
			"  before_script:", `    - printf %s "$GCP_TOKEN" > /tmp/gcp-token`, "    - " + googleFile,
		}, "https://docs.gitlab.com/ci/cloud_services/google_cloud/"},
		"azure": {[]string{
			"<job>:", "  id_tokens:", "    AZURE_TOKEN:", "      aud: https://<gitlab-host>",
			"  before_script:", `    - az login --service-principal --username ${id:client-id} --tenant ${tenant:tenant-id} --federated-token "$AZURE_TOKEN"`,
		}, "https://docs.gitlab.com/ci/cloud_services/azure/"},
	},
	"circleci": {
		"aws": {[]string{
			"jobs:", "  <job>:", "    environment:", "      AWS_ROLE_ARN: " + awsRole, "      " + awsToken,
			"    steps:", `      - run: printf %s "$CIRCLE_OIDC_TOKEN" > /tmp/aws-token`,
		}, "https://circleci.com/docs/openid-connect-tokens/"},
		"google": {[]string{
			"jobs:", "  <job>:", "    environment:", "      GOOGLE_APPLICATION_CREDENTIALS: /tmp/gcp.json",
			"    steps:", `      - run: printf %s "$CIRCLE_OIDC_TOKEN" > /tmp/gcp-token`, "      - run: " + googleFile,
		}, "https://circleci.com/docs/openid-connect-tokens/"},
	},
	"bitbucket-pipelines": {
		"aws": {[]string{
			"- step:", "    oidc: true", "    script:", "      - export AWS_ROLE_ARN=" + awsRole + " AWS_WEB_IDENTITY_TOKEN_FILE=/tmp/aws-token",
			`      - printf %s "$BITBUCKET_STEP_OIDC_TOKEN" > /tmp/aws-token`,
		}, "https://support.atlassian.com/bitbucket-cloud/docs/deploy-on-aws-using-bitbucket-pipelines-openid-connect/"},
	},
	"azure-pipelines": {
		"azure": {[]string{
			"- task: AzureCLI@2", "  inputs:", "    azureSubscription: <service-connection with workload identity federation>",
			"    scriptType: bash", "    scriptLocation: inlineScript", "    inlineScript: <commands>",
		}, "https://learn.microsoft.com/en-us/azure/devops/pipelines/library/connect-to-azure"},
		"google": {[]string{
			"variables:", "- name: GOOGLE_APPLICATION_CREDENTIALS", "  value: /tmp/gcp.json", "steps:", "- task: AzureCLI@2", "  inputs:",
			"    connectedServiceNameARM: <service-connection with workload identity federation>", "    addSpnToEnvironment: true",
			"    scriptType: bash", "    scriptLocation: inlineScript", "    inlineScript: |", `      printf %s "$idToken" > /tmp/gcp-token`, "      " + googleFile,
		}, "https://docs.cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines"},
	},
	"buildkite": {
		"aws": {[]string{
			"- command: <command>", "  env:", "    AWS_REGION: ${region}", "  plugins:", "    - aws-assume-role-with-web-identity#v1.2.0:", "        role-arn: " + awsRole,
		}, "https://buildkite.com/docs/pipelines/security/oidc/aws"},
		"google": {[]string{
			"- command: <command>", "  plugins:", "    - gcp-workload-identity-federation#v1.1.0:",
			`        audience: "//iam.googleapis.com/` + googlePool + `"`, "        service-account: ${name:service-account}",
		}, "https://github.com/buildkite-plugins/gcp-workload-identity-federation-buildkite-plugin"},
		"azure": {[]string{
			"- command:", "    - az login --service-principal --username ${id:client-id} --tenant ${tenant:tenant-id} --federated-token $$(buildkite-agent oidc request-token --audience api://AzureADTokenExchange)",
		}, "https://buildkite.com/docs/pipelines/security/oidc/azure"},
	},
}

// staticKeys are the kinds of credentials that such a job needs no more.
var staticKeys = map[string]string{
	"aws-access-key": "aws", "aws-access-key-line": "aws", "aws-secret-access-key": "aws",
	"google-service-account-key": "google", "docker-config-json-key": "google", "entra-client-secret": "azure",
}

// replace is the step that spares a static cloud key in CI.
func (s *subject) replace() (leak.Action, bool) {
	snip := snippets[s.ci()][staticKeys[s.findings[0].Rule.ID]]
	if snip.lines == nil {
		return leak.Action{}, false
	}
	values := s.values()
	values["partition"] = "aws"
	values["region"] = cmp.Or(values["region"], s.regionOfJob())
	switch {
	case strings.HasPrefix(values["region"], "cn-"):
		values["partition"] = "aws-cn"
	case strings.HasPrefix(values["region"], "us-gov-"):
		values["partition"] = "aws-us-gov"
	}
	a := leak.Action{Step: StepReplace, URL: snip.url, Text: "Better: let the job log in with its own short-lived token, so that there is no key to leak. " +
		"Trust this repository and branch or environment only, never a pattern for all: take the subject from a token that it issued."}
	for _, line := range snip.lines {
		a.Command = append(a.Command, fill(line, values))
		if strings.HasPrefix(line, "      aws-region:") && values["partition"] == "aws-cn" {
			a.Command = append(a.Command, "      audience: sts.amazonaws.com.cn") // github.com/aws-actions/configure-aws-credentials, "Audience"
		}
	}
	return a, true
}

// regionOfJob is the region that the job works in which the snippet is for, whether or
// not it is sure that this is the key that it has.
func (s *subject) regionOfJob() (region string) {
	for _, e := range s.id.Evidence {
		file, _, _ := strings.Cut(e.Ref, ":")
		if e.Claim != leak.ClaimRegion || e.Class != leak.FromIaC || !slices.ContainsFunc(s.id.Consumers, func(c leak.Consumer) bool { return strings.HasPrefix(c.Ref, file+":") }) {
			continue
		}
		if region != "" && region != e.Value {
			return ""
		}
		region = e.Value
	}
	return region
}

// ciPaths are where the configuration of each CI stands.
var ciPaths = []struct{ path, ci string }{
	{".github/workflows/", "workflow"}, {".gitlab-ci", "gitlab-ci"}, {".gitlab/ci/", "gitlab-ci"}, {".circleci/", "circleci"},
	{"bitbucket-pipelines.yml", "bitbucket-pipelines"}, {"azure-pipelines", "azure-pipelines"}, {".buildkite/", "buildkite"},
}

// ci is the CI that uses the credential, or whose configuration it stands in, by the
// kind of its jobs.
func (s *subject) ci() string {
	for _, c := range s.id.Consumers {
		if snippets[c.Kind] != nil {
			return c.Kind
		}
	}
	for _, f := range s.findings {
		for _, l := range f.Locations {
			for _, p := range ciPaths {
				if strings.Contains(l.Path, p.path) {
					return p.ci
				}
			}
		}
	}
	return ""
}
