package iac

import (
	"fmt"
	"strings"
	"testing"
)

func state(resources ...string) *tree {
	return &tree{files: map[string]string{"infra/terraform.tfstate": "{\"version\": 4, \"terraform_version\": \"1.7.0\", \"resources\": [\n" + strings.Join(resources, ",\n") + "\n]}\n"}}
}

func stateResource(kind, name, attributes, more string) string {
	return fmt.Sprintf("{\"mode\": \"managed\", \"type\": %q, \"name\": %q, \"instances\": [\n{\"attributes\": {%s}%s}\n]}", kind, name, attributes, more)
}

// TestStateOfEntra: version 3 of the provider names an application by a path with its
// object id, which is not its client id.
func TestStateOfEntra(t *testing.T) {
	const object, client = "aaaa1111-3333-4444-5555-666677778888", "11112222-3333-4444-5555-666677778888"
	for _, c := range []struct{ app, password string }{
		{stateResource("azuread_application", "app", `"id": "/applications/`+object+`", "client_id": "`+client+`", "display_name": "pay-app"`, ""),
			stateResource("azuread_application_password", "pw", `"application_id": "/applications/`+object+`", "value": "`+madeUp(1)+`"`, "")},
		{stateResource("azuread_application", "app", `"object_id": "`+object+`", "client_id": "`+client+`", "display_name": "pay-app"`, ""),
			stateResource("azuread_application_password", "pw", `"application_id": "/applications/`+object+`", "value": "`+madeUp(1)+`"`, "")},
		{stateResource("azuread_service_principal", "app", `"id": "/servicePrincipals/`+object+`", "client_id": "`+client+`", "display_name": "pay-app"`, ""),
			stateResource("azuread_service_principal_password", "pw", `"service_principal_id": "/servicePrincipals/`+object+`", "value": "`+madeUp(1)+`"`, "")},
		{stateResource("azuread_service_principal", "app", `"id": "`+object+`", "client_id": "`+client+`", "display_name": "pay-app"`, ""),
			stateResource("azuread_service_principal_password", "pw", `"service_principal_id": "`+object+`", "value": "`+madeUp(1)+`"`, "")},
	} {
		r := state(c.app, c.password)
		got := written(resolve(t, r.query(t, "azure", "infra/terraform.tfstate", 1)))
		for _, want := range []string{"name pay-app 0.90", "id " + client + " 0.90"} {
			if !strings.Contains(got, want) || strings.Contains(got, object) {
				t.Errorf("no %q in:\n%s", want, got)
			}
		}
	}
}

// TestStateOfPassword: what Terraform makes a password for depends on it.
func TestStateOfPassword(t *testing.T) {
	password := stateResource("random_password", "db", `"result": "`+madeUp(1)+`", "length": 24`, "")
	other := stateResource("random_password", "other", `"result": "x"`, "")
	needs := `, "dependencies": ["random_password.db"]`
	r := state(password, other, stateResource("aws_lambda_function", "pay", `"function_name": "pay"`, needs),
		stateResource("aws_lambda_function", "not", `"function_name": "not"`, `, "dependencies": ["random_password.other"]`),
		stateResource("aws_s3_bucket", "b", `"bucket": "b"`, needs))
	got := written(resolve(t, r.query(t, "generic", "infra/terraform.tfstate", 1)))
	if !strings.Contains(got, "used by function pay") || strings.Contains(got, "used by function not") || strings.Contains(got, "resource") {
		t.Errorf("%s", got)
	}
	r = state(password, stateResource("aws_db_instance", "pay", `"username": "payadmin", "endpoint": "pay.abc.eu-west-1.rds.amazonaws.com:5432", "tags": {"owner": "team-db"}`, needs))
	got = written(resolve(t, r.query(t, "generic", "infra/terraform.tfstate", 1)))
	if !strings.Contains(got, "name payadmin 0.50") || !strings.Contains(got, "owner team team-db") {
		t.Errorf("%s", got)
	}
}

// TestStateInOneLine: in a state without line breaks no resource is the password's for
// standing in its line.
func TestStateInOneLine(t *testing.T) {
	password := stateResource("random_password", "db", `"result": "`+madeUp(1)+`"`, "")
	key := stateResource("aws_iam_access_key", "deploy", `"id": "AKIA", "user": "deploy"`, "")
	r := state(password, key)
	for name, text := range r.files {
		r.files[name] = strings.ReplaceAll(text, "\n", "")
	}
	if got := written(resolve(t, r.query(t, "generic", "infra/terraform.tfstate", 1))); strings.Contains(got, "deploy") {
		t.Errorf("the password is of:\n%s", got)
	}
}
