package ci

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
)

const buildkitePipeline = `env:
  REGION: eu-west-1
  WIDE_API_KEY: $WIDE_SOURCE_KEY
secrets: [SHARED_DEPLOY_TOKEN]
steps:
  - label: ":rocket: Deploy"
    command:
      - deploy --key "$$STRIPE_PAY_KEY"
    secrets:
      - SENTRY_AUTH_TOKEN
  - wait
  - group: "Release"
    steps:
      - key: publish
        commands: |
          x
          export T=$(buildkite-agent secret get npm_publish_token)
        plugins:
          - docker#v5.11.0:
              image: node
              environment: [DOCKER_HUB_PASS]
          - aws-assume-role-with-web-identity#v1.0.0:
              role-arn: x
        secrets:
          MAIL_KEY: SENDGRID_PAY_KEY
  - block: "sure? $NOT_USED_KEY"
  - command: curl https://x/S3CR3T
`

const dronePipeline = `kind: pipeline
name: build
steps:
- name: test
  image: go
  commands: [go test]
---
kind: pipeline
name: deploy
trigger:
  target: [production]
environment:
  WIDE_API_KEY: {from_secret: wide_source_key}
image_pull_secrets: [acme_dockerconfig]
steps:
- name: publish
  image: plugins/docker
  settings:
    username: bot
    password:
      from_secret: registry_push_pass
- name: ship
  image: alpine
  environment:
    AWS_SECRET_ACCESS_KEY:
      from_secret: prod_aws_secret
    STRIPE_PAY_KEY: {from_secret: stripe_pay_key}
  commands:
  - pay $STRIPE_PAY_KEY
`

const woodpeckerPipeline = `when:
  - event: deployment
    environment: staging
steps:
  ship:
    image: alpine
    environment:
      STRIPE_PAY_KEY: {from_secret: STRIPE_PAY_KEY}
  old:
    image: x
    secrets: [SLACK_PAY_HOOK, {source: npm_pay_token, target: NPM_TOKEN_HERE}]
`

func TestContainers(t *testing.T) {
	r := &repo{tree{
		".buildkite/pipeline.yml": buildkitePipeline, "sub/.buildkite/list.yaml": "- command: sub $SUB_PAY_KEY\n", ".drone.yml": dronePipeline, ".woodpecker/ship.yaml": woodpeckerPipeline,
		".woodpecker.yml":               "pipeline:\n  legacy:\n    image: x\n    commands: [echo $LEGACY_PAY_KEY]\n",
		".forgejo/workflows/deploy.yml": "jobs:\n  forge:\n    steps:\n      - run: x\n        env: {FORGE_PAY_KEY: \"${{ secrets.FORGE_PAY_KEY }}\"}\n",
		".gitea/workflows/deploy.yaml":  "jobs:\n  tea:\n    steps:\n      - run: echo ${{ secrets.TEA_PAY_KEY }}\n",
	}}
	for name, want := range map[string]string{
		"SUB_PAY_KEY":         "buildkite  sub/.buildkite/list.yaml:1: $SUB_PAY_KEY in command",
		"SENTRY_AUTH_TOKEN":   "buildkite :rocket: Deploy .buildkite/pipeline.yml:10: secrets SENTRY_AUTH_TOKEN",
		"NPM_PUBLISH_TOKEN":   "buildkite publish .buildkite/pipeline.yml:17: buildkite-agent secret get npm_publish_token",
		"DOCKER_HUB_PASS":     "buildkite publish .buildkite/pipeline.yml:21: parameter environment = DOCKER_HUB_PASS",
		"SENDGRID_PAY_KEY":    "buildkite publish .buildkite/pipeline.yml:25: secrets MAIL_KEY = secret SENDGRID_PAY_KEY",
		"MAIL_KEY":            "",
		"NOT_USED_KEY":        "",
		"REGISTRY_PUSH_PASS":  "drone publish .drone.yml:21: secret registry_push_pass in password",
		"ACME_DOCKERCONFIG":   "drone publish .drone.yml:16: image_pull_secrets acme_dockerconfig\ndrone ship .drone.yml:22: image_pull_secrets acme_dockerconfig",
		"PROD_AWS_SECRET":     "drone ship .drone.yml:26: environment AWS_SECRET_ACCESS_KEY = secret prod_aws_secret",
		"WIDE_API_KEY":        "",
		"SLACK_PAY_HOOK":      "woodpecker old .woodpecker/ship.yaml:11: secrets SLACK_PAY_HOOK",
		"NPM_PAY_TOKEN":       "woodpecker old .woodpecker/ship.yaml:11: secrets NPM_TOKEN_HERE = secret npm_pay_token",
		"NPM_TOKEN_HERE":      "",
		"LEGACY_PAY_KEY":      "woodpecker legacy .woodpecker.yml:4: $LEGACY_PAY_KEY in commands",
		"FORGE_PAY_KEY":       "actions forge .forgejo/workflows/deploy.yml:5: env FORGE_PAY_KEY",
		"TEA_PAY_KEY":         "actions tea .gitea/workflows/deploy.yaml:4: secrets.TEA_PAY_KEY in run",
		"STRIPE_PAY_KEY":      "buildkite :rocket: Deploy .buildkite/pipeline.yml:8: $STRIPE_PAY_KEY in command\ndrone ship .drone.yml:27: environment STRIPE_PAY_KEY = secret stripe_pay_key\nwoodpecker ship .woodpecker/ship.yaml:8: environment STRIPE_PAY_KEY",
		"SHARED_DEPLOY_TOKEN": "buildkite  .buildkite/pipeline.yml:4: secrets SHARED_DEPLOY_TOKEN\nbuildkite :rocket: Deploy .buildkite/pipeline.yml:4: secrets SHARED_DEPLOY_TOKEN\nbuildkite publish .buildkite/pipeline.yml:4: secrets SHARED_DEPLOY_TOKEN",
	} {
		consumers, _, lost := resolve(t, leaked(r, "x", "x", "x.env", name+"="+secret))
		if got := strings.Join(consumers, "\n"); got != want || len(lost) > 0 {
			t.Errorf("%s:\n%s\nwant\n%s\nlost %q", name, got, want, lost)
		}
	}
	for env, want := range map[string]string{"prod": "drone ship", "staging": "woodpecker ship"} {
		consumers, evidence, _ := resolve(t, leaked(r, "stripe", "x", "deploy/"+env+".env", "STRIPE_PAY_KEY="+secret))
		if len(consumers) != 2 || !strings.HasPrefix(consumers[1], want) || !strings.Contains(strings.Join(evidence, " "), "environment="+env) {
			t.Errorf("%s: %q, %q", env, consumers, evidence)
		}
	}
	consumers, evidence, _ := resolve(t, leaked(r, "x", "x", ".buildkite/pipeline.yml", buildkitePipeline))
	if len(consumers) != 1 || !strings.Contains(consumers[0], "written in .buildkite/pipeline.yml") || strings.Join(evidence, " ") != "note="+identity.NoteCILiteral {
		t.Errorf("%q, %q", consumers, evidence)
	}
	_, evidence, _ = resolve(t, leaked(r, "aws", "aws-secret-access-key", "x.env", "DOCKER_HUB_PASS="+secret))
	if !strings.Contains(strings.Join(evidence, " "), identity.NoteStaticCloudKey) {
		t.Errorf("a key of a cloud in Buildkite: %q", evidence)
	}
}
