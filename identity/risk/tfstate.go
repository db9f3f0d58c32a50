package risk

import (
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/internal/lazy"
	"github.com/whosekey/whosekey/leak"
)

// stateFile are files that Terraform and OpenTofu keep what they have made in.
var stateFile = lazy.New(`\.tfstate(?:\.[A-Za-z0-9.]*backup)?$`)

// Pages of Terraform: how the state is kept, and how a resource is made anew
// (terraform taint, deprecated, names apply -replace as what to use).
const (
	stateDocs   = "https://developer.hashicorp.com/terraform/language/manage-sensitive-data"
	replaceDocs = "https://developer.hashicorp.com/terraform/cli/commands/taint"
)

// madeAnew are resources that are nothing but a credential. To replace one of another
// type, such as a database, destroys more than that.
var madeAnew = map[string]bool{
	"aws_iam_access_key": true, "aws_iam_service_specific_credential": true, "google_service_account_key": true, "google_storage_hmac_key": true,
	"azuread_application_password": true, "azuread_service_principal_password": true, "gitlab_project_access_token": true, "gitlab_group_access_token": true,
	"gitlab_personal_access_token": true, "gitlab_deploy_token": true, "cloudflare_api_token": true, "datadog_api_key": true, "datadog_application_key": true,
}

// inState reports whether a path is that of a state.
func inState(path string) bool { return stateFile.MatchString(path) }

// addresses are those of the resources of states that the credential stands in.
func (s *subject) addresses() (out []string) {
	paths := map[string]bool{}
	for _, f := range s.findings {
		for _, l := range f.Locations {
			paths[l.Path] = inState(l.Path)
		}
	}
	for _, e := range s.id.Evidence {
		address, ok := strings.CutPrefix(e.Value, identity.NoteInState)
		path, _, _ := strings.Cut(e.Ref, ":")
		if ok && e.Claim == leak.ClaimNote && paths[path] {
			out = append(out, address)
		}
	}
	return out
}

// resourceType is that of an address: module.ci.aws_iam_user.deploy["prod"].
func resourceType(address string) string {
	address, _, _ = strings.Cut(address, "[\"")
	parts := strings.Split(address, ".")
	return parts[max(0, len(parts)-2)]
}

// byTerraform changes a plan of what Terraform has made: what others make or delete it
// does not know of, and what it makes anew it deletes itself.
func (s *subject) byTerraform(plan []leak.Action) {
	address := ""
	for i, a := range s.addresses() {
		if !madeAnew[resourceType(a)] {
			return
		}
		if address = a; i > 0 && a != s.addresses()[0] {
			address = ""
			break
		}
	}
	if len(s.addresses()) == 0 {
		return
	}
	for i := range plan {
		switch a := &plan[i]; a.Step {
		case StepRotate:
			a.Text = "Terraform made it: let it make a new one, which a command of the provider would hide from its state. " +
				"It deletes the old one with that, first if the resource has no create_before_destroy. terraform state list has the addresses." + s.enough()
			a.Command, a.URL = []string{fill("terraform apply -replace=${address}", map[string]string{"address": address})}, replaceDocs
		case StepRevoke:
			a.Text = "The same apply deletes the old one: see in what it prints that it did." + s.installed()
			a.Command, a.URL = nil, replaceDocs
		}
	}
}
