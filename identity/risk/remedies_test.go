package risk

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// steps are the commands of a credential's plan, by step.
func steps(c *leak.Credential) map[string][]string {
	out := map[string][]string{}
	for _, a := range c.Plan {
		out[a.Step] = append(out[a.Step], a.Command...)
	}
	return out
}

var unfilled = regexp.MustCompile(`<[^<>]*>`)

// TestRemedies: the commands of every rule, and of every kind of its credentials, are
// filled in, what is missing is visible, none holds the credential, and a shell reads
// all of them once somebody has put in what is missing.
func TestRemedies(t *testing.T) {
	const secret = "Zx81kqP0vbn2Lw7s"
	a := New(nil, shipped(t), now)
	with := 0
	var lines []string
	for rule, p := range a.owners {
		forms := []string{""}
		for _, m := range p.Remedies {
			forms = append(forms, m.Kinds...)
		}
		for _, form := range forms {
			if p.Remedy(rule, form) == nil {
				continue
			}
			with++
			for _, known := range []bool{false, true} {
				id, f := leaked(rule, func(id *leak.Identity, c *leak.Credential, f *leak.Finding) {
					f.Parts = leak.Parts{leak.SecretPart: leak.NewSecret(secret)}
					if c.Form = form; !known {
						return
					}
					id.Name, id.Tenant.ID, id.ProviderID, id.Provider = "space/it's me", "t-1", "id-1", p.ID
					c.KeyID, c.Label, c.FirstExposed = "key-1", "label-1", now
					id.Evidence = []leak.Evidence{{Claim: leak.ClaimServer, Value: "h.acme.io:7432", Weight: .9}, {Claim: leak.ClaimRegion, Value: "eu-west-1", Weight: .9}, {Claim: leak.ClaimScope, Value: "pod web-1", Weight: .9}}
				})
				a.Assess([]*leak.Identity{id}, []*leak.Finding{f})
				for _, commands := range steps(&id.Credentials[0]) {
					for _, line := range commands {
						if strings.Contains(line, "${") || strings.Contains(line, "((") || strings.Contains(line, secret) || strings.Contains(line, "  ") && !strings.Contains(line, ": ") {
							t.Errorf("%s, %q: %s", rule, form, line)
						}
						lines = append(lines, line)
					}
				}
			}
		}
	}
	if with < 100 {
		t.Errorf("%d rules have commands", with)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh")
	}
	for i := range lines {
		lines[i] = unfilled.ReplaceAllString(lines[i], "word")
	}
	cmd := exec.Command(sh, "-n")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n"))
	if out, err := cmd.CombinedOutput(); err != nil {
		for _, line := range lines { // which one it is
			one := exec.Command(sh, "-n", "-c", line)
			if msg, err := one.CombinedOutput(); err != nil {
				t.Errorf("%s: %s", line, msg)
			}
		}
		t.Fatalf("%v: %s", err, out)
	}
}

