package identity

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// Basis says how sure a value is by the evidence so far, if it is what one of some
// claims says, and the class that most of it is of. Who looks something up by the
// value is no surer of what is found than of the value, and no other witness: that
// there is a user of this name does not make it the credential's.
func Basis(known []leak.Evidence, value string, claims ...string) (weight float64, class leak.EvidenceClass) {
	for _, claim := range claims {
		miss, best := map[leak.EvidenceClass]float64{}, leak.Evidence{}
		for _, e := range known {
			if e.Claim != claim || !strings.EqualFold(e.Value, value) {
				continue
			}
			miss[e.Group()] = max(miss[e.Group()], min(e.Weight, 1))
			if e.Weight > best.Weight {
				best = e
			}
		}
		all := 1.0
		for _, group := range slices.Sorted(maps.Keys(miss)) {
			all *= 1 - miss[group]
		}
		if sure := 1 - all; sure > weight {
			weight, class = sure, best.Group()
		}
	}
	return weight, class
}
