package iac

import (
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// pulumiTypes translates types of resources whose name is not the same as
// Terraform's in another spelling.
var pulumiTypes = map[string]string{
	"gcp:serviceaccount:account": "google_service_account", "gcp:serviceaccount:key": "google_service_account_key",
	"gcp:sql:user": "google_sql_user", "gcp:secretmanager:secret": "google_secret_manager_secret",
	"gcp:projects:iammember": "google_project_iam_member", "gcp:projects:iambinding": "google_project_iam_binding",
	"aws:iam:user": "aws_iam_user", "aws:iam:accesskey": "aws_iam_access_key", "aws:iam:role": "aws_iam_role",
	"aws:iam:userpolicyattachment": "aws_iam_user_policy_attachment", "aws:rds:instance": "aws_db_instance", "aws:rds:cluster": "aws_rds_cluster",
	"aws:secretsmanager:secret": "aws_secretsmanager_secret", "aws:secretsmanager:secretversion": "aws_secretsmanager_secret_version",
	"aws:ssm:parameter": "aws_ssm_parameter", "aws:lambda:function": "aws_lambda_function",
	"azure:authorization:userassignedidentity": "azurerm_user_assigned_identity", "azure-native:managedidentity:userassignedidentity": "azurerm_user_assigned_identity",
	"azure-native:storage:storageaccount": "azurerm_storage_account", "azure:storage:account": "azurerm_storage_account",
	"aws:iam:userpolicy": "aws_iam_user_policy", "aws:iam:rolepolicy": "aws_iam_role_policy", "aws:iam:grouppolicy": "aws_iam_group_policy", "aws:iam:policy": "aws_iam_policy",
	"aws:iam:rolepolicyattachment": "aws_iam_role_policy_attachment",
	"kubernetes:core/v1:secret":    "kubernetes_secret", "kubernetes:core/v1:serviceaccount": "kubernetes_service_account",
	"kubernetes:apps/v1:deployment": "kubernetes_deployment", "random:randompassword": "random_password", "tls:privatekey": "tls_private_key",
	"github:actionssecret": "github_actions_secret", "gitlab:projectvariable": "gitlab_project_variable",
}

// pulumiType turns "gcp:serviceAccount/account:Account" into Terraform's word.
func pulumiType(t string) string {
	parts := strings.Split(cut(t), ":")
	if len(parts) == 3 {
		module, _, nested := strings.Cut(parts[1], "/")
		if nested && parts[0] != "kubernetes" { // index/user, iam/user
			parts[1] = module
		}
		if parts[1] == "index" {
			parts = []string{parts[0], parts[2]}
		}
	}
	if k := pulumiTypes[strings.ToLower(strings.Join(parts, ":"))]; k != "" {
		return k
	}
	return strings.ReplaceAll(parts[0]+"_"+snake(parts[len(parts)-1]), "-", "_")
}

// readPulumi reads Pulumi.yaml (a project, whose program may be written in it)
// and Pulumi.<stack>.yaml (the settings of a stack).
func readPulumi(ix *index, path string, data []byte) {
	ix.documents(path, data, nil, func(doc *node, end int) {
		if stack := stackOf(path); stack != "" {
			for _, p := range pairs(get(doc, "config")) {
				o := &object{format: "pulumi", kind: "config", address: "config." + cut(p.Key.Value), path: path, line: p.Key.Line, end: lastLine(p.Value, 0)}
				name := cut(p.Key.Value)
				o.offer(token("pulumi:" + dir(path) + ":" + name[strings.IndexByte(name, ':')+1:]))
				o.fact(leak.ClaimEnvironment, environmentIn(stack))
				ix.add(o)
			}
			return
		}
		resources := pairs(get(doc, "resources"))
		for i, p := range resources {
			ix.pulumiResource(path, p, endOf(resources, i))
		}
	})
}

// stackOf is the stack that a file is the settings of.
func stackOf(path string) string {
	b := base(path)
	b = b[:strings.LastIndexByte(b, '.')]
	_, stack, _ := strings.Cut(b, ".")
	return stack
}

func (ix *index) pulumiResource(path string, p pair, end int) {
	name := cut(p.Key.Value)
	r := resource{format: "pulumi", kind: pulumiType(text(get(p.Value, "type"))), address: "resources." + name, path: path, line: p.Key.Line, end: end,
		attr: map[string][]string{}, refs: map[string][]token{}}
	props := get(p.Value, "properties")
	for _, prop := range pairs(props) {
		at := snake(prop.Key.Value)
		if at == "tags" || at == "labels" {
			for _, t := range pairs(prop.Value) {
				r.tags = append(r.tags, tag{key: cut(t.Key.Value), value: cut(text(t.Value)), line: t.Key.Line})
			}
		}
		r.pulumiProperty(at, prop.Value)
		if at == "metadata" {
			r.pulumiProperty("metadata.name", get(prop.Value, "name"))
			r.pulumiProperty("metadata.namespace", get(prop.Value, "namespace"))
			for _, a := range pairs(get(prop.Value, "annotations")) {
				r.attr["annotation."+cut(a.Key.Value)] = []string{cut(text(a.Value))}
			}
		}
	}
	if r.kind == "aws_iam_user" && len(r.attr["name"]) == 0 {
		r.attr["name"] = []string{name} // with a random suffix in the cloud
	}
	k, _ := kindOf(r.kind)
	for _, of := range k.policy {
		switch v := get(props, of); { // pulumi.com/docs/iac/languages-sdks/yaml/yaml-language-reference, "fn::toJSON"
		case isMap(get(v, "fn::toJSON")):
			r.rights.policyNode(get(v, "fn::toJSON"), 0, nil)
		case v != nil:
			r.rights.policyText(text(v), v.Line)
		}
	}
	o := r.object()
	o.uses = append(o.uses, pulumiUses(dir(path), props)...)
	o.offer(token("pulumi:" + dir(path) + ":" + name))
	workloadIdentity(o, func(key string) string { return r.first([]string{"annotation." + key}) })
	ix.add(o)
}

// pulumiProperty keeps a property that is wanted.
func (r *resource) pulumiProperty(at string, n *node) {
	if n == nil || !wanted[at] {
		return
	}
	values := []*node{n}
	if isList(n) {
		values = list(n)
	}
	for _, v := range values[:min(len(values), maxFacts)] {
		if s := text(v); s != "" && !strings.Contains(s, "${") {
			r.attr[at] = append(r.attr[at], cut(s))
		}
	}
	for _, u := range pulumiUses(dir(r.path), n) {
		r.refs[at] = append(r.refs[at], u.token)
	}
}

// pulumiUses are the ${resource.attribute} and ${config} in a node.
func pulumiUses(folder string, n *node) (out []use) {
	scalars(n, maxSteps, func(keys []string, v *node) bool {
		for rest := v.Value; len(out) < maxUses; {
			_, after, found := strings.Cut(rest, "${")
			if !found {
				break
			}
			expr, _, _ := strings.Cut(after, "}")
			name, _, _ := strings.Cut(expr, ".")
			name, _, _ = strings.Cut(name, "[")
			name = name[strings.IndexByte(name, ':')+1:]
			out = append(out, use{token: token("pulumi:" + folder + ":" + cut(name)), line: v.Line, via: cut(lastKey(keys))})
			rest = after
		}
		return true
	})
	return out
}
