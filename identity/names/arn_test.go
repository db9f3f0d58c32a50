package names

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// The ARN of a role in another account is no word about a key that names its own.
func TestARNOfAnotherAccount(t *testing.T) {
	for account, want := range map[string]string{"111122223333": "", "999988887777": "tenant=999988887777"} {
		q := query("aws", "x", "AWS_SECRET_ACCESS_KEY="+secret+"\nAWS_ROLE_ARN=arn:aws:iam::999988887777:role/deploy\n")
		q.Known = []leak.Evidence{{Class: leak.FromStructure, Claim: leak.ClaimTenant, Value: account, Weight: 0.95}}
		if got := strings.Join(ask(t, q), "; "); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("key of %s: %q", account, got)
		}
	}
}