// TestRemediesOfKinds: a rule finds credentials of several kinds, which have not the
// same commands.
func TestRemediesOfKinds(t *testing.T) {
	server := func(value string) func(*leak.Identity, *leak.Credential) {
		return func(id *leak.Identity, _ *leak.Credential) {
			id.Name = "app"
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimServer, Value: value, Weight: .9}}
		}
	}
	kubernetes := func(id *leak.Identity, c *leak.Credential) {
		id.Provider, id.Name, c.Label = "kubernetes", "shop/deployer", "deployer-token-x1"
	}
	for _, c := range []struct {
		rule, form string
		change     func(*leak.Identity, *leak.Credential)
		want, not  []string // in the commands, but for verify and purge
	}{
		{"kubernetes-service-account-token", "service account token in a Secret", kubernetes,
			[]string{"kubectl --namespace shop delete secret deployer-token-x1", "kubectl --namespace shop create token deployer --duration 1h", "--as=system:serviceaccount:shop:deployer"}, []string{"<", "delete pod"}},
		{"kubernetes-service-account-token", "bound service account token", func(id *leak.Identity, c *leak.Credential) {
			kubernetes(id, c)
			id.Evidence = []leak.Evidence{{Claim: leak.ClaimScope, Value: "pod web-1", Weight: .97}, {Claim: leak.ClaimScope, Value: "node n1", Weight: .97}}
		}, []string{"kubectl --namespace shop delete pod web-1"}, []string{"<", "delete secret"}},
		{"kubernetes-service-account-token", "bound service account token", nil, []string{"kubectl --namespace <namespace> delete pod <pod>", "create token <service-account>", "--as=system:serviceaccount:<namespace>:<service-account>"}, nil},
		{"aws-access-key", "temporary access key", func(_ *leak.Identity, c *leak.Credential) { c.KeyID = "ASIAX" },
			[]string{"put-role-policy --role-name <role> --policy-name AWSRevokeOlderSessions", `"aws:TokenIssueTime":"<now`, "AttributeValue=ASIAX"}, []string{"update-access-key", "create-access-key", "delete-access-key"}},
		{"aws-session-token", "session token of temporary credentials", nil, []string{"AWSRevokeOlderSessions"}, []string{"file://"}},
		{"aws-access-key", "long-term access key of an IAM user", nil, []string{"create-access-key --user-name <user>", "--status Inactive"}, []string{"AWSRevokeOlderSessions"}},
		{"gitlab-routable-token", "personal, project or group access token", server("git.acme.io"), []string{"glab api --hostname git.acme.io --method DELETE personal_access_tokens/<token-id>"}, []string{"deploy_tokens"}},
		{"gitlab-personal-access-token", "", nil, []string{"glab api --method DELETE personal_access_tokens/<token-id>"}, nil},
		{"gitlab-routable-token", "deploy token", nil, []string{"glab api --method DELETE projects/<project>/deploy_tokens/<token-id>"}, []string{"personal_access_tokens"}},
		{"gitlab-deploy-token", "deploy token", nil, []string{"projects/<project>/deploy_tokens"}, []string{"personal_access_tokens"}},
		{"gitlab-routable-token", "pipeline trigger token", nil, []string{"--method DELETE projects/<project>/triggers/<trigger-id>"}, []string{"personal_access_tokens"}},
		{"gitlab-routable-token", "token of an agent for Kubernetes", nil, []string{"--method DELETE projects/<project>/cluster_agents/<agent-id>/tokens/<token-id>"}, []string{"personal_access_tokens"}},
		{"gitlab-routable-token", "OAuth application secret", nil, []string{"renew-secret"}, []string{"personal_access_tokens"}},
		{"gitlab-routable-token", "feed token", nil, nil, []string{"glab"}},
		{"gitlab-routable-token", "incoming mail token", nil, nil, []string{"glab"}},
		{"gitlab-routable-token", "SCIM token", nil, nil, []string{"glab"}},
		{"gitlab-routable-token", "feature flags client token", nil, nil, []string{"glab"}},
		{"gitlab-runner-authentication-token", "runner authentication token", nil, []string{"--method DELETE runners/<runner-id>"}, []string{"personal_access_tokens"}},
		{"gitlab-runner-registration-token", "runner registration token", nil, []string{"projects/<project>/runners/reset_registration_token"}, []string{"personal_access_tokens"}},
		{"gitlab-ci-job-token", "CI/CD job token", nil, []string{"projects/<project>/jobs/<job-id>/cancel"}, []string{"personal_access_tokens"}},
		{"gitlab-workspace-token", "workspace token", nil, nil, []string{"glab"}},
		{"gitlab-session-cookie", "", nil, nil, []string{"glab"}},
		{"mongodb-atlas-private-key", "", nil, []string{"atlas organizations apiKeys delete <id-of-the-api-key> --orgId <organization>"}, nil},
		{"mongodb-atlas-service-account-secret", "", func(id *leak.Identity, _ *leak.Credential) { id.ProviderID = "mdb_sa_id_x" }, []string{"--clientId mdb_sa_id_x --secretId <secret-id>"}, nil},
		{"mongodb-url", "login of a MongoDB Atlas cluster", server("c.ab1cd.mongodb.net"), []string{"atlas dbusers delete app --projectId <project>"}, []string{"mongosh"}},
		{"mongodb-url", "login of a mongodb server", server("db.acme.io:27018"), []string{"mongosh --host db.acme.io --port 27018 --username <admin>"}, []string{"atlas", "--tls"}},
		{"mongodb-url", "login of a mongodb server over TLS", server("db.acme.io"), []string{"mongosh --tls --host db.acme.io --username <admin>"}, nil},
		{"postgresql-url", "", server("db.acme.io:6432"), []string{"psql --host=db.acme.io --port=6432 --username=<admin>"}, nil},
		{"postgresql-url", "", server("db.acme.io"), []string{"psql --host=db.acme.io --username=<admin>"}, []string{"port", "PASSWORD NULL"}},
		{"postgresql-url", "", server("[2001:db8::7]:6432"), []string{"psql --host=2001:db8::7 --port=6432"}, nil},
		{"postgresql-url", "", server("a.acme.io:5433,b.acme.io:5434"), []string{"psql --host=a.acme.io --port=5433"}, nil},
		{"mysql-url", "", server("db.acme.io:3307"), []string{"mysql --host=db.acme.io --port=3307"}, nil},
		{"mariadb-url", "", server("db.acme.io:3307"), []string{"mariadb --host=db.acme.io --port=3307"}, nil},
		{"redis-url", "login of a redis server over TLS", server("r.acme.io:6380"), []string{"redis-cli --tls -h r.acme.io -p 6380"}, nil},
		{"redis-url", "login of a redis server", server("r.acme.io:6380"), []string{"redis-cli -h r.acme.io -p 6380"}, []string{"--tls"}},
		{"redshift-url", "", server("w.acme.io:5439"), []string{"psql --host=w.acme.io --port=5439"}, nil},
		{"grafana-service-account-token", "", server("grafana.acme.io:3000"), []string{"https://grafana.acme.io:3000/api/serviceaccounts"}, nil},
		{"openai-service-account-key", "", nil, []string{"/service_accounts/<service-account-id>"}, []string{"api_keys"}},
		{"openai-project-key", "", nil, []string{"/api_keys/<key-id>"}, []string{"service_accounts"}},
		{"elastic-uiam-key", "", nil, nil, []string{"_security/api_key"}},
		{"confluent-sasl-password", "", nil, nil, []string{"confluent"}},
	} {
		id, f := leaked(c.rule, func(id *leak.Identity, cred *leak.Credential, _ *leak.Finding) {
			if cred.Form = c.form; c.change != nil {
				c.change(id, cred)
			}
		})
		s := steps(assess(t, nil, id, f))
		delete(s, StepVerify)
		delete(s, StepPurge)
		var all strings.Builder
		for _, step := range []string{StepRotate, StepDeploy, StepRevoke, StepAudit} {
			all.WriteString(strings.Join(s[step], "\n") + "\n")
		}
		for _, want := range c.want {
			if !strings.Contains(all.String(), want) {
				t.Errorf("%s, %q: no %q in\n%s", c.rule, c.form, want, all.String())
			}
		}
		for _, not := range c.not {
			if strings.Contains(all.String(), not) {
				t.Errorf("%s, %q: %q in\n%s", c.rule, c.form, not, all.String())
			}
		}
	}
}

