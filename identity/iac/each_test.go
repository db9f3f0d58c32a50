package iac

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

const (
	accountA = "111122223333"
	accountB = "444455556666"
)

// declaredFor is what code says of a key of an account: address, confidence, reason.
func declaredFor(t *testing.T, account string, files map[string]string) string {
	t.Helper()
	q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "aws"}}, Known: []leak.Evidence{known(leak.ClaimTenant, account)}, Repo: &tree{files: files}}
	p := identity.Place{Text: []byte("KEY=" + madeUp(1)), Start: 4, End: 4 + len(madeUp(1)), FirstLine: 1}
	p.Path = "x.env"
	q.Places = []identity.Place{p}
	a := resolve(t, q)
	var out []string
	for _, d := range a.Declared {
		out = append(out, d.Address)
	}
	slices.Sort(out)
	for _, e := range a.Evidence {
		if e.Claim == leak.ClaimName {
			out = append(out, fmt.Sprint(e.Weight, " ", e.Value))
			if strings.Contains(e.Reason, "may make others") {
				out = append(out, "others")
			}
		}
	}
	return strings.Join(out, "; ")
}

const (
	soloUser = "resource \"aws_iam_user\" \"u\" {\n  name = \"solo\"\nPROVIDER}\nresource \"aws_iam_access_key\" \"u\" {\n  user = aws_iam_user.u.name\nPROVIDER}\n"
	rootA    = "provider \"aws\" {\n  allowed_account_ids = [\"" + accountA + "\"]\n}\n"
	aliasB   = "provider \"aws\" {\n  alias = \"dev\"\n  assume_role {\n    role_arn = \"arn:aws:iam::" + accountB + ":role/x\"\n  }\n}\n"
)

func solo(provider string) string {
	if provider != "" {
		provider = "  provider = " + provider + "\n"
	}
	return strings.ReplaceAll(soloUser, "PROVIDER", provider)
}

// TestProviderDecides: a resource is in the account of the provider that it names, or
// of the one without an alias, wherever in the file they stand.
func TestProviderDecides(t *testing.T) {
	const found = "aws_iam_user.u; 0.6 solo"
	module := "terraform {}\n" + solo("")
	moduleB := solo("aws.audit")
	for name, c := range map[string]struct {
		files map[string]string
		a, b  string
	}{
		"one":                         {map[string]string{"m.tf": rootA + solo("")}, found, ""},
		"two, default":                {map[string]string{"m.tf": rootA + aliasB + solo("")}, found, ""},
		"two, default last":           {map[string]string{"m.tf": aliasB + rootA + solo("")}, found, ""},
		"two, alias":                  {map[string]string{"m.tf": rootA + aliasB + solo("aws.dev")}, "", found},
		"alias in another file":       {map[string]string{"a.tf": aliasB, "m.tf": solo("aws.dev"), "z.tf": rootA}, "", found},
		"alias in quotes":             {map[string]string{"m.tf": rootA + aliasB + strings.ReplaceAll(solo("aws.dev"), "aws.dev", "\"aws.dev\"")}, "", found},
		"an alias that nobody knows":  {map[string]string{"m.tf": rootA + solo("aws.none")}, "", ""},
		"a default without account":   {map[string]string{"m.tf": "provider \"aws\" {}\n" + aliasB + solo("")}, "", ""},
		"no default":                  {map[string]string{"m.tf": aliasB + solo("")}, "", ""},
		"several without account":     {map[string]string{"m.tf": "provider \"aws\" {}\nprovider \"aws\" {\n  alias = \"x\"\n}\n" + solo("aws.x")}, "", ""},
		"a module":                    {map[string]string{"m.tf": rootA + aliasB + "module \"m\" {\n  source = \"./m\"\n}\n", "m/m.tf": module}, "module.m." + found, ""},
		"a module with a provider":    {map[string]string{"m.tf": rootA + aliasB + "module \"m\" {\n  source = \"./m\"\n  providers = {\n    aws = aws.dev\n  }\n}\n", "m/m.tf": module}, "", "module.m." + found},
		"a module with two providers": {map[string]string{"m.tf": rootA + aliasB + "module \"m\" {\n  source = \"./m\"\n  providers = {\n    aws = aws\n    aws.audit = aws.dev\n  }\n}\n", "m/m.tf": moduleB}, "", "module.m." + found},
	} {
		if got := declaredFor(t, accountA, c.files); got != c.a {
			t.Errorf("%s, A: %q, want %q", name, got, c.a)
		}
		if got := declaredFor(t, accountB, c.files); got != c.b {
			t.Errorf("%s, B: %q, want %q", name, got, c.b)
		}
	}
}

