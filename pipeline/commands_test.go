package pipeline

import (
	"slices"
	"testing"

	"github.com/whosekey/whosekey/detectors"
	"github.com/whosekey/whosekey/leak"
)

// TestCommandsThatLostAValue: what a command may not show is left to fill in.
func TestCommandsThatLostAValue(t *testing.T) {
	const other = "c2VjcmV0LW9mLWFub3RoZXI"
	key := "AS" + "IAQNZGKIQY56JQ7WML"
	plan := func() []leak.Action {
		return []leak.Action{{Step: "revoke", Command: []string{"aws iam delete-access-key --access-key-id " + key + " --user-name ci", "curl https://api.acme.io/accounts/" + other + "/tokens"}}}
	}
	id := &leak.Identity{Plan: plan(), Credentials: []leak.Credential{{KeyID: key, Plan: plan()}}}
	cfg := &Config{Detectors: detectors.NewSet()}
	cfg.maskIdentity(id, newNamed([]leak.Parts{{leak.SecretPart: leak.NewSecret(other)}, {leak.SecretPart: leak.NewSecret(key)}}), map[string]string{})
	want := []string{"aws iam delete-access-key --access-key-id <key_id> --user-name ci", "curl https://api.acme.io/accounts/<hidden>/tokens"}
	for _, got := range [][]leak.Action{id.Plan, id.Credentials[0].Plan} {
		if !slices.Equal(got[0].Command, want) {
			t.Errorf("%q, want %q", got[0].Command, want)
		}
	}
}