// TestPairsAreDeployed: what comes with another id is no use without it.
func TestPairsAreDeployed(t *testing.T) {
	for _, c := range []struct {
		rule, via string
		want      string
	}{
		{"aws-access-key", "env AWS_SECRET_ACCESS_KEY", "gh secret set AWS_ACCESS_KEY_ID|gh secret set AWS_SECRET_ACCESS_KEY"},
		{"aws-access-key", "env AWS_SECRET_ACCESS_KEY = secrets.PAY_AWS_SECRET_ACCESS_KEY", "gh secret set PAY_AWS_ACCESS_KEY_ID|gh secret set PAY_AWS_SECRET_ACCESS_KEY"},
		{"aws-access-key", "env AWS_ACCESS_KEY_ID", "gh secret set AWS_ACCESS_KEY_ID"},
		{"aws-access-key", "env K = secrets.PROD_KEY", "gh secret set <variable-of-its-id>|gh secret set PROD_KEY"},
		{"scaleway-secret-key", "env SCW_SECRET_KEY", "gh secret set SCW_ACCESS_KEY|gh secret set SCW_SECRET_KEY"},
		{"mongodb-atlas-private-key", "env ATLAS_PRIVATE_KEY", "gh secret set ATLAS_PUBLIC_KEY|gh secret set ATLAS_PRIVATE_KEY"},
		{"sendgrid-api-key", "env SENDGRID_API_KEY", "gh secret set SENDGRID_API_KEY"},
	} {
		id, f := leaked(c.rule, func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Consumers = []leak.Consumer{{Kind: "workflow", Ref: ".github/workflows/a.yml:8", Via: c.via}}
		})
		if got := strings.Join(steps(assess(t, nil, id, f))[StepDeploy], "|"); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.rule, c.via, got, c.want)
		}
	}
	id, f := leaked("aws-access-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
		id.Consumers = []leak.Consumer{{Kind: "secret", Name: "pay/aws", Ref: "k8s/s.yaml:1", Via: "value of secret-access-key"}}
	})
	got := strings.Join(steps(assess(t, nil, id, f))[StepDeploy], "|")
	for _, want := range []string{"kubectl -n pay create secret generic aws --from-file=access-key-id=<new-value-file>", "--from-file=secret-access-key=<new-value-file>"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
}

