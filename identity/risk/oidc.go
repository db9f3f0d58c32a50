package risk

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// snippet lets a job log in to a cloud with its own token, so that no key is
// stored. Lines are templates.
type snippet struct {
	lines []string
	url   string
}

// snippets by CI and provider. What their actions and commands are called is from
// the pages that are linked.
var snippets = map[string]map[string]snippet{
	"github": {
		"aws": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: aws-actions/configure-aws-credentials@v4", "    with:",
			"      role-to-assume: arn:${partition}:iam::${tenant:account-id}:role/<role>", "      aws-region: ${region}",
		}, "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws"},
		"google": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: google-github-actions/auth@v2", "    with:",
			"      workload_identity_provider: projects/<project-number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
			"      service_account: ${name:service-account}",
		}, "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-google-cloud-platform"},
		"azure": {[]string{
			"permissions:", "  id-token: write", "  contents: read", "steps:",
			"  - uses: azure/login@v2", "    with:",
			"      client-id: ${id:client-id}", "      tenant-id: ${tenant:tenant-id}", "      subscription-id: <subscription>",
		}, "https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-azure"},
	},
	"gitlab": {
		"aws": {[]string{
			"<job>:", "  id_tokens:", "    AWS_TOKEN:", "      aud: https://<gitlab-host>",
			"  variables:", "    AWS_ROLE_ARN: arn:${partition}:iam::${tenant:account-id}:role/<role>", "    AWS_WEB_IDENTITY_TOKEN_FILE: /tmp/aws-token",
			"  before_script:", `    - printf %s "$AWS_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"`,
		}, "https://docs.gitlab.com/ci/cloud_services/aws/"},
		"google": {[]string{
			"<job>:", "  id_tokens:", "    GCP_TOKEN:", "      aud: https://iam.googleapis.com/projects/<project-number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
			"  variables:", "    GOOGLE_APPLICATION_CREDENTIALS: /tmp/gcp.json",
			"  before_script:", `    - printf %s "$GCP_TOKEN" > /tmp/gcp-token`,
			"    - gcloud iam workload-identity-pools create-cred-config projects/<project-number>/locations/global/workloadIdentityPools/<pool>/providers/<provider> --service-account=${name:service-account} --credential-source-file=/tmp/gcp-token --output-file=/tmp/gcp.json",
		}, "https://docs.gitlab.com/ci/cloud_services/google_cloud/"},
		"azure": {[]string{
			"<job>:", "  id_tokens:", "    AZURE_TOKEN:", "      aud: api://AzureADTokenExchange",
			"  before_script:", `    - az login --service-principal --username ${id:client-id} --tenant ${tenant:tenant-id} --federated-token "$AZURE_TOKEN"`,
		}, "https://docs.gitlab.com/ci/cloud_services/azure/"},
	},
}

// staticKeys are the kinds of credentials that such a job needs no more.
var staticKeys = map[string]string{
	"aws-access-key": "aws", "aws-access-key-line": "aws", "aws-secret-access-key": "aws",
	"google-service-account-key": "google", "docker-config-json-key": "google", "entra-client-secret": "azure",
}

// replace is the step that spares a static cloud key in CI.
func (s *subject) replace() (leak.Action, bool) {
	cloud, ci := staticKeys[s.findings[0].Rule.ID], s.ci()
	if cloud == "" || ci == "" {
		return leak.Action{}, false
	}
	snip := snippets[ci][cloud]
	values := s.values()
	values["partition"] = "aws"
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
	}
	return a, true
}

// ci is the CI that uses the credential, or whose configuration it stands in.
func (s *subject) ci() string {
	refs := []string{}
	for _, c := range s.id.Consumers {
		refs = append(refs, c.Ref)
	}
	for _, f := range s.findings {
		for _, l := range f.Locations {
			refs = append(refs, l.Path)
		}
	}
	switch {
	case slices.ContainsFunc(refs, func(r string) bool { return strings.Contains(r, ".github/workflows/") }):
		return "github"
	case slices.ContainsFunc(refs, func(r string) bool { return strings.Contains(r, ".gitlab-ci") || strings.HasPrefix(r, ".gitlab/ci/") }):
		return "gitlab"
	case s.note(identity.NoteStaticCloudKey):
		return "github"
	}
	return ""
}
