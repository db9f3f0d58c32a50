package ci

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// tree is a repository of files at HEAD.
type tree map[string]string

func (t tree) Name() string { return "acme/api" }
func (t tree) Files(context.Context, string) (out []identity.File, err error) {
	for p := range t {
		out = append(out, identity.File{Path: p, Size: -1})
	}
	slices.SortFunc(out, func(a, b identity.File) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}
func (t tree) ReadFile(_ context.Context, _, path string, limit int64) ([]byte, bool, error) {
	text, ok := t[path]
	if !ok {
		return nil, false, fs.ErrNotExist
	}
	n := min(int64(len(text)), limit)
	return []byte(text[:n]), n == int64(len(text)), nil
}
func (t tree) Commit(context.Context, string) (identity.Commit, error) {
	return identity.Commit{}, fs.ErrNotExist
}
func (t tree) Recent(context.Context, string, time.Time) ([]identity.Activity, error) {
	return nil, nil
}
func (t tree) LastCommit(context.Context) time.Time { return time.Time{} }

// repo holds the tree behind a pointer: resolvers compare repositories.
type repo struct{ tree }

const secret = "S3CR3T"

// leaked makes a finding of a rule in a file.
func leaked(r *repo, provider, rule, path, text string) *identity.Query {
	at := strings.Index(text, secret)
	l := leak.Location{Kind: leak.KindBlob, Path: path, AtHead: true}
	l.Line = 1 + strings.Count(text[:at], "\n")
	return &identity.Query{
		Repo: r, Now: time.Now(), Finding: &leak.Finding{Rule: leak.RuleInfo{ID: rule, Provider: provider}, Locations: []leak.Location{l}},
		Places: []identity.Place{{Location: l, Text: []byte(text), Start: at, End: at + len(secret), FirstLine: 1}},
	}
}

func resolve(t *testing.T, q *identity.Query) (consumers, evidence, lost []string) {
	t.Helper()
	q.Lose = func(what string) { lost = append(lost, what) }
	a, err := New().Resolve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Consumers {
		consumers = append(consumers, fmt.Sprintf("%s %s %s: %s", c.Kind, c.Name, c.Ref, c.Via))
	}
	for _, e := range a.Evidence {
		if e.Ref == "" || e.Reason == "" || e.Weight != sure && e.Weight != byUsual {
			t.Errorf("evidence %+v", e)
		}
		evidence = append(evidence, e.Claim+"="+e.Value)
	}
	if strings.Contains(fmt.Sprint(a), secret) {
		t.Errorf("the answer holds the secret: %+v", a)
	}
	return consumers, evidence, lost
}

const workflow = `name: deploy
on: push
permissions:
  contents: read
env:
  ALL: ${{ secrets.FOR_ALL_KEY }}
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment:
      name: production
    permissions:
      id-token: write
    env:
      AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ secrets.PROD_AWS_SECRET }}
      AWS_REGION: eu-west-1
    steps:
      - uses: google-github-actions/auth@v2
        with:
          credentials_json: ${{ secrets['GCP_SA_KEY'] }}
          project_id: acme-prod
      - run: |
          kubectl --kubeconfig k8s/ci.yaml apply
          echo ${{ secrets.DOPPLER_TOKEN }} ${{ secrets.GITHUB_TOKEN }}
  call:
    uses: ./.github/workflows/shared.yml
    secrets: inherit
  plain:
    runs-on: x
    steps:
      - run: curl https://x/S3CR3T
`

const shared = `on: workflow_call
jobs:
  inner:
    steps:
      - run: publish
        env: {NPM_PUBLISH_TOKEN: "${{ secrets.NPM_PUBLISH_TOKEN }}"}
`

func TestGitHub(t *testing.T) {
	r := &repo{tree{".github/workflows/deploy.yml": workflow, ".github/workflows/shared.yml": shared, "README": ""}}
	for name, c := range map[string]struct {
		q                   *identity.Query
		consumers, evidence string
	}{
		"by the variable in the job": {leaked(r, "aws", "aws-secret-access-key", "x.env", "AWS_SECRET_ACCESS_KEY="+secret), "", ""},
		"by the secret of a variable": {leaked(r, "aws", "aws-secret-access-key", "x.env", "PROD_AWS_SECRET="+secret),
			"workflow deploy .github/workflows/deploy.yml:16: env AWS_SECRET_ACCESS_KEY = secrets.PROD_AWS_SECRET of environment production",
			"note=" + identity.NoteStaticCloudKey + " environment=prod region=eu-west-1"},
		"by the secret's name": {leaked(r, "google", "google-service-account-key", "x.env", "GCP_SA_KEY='"+secret),
			"workflow deploy .github/workflows/deploy.yml:21: with credentials_json = secrets.GCP_SA_KEY of environment production",
			"note=" + identity.NoteStaticCloudKey + " environment=prod tenant=acme-prod tenant_kind=project"},
		"in a script": {leaked(r, "doppler", "x", "x.env", "DOPPLER_TOKEN="+secret),
			"workflow deploy .github/workflows/deploy.yml:25: secrets.DOPPLER_TOKEN in run of environment production", "environment=prod"},
		"by the file":            {leaked(r, "kubernetes", "x", "k8s/ci.yaml", "token: "+secret), "workflow deploy .github/workflows/deploy.yml:24: file k8s/ci.yaml", "environment=prod"},
		"in the job":             {leaked(r, "slack", "x", ".github/workflows/deploy.yml", workflow), "workflow plain .github/workflows/deploy.yml:32: written in .github/workflows/deploy.yml", "note=" + identity.NoteCILiteral},
		"inherited":              {leaked(r, "npm", "x", "x.env", "npm_publish_token: "+secret), "workflow call .github/workflows/deploy.yml:27: env NPM_PUBLISH_TOKEN, inherited by .github/workflows/shared.yml\nworkflow inner .github/workflows/shared.yml:6: env NPM_PUBLISH_TOKEN", ""},
		"of another environment": {leaked(r, "aws", "aws-secret-access-key", "staging.env", "AWS_SECRET_ACCESS_KEY="+secret), "", ""},
		"GitHub's own token":     {leaked(r, "github", "x", "x.env", "GITHUB_TOKEN="+secret), "", ""},
		"generic names":          {leaked(r, "x", "x", "x.env", "token="+secret), "", ""},
		"by the key above": {leaked(r, "x", "x", "x.yml", "doppler:\n  token: "+secret),
			"workflow deploy .github/workflows/deploy.yml:25: secrets.DOPPLER_TOKEN in run of environment production", "environment=prod"},
	} {
		consumers, evidence, _ := resolve(t, c.q)
		if got := strings.Join(consumers, "\n"); got != c.consumers {
			t.Errorf("%s: consumers\n%s\nwant\n%s", name, got, c.consumers)
		}
		if got := strings.Join(evidence, " "); got != c.evidence {
			t.Errorf("%s: evidence %s\nwant %s", name, got, c.evidence)
		}
	}
	consumers, _, _ := resolve(t, leaked(r, "x", "x", "x", "FOR_ALL_KEY="+secret))
	if len(consumers) != 2 { // not of the workflow that is called
		t.Errorf("a variable of the workflow: %q", consumers)
	}
}

func TestOtherSystems(t *testing.T) {
	r := &repo{tree{
		".gitlab-ci.yml": "include:\n  - local: /ci/extra.yml\n.base: &b\n  environment: staging\n  id_tokens: {T: {aud: x}}\n  script: [\"deploy --key $STRIPE_API_KEY\"]\nrun:\n  extends: .base\n  stage: x\nliteral:\n  variables:\n    X: " + secret + "\n",
		"ci/extra.yml":   "extra:\n  script:\n    - echo ${EXTRA_TOKEN}\n",
		".circleci/config.yml": "jobs:\n  build:\n    steps:\n      - run: {command: \"echo $SENTRY_TOKEN\"}\nworkflows:\n  main:\n    jobs:\n      - build: {context: [sentry-prod]}\n" +
			"      - aws/push: {access: ECR_ACCESS_KEY, context: aws}\n",
		"Jenkinsfile":             "pipeline {\n  environment { A = 1\n    HARBOR = credentials('harbor-robot')\n  }\n  stages {\n    stage('Push') {\n      steps {\n        withCredentials([string(credentialsId: 'pypi-upload', variable: 'PYPI_TOKEN')]) { sh 'x' }\n      }\n    }\n    stage('Ship') { sh 'cat deploy/key.json' }\n  }\n}\n",
		"azure-pipelines.yml":     "variables:\n- group: prod-secrets\nstages:\n- stage: S\n  jobs:\n  - deployment: Web\n    environment: production\n    steps:\n    - task: AzureCLI@2\n      inputs:\n        azureSubscription: acme-connection\n      env:\n        DB_CONN: $(dbConnectionString)\n",
		"bitbucket-pipelines.yml": "pipelines:\n  branches:\n    main:\n      - step:\n          name: Deploy\n          deployment: production\n          oidc: true\n          script:\n            - aws --key $AWS_SECRET_ACCESS_KEY\n",
	}}
	for text, want := range map[string]string{
		"STRIPE_API_KEY=":        "gitlab-ci run .gitlab-ci.yml:6: $STRIPE_API_KEY in script",
		"EXTRA_TOKEN=":           "gitlab-ci extra ci/extra.yml:3: $EXTRA_TOKEN in script",
		"SENTRY_TOKEN=":          "circleci build .circleci/config.yml:4: $SENTRY_TOKEN in command of context sentry-prod",
		"ECR_ACCESS_KEY=":        "circleci aws/push .circleci/config.yml:9: parameter access = ECR_ACCESS_KEY of context aws",
		"PYPI_TOKEN=":            "jenkins Push Jenkinsfile:8: PYPI_TOKEN = credentials pypi-upload",
		"HARBOR_PSW=":            "jenkins  Jenkinsfile:3: environment HARBOR = credentials harbor-robot",
		"dbConnectionString=":    "azure-pipelines Web azure-pipelines.yml:13: env DB_CONN = dbConnectionString",
		"AWS_SECRET_ACCESS_KEY=": "bitbucket-pipelines Deploy bitbucket-pipelines.yml:9: $AWS_SECRET_ACCESS_KEY in script",
	} {
		consumers, _, lost := resolve(t, leaked(r, "x", "x", "x.env", text+secret))
		if got := strings.Join(consumers, "\n"); got != want || len(lost) > 0 {
			t.Errorf("%s: %s\nwant %s, lost %q", text, got, want, lost)
		}
	}
	consumers, _, _ := resolve(t, leaked(r, "x", "x", "deploy/key.json", secret))
	if fmt.Sprint(consumers) != "[jenkins Ship Jenkinsfile:11: file deploy/key.json]" {
		t.Errorf("%q", consumers)
	}
	consumers, evidence, _ := resolve(t, leaked(r, "x", "x", ".gitlab-ci.yml", r.tree[".gitlab-ci.yml"]))
	if fmt.Sprint(consumers) != "[gitlab-ci literal .gitlab-ci.yml:12: written in .gitlab-ci.yml]" || fmt.Sprint(evidence) != "[note="+identity.NoteCILiteral+"]" {
		t.Errorf("%q, %q", consumers, evidence)
	}
}

// TestJenkinsEnvironment: a variable that has the value of a credential of Jenkins is that,
// also where the environment stands in one line, or several of them do.
func TestJenkinsEnvironment(t *testing.T) {
	r := &repo{tree{"Jenkinsfile": "pipeline {\n  environment { JENK_STRIPE_KEY = credentials('jenk-stripe'); JENK_MAIL_KEY = credentials(\"jenk-mail\") }\n}\n"}}
	for name, want := range map[string]string{
		"JENK_STRIPE_KEY": "[jenkins  Jenkinsfile:2: environment JENK_STRIPE_KEY = credentials jenk-stripe]",
		"JENK_MAIL_KEY":   "[jenkins  Jenkinsfile:2: environment JENK_MAIL_KEY = credentials jenk-mail]",
		"JENK_OTHER_KEY":  "[]",
	} {
		if consumers, _, _ := resolve(t, leaked(r, "x", "x", "x.env", name+"="+secret)); fmt.Sprint(consumers) != want {
			t.Errorf("%s: %q, want %s", name, consumers, want)
		}
	}
}

// TestGivenSecrets: the job in a reusable workflow uses what its caller gives it under
// another name.
func TestGivenSecrets(t *testing.T) {
	r := &repo{tree{
		".github/workflows/a.yml": "jobs:\n  call:\n    uses: ./.github/workflows/b.yml\n    secrets:\n      token: ${{ secrets.PAYMENTS_MAIL_KEY }}\n",
		".github/workflows/b.yml": "on: workflow_call\njobs:\n  inner:\n    steps:\n      - run: x\n        env: {MAIL_KEY: \"${{ secrets.token }}\"}\n  other:\n    steps:\n      - run: ${{ secrets.elsewhere }}\n",
	}}
	r.tree[".github/workflows/c.yml"] = "jobs:\n  all:\n    uses: ./.github/workflows/b.yml\n    secrets: inherit\n"
	consumers, _, _ := resolve(t, leaked(r, "sendgrid", "x", "x.env", "PAYMENTS_MAIL_KEY="+secret))
	want := "workflow call .github/workflows/a.yml:5: secrets token = secrets.PAYMENTS_MAIL_KEY\nworkflow inner .github/workflows/b.yml:6: secrets token = secrets.PAYMENTS_MAIL_KEY, given by .github/workflows/a.yml"
	if got := strings.Join(consumers, "\n"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestOtherSecrets: a variable of a job that takes its value from a secret with
// another name does not hold the credential that is called like the variable.
func TestOtherSecrets(t *testing.T) {
	for name, c := range map[string]struct{ path, text, leak, want string }{
		"a secret": {".github/workflows/a.yml", "jobs:\n  ship:\n    env:\n      STRIPE_PAY_KEY: ${{ secrets.OTHER_TEAM_KEY }}\n", "STRIPE_PAY_KEY=", ""},
		"an input": {".github/workflows/a.yml", "jobs:\n  ship:\n    steps:\n      - with:\n          stripe-pay-key: ${{ secrets.OTHER_TEAM_KEY }}\n", "STRIPE_PAY_KEY=", ""},
		"ends so": {".github/workflows/a.yml", "jobs:\n  ship:\n    env:\n      STRIPE_PAY_KEY: ${{ secrets.PROD_STRIPE_PAY_KEY }}\n", "PROD_STRIPE_PAY_KEY=",
			"workflow ship .github/workflows/a.yml:4: env STRIPE_PAY_KEY = secrets.PROD_STRIPE_PAY_KEY"},
		"both": {".github/workflows/a.yml", "jobs:\n  ship:\n    env:\n      STRIPE_PAY_KEY: ${{ secrets.OTHER_KEY || secrets.STRIPE_PAY_KEY }}\n", "STRIPE_PAY_KEY=",
			"workflow ship .github/workflows/a.yml:4: env STRIPE_PAY_KEY"},
		"of GitLab": {".gitlab-ci.yml", "ship:\n  variables:\n    STRIPE_PAY_KEY: $OTHER_TEAM_KEY\n  script: [pay $STRIPE_PAY_KEY]\n", "STRIPE_PAY_KEY=", ""},
		"of GitLab, its source": {".gitlab-ci.yml", "ship:\n  variables:\n    STRIPE_PAY_KEY: $OTHER_TEAM_KEY\n  script: [pay $STRIPE_PAY_KEY]\n", "OTHER_TEAM_KEY=",
			"gitlab-ci ship .gitlab-ci.yml:3: variables STRIPE_PAY_KEY = $OTHER_TEAM_KEY"},
		"of GitLab, with a default": {".gitlab-ci.yml", "ship:\n  variables:\n    STRIPE_PAY_KEY: none\n  script: [pay $STRIPE_PAY_KEY]\n", "STRIPE_PAY_KEY=",
			"gitlab-ci ship .gitlab-ci.yml:4: $STRIPE_PAY_KEY in script"},
	} {
		consumers, _, _ := resolve(t, leaked(&repo{tree{c.path: c.text}}, "stripe", "x", "x.env", c.leak+secret))
		if got := strings.Join(consumers, "\n"); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestBadFilesAreNoted(t *testing.T) {
	laugh := "a0: &a0 [x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 25; i++ {
		laugh += fmt.Sprintf("a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), ", "))
	}
	r := &repo{tree{
		".github/workflows/bad.yml": "jobs: [\n  run: ${{ secrets.STRIPE_KEY }}\n", ".github/workflows/laugh.yml": "jobs:\n  x:\n    steps: *a\n", ".gitlab-ci.yml": laugh + "job:\n  script: *a24\n  extends: job\n",
		".github/workflows/good.yml": "jobs:\n  ok:\n    steps:\n    - run: ${{ secrets.STRIPE_KEY }}\n", ".circleci/config.yml": strings.Repeat("x", 2<<20),
	}}
	consumers, _, lost := resolve(t, leaked(r, "x", "x", "x", "STRIPE_KEY="+secret))
	if len(consumers) != 2 || len(lost) < 3 { // the broken one is read line by line

		t.Errorf("consumers %q, lost %q", consumers, lost)
	}
}

func FuzzResolve(f *testing.F) {
	f.Add(0, []byte(workflow))
	f.Add(1, []byte("a: {extends: b}\nb: {extends: a, script: $X}\ninclude: x\n"))
	f.Add(4, []byte("stages:\n- jobs:\n  - job: x\n"))
	files := []string{".github/workflows/a.yml", ".gitlab-ci.yml", ".circleci/config.yml", "Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", ".buildkite/pipeline.yml", ".drone.yml"}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		r := &repo{tree{files[uint(i)%uint(len(files))]: string(data)}}
		q := leaked(r, "aws", "aws-secret-access-key", "deploy/x.env", "AWS_SECRET_ACCESS_KEY="+secret)
		if _, err := New().Resolve(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	})
}
