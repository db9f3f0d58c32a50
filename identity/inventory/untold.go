package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// keyless reports whether an entry may have keys that it does not name.
func (e *Entry) keyless() bool {
	return !strings.Contains(e.ProviderID, ":role/") && !slices.ContainsFunc(e.Credentials, func(k Credential) bool { return k.KeyID != "" })
}

// keylessKey is what the entries of a tenant are found by that name no key.
func keylessKey(provider, tenant string) string {
	if provider == "" || tenant == "" {
		return ""
	}
	return "a" + provider + "\x00" + strings.ToLower(tenant)
}

// untold is why an inventory does not tell whose a key is of which only its id and
// its tenant are known: it has identities of that tenant, and not the ids of their
// keys. It is empty where the key is none of the inventory's.
func (r *Resolver) untold(q *identity.Query, provider string) (a identity.Answer, _ error) {
	key, tenant := "", ""
	for _, e := range q.Known {
		switch e.Claim {
		case leak.ClaimKeyID:
			key = e.Value
		case leak.ClaimTenant:
			if e.Weight >= identity.Likely {
				tenant = e.Value
			}
		}
	}
	named := func(e leak.Evidence) bool {
		return (e.Claim == leak.ClaimName || e.Claim == leak.ClaimID || e.Claim == leak.ClaimEmail) && e.Weight >= identity.Possible && e.Value != key
	}
	if key == "" || tenant == "" || slices.ContainsFunc(q.Known, named) {
		return a, nil
	}
	e, err := r.inv.any(keylessKey(asProvider(provider), tenant))
	if err != nil || e == nil {
		return a, err
	}
	why := fmt.Sprintf("nothing says whose key it is, and the inventory names no keys of %s in %s", first(e.Name, e.ID), tenant)
	if isAddress(e.Name) {
		why = "nothing says whose key it is, and the inventory has identities in " + tenant + " without their keys"
	}
	a.Evidence = []leak.Evidence{{Class: leak.FromInventory, Claim: leak.ClaimUntold, Value: tenant, Weight: identity.Possible, Reason: why, Ref: e.source()}}
	return a, nil
}

// any is one of the entries with a key; nil if there is none.
func (inv *Inventory) any(key string) (*Entry, error) {
	if key == "" {
		return nil, nil
	}
	hash := inv.hash(key)
	at, _ := slices.BinarySearchFunc(inv.index, hash, before)
	for n := 0; at < len(inv.index) && inv.index[at].hash == hash && n < maxCandidates; at, n = at+1, n+1 {
		e, err := inv.group(inv.root(inv.index[at].entry))
		if err != nil {
			return nil, err
		}
		if slices.Contains(e.keys(), key) {
			return e, nil
		}
	}
	return nil, nil
}
