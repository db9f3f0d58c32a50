package scenario

// codeowners and the like are what the repository says of its owners.
const codeowners = `# who answers for what
*                     @acme/platform
/config/              @acme/payments
/test/                @acme/payments
/services/reports/    @acme/data
/services/assistant/  @acme/data
`

const catalog = `apiVersion: backstage.io/v1alpha1
kind: Component
metadata:
  name: payments
spec:
  type: service
  owner: group:platform
`

const inventory = `identity_type,name,owner,creation_date,last_accessed,permissions,risk_score,expiration,provider,provider_id,tenant,environment,status
service_account,payments@acme-prod.iam.gserviceaccount.com,payments-team,2023-01-15,2026-10-01,roles/cloudsql.client,72,,gcp,,acme-prod,prod,active
service_account,reports@acme-data.iam.gserviceaccount.com,data-team,2022-06-01,2024-02-11,roles/bigquery.dataViewer,40,,gcp,,acme-data,prod,retired
service_account,payments-deployer,platform-team,2024-03-01,2026-11-01,s3:PutObject,55,,aws,arn:aws:iam::111122223333:user/payments-deployer,111122223333,prod,active
service_principal,payments-receipts,platform-team,2024-05-05,2026-11-02,Storage Blob Data Contributor,50,,azure,b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24,6f1c2a3e-5b7d-4c1f-9a0e-2d4b6c8e0f12,prod,active
`

const leavers = "email,left\ndev@acme.example,2026-01-31\n"

const settings = `# Settings of the tutorial: whose tenants are ours, and who has left.
[identity]
inventory   = ["nhi.csv"]
leavers     = "leavers.csv"
own_tenants = ["aws:111122223333", "gcp:acme-*", "azure:6f1c2a3e-5b7d-4c1f-9a0e-2d4b6c8e0f12"]
`

const gcpTF = `# The service account that the pods run as.
resource "google_service_account" "payments" {
  project      = "acme-prod"
  account_id   = "payments"
  display_name = "Payments service"
  description  = "owner: payments-team"
}

resource "google_service_account_key" "payments" {
  service_account_id = google_service_account.payments.name
}
`

const awsTF = `provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111122223333"]
}

resource "aws_iam_user" "deployer" {
  name = "payments-deployer"
  tags = {
    owner = "platform-team"
    env   = "prod"
  }
}

resource "aws_iam_access_key" "deployer" {
  user = aws_iam_user.deployer.name
}
`

const azureTF = `resource "azuread_application" "receipts" {
  display_name = "payments-receipts"
  client_id    = "b3d5f7a9-1c2e-4a6b-8d0f-3e5a7c9b1d24"
  owners       = ["platform-team"]
}
`

const k8sYAML = `apiVersion: v1
kind: ServiceAccount
metadata:
  name: payments
  namespace: payments
  labels:
    team: payments
  annotations:
    iam.gke.io/gcp-service-account: payments@acme-prod.iam.gserviceaccount.com
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: payments
spec:
  template:
    spec:
      serviceAccountName: payments
      containers:
        - name: api
          image: quay.io/acme/payments:1
          env:
            - name: STRIPE_SECRET_KEY
              valueFrom:
                secretKeyRef: {name: stripe, key: secret_key}
            - name: SENDGRID_API_KEY
              valueFrom:
                secretKeyRef: {name: mail, key: SENDGRID_API_KEY}
`

const composeYAML = `services:
  api:
    build: .
    env_file: config/mail.env
    environment:
      STRIPE_SECRET_KEY: ${STRIPE_SECRET_KEY}
`

const workflow = `name: deploy
on:
  push:
    branches: [main]
jobs:
  deploy:
    runs-on: ubuntu-latest
    environment: production
    env:
      AWS_ACCESS_KEY_ID: ${{ secrets.AWS_ACCESS_KEY_ID }}
      AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}
    steps:
      - uses: actions/checkout@v4
      - run: aws s3 sync dist s3://acme-payments
      - run: kubectl --kubeconfig k8s/ci-kubeconfig.yaml apply -f k8s
        env:
          DOPPLER_TOKEN: ${{ secrets.DOPPLER_TOKEN }}
`

const kubeconfig = `apiVersion: v1
kind: Config
clusters:
  - name: prod-eu
    cluster:
      server: https://k8s.prod.acme.example
contexts:
  - name: ci
    context: {cluster: prod-eu, user: deployer, namespace: payments}
users:
  - name: deployer
    user:
      token: %s
current-context: ci
`