// TestOnlyUserBesideOthers: an only user is less sure beside code that makes a number
// of others, and none where the others are known.
func TestOnlyUserBesideOthers(t *testing.T) {
	each := func(what string) string {
		return "resource \"aws_iam_user\" \"r\" {\n  " + what + "\n}\nresource \"aws_iam_access_key\" \"r\" {\n  for_each = aws_iam_user.r\n  user = each.value.name\n}\n"
	}
	user := "variable \"name\" {}\nresource \"aws_iam_user\" \"r\" {\n  name = var.name\n}\nresource \"aws_iam_access_key\" \"r\" {\n  user = aws_iam_user.r.name\n}\n"
	const unsure = "aws_iam_user.u; 0.42 solo; others"
	for name, c := range map[string]struct {
		more  string
		files map[string]string
		want  string
	}{
		"alone":                {"", nil, "aws_iam_user.u; 0.6 solo"},
		"a set":                {each("for_each = toset([\"a\", \"b\"])\n  name = each.key"), nil, ""},
		"an empty set":         {each("for_each = toset([])\n  name = each.key"), nil, "aws_iam_user.u; 0.6 solo"},
		"a map":                {each("for_each = { a = \"x\" }\n  name = each.value"), nil, ""},
		"a local":              {"locals {\n  all = { a = { n = \"x\" } }\n}\n" + each("for_each = local.all\n  name = each.value.n"), nil, ""},
		"a variable":           {"variable \"all\" {}\n" + each("for_each = var.all\n  name = each.key"), nil, unsure},
		"a count":              {"resource \"aws_iam_user\" \"r\" {\n  count = 2\n  name = \"r-${count.index}\"\n}\nresource \"aws_iam_access_key\" \"r\" {\n  count = 2\n  user = aws_iam_user.r[count.index].name\n}\n", nil, ""},
		"no count":             {"resource \"aws_iam_user\" \"r\" {\n  count = 0\n  name = \"r\"\n}\n", nil, "aws_iam_user.u; 0.6 solo"},
		"a count unknown":      {"variable \"n\" {}\nresource \"aws_iam_user\" \"r\" {\n  count = var.n\n  name = \"r-${count.index}\"\n}\n", nil, unsure},
		"an enormous count":    {"resource \"aws_iam_user\" \"r\" {\n  count = 100000000\n  name = \"r-${count.index}\"\n}\n", nil, unsure},
		"a registry's module":  {"module \"m\" {\n  source = \"terraform-aws-modules/iam/aws//modules/iam-user\"\n  name = \"x\"\n}\n", nil, unsure},
		"another module":       {"module \"m\" {\n  source = \"terraform-aws-modules/vpc/aws\"\n}\n", nil, "aws_iam_user.u; 0.6 solo"},
		"a module for a set":   {"module \"m\" {\n  source = \"./m\"\n  for_each = toset([\"a\", \"b\"])\n  name = each.key\n}\n", map[string]string{"m/m.tf": user}, ""},
		"a module for unknown": {"variable \"all\" {}\nmodule \"m\" {\n  source = \"./m\"\n  for_each = var.all\n  name = each.key\n}\n", map[string]string{"m/m.tf": user}, ""},
		"another account's":    {aliasB + "variable \"n\" {}\nresource \"aws_iam_user\" \"r\" {\n  provider = aws.dev\n  count = var.n\n}\n", nil, "aws_iam_user.u; 0.6 solo"},
	} {
		files := map[string]string{"m.tf": rootA + solo("") + c.more}
		for p, text := range c.files {
			files[p] = text
		}
		if got := declaredFor(t, accountA, files); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestInstances: each instance has its own name and address.
func TestInstances(t *testing.T) {
	for name, text := range map[string]string{
		"toset":       "resource \"google_service_account\" \"p\" {\n  for_each = toset([\"pay\", \"rep\"])\n  account_id = each.key\n  project = \"acme-prod\"\n}\n",
		"each.value":  "resource \"google_service_account\" \"p\" {\n  for_each = { x = \"pay\", y = \"rep\" }\n  account_id = each.value\n  project = \"acme-prod\"\n}\n",
		"local":       "locals {\n  a = { pay = { owner = \"p\" }, rep = { owner = \"r\" } }\n}\nresource \"google_service_account\" \"p\" {\n  for_each = local.a\n  account_id = each.key\n  project = \"acme-prod\"\n}\n",
		"count":       "resource \"google_service_account\" \"p\" {\n  count = 1\n  account_id = \"pay\"\n  project = \"acme-prod\"\n}\n",
		"count.index": "resource \"google_service_account\" \"p\" {\n  count = 3\n  account_id = \"pay-${count.index}\"\n  project = \"acme-prod\"\n}\n",
	} {
		want := "pay@acme-prod.iam.gserviceaccount.com"
		if name == "count.index" {
			want = "pay-2@acme-prod.iam.gserviceaccount.com"
		}
		q := &identity.Query{Finding: &leak.Finding{Rule: leak.RuleInfo{Provider: "google"}}, Known: []leak.Evidence{known(leak.ClaimName, want)}, Repo: &tree{files: map[string]string{"m.tf": text}}}
		a := resolve(t, q)
		if len(a.Declared) != 1 || !strings.Contains(a.Declared[0].Address, "[") {
			t.Errorf("%s: %+v", name, a.Declared)
		}
	}
}
