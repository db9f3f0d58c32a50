package iac

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

const deployer = "resource \"aws_iam_user\" \"d\" {\n  name = \"deployer\"\n}\n" // three lines

// TestRights: what is written out beside an identity is what it may do, and where.
func TestRights(t *testing.T) {
	user := known(leak.ClaimName, "deployer")
	for _, tt := range []struct{ name, file, text, want string }{
		{"a heredoc", "iam.tf", deployer + `resource "aws_iam_user_policy" "p" {
  user   = aws_iam_user.d.name
  policy = <<-EOF
    {
      "Version": "2012-10-17",
      "Statement": [
        {"Effect": "Allow",
         "Action": ["s3:GetObject",
                    "s3:PutObject"], "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}
      ]
    }
  EOF
}
`, "s3:GetObject iam.tf:11|s3:PutObject iam.tf:12"},
		{"all in a heredoc with names", "iam.tf", deployer + `resource "aws_iam_user_policy" "p" {
  user   = aws_iam_user.d.name
  policy = <<EOF
{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": ["${aws_s3_bucket.b.arn}", "${aws_s3_bucket.b.arn}/*"]}}
EOF
}
`, "s3:* on aws_s3_bucket.b.arn iam.tf:7"},
		{"jsonencode", "iam.tf", deployer + `resource "aws_iam_user_policy" "p" {
  user   = "deployer"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}
`, "* iam.tf:8"},
		{"narrow, and all but some", "iam.tf", deployer + `resource "aws_iam_user_policy" "p" {
  user   = aws_iam_user.d.name
  policy = jsonencode({
    Statement = [
      { Effect = "Allow", Action = ["*"], Resource = "arn:aws:s3:::payments/*" },
      { Effect = "Allow", NotAction = ["iam:*", "organizations:*"], Resource = "*" },
    ]
  })
}
`, "* except iam:*, organizations:* iam.tf:9|* on arn:aws:s3:::payments/* iam.tf:8"},
		{"a document", "iam.tf", deployer + `data "aws_iam_policy_document" "p" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }
  statement {
    effect  = "Deny"
    actions = ["ecr:DeleteRepository"]
  }
}
locals { more = data.aws_iam_policy_document.p.json }
resource "aws_iam_policy" "p" {
  name   = "admin"
  policy = data.aws_iam_policy_document.p.json
}
resource "aws_iam_policy_attachment" "p" {
  name       = "p"
  users      = [aws_iam_user.d.name]
  policy_arn = aws_iam_policy.p.arn
}
`, "ecr:GetAuthorizationToken iam.tf:6"},
		{"a policy that is not written out", "iam.tf", deployer + `data "aws_iam_policy" "p" {
  name = "ReadOnlyAccess"
}
resource "aws_iam_user_policy_attachment" "p" {
  user       = aws_iam_user.d.name
  policy_arn = data.aws_iam_policy.p.arn
}
`, "ReadOnlyAccess iam.tf:4"},
		{"a group", "iam.tf", deployer + `resource "aws_iam_group" "g" {
  name = "deployers"
}
resource "aws_iam_group_policy_attachment" "g" {
  group      = aws_iam_group.g.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}
resource "aws_iam_group_policy" "g" {
  group  = "deployers"
  policy = jsonencode({ Statement = { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" } })
}
resource "aws_iam_user_group_membership" "g" {
  user   = aws_iam_user.d.name
  groups = [aws_iam_group.g.name]
}
`, "arn:aws:iam::aws:policy/AmazonS3FullAccess iam.tf:7|sqs:SendMessage iam.tf:13"},
		{"the members of a group", "iam.tf", deployer + `resource "aws_iam_group_membership" "g" {
  name  = "g"
  users = [aws_iam_user.d.name, "other"]
  group = "deployers"
}
resource "aws_iam_group_policy_attachment" "g" {
  group      = "deployers"
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}
resource "aws_iam_group_policy_attachment" "h" {
  group      = "others"
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
`, "arn:aws:iam::aws:policy/AmazonS3FullAccess iam.tf:9"},
		{"another user's", "iam.tf", deployer + `resource "aws_iam_user_policy" "p" {
  user   = "other"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }] })
}
`, ""},
		{"CloudFormation", "stack.yaml", `Resources:
  Deployer:
    Type: AWS::IAM::User
    Properties:
      UserName: deployer
      Groups: [!Ref Ops]
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action:
                  - s3:GetObject
                  - s3:*
                Resource: !Sub "${Bucket}/*"
              - Effect: Deny
                Action: "*"
                Resource: "*"
  Ops:
    Type: AWS::IAM::Group
    Properties:
      GroupName: ops
      ManagedPolicyArns: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
  More:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Users: [!Ref Deployer]
      PolicyDocument:
        Statement: {Effect: Allow, Action: "sqs:*", Resource: "*"}
`, "arn:aws:iam::aws:policy/ReadOnlyAccess stack.yaml:19|s3:* on Bucket stack.yaml:14|s3:GetObject stack.yaml:13|sqs:* stack.yaml:30"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &tree{files: map[string]string{tt.file: tt.text}}
			var got []string
			for _, e := range resolve(t, r.query(t, "aws", "", 0, user)).Evidence {
				if e.Claim == leak.ClaimPermission {
					got = append(got, e.Value+" "+e.Ref)
				}
			}
			if slices.Sort(got); strings.Join(got, "|") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "|"), tt.want)
			}
		})
	}
}

