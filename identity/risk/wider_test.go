package risk

import (
	"slices"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestWider: permissions are held against what all known uses need.
func TestWider(t *testing.T) {
	for _, tt := range []struct{ name, provider, permissions, needs, want string }{
		{"everything", "aws", "*", "s3:read", `it has "*": it may do everything; its only known use, r.yml:6, reads from S3`},
		{"writes", "aws", "s3:GetObject|s3:PutObject", "s3:read", `it has "s3:PutObject": it may change data; its only known use, r.yml:6, reads from S3`},
		{"another service", "aws", "s3:GetObject|sqs:ReceiveMessage|dynamodb:GetItem", "s3:read", `it has "dynamodb:GetItem": it may read, in DynamoDB; its only known use, r.yml:6, reads from S3`},
		{"all of the service", "aws", "AmazonS3FullAccess", "s3:write", `it has "AmazonS3FullAccess": it administers S3; its only known use, r.yml:6, writes to S3`},
		{"two services", "aws", "arn:aws:iam::aws:policy/AdministratorAccess", "s3:read ecr:write", `it has "arn:aws:iam::aws:policy/AdministratorAccess": it may do everything; its only known use, r.yml:6, reads from S3 and writes to ECR`},
		{"Google", "google", "roles/storage.objectViewer|roles/storage.objectAdmin", "storage:read", `it has "roles/storage.objectAdmin": it may change data; its only known use, r.yml:6, reads from Cloud Storage`},
		{"Kubernetes", "kubernetes", "* *", "kubernetes:read", `it has "* *": it may do everything; its only known use, r.yml:6, reads from Kubernetes`},
		{"what is needed", "aws", "s3:GetObject|s3:ListBucket|kms:Decrypt", "s3:read", ""},
		{"what is needed to write", "aws", "s3:GetObject|s3:PutObject", "s3:write", ""},
		{"a registry", "aws", "AmazonEC2ContainerRegistryPowerUser", "ecr:write", ""},
		{"what cannot be told", "aws", "*", "", ""},
		{"of another cloud", "google", "roles/editor", "s3:read", ""},
		{"one of two cannot be told", "aws", "*", "s3:read|", ""},
		{"two uses", "aws", "s3:*", "s3:read|s3:read", `it has "s3:*": it administers S3; its 2 known uses, r.yml:6 and others, read from S3`},
		{"a role of one's own", "aws", "arn:aws:iam::111122223333:policy/uploads", "s3:read", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, f := leaked("stripe-restricted-key", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
				id.Provider, id.Permissions = tt.provider, strings.Split(tt.permissions, "|")
				for i, n := range strings.Split(tt.needs, "|") {
					id.Consumers = append(id.Consumers, leak.Consumer{Kind: "workflow", Name: "report", Ref: "r.yml:9", Needs: n, NeedsAt: []string{"r.yml:6", "s.yml:3"}[i]})
				}
			})
			c := assess(t, nil, id, f)
			got := ""
			if i := slices.IndexFunc(c.Controls, func(k leak.Control) bool { return k.ID == "NHI5" && strings.Contains(k.Why, "known use") }); i >= 0 {
				got = c.Controls[i].Why
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			limits := strings.Contains(c.Plan[0].Text, "Give it no more than the right to ")
			if explains := strings.Contains(c.Risk.Factors[1].Why, "known use"); limits != (tt.want != "") || explains != (tt.want != "") {
				t.Errorf("plan %q, factor %q", c.Plan[0].Text, c.Risk.Factors[1].Why)
			}
		})
	}
}
