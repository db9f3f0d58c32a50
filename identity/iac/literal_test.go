package iac

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

const (
	payMail = "pay@acme-prod.iam.gserviceaccount.com"
	ksa     = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: pay\n  namespace: payns\n  labels: {team: kteam}\n  annotations:\n    "
	runsAs  = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: payapi, namespace: payns}\nspec: {template: {spec: {serviceAccountName: pay}}}\n"
)

// TestLiteralNames: what names the identity of a credential in so many words uses
// it, gives it a role or makes keys of it, whether or not the tree declares it.
func TestLiteralNames(t *testing.T) {
	const client = "11112222-3333-4444-5555-666677778888"
	for _, c := range []struct {
		name, provider, path, text string
		known                      []leak.Evidence
		want, not                  string
	}{
		{"workload identity", "google", "k8s/sa.yaml", ksa + "iam.gke.io/gcp-service-account: " + payMail + "\n", gsa(),
			"used by service account payns/pay k8s/sa.yaml:1 (annotation iam.gke.io/gcp-service-account)|owner team kteam", ""},
		{"what runs as it", "google", "k8s/sa.yaml", ksa + "iam.gke.io/gcp-service-account: " + payMail + "\n" + runsAs, gsa(),
			"used by deployment payns/payapi|owner team kteam", ""},
		{"client id", "azure", "k8s/sa.yaml", ksa + "azure.workload.identity/client-id: " + client + "\n", []leak.Evidence{known(leak.ClaimID, client)},
			"used by service account payns/pay|owner team kteam", ""},
		{"role of EKS", "aws", "k8s/sa.yaml", ksa + "eks.amazonaws.com/role-arn: arn:aws:iam::029608264753:role/pay\n",
			[]leak.Evidence{known(leak.ClaimName, "arn:aws:sts::029608264753:assumed-role/pay/session")}, "used by service account payns/pay|owner team kteam", ""},
		{"role of another account", "aws", "k8s/sa.yaml", ksa + "eks.amazonaws.com/role-arn: arn:aws:iam::111122223333:role/pay\n",
			[]leak.Evidence{known(leak.ClaimName, "arn:aws:sts::029608264753:assumed-role/pay/session")}, "", "payns"},
		{"binding", "google", "a.tf", "resource \"google_project_iam_member\" \"m\" {\n  project = \"acme-prod\"\n  role = \"roles/editor\"\n  member = \"serviceAccount:" + payMail + "\"\n}\n", gsa(),
			"permission roles/editor 0.80 a.tf:1", ""},
		{"key", "google", "a.tf", "resource \"google_service_account_key\" \"k\" {\n  service_account_id = \"" + payMail + "\"\n}\n", gsa(),
			"declared terraform google_service_account_key.k a.tf:1", ""},
		{"key by its path", "google", "a.tf", "resource \"google_service_account_key\" \"k\" {\n  service_account_id = \"projects/acme-prod/serviceAccounts/" + payMail + "\"\n}\n", gsa(),
			"declared terraform google_service_account_key.k a.tf:1", ""},
		{"service", "google", "a.tf", "resource \"google_cloud_run_v2_service\" \"api\" {\n  name = \"api\"\n  labels = { team = \"runteam\" }\n  template {\n    service_account = \"" + payMail + "\"\n  }\n}\n", gsa(),
			"used by function api a.tf:1 (runs as)|owner team runteam", ""},
		{"policy of a user", "aws", "a.tf", "resource \"aws_iam_user_policy_attachment\" \"p\" {\n user=\"ci-lit\"\n policy_arn=\"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n",
			[]leak.Evidence{known(leak.ClaimName, "ci-lit")}, "permission arn:aws:iam::aws:policy/AdministratorAccess", ""},
		{"policy of a role", "aws", "a.tf", "resource \"aws_iam_role_policy_attachment\" \"p\" {\n role=\"ci-lit\"\n policy_arn=\"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n",
			[]leak.Evidence{known(leak.ClaimName, "ci-lit")}, "", "permission"},
		{"policy in another account", "aws", "a.tf", "provider \"aws\" {\n  allowed_account_ids = [\"111122223333\"]\n}\nresource \"aws_iam_user_policy_attachment\" \"p\" {\n user=\"ci-lit\"\n policy_arn=\"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n",
			[]leak.Evidence{known(leak.ClaimName, "ci-lit"), known(leak.ClaimTenant, "029608264753")}, "", "permission"},
		{"name of another provider", "github", "a.tf", "resource \"aws_iam_user_policy_attachment\" \"p\" {\n user=\"ci-lit\"\n policy_arn=\"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n",
			[]leak.Evidence{known(leak.ClaimName, "ci-lit")}, "", "permission"},
		{"token of Kubernetes", "jwt", "k8s/rb.yaml", "kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects:\n- {kind: ServiceAccount, name: pay, namespace: payns}\n" + runsAs, sa(),
			"permission ClusterRole cluster-admin|used by deployment payns/payapi", ""},
		{"another namespace", "jwt", "k8s/rb.yaml", "kind: ClusterRoleBinding\nmetadata: {name: b}\nroleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects:\n- {kind: ServiceAccount, name: pay, namespace: other}\n" + strings.ReplaceAll(runsAs, "payns", "other"), sa(),
			"", "permission|used by"},
		{"guess", "google", "a.tf", "resource \"google_project_iam_member\" \"m\" {\n  role = \"roles/editor\"\n  member = \"serviceAccount:" + payMail + "\"\n}\n",
			[]leak.Evidence{{Class: leak.FromName, Claim: leak.ClaimName, Value: payMail, Weight: .5}}, "", "permission"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &tree{files: map[string]string{c.path: c.text}}
			got := written(resolve(t, r.query(t, c.provider, "", 0, c.known...)))
			for _, want := range strings.Split(c.want, "|") {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
			for _, not := range strings.Split(c.not, "|") {
				if not != "" && strings.Contains(got, not) {
					t.Errorf("%q in:\n%s", not, got)
				}
			}
		})
	}
}

