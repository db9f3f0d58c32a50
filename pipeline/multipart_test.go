package pipeline

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
	"github.com/whosekey/whosekey/rules"
)

// multipart are credentials of several pieces, in either order, minified, in settings and
// in source, and what the id of their rule begins with.
var multipart = []struct{ text, rule string }{
	{`AWS_ACCESS_KEY_ID=ASI${lit:A}${base32:16}
AWS_SECRET_ACCESS_KEY=${b64:40}
AWS_SESSION_TOKEN=IQo${lit:Jb3JpZ2lu}${alnum:330}
`, "aws-access-key"},
	{"[default]\r\naws_session_token = IQo${lit:Jb3JpZ2lu}${alnum:330}\r\naws_secret_access_key = ${b64:40}\r\naws_access_key_id = ASI${lit:A}${base32:16}\r\n", "aws-access-key"},
	{`{"Credentials":{"AccessKeyId":"ASI${lit:A}${base32:16}","SecretAccessKey":"${b64:40}","SessionToken":"IQo${lit:Jb3JpZ2lu}${alnum:330}","Expiration":"2026-01-01T00:00:00Z"}}
`, "aws-access-key"},
	{`boto3.client("s3", aws_access_key_id="ASI${lit:A}${base32:16}", aws_secret_access_key="${b64:40}", aws_session_token="IQo${lit:Jb3JpZ2lu}${alnum:330}")
`, "aws-access-key"},
	{`new AWS.S3({accessKeyId:"ASI${lit:A}${base32:16}",secretAccessKey:"${b64:40}",sessionToken:"IQo${lit:Jb3JpZ2lu}${alnum:330}"})
`, "aws-access-key"},
	{`provider "aws" {
  access_key = "ASI${lit:A}${base32:16}"
  secret_key = "${b64:40}"
  token      = "IQo${lit:Jb3JpZ2lu}${alnum:330}"
}
`, "aws-access-key"},
	{`accessKeyId: ASI${lit:A}${base32:16}
secretAccessKey: ${b64:40}
sessionToken: IQo${lit:Jb3JpZ2lu}${alnum:330}
`, "aws-access-key"},
	{`cloudinary.config({
  cloud_name: 'acme-prod',
  api_key: '${digits:15}',
  api_secret: '${b64url:25}aB'
});
`, "cloudinary-config"},
	{`cloudinary.config(cloud_name="acme-prod", api_key="${digits:15}", api_secret="${b64url:25}aB")
`, "cloudinary-config"},
	{`CLOUDINARY_CLOUD_NAME=acme-prod
CLOUDINARY_API_KEY=${digits:15}
CLOUDINARY_API_SECRET=${b64url:25}aB
`, "cloudinary"},
	{`cloudinary.config({api_secret:"${b64url:25}aB",api_key:"${digits:15}",cloud_name:"acme-prod"})
`, "cloudinary-config"},
	{`CLOUDINARY_URL=cloudinary://${digits:15}:${b64url:25}aB@acme-prod
`, "cloudinary"},
	{`cloudinary:
  cloud_name: acme-prod
  api_key: "${digits:15}"
  api_secret: ${b64url:25}aB
`, "cloudinary-config"},
	{`Cloudinary.config do |config|
  config.cloud_name = "acme-prod"
  config.api_key = "${digits:15}"
  config.api_secret = "${b64url:25}aB"
end
`, "cloudinary-config"},
	{`CLOUDINARY_API_SECRET=${b64url:25}aB
CLOUDINARY_API_KEY=${digits:15}
CLOUDINARY_CLOUD_NAME=acme-prod
`, "cloudinary"},
	{`provider "datadog" {
  api_key = "${hex:32}"
  app_key = "${hex:40}"
}
`, "datadog"},
	{`datadog:
  apiKey: ${hex:32}
  appKey: ${hex:40}
`, "datadog"},
	{`DD_API_KEY=${hex:32}
DD_APP_KEY=${hex:40}
`, "datadog"},
	{"DD_APP_KEY=${hex:40}\r\nDD_API_KEY=${hex:32}\r\n", "datadog"},
	{`curl -H "DD-API-KEY: ${hex:32}" -H "DD-APPLICATION-KEY: ${hex:40}" https://api.datadoghq.com/api/v1/validate
`, "datadog"},
	{`{"datadog":{"api_key":"${hex:32}","app_key":"${hex:40}"}}
`, "datadog"},
	{`datadog_api_key = "${hex:32}"
datadog_app_key = "${hex:40}"
`, "datadog"},
	{`provider "datadog" {
  app_key = "${hex:40}"
  api_key = "${hex:32}"
  api_url = "https://api.datadoghq.eu/"
}
`, "datadog"},
	{`const client = algoliasearch("${upper:10}", "${hex:32}");
`, "algolia"},
	{`algolia:
  application_id: ${upper:10}
  api_key: ${hex:32}
`, "algolia"},
	{`{"algolia":{"apiKey":"${hex:32}","appId":"${upper:10}"}}
`, "algolia"},
	{`TRELLO_API_KEY=${hex:32}
TRELLO_TOKEN=${hex:64}
`, "trello-token"},
	{`curl "https://api.trello.com/1/members/me?key=${hex:32}&token=${hex:64}"
`, "trello-token"},
	{`{"trello":{"key":"${hex:32}","token":"${hex:64}"}}
`, "trello-token"},
	{`TRELLO_TOKEN=${hex:64}
TRELLO_KEY=${hex:32}
`, "trello-token"},
	{`trello:
  api_key: ${hex:32}
  token: ${hex:64}
`, "trello-token"},
	{`const t = new Trello("${hex:32}", "${hex:64}");
`, "trello-token"},
	{`MJ_APIKEY_PUBLIC=${hex:32}
MJ_APIKEY_PRIVATE=${hex:32}
`, "mailjet"},
	{`MAILJET_API_KEY=${hex:32}
MAILJET_SECRET_KEY=${hex:32}
`, "mailjet"},
	{`const mailjet = require("node-mailjet").apiConnect("${hex:32}", "${hex:32}");
`, "mailjet"},
	{`mailjet = Client(auth=("${hex:32}", "${hex:32}"), version="v3.1")
`, "mailjet"},
	{`curl --user "${hex:32}:${hex:32}" https://api.mailjet.com/v3.1/send
`, "mailjet"},
	{`mailjet:
  api_key: ${hex:32}
  api_secret: ${hex:32}
`, "mailjet"},
	{"MJ_APIKEY_PRIVATE=${hex:32}\r\nMJ_APIKEY_PUBLIC=${hex:32}\r\n", "mailjet"},
	{`TWILIO_ACCOUNT_SID=${lit:AC}${hex:32}
TWILIO_AUTH_TOKEN=${hex:32}
`, "twilio"},
	{`client = Client("${lit:AC}${hex:32}", "${hex:32}")
`, "twilio"},
	{`const client = require("twilio")("${lit:AC}${hex:32}","${hex:32}")
`, "twilio"},
	{`TWILIO_AUTH_TOKEN=${hex:32}
TWILIO_ACCOUNT_SID=${lit:AC}${hex:32}
`, "twilio"},
	{`TWILIO_API_KEY=${lit:SK}${hex:32}
TWILIO_API_SECRET=${letter:16}${alnum:16}
`, "twilio"},
}

// Each of them is one finding.
func TestMultipart(t *testing.T) {
	set := everything(t)
	for _, m := range multipart {
		text, err := rules.Expand(m.text, m.text, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := newCollector(set)
		c.scan(&leak.Chunk{Data: []byte(text)})
		creds, err := c.credentials(t.Context())
		var found []string
		for _, cred := range creds {
			found = append(found, cred.matches[0].Rule)
		}
		if err != nil || len(found) != 1 || !strings.HasPrefix(found[0], m.rule) {
			t.Errorf("%q: %v, %v; want one of %s", m.text, found, err, m.rule)
		}
	}
}