// TestRightsKubernetes: the rules of a role are known where they are in the tree.
func TestRightsKubernetes(t *testing.T) {
	r := &tree{files: map[string]string{"rbac.yaml": `kind: RoleBinding
metadata: {name: all, namespace: payments}
roleRef: {kind: ClusterRole, name: admin-panel}
subjects:
- {kind: ServiceAccount, name: ci, namespace: payments}
---
kind: ServiceAccount
metadata: {name: ci, namespace: payments}
---
kind: ClusterRole
metadata: {name: admin-panel}
rules:
- apiGroups: [""]
  resources: [pods, secrets]
  verbs: [get, list]
- apiGroups: ["*"]
  resources: ["*"]
  verbs: ["*"]
---
kind: ClusterRoleBinding
metadata: {name: ci}
roleRef: {kind: ClusterRole, name: admin-panel}
subjects:
- {kind: ServiceAccount, name: ci, namespace: payments}
---
kind: Role
metadata: {name: reader, namespace: other}
rules:
- {apiGroups: [""], resources: [configmaps], verbs: [get]}
---
kind: RoleBinding
metadata: {name: ci, namespace: payments}
roleRef: {kind: Role, name: reader}
subjects:
- {kind: ServiceAccount, name: ci, namespace: payments}
`}}
	var got []string
	for _, e := range resolve(t, r.query(t, "kubernetes", "", 0, known(leak.ClaimName, "payments/ci"))).Evidence {
		if e.Claim == leak.ClaimPermission {
			got = append(got, e.Value+" "+e.Ref)
		}
	}
	// That Role is of another namespace.
	if got, want := strings.Join(got, "|"), "* * rbac.yaml:17|* * on namespace payments rbac.yaml:17|Role reader rbac.yaml:35|get,list pods rbac.yaml:14|get,list secrets rbac.yaml:14"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestRightsBounded: a policy of an enemy's is cut, and that is said.
func TestRightsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(deployer + "resource \"aws_iam_user_policy\" \"p\" {\n  user = \"deployer\"\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", Resource = \"*\", Action = [\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "\"s%d:Get\",\n", i)
	}
	b.WriteString("] }] })\n}\n")
	// A group that is in itself, and policies that refer to one another.
	b.WriteString("resource \"aws_iam_group_membership\" \"g\" {\n  users = [\"deployer\"]\n  group = \"g\"\n}\ndata \"aws_iam_policy_document\" \"a\" {\n  source_policy_documents = [data.aws_iam_policy_document.b.json]\n}\n" +
		"data \"aws_iam_policy_document\" \"b\" {\n  source_policy_documents = [data.aws_iam_policy_document.a.json]\n}\nresource \"aws_iam_group_policy\" \"g\" {\n  group = \"g\"\n  policy = data.aws_iam_policy_document.a.json\n}\n")
	r := &tree{files: map[string]string{"iam.tf": b.String()}}
	q := r.query(t, "aws", "", 0, known(leak.ClaimName, "deployer"))
	var lost []string
	q.Lose = func(s string) { lost = append(lost, s) }
	n := 0
	for _, e := range resolve(t, q).Evidence {
		if e.Claim == leak.ClaimPermission {
			n++
		}
	}
	if n != maxFacts || len(lost) != 1 || !strings.Contains(lost[0], "more than") {
		t.Errorf("%d permissions, lost %q", n, lost)
	}
}

