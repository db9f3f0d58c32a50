package scenario

import (
	"encoding/base64"
	"fmt"

	"github.com/whosekey/whosekey/internal/tokensum"
)

// The accounts of the company, and one that is not its own.
const (
	ourAWS     = 111122223333
	foreignAWS = 999988887777
	tenantID   = "6f1c2a3e-5b7d-4c1f-9a0e-2d4b6c8e0f12"
	clientID   = "b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24"
)

// payments makes the repository of the payments service: 25 credentials in 40
// commits by 5 authors.
func (b *builder) payments(t *tokens) []Want {
	b.init()
	b.commit(ana, "start: a payments service", "README.md", "# Payments\n", "CODEOWNERS", codeowners, ".mailmap", "Ben Cole <ben@acme.example> <bcole@laptop.local>\n", "catalog-info.yaml", catalog)
	b.work(chi)
	b.commit(ana, "infra: accounts of the service", "infra/gcp.tf", gcpTF, "infra/aws.tf", awsTF, "infra/azure.tf", azureTF)
	b.work(ben)
	b.commit(ana, "k8s: run the service", "k8s/payments.yaml", k8sYAML)
	b.commit(chi, "docker-compose for development", "docker-compose.yml", composeYAML)
	b.commit(ana, "ci: deploy", ".github/workflows/deploy.yml", workflow)
	b.work(chi)
	wants := b.clouds(t)
	b.work(eve)
	wants = append(wants, b.services(t)...)
	b.work(ben)
	wants = append(wants, b.keys(t)...)
	for b.commits < 40 && b.err == nil {
		b.work([]person{ana, {"Ben Cole", "bcole@laptop.local"}, chi, eve}[b.commits%4])
	}
	return wants
}

// clouds leaks keys of clouds.
func (b *builder) clouds(t *tokens) []Want {
	id, secret := t.awsKey(ourAWS)
	b.commit(ana, "deploy: settings of production", "deploy/prod.env", fmt.Sprintf("AWS_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=%s\nAWS_SECRET_ACCESS_KEY=%s\n", id, secret))
	id, secret = t.awsKey(ourAWS)
	b.commit(chi, "test: the data of production, for once", "test/fixtures/prod/aws.json", fmt.Sprintf("{\n  \"env\": \"production\",\n  \"accessKeyId\": %q,\n  \"secretAccessKey\": %q\n}\n", id, secret))
	id, secret = t.awsKey(foreignAWS)
	b.commit(ben, "tools: fetch the vendor's files", "tools/vendor-sync.sh", fmt.Sprintf("#!/bin/sh\n# the vendor gave us this\nexport AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\naws s3 sync s3://vendor-drop incoming/\n", id, secret))
	b.work(chi)
	b.commit(ana, "deploy: the key of the service account", "deploy/gcp/payments.json", t.gcp("payments", "acme-prod"))
	b.commit(eve, "reports: read the warehouse", "services/reports/key.json", t.gcp("reports", "acme-data"))
	account := t.text(b64, 76) + "+ASt"
	account += tokensum.AzureKeySum(account, tokensum.AzureKinds[0], false)
	b.commit(ana, "deploy: where receipts are stored", "deploy/azure/storage.env", "RECEIPTS=DefaultEndpointsProtocol=https;AccountName=acmeprodreceipts;AccountKey="+account+";EndpointSuffix=core.windows.net\n")
	entra := t.text(alnum, 3) + "8Q~" + t.text(alnum, 31)
	entra += tokensum.EntraSum(entra)
	b.commit(ana, "infra: variables", "infra/azure.auto.tfvars", fmt.Sprintf("tenant_id     = %q\nclient_id     = %q\nclient_secret = %q\n", tenantID, clientID, entra))
	b.work(ben)
	aws := "aws-access-key"
	return []Want{
		{Rule: aws, Path: "deploy/prod.env", Type: "service_account", Name: "payments-deployer", Tenant: fmt.Sprint(ourAWS), Owner: "platform-team", Status: "known", Env: "prod", Linked: true},
		{Rule: aws, Path: "test/fixtures/prod/aws.json", Name: "payments-deployer", Tenant: fmt.Sprint(ourAWS), Type: "service_account", Owner: "platform-team", Status: "known", Env: "prod", Linked: true},
		{Rule: aws, Path: "tools/vendor-sync.sh", Tenant: fmt.Sprint(foreignAWS), Type: "service_account", Status: "third_party", Linked: true},
		{Rule: "google-service-account-key", Path: "deploy/gcp/payments.json", Type: "service_account", Name: "payments@acme-prod.iam.gserviceaccount.com", Tenant: "acme-prod", Owner: "payments-team", Status: "known", Env: "prod", Linked: true},
		{Rule: "google-service-account-key", Path: "services/reports/key.json", Type: "service_account", Name: "reports@acme-data.iam.gserviceaccount.com", Tenant: "acme-data", Owner: "data-team", Status: "retired", Linked: true},
		{Rule: "azure-storage-key", Path: "deploy/azure/storage.env", Type: "api_key", Name: "acmeprodreceipts", Owner: "@acme/platform", Status: "shadow", Env: "prod", Linked: true},
		{Rule: "entra-client-secret", Path: "infra/azure.auto.tfvars", Type: "service_principal", Name: "payments-receipts", Tenant: tenantID, Owner: "platform-team", Status: "known", Linked: true},
	}
}

