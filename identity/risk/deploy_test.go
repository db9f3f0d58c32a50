package risk

import (
	"fmt"
	"slices"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestDeployCommands: a new value is put where the consumer takes it from, which is
// not always called what the job calls it.
func TestDeployCommands(t *testing.T) {
	for _, c := range []struct {
		consumer leak.Consumer
		want     []string
	}{
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "env SENDGRID_API_KEY = secrets.PAYMENTS_SG_KEY"}, []string{"gh secret set PAYMENTS_SG_KEY"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "env SENDGRID_API_KEY"}, []string{"gh secret set SENDGRID_API_KEY"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "secrets.lower_key in run"}, []string{"gh secret set lower_key"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "env TOKEN = secrets.NPM, inherited by .github/workflows/b.yml"}, []string{"gh secret set NPM"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/b.yml:8", Via: "secrets token = secrets.NPM, given by .github/workflows/a.yml"}, []string{"gh secret set NPM"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "env TOKEN = secrets.NPM of environment production"}, []string{"gh secret set --env production NPM"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "secrets.NPM in run of environment my prod; reboot"}, []string{"gh secret set --env 'my prod; reboot' NPM"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "env TOKEN = secrets.NPM of environment ${{ inputs.stage }}"}, []string{"gh secret set --env <environment> NPM"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "written in .github/workflows/a.yml"}, []string{"gh secret set <variable>"}},
		{leak.Consumer{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: "file deploy/gcp.json"}, []string{"gh secret set <variable>"}},
		{leak.Consumer{Kind: "gitlab-ci", Ref: ".gitlab-ci.yml:3", Via: "variables MAIL_KEY = $PAYMENTS_SG_KEY"}, []string{"glab variable update PAYMENTS_SG_KEY --masked < <new-value-file>"}},
		{leak.Consumer{Kind: "gitlab-ci", Ref: "ci/extra.yml:3", Via: `$EXTRA_TOKEN in curl -H "Authorization`}, []string{"glab variable update EXTRA_TOKEN --masked < <new-value-file>"}},
		{leak.Consumer{Kind: "azure-pipelines", Ref: "azure-pipelines.yml:3", Via: "env DB_CONN = dbConnectionString"}, []string{"az pipelines variable update --pipeline-name <pipeline> --name dbConnectionString --secret true --prompt-value true"}},
		{leak.Consumer{Kind: "azure-pipelines", Ref: "azure-pipelines.yml:3", Via: "service connection prod"}, nil},
		{leak.Consumer{Kind: "circleci", Ref: ".circleci/config.yml:6", Via: "$MAIL_KEY in run of context prod, other"}, []string{"circleci context store-secret <vcs-type> <organization> prod MAIL_KEY < <new-value-file>"}},
		{leak.Consumer{Kind: "circleci", Ref: ".circleci/config.yml:6", Via: "parameter access = ECR_KEY of context aws"}, []string{"circleci context store-secret <vcs-type> <organization> aws ECR_KEY < <new-value-file>"}},
		{leak.Consumer{Kind: "circleci", Ref: ".circleci/config.yml:6", Via: "$MAIL_KEY in run"}, nil},
		{leak.Consumer{Kind: "deployment", Name: "payns/mailer", Ref: "k8s/d.yaml:1"}, []string{"kubectl -n payns rollout restart deployment/mailer"}},
		{leak.Consumer{Kind: "deployment", Name: "mailer", Ref: "k8s/d.yaml:1"}, []string{"kubectl rollout restart deployment/mailer"}},
		{leak.Consumer{Kind: "secret", Name: "payns/mail", Ref: "k8s/s.yaml:1", Via: "value of KEY"},
			[]string{"kubectl -n payns create secret generic mail --from-file=KEY=<new-value-file> --dry-run=client -o yaml | kubectl -n payns patch secret mail --patch-file /dev/stdin"}},
		{leak.Consumer{Kind: "secret", Name: "mail", Ref: "chart/templates/s.yaml:1", Via: "value.mail.apiKey"}, nil}, // the chart makes it
		{leak.Consumer{Kind: "secret", Name: "mail; rm -rf x", Ref: "k8s/s.yaml:1", Via: "value of `x`"},
			[]string{"kubectl create secret generic 'mail; rm -rf x' --from-file='`x`'=<new-value-file> --dry-run=client -o yaml | kubectl patch secret 'mail; rm -rf x' --patch-file /dev/stdin"}},
	} {
		id, f := leaked("sendgrid-api-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Consumers = []leak.Consumer{c.consumer}
		})
		for _, a := range assess(t, nil, id, f).Plan {
			if a.Step == StepDeploy && !slices.Equal(a.Command, c.want) {
				t.Errorf("%s %s: %q, want %q", c.consumer.Kind, c.consumer.Via, a.Command, c.want)
			}
		}
	}
}

