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

// TestProviderTags: what a provider gives everything, its resources have, and those of
// modules that work with it; their own tags come first. Tags are also written as lists.
func TestProviderTags(t *testing.T) {
	user := func(more string) string {
		return "resource \"aws_iam_user\" \"this\" {\n  name = \"exporter\"\n" + more + "}\nresource \"aws_iam_access_key\" \"this\" {\n  user = aws_iam_user.this.name\n}\n"
	}
	provider := func(more string) string {
		return "provider \"aws\" {\n" + more + "  allowed_account_ids = [\"111122223333\"]\n  default_tags {\n    tags = {\n      Owner = \"ledger\"\n    }\n  }\n}\n"
	}
	other := "provider \"aws\" {\n  allowed_account_ids = [\"111122223333\"]\n}\n"
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"default_tags":        {map[string]string{"live/main.tf": provider("") + user("")}, "ledger live/main.tf:5"},
		"another file":        {map[string]string{"live/aws.tf": provider(""), "live/main.tf": user("")}, "ledger live/aws.tf:5"},
		"tags of its own":     {map[string]string{"live/main.tf": provider("") + user("  tags = { owner = \"pay\" }\n")}, "pay live/main.tf:11"},
		"a module":            {map[string]string{"live/main.tf": provider("") + "module \"m\" {\n  source = \"../m\"\n}\n", "m/main.tf": user("")}, "ledger live/main.tf:5"},
		"another provider":    {map[string]string{"live/main.tf": other + provider("  alias = \"dev\"\n") + user("")}, ""},
		"the provider named":  {map[string]string{"live/main.tf": other + provider("  alias = \"dev\"\n") + user("  provider = aws.dev\n")}, "ledger live/main.tf:9"},
		"a list":              {map[string]string{"live/main.tf": other + user("  tags = [{ key = \"owner\", value = \"pay\" }]\n")}, "pay live/main.tf:6"},
		"blocks":              {map[string]string{"live/main.tf": other + user("  tag {\n    key = \"owner\"\n    value = \"pay\"\n  }\n")}, "pay live/main.tf:8"},
		"map of Terraform 11": {map[string]string{"live/main.tf": other + user("  tags = \"${map(\"owner\", \"pay\")}\"\n")}, "pay live/main.tf:6"},
	} {
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{known(leak.ClaimTenant, "111122223333")}, Repo: &tree{files: c.files}}
		p := identity.Place{Text: []byte("KEY=" + madeUp(1)), Start: 4, End: 4 + len(madeUp(1)), FirstLine: 1}
		p.Path = "live/terraform.tfvars"
		q.Places = []identity.Place{p}
		a, got := resolve(t, q), ""
		for _, o := range a.Owners {
			got += o.Name + " " + o.Ref
		}
		if len(a.Declared) != 1 || got != c.want {
			t.Errorf("%s: %q, want %q; %+v", name, got, c.want, a.Declared)
		}
	}
}