// services leaks keys of services.
func (b *builder) services(t *tokens) []Want {
	b.commit(dev, "scripts: make a release", "scripts/release.sh", "#!/bin/sh\nset -e\ngit push https://dev:"+t.github()+"@github.com/acme/payments --tags\n")
	b.commit(chi, "gitlab: mirror", ".gitlab-ci.yml", "mirror:\n  script: ./mirror.sh\n  variables:\n    GITLAB_TOKEN: "+t.gitlab(1, 82, 100)+"\n")
	digits := "0123456789"
	b.commit(ben, "config: say when a payment failed", "config/notify.yaml", "slack:\n  channel: payments\n  token: xo"+"xb-2"+t.text(digits, 11)+"-3"+t.text(digits, 12)+"-"+t.text(alnum, 24)+"\n")
	hook := "https://hooks.sla" + "ck.com/services/T0" + t.text(upper, 9) + "/B0" + t.text(upper, 9) + "/" + t.text(alnum, 24)
	b.commit(ana, "ci: tell us", ".github/workflows/alert.yml", "on: workflow_run\njobs:\n  tell:\n    runs-on: ubuntu-latest\n    steps:\n      - run: curl -d '{\"text\":\"failed\"}' "+hook+"\n")
	b.commit(ben, "config: production", "config/production.yml", "stripe:\n  secret_key: "+t.stripe+"\ndatabase:\n  url: postgres://payments_app:"+t.text(alnum, 20)+"@db.prod.acme.example:5432/payments\n")
	b.commit(chi, "config: test", "config/test.yml", "stripe:\n  secret_key: sk_"+"test_51"+t.text(alnum, 97)+"\n")
	b.commit(chi, "config: staging", "config/staging.yml", "database:\n  url: postgres://payments_app:"+t.text(alnum, 20)+"@db.staging.acme.example:5432/payments\n")
	b.commit(ben, "config: send receipts", "config/mail.env", "SENDGRID_API_KEY=S"+"G."+t.text(alnum, 22)+"."+t.text(alnum, 43)+"\n")
	b.commit(eve, "web: the dashboard", "web/.env.production", "SUPABASE_URL=https://qwmzkvbtxplrhsgnfdjc.supabase.co\nSUPABASE_SERVICE_ROLE_KEY="+t.jwt(`{"alg":"HS256","typ":"JWT"}`, `{"iss":"supabase","ref":"qwmzkvbtxplrhsgnfdjc","role":"service_role","iat":1735689600,"exp":2051222400}`)+"\n")
	b.commit(eve, "assistant: answer customers", "services/assistant/.env", "OPENAI_API_KEY=sk-"+"svcacct-"+t.text(alnum, 58)+"T3Blbk"+"FJ"+t.text(alnum, 58)+"\n")
	b.commit(ana, "deploy: doppler", "deploy/doppler.env", "DOPPLER_TOKEN=dp"+".st.prd."+t.text(alnum, 43)+"\n")
	b.commit(ana, "deploy: pull images", "deploy/docker-config.json", "{\n  \"auths\": {\n    \"quay.io\": {\n      \"auth\": \""+base64.StdEncoding.EncodeToString([]byte("acme+payments:"+t.text(upper, 64)))+"\"\n    }\n  }\n}\n")
	b.commit(chi, "mobile: push", "mobile/push.env", "GOOGLE_API_KEY=AI"+"za"+t.text(alnum, 35)+"\n")
	b.commit(ana, "ops: the address of the vault", "ops/vault.env", "VAULT_ADDR=https://vault.acme.example\nVAULT_TOKEN=hv"+"s."+t.text(alnum, 24)+"\n")
	return []Want{
		{Rule: "github-personal-access-token", Path: "scripts/release.sh", Type: "human_account", Name: "dev", Owner: "@acme/platform", Status: "orphaned", Linked: true},
		{Rule: "gitlab-routable-token", Path: ".gitlab-ci.yml", Type: "human_account", Name: "100", Tenant: "1", Owner: "@acme/platform", Status: "shadow", Linked: true},
		{Rule: "slack-bot-token", Path: "config/notify.yaml", Type: "bot", Owner: "@acme/payments", Status: "shadow", Linked: true},
		{Rule: "slack-webhook", Path: ".github/workflows/alert.yml", Type: "webhook", Owner: "@acme/platform", Status: "shadow", Linked: true},
		{Rule: "stripe-secret-key", Path: "config/production.yml", Type: "api_key", Owner: "@acme/payments", Status: "shadow", Env: "prod"},
		{Rule: "postgresql-url", Path: "config/production.yml", Type: "database_user", Name: "payments_app", Tenant: "db.prod.acme.example", Owner: "@acme/payments", Status: "shadow", Env: "prod", Linked: true},
		{Rule: "stripe-test-secret-key", Path: "config/test.yml", Type: "api_key", Owner: "@acme/payments", Status: "shadow", Env: "test"},
		{Rule: "postgresql-url", Path: "config/staging.yml", Type: "database_user", Name: "payments_app", Tenant: "db.staging.acme.example", Owner: "@acme/payments", Status: "shadow", Env: "staging", Linked: true},
		{Rule: "sendgrid-api-key", Path: "config/mail.env", Type: "api_key", Owner: "@acme/payments", Status: "shadow", Linked: true},
		{Rule: "supabase-service-role-key", Path: "web/.env.production", Type: "api_key", Tenant: "qwmzkvbtxplrhsgnfdjc", Owner: "@acme/platform", Status: "shadow", Env: "prod", Linked: true},
		{Rule: "openai-service-account-key", Path: "services/assistant/.env", Type: "service_account", Owner: "@acme/data", Status: "shadow"},
		{Rule: "doppler-service-token", Path: "deploy/doppler.env", Type: "service_account", Owner: "@acme/platform", Status: "shadow", Env: "prod", Linked: true},
		{Rule: "docker-config-auth", Path: "deploy/docker-config.json", Type: "registry_robot", Name: "acme+payments", Tenant: "acme", Owner: "@acme/platform", Status: "shadow", Linked: true},
		{Rule: "google-api-key", Path: "mobile/push.env", Type: "api_key", Owner: "@acme/platform", Status: "shadow"},
		{Rule: "vault-service-token", Path: "ops/vault.env", Type: "service_account", Tenant: "vault.acme.example", Owner: "@acme/platform", Status: "shadow", Linked: true},
	}
}

