package risk

import (
	"fmt"
	"strings"
	"testing"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// TestRevokeNamesTheFiles: to end an SSH key is to take its public half out of the
// files that let it log in.
func TestRevokeNamesTheFiles(t *testing.T) {
	id, f := leaked("private-key-openssh", func(id *leak.Identity, _ *leak.Credential, _ *leak.Finding) {
		for _, ref := range []string{"ops/authorized_keys:3", "ansible/files/authorized_keys:1", "ops/authorized_keys:3"} {
			id.Evidence = append(id.Evidence, leak.Evidence{Claim: leak.ClaimScope, Value: identity.ScopeLogsIn + "it is installed", Weight: .95, Ref: ref})
		}
	})
	for _, a := range assess(t, nil, id, f).Plan {
		if got := strings.Contains(a.Text, "take it out of ops/authorized_keys:3, ansible/files/authorized_keys:1, and of the servers"); got != (a.Step == StepRevoke) {
			t.Errorf("%s: %s", a.Step, a.Text)
		}
	}
	id, f = leaked("private-key-openssh", nil)
	if all := fmt.Sprint(assess(t, nil, id, f).Plan); strings.Contains(all, "public half lets") {
		t.Errorf("no file has it: %s", all)
	}
}