// TestLiteralAndDeclared: who is named in words and declared has both.
func TestLiteralAndDeclared(t *testing.T) {
	r := &tree{files: map[string]string{"k8s/sa.yaml": ksa + "iam.gke.io/gcp-service-account: " + payMail + "\n" + runsAs,
		"a.tf": "resource \"google_service_account\" \"p\" {\n  account_id = \"pay\"\n  project = \"acme-prod\"\n}\n"}}
	got := written(resolve(t, r.query(t, "google", "", 0, gsa()...)))
	for _, want := range []string{"declared terraform google_service_account.p", "used by service account payns/pay", "used by deployment payns/payapi"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}

// TestLiteralIsNoWitness: what was found by a name is no surer than the name.
func TestLiteralIsNoWitness(t *testing.T) {
	r := &tree{files: map[string]string{"a.tf": "resource \"google_project_iam_member\" \"m\" {\n  role = \"roles/editor\"\n  member = \"serviceAccount:" + payMail + "\"\n}\n"}}
	weak := leak.Evidence{Class: leak.FromNeighbour, Claim: leak.ClaimEmail, Value: payMail, Weight: .5}
	a := resolve(t, r.query(t, "google", "", 0, weak))
	if len(a.Evidence) != 1 || a.Evidence[0].Weight != .5 || a.Evidence[0].Basis != leak.FromNeighbour {
		t.Errorf("%+v", a.Evidence)
	}
}

func gsa() []leak.Evidence {
	return []leak.Evidence{known(leak.ClaimName, payMail), known(leak.ClaimTenant, "acme-prod")}
}

func sa() []leak.Evidence {
	return []leak.Evidence{known(leak.ClaimName, "payns/pay"), known(leak.ClaimProvider, "kubernetes"), known(leak.ClaimType, string(leak.ServiceAccount))}
}