// TestRightsInOtherFiles: policies in files of their own, in .tf.json and in states.
func TestRightsInOtherFiles(t *testing.T) {
	const policy = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"},\n    {\"Effect\": \"Deny\", \"Action\": \"iam:*\", \"Resource\": \"*\"}\n  ]\n}\n"
	const state = `{"version": 4, "resources": [
 {"mode": "managed", "type": "aws_iam_user", "name": "d", "instances": [{"attributes": {"name": "deployer"}}]},
 {"mode": "managed", "type": "aws_iam_user_policy", "name": "p", "instances": [
  {"attributes": {"user": "deployer",
   "policy": "{\"Statement\":[\n{\"Effect\":\"Allow\",\"Action\":[\"sqs:*\"],\"Resource\":\"*\"}]}"}}]}]}`
	uses := func(call string) string {
		return deployer + "resource \"aws_iam_user_policy\" \"p\" {\n  user   = aws_iam_user.d.name\n  policy = " + call + "\n}\n"
	}
	for name, tt := range map[string]struct {
		files map[string]string
		want  string
	}{
		"a file":              {map[string]string{"infra/iam.tf": uses(`file("${path.module}/policies/d.json")`), "infra/policies/d.json": policy}, "s3:* infra/policies/d.json:4"},
		"beside it":           {map[string]string{"iam.tf": uses(`file("d.json")`), "d.json": policy}, "s3:* d.json:4"},
		"a template":          {map[string]string{"iam.tf": uses(`templatefile("d.tpl", { bucket = "x" })`), "d.tpl": strings.Replace(policy, `"Resource": "*"`, `"Resource": "arn:aws:s3:::${bucket}/*"`, 1)}, "s3:* on arn:aws:s3:::${bucket}/* d.tpl:4"},
		"by a local value":    {map[string]string{"iam.tf": "locals { p = file(\"d.json\") }\n" + uses("local.p"), "d.json": policy}, "s3:* d.json:4"},
		"none":                {map[string]string{"iam.tf": uses(`file("gone.json")`)}, ""},
		"no policy":           {map[string]string{"iam.tf": uses(`file("d.json")`), "d.json": "{\"a\": 1}"}, ""},
		"nobody's":            {map[string]string{"iam.tf": deployer, "d.json": policy}, ""},
		"JSON":                {map[string]string{"iam.tf.json": `{"resource": {"aws_iam_user": {"d": {"name": "deployer"}}, "aws_iam_user_policy": {"p": {"user": "${aws_iam_user.d.name}",` + "\n" + `"policy": "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ec2:*\",\"Resource\":\"*\"}}"}}}}`}, "ec2:* iam.tf.json:2"},
		"JSON, named":         {map[string]string{"iam.tf.json": `{"resource": {"aws_iam_user": {"d": {"name": "deployer"}}, "aws_iam_user_policy": {"p": {"user": "deployer", "policy": "${file(\"d.json\")}"}}}}`, "d.json": policy}, "s3:* d.json:4"},
		"Pulumi":              {map[string]string{"Pulumi.yaml": "name: x\nruntime: yaml\nresources:\n  d:\n    type: aws:iam:User\n    properties: {name: deployer}\n  p:\n    type: aws:iam:UserPolicy\n    properties:\n      user: ${d.name}\n      policy:\n        fn::toJSON:\n          Statement:\n            - Effect: Allow\n              Action: [\"s3:*\"]\n              Resource: \"*\"\n"}, "s3:* Pulumi.yaml:15"},
		"a state":             {map[string]string{"terraform.tfstate": state}, "sqs:* terraform.tfstate:5"},
		"a state, not a text": {map[string]string{"terraform.tfstate": strings.Replace(state, `"policy": "`, `"policy": [], "x": "`, 1)}, ""},
	} {
		r := &tree{files: tt.files}
		var got []string
		for _, e := range resolve(t, r.query(t, "aws", "", 0, known(leak.ClaimName, "deployer"))).Evidence {
			if e.Claim == leak.ClaimPermission {
				got = append(got, e.Value+" "+e.Ref)
			}
		}
		slices.Sort(got)
		if strings.Join(got, "|") != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
