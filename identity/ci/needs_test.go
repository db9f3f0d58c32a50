package ci

import (
	"context"
	"strings"
	"testing"
)

// TestNeeds: what a job needs a secret for is told where all of its uses can be.
func TestNeeds(t *testing.T) {
	const env = "        env:\n          KEY: ${{ secrets.DEPLOY_AWS_KEY }}\n"
	for name, tt := range map[string]struct{ steps, want string }{
		"read":                  {"      - run: aws s3 cp s3://acme/a.csv .\n" + env, "s3:read r.yml:6"},
		"write":                 {"      - run: aws s3 sync ./dist s3://acme --delete\n" + env, "s3:write r.yml:6"},
		"both":                  {"      - run: |\n          set -e\n          aws s3 ls s3://acme && aws s3 cp a s3://acme/a\n          echo done\n" + env, "s3:read s3:write r.yml:8"},
		"a registry":            {"      - run: aws ecr get-login-password | docker login -u AWS --password-stdin $REG\n" + env, "ecr:write r.yml:6"},
		"after a login":         {"      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n          aws-secret-access-key: ${{ secrets.DEPLOY_AWS_KEY }}\n      - uses: actions/checkout@v4\n      - run: aws s3 ls s3://acme\n", "s3:read r.yml:10"},
		"a step without it":     {"      - run: terraform apply\n      - run: aws s3 ls s3://acme\n" + env, "s3:read r.yml:7"},
		"Cloud Storage":         {"      - run: gsutil cp gs://acme/x .\n" + env, "storage:read r.yml:6"},
		"where to nobody sees":  {"      - run: aws s3 cp $FROM $TO\n" + env, ""},
		"options first":         {"      - run: aws s3 cp --acl private a s3://acme\n" + env, ""},
		"a program":             {"      - run: aws s3 ls s3://acme; ./deploy.sh\n" + env, ""},
		"terraform":             {"      - run: terraform apply\n" + env, ""},
		"in an expression":      {"      - run: echo $(terraform output x) && aws s3 ls\n" + env, ""},
		"another action":        {"      - uses: acme/deploy@v1\n        with:\n          key: ${{ secrets.DEPLOY_AWS_KEY }}\n      - run: aws s3 ls\n" + env, ""},
		"another shell":         {"      - run: aws s3 ls\n        shell: python\n" + env, ""},
		"kept for later":        {"      - run: echo \"K=$KEY\" >> $GITHUB_ENV\n" + env + "      - run: aws s3 ls\n" + env, ""},
		"a continued line":      {"      - run: |\n          aws s3 \\\n            cp s3://acme/a .\n" + env, "s3:read r.yml:7"},
		"nothing that needs it": {"      - run: echo hello\n" + env, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := &repo{tree{".github/workflows/r.yml": "on: push\njobs:\n  report:\n    runs-on: x\n    steps:\n" + tt.steps}}
			text := "DEPLOY_AWS_KEY=" + secret + "\n"
			a, err := New().Resolve(context.Background(), leaked(r, "aws", "aws-secret-access-key", ".env", text))
			if err != nil || len(a.Consumers) != 1 {
				t.Fatalf("%v, %d consumers", err, len(a.Consumers))
			}
			c := a.Consumers[0]
			if got := strings.TrimSpace(c.Needs + " " + strings.TrimPrefix(c.NeedsAt, ".github/workflows/")); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