// TestSnippetsSayWhatIsMissing: no account, region or user that is not known, nor one
// of two.
func TestSnippetsSayWhatIsMissing(t *testing.T) {
	region := func(values ...string) (out []leak.Evidence) {
		for _, v := range values {
			out = append(out, leak.Evidence{Claim: leak.ClaimRegion, Value: v, Weight: .9})
		}
		return out
	}
	for _, c := range []struct {
		name, path string
		evidence   []leak.Evidence
		tenant     string
		want       []string
	}{
		{"nothing", ".github/workflows/a.yml", nil, "", []string{"arn:aws:iam::<account-id>:role/<role>", "aws-region: <region>"}},
		{"all", ".github/workflows/a.yml", region("eu-west-1"), "123456789012", []string{"arn:aws:iam::123456789012:role/<role>", "aws-region: eu-west-1"}},
		{"two regions", ".github/workflows/a.yml", region("eu-west-1", "us-east-1"), "123456789012", []string{"aws-region: <region>"}},
		{"China", ".github/workflows/a.yml", region("cn-north-1"), "123456789012", []string{"arn:aws-cn:iam::123456789012:role/<role>"}},
		{"GovCloud", ".gitlab-ci.yml", region("us-gov-west-1"), "", []string{"arn:aws-us-gov:iam::<account-id>:role/<role>"}},
	} {
		id, f := leaked("aws-access-key", func(id *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			id.Evidence, id.Tenant.ID, f.Locations[0].Path = c.evidence, c.tenant, c.path
		})
		got := strings.Join(steps(assess(t, nil, id, f))[StepReplace], "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", c.name, want, got)
			}
		}
	}
}

// TestRegionOfTheStep: the snippet works where the step that it replaces does, though it
// is not sure that the key is that one; another job's region says nothing.
func TestRegionOfTheStep(t *testing.T) {
	for name, c := range map[string]struct {
		refs []string
		want string
	}{
		"the step":    {[]string{".github/workflows/a.yml:9"}, "aws-region: sa-east-1"},
		"elsewhere":   {[]string{".github/workflows/b.yml:9"}, "aws-region: <region>"},
		"two regions": {[]string{".github/workflows/a.yml:9", ".github/workflows/a.yml:19"}, "aws-region: <region>"},
	} {
		id, f := leaked("aws-access-key", func(id *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			id.Consumers = []leak.Consumer{{Kind: "workflow", Ref: ".github/workflows/a.yml:8"}}
			for i, ref := range c.refs {
				id.Evidence = append(id.Evidence, leak.Evidence{Claim: leak.ClaimRegion, Class: leak.FromIaC, Value: []string{"sa-east-1", "eu-west-1"}[i], Weight: .3, Ref: ref})
			}
		})
		if got := strings.Join(steps(assess(t, nil, id, f))[StepReplace], "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s: no %q in\n%s", name, c.want, got)
		}
	}
}

