package iac

import (
	"math"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestPointed: profile, prefix, folder and comment link a key to a declared user, two of
// them more than one, and nothing where they point to two.
func TestPointed(t *testing.T) {
	const account = "111122223333"
	provider := "provider \"aws\" {\n  allowed_account_ids = [\"" + account + "\"]\n}\n"
	users := ""
	for _, u := range []string{"payments-deployer", "billing-exporter", "search"} {
		users += "resource \"aws_iam_user\" \"" + u + "\" {\n  name = \"" + u + "\"\n}\n"
	}
	cfn := "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A:\n    Type: AWS::IAM::User\n    Properties: {UserName: payments-deployer}\n  B:\n    Type: AWS::IAM::User\n    Properties: {UserName: billing-exporter}\n"
	for what, c := range map[string]struct {
		code, path, text string
		name             string
		sure             float64
	}{
		"a profile":                  {provider + users, ".aws/credentials", "[payments-deployer]\naws_secret_access_key = @\n", "payments-deployer", .65},
		"a part":                     {provider + users, ".aws/credentials", "[payments]\naws_secret_access_key = @\n", "payments-deployer", .594},
		"two of them":                {provider + users, "services/billing/.env", "BILLING_EXPORTER_AWS_SECRET_ACCESS_KEY=@\n", "billing-exporter", .755},
		"two that differ":            {provider + users, "services/search/.env", "BILLING_EXPORTER_AWS_SECRET_ACCESS_KEY=@\n", "", 0},
		"minified":                   {provider + users, "x.json", `{"search":{"key":"x"},"payments":{"aws":{"secret":"@"}}}`, "payments-deployer", .594},
		"an account nobody knows":    {users, ".env", "PAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\r\n", "payments-deployer", .58},
		"another account":            {strings.Replace(provider, account, "999988887777", 1) + users, ".env", "PAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\n", "", 0},
		"CloudFormation":             {cfn, ".env", "# payments-deployer\nAWS_SECRET_ACCESS_KEY=@\n", "payments-deployer", .58},
		"CloudFormation and a part":  {cfn, ".env", "BILLING_AWS_SECRET_ACCESS_KEY=@\n", "billing-exporter", .51},
		"nothing":                    {provider + users, ".env", "AWS_SECRET_ACCESS_KEY=@\n", "", 0},
		"the only user, and a hint":  {provider + "resource \"aws_iam_user\" \"a\" {\n  name = \"payments-deployer\"\n}\nresource \"aws_iam_access_key\" \"a\" {\n  user = aws_iam_user.a.name\n}\n", "payments/.env", "AWS_SECRET_ACCESS_KEY=@\n", "payments-deployer", .72},
		"the only user, and another": {provider + users + "resource \"aws_iam_access_key\" \"a\" {\n  user = aws_iam_user.search.name\n}\n", "payments-deployer/.env", "AWS_SECRET_ACCESS_KEY=@\n", "payments-deployer", .65},
	} {
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{known(leak.ClaimTenant, account)}}
		file := "infra/main.tf"
		if strings.Contains(c.code, "AWSTemplate") {
			file = "infra/template.yaml"
		}
		q.Repo = &tree{files: map[string]string{file: c.code}}
		at := strings.IndexByte(c.text, '@')
		p := identity.Place{Text: []byte(strings.Replace(c.text, "@", madeUp(1), 1)), Start: at, End: at + len(madeUp(1)), FirstLine: 1}
		p.Path = c.path
		q.Places = []identity.Place{p}
		q.Finding.Locations = []leak.Location{p.Location}
		name, sure := "", 0.0
		a := resolve(t, q)
		for _, e := range a.Evidence {
			if e.Claim == leak.ClaimName {
				name = e.Value
			}
		}
		if name != "" {
			sure = identity.Conclude(a.Evidence).Confidence
			if len(a.Declared) != 1 {
				t.Errorf("%s: declared %+v", what, a.Declared)
			}
		}
		if name != c.name || math.Abs(sure-c.sure) > .001 {
			t.Errorf("%s: %q %.3f, want %q %.3f", what, name, sure, c.name, c.sure)
		}
	}
}