// TestDeployOrder: what restarts comes when the value is there.
func TestDeployOrder(t *testing.T) {
	id, f := leaked("sendgrid-api-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
		id.Consumers = []leak.Consumer{{Kind: "deployment", Name: "api", Ref: "k8s/d.yaml:1"}, {Kind: "secret", Name: "mail", Ref: "k8s/s.yaml:1", Via: "value of KEY"}}
	})
	for _, a := range assess(t, nil, id, f).Plan {
		if n := len(a.Command); a.Step == StepDeploy && (n != 2 || a.Command[1] != "kubectl rollout restart deployment/api") {
			t.Errorf("%q", a.Command)
		}
	}
}

// TestReuse: workloads are what runs, not what hands a value on to them.
func TestReuse(t *testing.T) {
	deployment := leak.Consumer{Kind: "deployment", Name: "payer"}
	for _, c := range []struct {
		consumers []leak.Consumer
		want      string
	}{
		{[]leak.Consumer{deployment, {Kind: "secret", Name: "gcp"}}, ""},
		{[]leak.Consumer{deployment, {Kind: "service account", Name: "pay"}, {Kind: "configmap", Name: "c"}}, ""},
		{[]leak.Consumer{deployment, {Kind: "ci secret", Name: "K"}, {Kind: "resource", Name: "r"}, {Kind: "image", Name: "i"}}, ""},
		{[]leak.Consumer{deployment, {Kind: "workflow", Name: "send", Weak: true}}, ""},
		{[]leak.Consumer{deployment, {Kind: "deployment", Name: "other"}}, "2 workloads use it"},
		{[]leak.Consumer{deployment, {Kind: "workflow", Name: "send"}}, "2 workloads use it"},
	} {
		id, f := leaked("sendgrid-api-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) { id.Consumers = c.consumers })
		got := ""
		for _, k := range assess(t, nil, id, f).Controls {
			if k.ID == "NHI9" {
				got = k.Why
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", fmt.Sprint(c.consumers), got, c.want)
		}
	}
}

// TestTestMode: a provider's test mode is no environment that something is used in.
func TestTestMode(t *testing.T) {
	for _, c := range []struct{ mode, used, want string }{
		{"test", "staging", ""},
		{"sandbox", "dev", ""},
		{"prod", "staging", "an identity of production where something says staging"},
		{"test", "", ""},
	} {
		id, f := leaked("stripe-secret-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Environment = c.mode
			id.Evidence = append(id.Evidence, leak.Evidence{Class: leak.FromStructure, Claim: leak.ClaimEnvironment, Value: c.mode, Weight: .9})
			if c.used != "" {
				id.Evidence = append(id.Evidence, leak.Evidence{Class: leak.FromName, Claim: leak.ClaimEnvironment, Value: c.used, Weight: .3})
			}
		})
		got := ""
		for _, k := range assess(t, nil, id, f).Controls {
			if k.ID == "NHI8" {
				got = k.Why
			}
		}
		if got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.mode, c.used, got, c.want)
		}
	}
}
