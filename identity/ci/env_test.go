package ci

import (
	"strings"
	"testing"
)

// TestVariableBeside: what stands beside the reference to a key may be a variable of the
// workflow or the job; the job's comes first.
func TestVariableBeside(t *testing.T) {
	const step = "    steps:\n      - uses: aws-actions/configure-aws-credentials@v4\n        with:\n" +
		"          aws-secret-access-key: ${{ secrets.PAY_AWS_SECRET }}\n          aws-region: ${{ env.REGION }}\n"
	for name, c := range map[string]struct{ workflow, want string }{
		"the workflow's": {"env:\n  REGION: sa-east-1\njobs:\n  ship:\n" + step, "region=sa-east-1"},
		"the job's":      {"env:\n  REGION: sa-east-1\njobs:\n  ship:\n" + step + "    env:\n      REGION: eu-west-3\n", "region=eu-west-3"},
		"another job's":  {"jobs:\n  test:\n    env:\n      REGION: eu-west-3\n  ship:\n" + step, ""},
		"nobody's":       {"jobs:\n  ship:\n" + step + "    env:\n      REGION: ${{ inputs.region }}\n", ""},
	} {
		r := &repo{tree{".github/workflows/x.yml": c.workflow}}
		_, evidence, _ := resolve(t, leaked(r, "aws", "aws-secret-access-key", "x.env", "PAY_AWS_SECRET="+secret))
		got := ""
		for _, e := range evidence {
			if strings.HasPrefix(e, "region=") {
				got = e
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
