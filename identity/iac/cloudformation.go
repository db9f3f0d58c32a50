package iac

import (
	"slices"
	"strings"
	"unicode"
)

// cloudFormation translates types of resources.
var cloudFormation = map[string]string{
	"AWS::IAM::User": "aws_iam_user", "AWS::IAM::AccessKey": "aws_iam_access_key", "AWS::IAM::Role": "aws_iam_role", "AWS::IAM::Group": "aws_iam_group",
	"AWS::IAM::UserToGroupAddition": "aws_iam_group_membership",
	"AWS::RDS::DBInstance":          "aws_db_instance", "AWS::RDS::DBCluster": "aws_rds_cluster", "AWS::DocDB::DBCluster": "aws_docdb_cluster",
	"AWS::Redshift::Cluster": "aws_redshift_cluster", "AWS::ElastiCache::User": "aws_elasticache_user",
	"AWS::SecretsManager::Secret": "aws_secretsmanager_secret", "AWS::SSM::Parameter": "aws_ssm_parameter",
	"AWS::Lambda::Function": "aws_lambda_function", "AWS::Serverless::Function": "aws_lambda_function",
	"AWS::ECS::TaskDefinition": "aws_ecs_task_definition", "AWS::AppRunner::Service": "aws_apprunner_service",
}

// cloudFormationNames are properties that have another name in Terraform.
var cloudFormationNames = map[string]string{
	"UserName": "name", "RoleName": "name", "GroupName": "name", "DBInstanceIdentifier": "identifier", "DBClusterIdentifier": "cluster_identifier",
	"MasterUsername": "username", "Name": "name", "FunctionName": "function_name", "Family": "family", "ManagedPolicyArns": "managed_policy_arns",
	"ServiceName": "service_name", "ClusterIdentifier": "cluster_identifier", "UserId": "user_id",
}

func isTemplateOfCloudFormation(doc *node) bool {
	for _, p := range pairs(get(doc, "Resources")) {
		return strings.Contains(text(get(p.Value, "Type")), "::")
	}
	return false
}

// readCloudFormation reads a template of CloudFormation or SAM.
func readCloudFormation(ix *index, path string, doc *node, end int) {
	defaults := map[string]string{}
	params := pairs(get(doc, "Parameters"))
	for i, p := range params {
		name := cut(p.Key.Value)
		defaults[name] = cut(text(get(p.Value, "Default")))
		o := &object{format: "cloudformation", kind: "parameter", address: "Parameters." + name, path: path, line: p.Key.Line, end: endOf(params, i)}
		o.offer(token("cfn:" + path + ":" + name))
		ix.add(o)
	}
	resources := pairs(get(doc, "Resources"))
	for i, p := range resources {
		r := resource{format: "cloudformation", kind: text(get(p.Value, "Type")), address: cut(p.Key.Value), path: path, line: p.Key.Line, end: endOf(resources, i),
			attr: map[string][]string{}, refs: map[string][]token{}}
		if k := cloudFormation[r.kind]; k != "" {
			r.kind = k
		}
		c := cfn{path: path, defaults: defaults, r: &r}
		c.properties(get(p.Value, "Properties"))
		if c.policies(get(p.Value, "Properties")); r.rights.lost {
			ix.note(path, "line %d: more than %d statements or %d actions: the rest is left out", r.line, maxAllowing, maxFacts)
		}
		for _, t := range list(get(p.Value, "Properties", "Tags")) {
			r.tags = append(r.tags, tag{key: cut(text(get(t, "Key"))), value: c.value(get(t, "Value")), line: t.Line})
		}
		if isMap(get(p.Value, "Properties", "Tags")) { // SAM
			for _, t := range pairs(get(p.Value, "Properties", "Tags")) {
				r.tags = append(r.tags, tag{key: cut(t.Key.Value), value: c.value(t.Value), line: t.Key.Line})
			}
		}
		o := r.object()
		o.uses = append(o.uses, c.references(get(p.Value, "Properties"))...)
		o.offer(token("cfn:" + path + ":" + cut(p.Key.Value)))
		ix.add(o)
	}
}

