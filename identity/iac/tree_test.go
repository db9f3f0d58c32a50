package iac

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestServiceAccountKey(t *testing.T) {
	r := load(t, "payments")
	check(t, r.query(t, "google", "deploy/sa.json", 0, known(leak.ClaimName, "payments@acme-prod.iam.gserviceaccount.com"), known(leak.ClaimTenant, "acme-prod")))
}

func TestAccessKeyOfAccount(t *testing.T) {
	r := load(t, "payments")
	check(t, r.query(t, "aws", "", 0, known(leak.ClaimTenant, "123456789012")))
}

func TestVariableWithDefault(t *testing.T) {
	check(t, load(t, "payments").query(t, "stripe", "infra/main.tf", 1))
}

func TestTfvars(t *testing.T) {
	check(t, load(t, "payments").query(t, "", "infra/terraform.tfvars", 2))
}

func TestSecretOfKubernetes(t *testing.T) {
	check(t, load(t, "payments").query(t, "postgresql", "k8s/base/secret.yaml", 3))
}

func TestGeneratedSecret(t *testing.T) {
	r := load(t, "payments")
	t.Run("stripe", func(t *testing.T) { check(t, r.query(t, "stripe", "k8s/overlays/prod/kustomization.yaml", 4)) })
	t.Run("dotenv", func(t *testing.T) { check(t, r.query(t, "stripe", "k8s/overlays/prod/secrets.env", 5)) })
	t.Run("dockerhub", func(t *testing.T) { check(t, r.query(t, "dockerhub", "k8s/overlays/prod/docker.json", 6)) })
}

func TestCompose(t *testing.T) {
	r := load(t, "payments")
	t.Run("slack", func(t *testing.T) { check(t, r.query(t, "slack", "docker-compose.yml", 7)) })
	t.Run("sendgrid", func(t *testing.T) { check(t, r.query(t, "sendgrid", ".env", 8)) })
	t.Run("npm", func(t *testing.T) { check(t, r.query(t, "npm", ".env", 9)) })
}