// TestPurgeOfName: what stands in a name is renamed.
func TestPurgeOfName(t *testing.T) {
	id, f := leaked("github-personal-access-token", func(_ *leak.Identity, _ *leak.Credential, f *leak.Finding) {
		f.Locations = []leak.Location{{Kind: leak.KindBlob, Path: "k/********", Field: leak.FieldName, Commit: "c1", AtHead: true}}
	})
	for _, a := range assess(t, nil, id, f).Plan {
		if a.Step == StepPurge && (!strings.Contains(a.Text, "Rename the file") || strings.Contains(a.Text, "vault") || !strings.Contains(a.Text, "--path-rename")) {
			t.Error(a.Text)
		}
	}
}

// TestReplaceByCI: a key that a job uses is replaced by what that CI has for that cloud,
// and by nothing where no documentation says what it has.
func TestReplaceByCI(t *testing.T) {
	for _, tt := range []struct{ ci, rule, want string }{
		{"workflow", "aws-access-key", "aws-actions/configure-aws-credentials@v6"},
		{"workflow", "google-service-account-key", "google-github-actions/auth@v3"},
		{"workflow", "entra-client-secret", "azure/login@v3"},
		{"gitlab-ci", "aws-access-key", "aud: https://<gitlab-host>"},
		{"gitlab-ci", "google-service-account-key", "create-cred-config projects/<project-number>/"},
		{"gitlab-ci", "entra-client-secret", `--federated-token "$AZURE_TOKEN"`},
		{"circleci", "aws-access-key", `printf %s "$CIRCLE_OIDC_TOKEN" > /tmp/aws-token`},
		{"circleci", "google-service-account-key", "--credential-source-file=/tmp/gcp-token"},
		{"circleci", "entra-client-secret", ""},
		{"bitbucket-pipelines", "aws-access-key", "    oidc: true"},
		{"bitbucket-pipelines", "google-service-account-key", ""},
		{"azure-pipelines", "entra-client-secret", "- task: AzureCLI@2"},
		{"azure-pipelines", "google-service-account-key", "    addSpnToEnvironment: true"},
		{"azure-pipelines", "aws-access-key", ""},
		{"buildkite", "aws-access-key", "    - aws-assume-role-with-web-identity#v1.2.0:"},
		{"buildkite", "google-service-account-key", "    - gcp-workload-identity-federation#v1.1.0:"},
		{"buildkite", "entra-client-secret", "buildkite-agent oidc request-token --audience api://AzureADTokenExchange"},
		{"jenkins", "aws-access-key", ""}, {"workflow", "stripe-secret-key", ""},
	} {
		id, f := leaked(tt.rule, func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
			id.Evidence = append(id.Evidence, leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimNote, Value: identity.NoteStaticCloudKey, Weight: .9, Reason: "x"})
			id.Consumers = []leak.Consumer{{Kind: tt.ci, Name: "deploy", Ref: "ci.yml:3", Via: "env KEY"}}
		})
		got := ""
		for _, a := range assess(t, nil, id, f).Plan {
			if a.Step == StepReplace {
				if got = strings.Join(a.Command, "\n"); !strings.HasPrefix(a.URL, "https://") {
					t.Errorf("%s, %s: no page: %q", tt.ci, tt.rule, a.URL)
				}
			}
		}
		if tt.want == "" != (got == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s, %s: %q, want %q", tt.ci, tt.rule, got, tt.want)
		}
	}
}
