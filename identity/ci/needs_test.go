package ci

import (
	"context"
	"strings"
	"testing"
)

// TestNeeds: what a job needs a secret for is told where all of its uses can be.
func TestNeeds(t *testing.T) {
	const env = "        env:\n          KEY: ${{ secrets.DEPLOY_AWS_KEY }}\n"
	for name, tt := range map[string]struct{ steps, want string }{
		"read":                  {"      - run: aws s3 cp s3://acme/a.csv .\n" + env, "s3:read r.yml:6"},
		"write":                 {"      - run: aws s3 sync ./dist s3://acme --delete\n" + env, "s3:write r.yml:6"},
		"both":                  {"      - run: |\n          set -e\n          aws s3 ls s3://acme && aws s3 cp a s3://acme/a\n          echo done\n" + env, "s3:read s3:write r.yml:8"},
		"a registry":            {"      - run: aws ecr get-login-password | docker login -u AWS --password-stdin $REG\n" + env, "ecr:write r.yml:6"},
		"after a login":         {"      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-secret-access-key: ${{ secrets.DEPLOY_AWS_KEY }}\n      - uses: actions/checkout@v4\n      - run: aws s3 ls s3://acme\n", "s3:read r.yml:10"},
		"a step without it":     {"      - run: terraform apply\n      - run: aws s3 ls s3://acme\n" + env, "s3:read r.yml:7"},
		"Cloud Storage":         {"      - run: gsutil cp gs://acme/x .\n" + env, "storage:read r.yml:6"},
		"where to nobody sees":  {"      - run: aws s3 cp $FROM $TO\n" + env, ""},
		"options first":         {"      - run: aws s3 cp --acl private a s3://acme\n" + env, ""},
		"a program":             {"      - run: aws s3 ls s3://acme; ./deploy.sh\n" + env, ""},
		"terraform":             {"      - run: terraform apply\n" + env, ""},
		"in an expression":      {"      - run: echo $(terraform output x) && aws s3 ls\n" + env, ""},
		"another action":        {"      - uses: acme/deploy@v1\n        with:\n          key: ${{ secrets.DEPLOY_AWS_KEY }}\n      - run: aws s3 ls\n" + env, ""},
		"another shell":         {"      - run: aws s3 ls\n        shell: python\n" + env, ""},
		"kept for later":        {"      - run: echo \"K=$KEY\" >> $GITHUB_ENV\n" + env + "      - run: aws s3 ls\n" + env, ""},
		"a continued line":      {"      - run: |\n          aws s3 \\\n            cp s3://acme/a .\n" + env, "s3:read r.yml:7"},
		"nothing that needs it": {"      - run: echo hello\n" + env, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &repo{tree{".github/workflows/r.yml": "on: push\njobs:\n  report:\n    runs-on: x\n    steps:\n" + tt.steps}}
			text := "DEPLOY_AWS_KEY=" + secret + "\n"
			a, err := New().Resolve(context.Background(), leaked(r, "aws", "aws-secret-access-key", ".env", text))
			if err != nil || len(a.Consumers) != 1 {
				t.Fatalf("%v, %d consumers", err, len(a.Consumers))
			}
			c := a.Consumers[0]
			if got := strings.TrimSpace(c.Needs + " " + strings.TrimPrefix(c.NeedsAt, ".github/workflows/")); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestNeedsOfOtherCIs: where all scripts of a job see its variables, all of them count.
func TestNeedsOfOtherCIs(t *testing.T) {
	for name, tt := range map[string]struct{ path, text, want string }{
		"GitLab":                {".gitlab-ci.yml", "report:\n  variables: {K: $DEPLOY_AWS_KEY}\n  script:\n    - set -e\n    - aws s3 cp s3://acme/a.csv .\n", "s3:read :5"},
		"GitLab, extends":       {".gitlab-ci.yml", "default:\n  before_script: [echo hi]\n.base:\n  script: aws s3 ls\nreport:\n  extends: .base\n  variables: {K: $DEPLOY_AWS_KEY}\n", "s3:read :4"},
		"GitLab, its own first": {".gitlab-ci.yml", ".base:\n  script: terraform apply\nreport:\n  extends: .base\n  variables: {K: $DEPLOY_AWS_KEY}\n  script: aws s3 ls\n", "s3:read :6"},
		"GitLab, before it":     {".gitlab-ci.yml", "before_script: [./setup.sh]\nreport:\n  variables: {K: $DEPLOY_AWS_KEY}\n  script: aws s3 ls\n", ""},
		"GitLab, an include":    {".gitlab-ci.yml", "include: [{template: X}]\nreport:\n  variables: {K: $DEPLOY_AWS_KEY}\n  script: aws s3 ls\n", ""},
		"GitLab, not here":      {".gitlab-ci.yml", "report:\n  extends: .elsewhere\n  variables: {K: $DEPLOY_AWS_KEY}\n  script: aws s3 ls\n", ""},
		"GitLab, a reference":   {".gitlab-ci.yml", ".x: {script: [terraform apply]}\nreport:\n  variables: {K: $DEPLOY_AWS_KEY}\n  script:\n    - !reference [.x, script]\n    - aws s3 ls\n", ""},
		"GitLab, itself":        {".gitlab-ci.yml", "report:\n  variables: {K: $DEPLOY_AWS_KEY}\n  script: &a\n    - aws s3 ls\n    - *a\n", ""},
		"CircleCI":              {".circleci/config.yml", "version: 2.1\njobs:\n  report:\n    docker: [{image: x}]\n    environment: {K: $DEPLOY_AWS_KEY}\n    steps:\n      - checkout\n      - run: aws s3 ls\n      - run:\n          name: up\n          command: |\n            aws s3 cp a s3://acme/a\n", "s3:read s3:write :8"},
		"CircleCI, an orb":      {".circleci/config.yml", "version: 2.1\njobs:\n  report:\n    environment: {K: $DEPLOY_AWS_KEY}\n    steps:\n      - acme/deploy\n      - run: aws s3 ls\n", ""},
		"CircleCI, a shell":     {".circleci/config.yml", "version: 2.1\njobs:\n  report:\n    environment: {K: $DEPLOY_AWS_KEY}\n    steps:\n      - run: {command: aws s3 ls, shell: python}\n", ""},
		"Bitbucket":             {"bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step:\n        name: report\n        script:\n          - export K=$DEPLOY_AWS_KEY\n          - aws s3 rm s3://acme/a\n", "s3:write :7"},
		"Bitbucket, a pipe":     {"bitbucket-pipelines.yml", "pipelines:\n  default:\n    - step:\n        script:\n          - export K=$DEPLOY_AWS_KEY\n          - pipe: atlassian/aws-s3-deploy:1.1.0\n          - aws s3 ls\n", ""},
		"Azure":                 {"azure-pipelines.yml", "jobs:\n- job: report\n  steps:\n  - checkout: self\n  - bash: aws s3 ls s3://acme\n    env:\n      K: $(DEPLOY_AWS_KEY)\n", "s3:read :5"},
		"Azure, a task":         {"azure-pipelines.yml", "jobs:\n- job: report\n  steps:\n  - task: AWSCLI@1\n  - script: aws s3 ls s3://acme\n    env:\n      K: $(DEPLOY_AWS_KEY)\n", ""},
		"Buildkite":             {".buildkite/pipeline.yml", "steps:\n  - label: report\n    commands:\n      - export K=$DEPLOY_AWS_KEY\n      - aws s3 ls\n", "s3:read :5"},
		"Buildkite, a plugin":   {".buildkite/pipeline.yml", "steps:\n  - label: report\n    command: aws s3 ls $DEPLOY_AWS_KEY\n    plugins: [x#v1: {}]\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := New().Resolve(context.Background(), leaked(&repo{tree{tt.path: tt.text}}, "aws", "aws-secret-access-key", ".env", "DEPLOY_AWS_KEY="+secret+"\n"))
			if err != nil || len(a.Consumers) != 1 {
				t.Fatalf("%v, %d consumers", err, len(a.Consumers))
			}
			c := a.Consumers[0]
			if got := strings.TrimSpace(c.Needs + " " + strings.TrimPrefix(c.NeedsAt, tt.path)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
