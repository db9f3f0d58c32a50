package risk

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestPlanOfState: what Terraform has made it makes anew, if the resource is nothing but
// the credential, and its state goes to where it is encrypted.
func TestPlanOfState(t *testing.T) {
	note := func(address, ref string) leak.Evidence {
		return leak.Evidence{Class: leak.FromIaC, Claim: leak.ClaimNote, Value: identity.NoteInState + address, Weight: .97, Ref: ref}
	}
	for _, c := range []struct {
		name, path string
		notes      []leak.Evidence
		want       string // the command that makes a new one
		byProvider bool   // the provider's own commands stay
		state      bool
	}{
		{"a key", "infra/terraform.tfstate", []leak.Evidence{note("aws_iam_access_key.deploy", "infra/terraform.tfstate")}, "terraform apply -replace=aws_iam_access_key.deploy", false, true},
		{"one of several", "terraform.tfstate.backup", []leak.Evidence{note(`module.ci.aws_iam_access_key.deploy["a.b"]`, "terraform.tfstate.backup:4")}, `terraform apply -replace='module.ci.aws_iam_access_key.deploy["a.b"]'`, false, true},
		{"counted", "terraform.tfstate", []leak.Evidence{note("aws_iam_access_key.deploy[0]", "terraform.tfstate")}, "terraform apply -replace='aws_iam_access_key.deploy[0]'", false, true},
		{"two", "terraform.tfstate", []leak.Evidence{note("aws_iam_access_key.a", "terraform.tfstate"), note("aws_iam_access_key.b", "terraform.tfstate")}, "terraform apply -replace=<address>", false, true},
		{"a database, which must stay", "terraform.tfstate", []leak.Evidence{note("aws_db_instance.main", "terraform.tfstate")}, "", true, true},
		{"an enemy's address", "terraform.tfstate", []leak.Evidence{note("x.aws_iam_access_key.$(reboot)';reboot", "terraform.tfstate")}, `terraform apply -replace='x.aws_iam_access_key.$(reboot)'\'';reboot'`, false, true},
		{"no address", "terraform.tfstate", nil, "", true, true},
		{"another file's", "deploy.env", []leak.Evidence{note("aws_iam_access_key.deploy", "terraform.tfstate")}, "", true, false},
	} {
		id, f := leaked("aws-access-key", func(id *leak.Identity, _ *leak.Credential, f *leak.Finding) {
			id.Evidence, f.Locations[0].Path = c.notes, c.path
		})
		plan := assess(t, nil, id, f).Plan
		var made, revoked []string
		purge := ""
		for _, a := range plan {
			switch a.Step {
			case StepRotate:
				made = a.Command
			case StepRevoke:
				revoked = a.Command
			case StepPurge:
				purge = a.Text
			}
		}
		if c.want != "" && !slices.Equal(made, []string{c.want}) || c.byProvider != strings.Contains(strings.Join(made, "\n"), "aws iam create-access-key") || c.byProvider == (len(revoked) == 0) {
			t.Errorf("%s: make %q, revoke %q", c.name, made, revoked)
		}
		if strings.Contains(purge, "backend that encrypts it") != c.state || strings.Contains(purge, "read it from a vault") == c.state {
			t.Errorf("%s: %s", c.name, purge)
		}
	}
}
