package identity

import (
	"strings"
	"testing"

	"github.com/whosekey/whosekey/leak"
)

// TestInsideWins: the account that is decoded from a key is its account, whatever
// AWS_ACCOUNT_ID beside it says; that they differ is told.
func TestInsideWins(t *testing.T) {
	say := func(class leak.EvidenceClass, value string, weight float64) leak.Evidence {
		return leak.Evidence{Claim: leak.ClaimTenant, Class: class, Value: value, Weight: weight, Reason: "because"}
	}
	inside, beside := say(leak.FromStructure, "111122223333", 0.99), say(leak.FromNeighbour, "444455556666", 0.9)
	for _, list := range [][]leak.Evidence{{inside, beside}, {beside, inside}} {
		c := Conclude(list)
		if got := c.get(leak.ClaimTenant, Likely); got != "111122223333" || c.Confidence < 0.98 || !strings.Contains(c.Conflict, "says the credential itself") {
			t.Errorf("%q %v %q", got, c.Confidence, c.Conflict)
		}
	}
	for _, list := range [][]leak.Evidence{{inside, say(leak.FromInventory, "444455556666", 0.95)}, {say(leak.FromStructure, "111122223333", 0.6), beside}} {
		if c := Conclude(list); c.Confidence > 0.5 || c.Conflict == "" {
			t.Errorf("%v: %v %q", list, c.Confidence, c.Conflict)
		}
	}
}
