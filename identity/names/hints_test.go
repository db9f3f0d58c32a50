package names

import (
	"strings"
	"testing"
)

// TestPoint: weak hints point to a declared name: whole before in part, more before
// fewer, and two that are as good to neither.
func TestPoint(t *testing.T) {
	const pay, bill, other = "payments-deployer", "billing-exporter", "payments-reader"
	for _, c := range []struct {
		what, path, text string
		names, want      string // "name kinds [whole]"
	}{
		{"a profile", ".aws/credentials", "[payments-deployer]\naws_access_key_id = x\naws_secret_access_key = @\n", pay + " " + bill + " " + other, pay + " section whole"},
		{"a profile of config", ".aws/config", "[profile payments-deployer]\r\naws_secret_access_key = @\r\n", pay + " " + bill, pay + " section whole"},
		{"the second profile", "c", "[billing-exporter]\naws_secret_access_key = x\n[payments-deployer]\naws_secret_access_key = @\n", pay + " " + bill, pay + " section whole"},
		{"a part of the name", "c", "[payments]\naws_secret_access_key = @\n", pay + " " + bill, pay + " section"},
		{"two of the service", "c", "[payments]\naws_secret_access_key = @\n", pay + " " + other, ""},
		{"a folder", "services/payments-deployer/.env", "AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " folder whole"},
		{"a file", "keys/payments_deployer.env", "AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " folder whole"},
		{"a prefix", ".env", "BILLING_EXPORTER_AWS_SECRET_ACCESS_KEY=x\nPAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " variable whole"},
		{"a prefix of the service", ".env", "PAYMENTS_AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " variable"},
		{"camel case", "c.js", "const paymentsDeployerAwsSecret = \"@\"\n", pay + " " + bill, pay + " variable whole"},
		{"minified", "c.json", `{"billing-exporter":{"secret":"x"},"payments-deployer":{"secret":"@"}}`, pay + " " + bill, pay + " section whole"},
		{"a profile of a command", "x.sh", "aws configure set aws_access_key_id x --profile billing-exporter\naws configure set aws_secret_access_key @ --profile payments-deployer\n", pay + " " + bill, pay + " section whole"},
		{"a profile of one of two commands", "x.sh", "aws --profile=payments-deployer configure set aws_secret_access_key '@' && aws configure set region x --profile billing-exporter\n", pay + " " + bill, pay + " section whole"},
		{"a profile in a setting's name", "x.sh", "aws configure set profile.payments-deployer.aws_secret_access_key @\r\n", pay + " " + bill, pay + " section whole"},
		{"a profile of a command of two lines", "x.sh", "aws configure set aws_secret_access_key @ \\\n  --profile 'payments-deployer'\n", pay + " " + bill, pay + " section whole"},
		{"a profile of PowerShell", "x.ps1", "Set-AWSCredential -AccessKey x -SecretKey @ `\r\n  -StoreAs payments-deployer\r\n", pay + " " + bill, pay + " section whole"},
		{"a profile of another command", "x.sh", "aws configure set aws_secret_access_key @\naws s3 ls --profile payments-deployer\n", pay + " " + bill, ""},
		{"a variable for a profile", "x.sh", "aws configure set aws_secret_access_key @ --profile $PROFILE\n", pay + " " + bill, ""},
		{"a comment above", ".env", "# key of payments-deployer, rotate in May\nAWS_ACCESS_KEY_ID=x\nAWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " comment whole"},
		{"a comment behind", ".env", "AWS_SECRET_ACCESS_KEY=@ # payments-deployer\n# billing-exporter\n", pay + " " + bill, pay + " comment whole"},
		{"a comment of another paragraph", ".env", "# payments-deployer\n\nAWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, ""},
		{"a comment of another key", ".env", "# payments-deployer\nAWS_ACCESS_KEY_ID=AK" + "IABBBBBBBBBBBBBBBB\nAWS_SECRET_ACCESS_KEY=x\nAWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, ""},
		{"two in one comment", ".env", "# payments-deployer, formerly billing-exporter\nAWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, ""},
		{"two hints", "services/payments/.env", "PAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " variable,folder whole"},
		{"two hints that differ", "services/billing/.env", "PAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, ""},
		{"two of three", "services/billing/.env", "# payments-deployer\nPAYMENTS_DEPLOYER_AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, pay + " variable,comment whole"},
		{"the longest", ".env", "PAYMENTS_DEPLOYER_PROD_AWS_SECRET=@\n", pay + " payments-deployer-prod", "payments-deployer-prod variable whole"},
		{"another environment", "deploy/staging/.env", "PAYMENTS_AWS_SECRET=@\n", "payments-prod", ""},
		{"the environment", "deploy/staging/.env", "PAYMENTS_AWS_SECRET=@\n", "payments-prod payments-staging", "payments-staging variable"},
		{"words of everybody", "deploy/ci/.env", "AWS_SECRET_ACCESS_KEY=@\n", "deploy ci terraform app", ""},
		{"a tool's folder", "terraform/main.env", "AWS_SECRET_ACCESS_KEY=@\n", "terraform", ""},
		{"a user called so", ".aws/credentials", "[deploy]\naws_secret_access_key = @\n", "deploy " + bill, "deploy section whole"},
		{"a variable called so", ".env", "DEPLOY_AWS_SECRET_ACCESS_KEY=@\n", "deploy " + bill, "deploy variable whole"},
		{"nothing", ".env", "AWS_SECRET_ACCESS_KEY=@\n", pay + " " + bill, ""},
		{"a default profile", ".aws/credentials", "[default]\naws_secret_access_key = @\n", pay + " default-app", ""},
	} {
		q := query("aws", c.path, strings.ReplaceAll(c.text, "@", secret))
		list, got := strings.Fields(c.names), ""
		if p, ok := Point(Hints(q), list); ok {
			var kinds []string
			for _, h := range p.Hints {
				kinds = append(kinds, h.Kind)
			}
			got = list[p.Name] + " " + strings.Join(kinds, ",")
			if p.Whole {
				got += " whole"
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// TestHintsOfOneFact: a section that is called as its folder is no second witness.
func TestHintsOfOneFact(t *testing.T) {
	for _, c := range []struct {
		path, text string
		want       float64
	}{
		{"services/payments/docker-compose.yml", "services:\n  payments:\n    environment:\n      AWS_SECRET_ACCESS_KEY: @\n", 0.3},
		{"services/payments/docker-compose.yml", "services:\n  payments-deployer:\n    environment:\n      AWS_SECRET_ACCESS_KEY: @\n", 0.51},
		{"services/payments/.env", "PAYMENTS_AWS_SECRET_ACCESS_KEY=@\n", 0.51},
	} {
		p, ok := Point(Hints(query("aws", c.path, strings.ReplaceAll(c.text, "@", secret))), []string{"payments-deployer", "billing-exporter"})
		if !ok || p.Weight < c.want-0.01 || p.Weight > c.want+0.01 {
			t.Errorf("%s, %q: %v, %.2f of %v; want %.2f", c.path, c.text, ok, p.Weight, p.Hints, c.want)
		}
	}
}
