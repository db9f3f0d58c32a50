package identity

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// OwnID is a canonical id that the record of a credential has by what is known so
// far, and how sure that is.
type OwnID struct {
	ID string
	// Exact is set where the id is made of the finding's: it means this very
	// credential.
	Exact  bool
	Weight float64            // of the name or key that the id is made of; 1 if exact
	Basis  leak.EvidenceClass // of that name or key; empty if exact
}

// OwnIDs are the canonical ids of the credential with a finding's id, with and
// without the provider's answers, the exact one first.
func OwnIDs(finding string, known []leak.Evidence) (ids []OwnID) {
	known = slices.DeleteFunc(slices.Clone(known), func(e leak.Evidence) bool { return e.Class == leak.FromInventory })
	for _, evidence := range [][]leak.Evidence{known, offline(known)} {
		c := Conclude(evidence)
		own := OwnID{ID: c.canonical(finding), Weight: 1}
		if own.Exact = strings.HasSuffix(own.ID, "/hmac:"+finding); !own.Exact {
			own.Weight, own.Basis = c.basis()
		}
		if !slices.ContainsFunc(ids, func(o OwnID) bool { return o.ID == own.ID }) {
			ids = append(ids, own)
		}
	}
	slices.SortStableFunc(ids, func(a, b OwnID) int { return exactly(b) - exactly(a) })
	return ids
}

func exactly(o OwnID) int {
	if o.Exact {
		return 1
	}
	return 0
}

// basis is what the local part of the canonical id rests on.
func (c *Conclusion) basis() (float64, leak.EvidenceClass) {
	name := c.name()
	for _, claim := range []string{leak.ClaimName, leak.ClaimID, leak.ClaimEmail, leak.ClaimFingerprint, leak.ClaimKeyID} {
		list := c.claims[claim]
		if len(list) == 0 || name == "" && list[0].confidence < Likely || name != "" && !strings.EqualFold(list[0].value, name) {
			continue
		}
		return list[0].confidence, list[0].best.Group()
	}
	return 0, ""
}

// ProviderOf is the provider of the identity by what is known: of quay.io, where a
// rule knows only that it is a registry. It is empty where nothing is known.
func ProviderOf(known []leak.Evidence) string {
	c := Conclude(known)
	if c.get(leak.ClaimProvider, 0) == "" {
		return ""
	}
	provider, _, _ := strings.Cut(c.place(), "@")
	return provider
}