// keys leaks keys that people hold, and one of a cluster.
func (b *builder) keys(t *tokens) []Want {
	b.commit(ana, "k8s: a kubeconfig for the build", "k8s/ci-kubeconfig.yaml", fmt.Sprintf(kubeconfig, t.jwt(`{"alg":"RS256","kid":"`+t.text(alnum, 43)+`"}`,
		`{"iss":"kubernetes/serviceaccount","kubernetes.io/serviceaccount/namespace":"payments","kubernetes.io/serviceaccount/secret.name":"deployer-token-x7k2p","kubernetes.io/serviceaccount/service-account.name":"deployer","kubernetes.io/serviceaccount/service-account.uid":"1f0c3a52-7d4e-4b1a-9c55-0a1b2c3d4e5f","sub":"system:serviceaccount:payments:deployer"}`)))
	private, public := t.sshKey("dev@laptop")
	b.commit(dev, "ops: log in to the bastion", "ops/bastion_key", private, "ops/authorized_keys", public)
	secret, recipient := t.age()
	b.commit(ana, "ops: encrypt with sops", ".sops.yaml", fmt.Sprintf("creation_rules:\n  - path_regex: secrets/.*\\.yaml$\n    age: %s\n", recipient), "ops/age.key", "# public key: "+recipient+"\n"+secret+"\n",
		"secrets/prod.yaml", fmt.Sprintf("password: ENC[AES256_GCM,data:%s,iv:%s,tag:%s,type:str]\nsops:\n  age:\n    - recipient: %s\n      enc: none\n", t.text(b64, 16), t.text(b64, 44), t.text(b64, 24), recipient))
	return []Want{
		{Rule: "kubernetes-service-account-token", Path: "k8s/ci-kubeconfig.yaml", Type: "service_account", Name: "payments/deployer", Owner: "@acme/platform", Status: "shadow", Linked: true},
		{Rule: "private-key-openssh", Path: "ops/bastion_key", Type: "ssh_key", Owner: "@acme/platform", Status: "shadow", Linked: true},
		{Rule: "age-secret-key", Path: "ops/age.key", Type: "encryption_key", Name: recipient, Owner: "@acme/platform", Status: "shadow", Linked: true},
	}
}

// billing makes a second repository, where a key of the first one stands too.
func (b *builder) billing(t *tokens) {
	b.init()
	b.commit(eve, "start: billing", "README.md", "# Billing\n", "CODEOWNERS", "* @acme/billing\n")
	b.commit(eve, "settings", "settings.py", "STRIPE_SECRET_KEY = \""+t.stripe+"\"\n")
}
