package names

import (
	"strings"

	"github.com/whosekey/whosekey/identity/around"
)

// Words cuts a name into lower-case words: PAYMENTS_PROD_STRIPE_KEY, paymentsProdKey,
// payments.prod-key.
func Words(name string) []string { return around.Words(name) }

// environments are the words that name one.
var environments = map[string]string{
	"prod": "prod", "production": "prod", "prd": "prod", "live": "prod",
	"staging": "staging", "stage": "staging", "stg": "staging", "preprod": "staging", "uat": "staging", "preproduction": "staging",
	"dev": "dev", "development": "dev", "develop": "dev",
	"test": "test", "testing": "test", "qa": "test",
	"sandbox": "sandbox", "sbx": "sandbox", "demo": "sandbox",
}

// Environment returns the environment that the words of a name say: "prod",
// "staging", "dev", "test", "sandbox". It is empty if there is none, or several.
func Environment(name string) string {
	found := ""
	for _, w := range Words(name) {
		e := environments[w]
		if e != "" && found != "" && e != found {
			return ""
		}
		if e != "" {
			found = e
		}
	}
	return found
}

// dull are words of names that say nothing of the service.
var dull = set(`access account admin ansible api app application auth authorization aws azure base base64 bearer become bot broker client cloud conf config
	connection consumer cred credential credentials creds crypt data database db default dsn encryption encrypted endpoint env file gcp
	google hash host hook http https id idp iam integration internal jwt key keys kms license live login main master mode my name new oauth old
	org organization owner pass passphrase passwd password pat pem permanent pgp phrase pk plain plaintext port primary private project prod
	public pub publishable pull push pw pwd readonly redis refresh region registry root rsa s3 salt sa sdk secondary secret secrets sender
	server service session sftp shared sig sign signing sk smtp sql ssh ssl string svc sys system temp tls tmp tok token tokens uri url user
	username usr v1 v2 val value values var vault web webhook write x mysql postgres postgresql pg mongo mongodb amqp rabbitmq kafka bitbucket
	github gitlab stripe slack twilio sendgrid mailgun npm docker heroku datadog sentry openai anthropic algolia firebase cloudflare
	digitalocean supabase okta auth0 shopify paypal square plaid telegram discord jira confluence jenkins sonar newrelic mapbox gh gl
	the of for and to in is with ci cd deploy deployment deployer next react vite nuxt expo spring rails node django flask laravel
	com net io dev test prod staging stage production development sandbox qa uat local example sample`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// Service returns what is left of a variable's name without environments,
// providers and what all such names have: "payments" of PAYMENTS_PROD_STRIPE_KEY.
// It is empty where nothing, or too much, is left.
func Service(name, provider string) string {
	var left []string
	for _, w := range Words(name) {
		if dull[w] || environments[w] != "" || w == provider || len(w) < 3 || strings.Trim(w, "0123456789") == "" {
			continue
		}
		left = append(left, w)
	}
	if len(left) == 0 || len(left) > 3 {
		return ""
	}
	return strings.Join(left, "-")
}

// Generic reports whether a name is one that many secrets have: to meet it again
// elsewhere means nothing.
func Generic(name string) bool {
	words := Words(name)
	for _, w := range words {
		if !vague[w] {
			return false
		}
	}
	return len(words) <= 2
}

var vague = set(`access api auth authorization bearer client cred credential credentials db database env id key login main my name pass
	passphrase passwd password private pw pwd root secret secrets string text tok token tokens uri url user username val value values var`)