func endOf(entries []pair, i int) int {
	if i+1 < len(entries) && entries[i+1].Key.Line > entries[i].Key.Line {
		return entries[i+1].Key.Line - 1
	}
	return lastLine(entries[i].Value, 0)
}

type cfn struct {
	path     string
	defaults map[string]string
	r        *resource
}

// properties keeps what is known of a resource's properties, under Terraform's
// names.
func (c *cfn) properties(n *node) {
	for _, p := range pairs(n) {
		name := cloudFormationNames[p.Key.Value]
		if name == "" {
			name = snake(p.Key.Value)
		}
		switch {
		case c.r.kind == "aws_iam_access_key" && p.Key.Value == "UserName":
			name = "user"
		case c.r.kind == "aws_iam_group_membership" && p.Key.Value == "GroupName":
			name = "group"
		case p.Key.Value == "MasterUsername" && c.r.kind != "aws_db_instance":
			name = "master_username"
		}
		if !wanted[name] {
			continue
		}
		values := []*node{p.Value}
		if isList(p.Value) {
			values = list(p.Value)
		}
		for _, v := range values[:min(len(values), maxFacts)] {
			if s := c.value(v); s != "" {
				c.r.attr[name] = append(c.r.attr[name], s)
			}
			for _, u := range c.references(v) {
				c.r.refs[name] = append(c.r.refs[name], u.token)
			}
		}
	}
}

// value evaluates a text, !Ref of a parameter with a default, and !Sub.
func (c *cfn) value(n *node) string {
	if n == nil {
		return ""
	}
	if v := text(get(n, "Ref")); v != "" {
		return c.defaults[v]
	}
	s := text(n)
	switch n.Tag {
	case "!Ref":
		return c.defaults[s]
	case "!GetAtt", "!ImportValue":
		return ""
	}
	if sub := text(get(n, "Fn::Sub")); sub != "" {
		s = sub
	}
	for range 8 {
		before, rest, found := strings.Cut(s, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found {
			break
		}
		if !closed || c.defaults[name] == "" {
			return ""
		}
		s = before + c.defaults[name] + after
	}
	return cut(s)
}

// references are the parameters and resources that a node refers to.
func (c *cfn) references(n *node) (out []use) {
	add := func(name string, line int, via string) {
		name, _, _ = strings.Cut(name, ".")
		if name != "" && len(out) < maxUses {
			out = append(out, use{token: token("cfn:" + c.path + ":" + cut(name)), line: line, via: cut(via)})
		}
	}
	visit := func(keys []string, v *node) bool {
		via := ""
		for _, k := range keys {
			if k != "" && k != "Ref" && !strings.HasPrefix(k, "Fn::") {
				via = k
			}
		}
		switch at := lastKey(keys); {
		case v.Tag == "!Ref" || v.Tag == "!GetAtt" || at == "Ref":
			add(v.Value, v.Line, via)
		case slices.Contains(keys, "Fn::GetAtt"):
			add(v.Value, v.Line, via)
		default:
			for rest := v.Value; ; {
				_, after, found := strings.Cut(rest, "${")
				if !found {
					break
				}
				name, _, _ := strings.Cut(after, "}")
				add(name, v.Line, via)
				rest = after
			}
			if _, after, found := strings.Cut(v.Value, "{{resolve:"); found {
				parts := strings.SplitN(strings.TrimSuffix(after, "}}"), ":", 3)
				if len(parts) > 1 && len(out) < maxUses {
					out = append(out, use{token: storeToken(parts[1]), line: v.Line, via: cut(via)})
				}
			}
		}
		return true
	}
	scalars(n, maxSteps, visit)
	return out
}

func lastKey(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return keys[len(keys)-1]
}

// snake turns UserName and userName into user_name.
func snake(s string) string {
	var b strings.Builder
	for i, r := range cut(s) {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
