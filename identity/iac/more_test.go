package iac

import (
	"testing"

	"github.com/whosekey/whosekey/leak"
)

func TestModules(t *testing.T) {
	r := load(t, "modules")
	t.Run("called", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "svc-orders@acme-prod.iam.gserviceaccount.com"), known(leak.ClaimTenant, "acme-prod")))
	})
	t.Run("default", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "svc-users@acme-sandbox.iam.gserviceaccount.com")))
	})
	t.Run("input", func(t *testing.T) { check(t, r.query(t, "", "envs/prod/main.tf", 1)) })
	t.Run("tfvars", func(t *testing.T) { check(t, r.query(t, "", "envs/prod/prod.tfvars", 2)) })
}

func TestState(t *testing.T) {
	r := load(t, "modules")
	t.Run("within", func(t *testing.T) { check(t, r.query(t, "aws", "legacy/terraform.tfstate", 3)) })
	t.Run("key id", func(t *testing.T) {
		check(t, r.query(t, "aws", "", 0, known(leak.ClaimKeyID, "KEYIDOFBACKUP0001")))
	})
	t.Run("azure", func(t *testing.T) { check(t, r.query(t, "azure", "legacy/terraform.tfstate", 4)) })
}

func TestOthers(t *testing.T) {
	r := load(t, "others")
	t.Run("cfn parameter", func(t *testing.T) { check(t, r.query(t, "stripe", "cfn/stack.yaml", 0)) })
	t.Run("cfn db", func(t *testing.T) { check(t, r.query(t, "", "cfn/stack.yaml", 1)) })
	t.Run("cfn user", func(t *testing.T) {
		check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "mailer-smtp")))
	})
	t.Run("cfn json", func(t *testing.T) { check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "robot-user"))) })
	t.Run("pulumi name", func(t *testing.T) {
		check(t, r.query(t, "google", "", 0, known(leak.ClaimName, "shop-api@acme-shop.iam.gserviceaccount.com")))
	})
	t.Run("pulumi config", func(t *testing.T) { check(t, r.query(t, "", "pulumi/Pulumi.prod.yaml", 2)) })
	t.Run("bicep param", func(t *testing.T) { check(t, r.query(t, "postgresql", "bicep/main.bicep", 3)) })
	t.Run("bicep storage", func(t *testing.T) {
		check(t, r.query(t, "azure", "", 0, known(leak.ClaimName, "acmelogs")))
	})
	t.Run("helm", func(t *testing.T) { check(t, r.query(t, "stripe", "charts/web/values.yaml", 4)) })
	t.Run("serverless", func(t *testing.T) { check(t, r.query(t, "mailgun", "fn/serverless.yml", 5)) })
	t.Run("serverless env", func(t *testing.T) { check(t, r.query(t, "twilio", "fn/.env", 6)) })
	t.Run("heroku", func(t *testing.T) { check(t, r.query(t, "", "heroku/.env", 7)) })
	t.Run("json", func(t *testing.T) { check(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "json-user"))) })
}
