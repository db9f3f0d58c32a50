package iac

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestModuleOfAnAccount: what a module declares is in the account that its caller
// works in, through modules that call others.
func TestModuleOfAnAccount(t *testing.T) {
	user := "variable \"name\" {}\nvariable \"team\" {}\nresource \"aws_iam_user\" \"this\" {\n  name = var.name\n  tags = { Owner = var.team }\n}\nresource \"aws_iam_access_key\" \"this\" {\n  user = aws_iam_user.this.name\n}\n"
	provider := "provider \"aws\" {\n  allowed_account_ids = [\"111122223333\"]\n}\n"
	call := func(source string) string {
		return "module \"exporter\" {\n  source = \"" + source + "\"\n  name = \"ledger-exporter\"\n  team = \"ledger\"\n}\n"
	}
	for _, tt := range []struct {
		name  string
		files map[string]string
	}{
		{"a module", map[string]string{"modules/user/main.tf": user, "live/prod/main.tf": provider + call("../../modules/user")}},
		{"a module of a module", map[string]string{
			"modules/user/main.tf": user, "live/prod/main.tf": provider + call("../../modules/service"),
			"modules/service/main.tf": "variable \"name\" {}\nvariable \"team\" {}\nmodule \"user\" {\n  source = \"../user\"\n  name = var.name\n  team = var.team\n}\n",
		}},
	} {
		for account, want := range map[string]int{"111122223333": 1, "444455556666": 0} {
			q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{known(leak.ClaimTenant, account)}, Repo: &tree{files: tt.files}}
			p := identity.Place{Text: []byte("KEY=" + madeUp(1)), Start: 4, End: 4 + len(madeUp(1)), FirstLine: 1}
			p.Path = "live/prod/terraform.tfvars"
			q.Places = []identity.Place{p}
			a := resolve(t, q)
			if len(a.Declared) != want || want > 0 && (!strings.Contains(a.Declared[0].Address, "aws_iam_user.this") || len(a.Owners) == 0 || a.Owners[0].Name != "ledger") {
				t.Errorf("%s, account %s: %+v, %+v", tt.name, account, a.Declared, a.Owners)
			}
		}
	}
}
