package inventory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/identity/names"
	"github.com/whosekey/whosekey/identity/record"
	"github.com/whosekey/whosekey/leak"
)

// keyless reports whether an entry may have keys that it does not name.
func (e *Entry) keyless() bool {
	return !strings.Contains(e.ProviderID, ":role/") && e.IdentityType != leak.ManagedIdentity &&
		!slices.ContainsFunc(e.Credentials, func(k Credential) bool { return k.KeyID != "" })
}

// Keys of entries that name no key: of a tenant of a provider, of a provider without a
// tenant, of all of a provider, and of a type where no provider is said.
func ofTenant(provider, tenant string) string {
	return "a" + provider + "\x00" + strings.ToLower(tenant)
}
func ofProvider(provider string) string { return "a" + provider + "\x00*" }
func ofType(t leak.IdentityType) string { return "a\x00" + string(t) }

// keylessKeys are what an entry that names no key is found by.
func (e *Entry) keylessKeys() []string {
	tenant := ""
	if e.Tenant != nil {
		tenant = first(e.Tenant.ID, e.Tenant.Name)
	}
	switch {
	case e.Provider != "":
		return []string{ofTenant(e.Provider, tenant), ofProvider(e.Provider)}
	case tenant == "":
		return []string{ofType(e.IdentityType)}
	}
	return nil
}

// A stray is a credential of which nothing likely says whose it is, and that is not the
// identity itself.
type stray struct {
	provider, tenant string
	of               leak.IdentityType
}

// stray is the credential of q, if it is one.
func (q Query) stray(named bool) (stray, bool) {
	s := stray{provider: asProvider(q.Provider), of: q.Type}
	if len(q.Tenants) > 0 {
		s.tenant = q.Tenants[0]
	}
	return s, !named && s.provider != "" && !identity.Keyed(s.of)
}

// keys are what entries are found by that the stray may be of.
func (s stray) keys() []string { return append(s.ofProvider(), ofType(s.of)) }

// ofProvider are those of keys that say the provider.
func (s stray) ofProvider() []string {
	if s.tenant == "" {
		return []string{ofProvider(s.provider)}
	}
	return []string{ofTenant(s.provider, s.tenant), ofTenant(s.provider, "")}
}

// untold is why an inventory does not tell whose a stray is: it has identities that may
// have such a credential, and not the ids of their keys. It is empty, without an entry,
// where the credential is none of the inventory's.
func (inv *Inventory) untold(s stray) (why string, e *Entry, _ error) {
	for _, key := range s.keys() {
		list, err := inv.all(key, 1)
		if err != nil {
			return "", nil, err
		}
		if len(list) == 0 {
			continue
		}
		e, where := list[0].Entry, ""
		if s.tenant != "" && e.Tenant != nil {
			where = " in " + s.tenant
		}
		if isAddress(e.Name) {
			return "nothing says whose key it is, and the inventory has identities" + where + " without their keys", e, nil
		}
		return fmt.Sprintf("nothing says whose key it is, and the inventory names no keys of %s%s", first(e.Name, e.ID), where), e, nil
	}
	return "", nil, nil
}

// named reports whether something likely says whose a credential is.
func named(q *identity.Query) bool {
	key := ""
	for _, e := range q.Known {
		if e.Claim == leak.ClaimKeyID {
			key = e.Value
		}
	}
	return slices.ContainsFunc(q.Known, func(e leak.Evidence) bool {
		if e.Claim != leak.ClaimName && e.Claim != leak.ClaimID && e.Claim != leak.ClaimEmail || e.Value == key {
			return false
		}
		sure, _ := identity.Basis(q.Known, e.Value, e.Claim)
		return sure >= identity.Likely
	})
}

// namedRecord reports the same of a record.
func namedRecord(r *record.Record) bool {
	if r.Confidence > 0 && r.Confidence < identity.Likely {
		return false
	}
	for _, c := range r.Credentials {
		if r.Name == c.KeyID && r.Name != "" {
			return false
		}
	}
	return r.Name != "" || r.ProviderID != ""
}

// hinted is the entry that names around the credential point to, among those that may
// have a key which they do not name; nil if there is none.
func (r *Resolver) hinted(q *identity.Query, s stray) (*Match, leak.Evidence, error) {
	hints := names.Hints(q)
	if s.provider != "aws" || len(hints) == 0 || s.of == leak.ManagedIdentity {
		return nil, leak.Evidence{}, nil
	}
	of, err := r.keyless(s)
	if err != nil {
		return nil, leak.Evidence{}, err
	}
	p, ok := names.Point(hints, of.names)
	if !ok {
		return nil, leak.Evidence{}, nil
	}
	m := *of.found[p.Name]
	m.By, m.Weight = "name", hintedPart
	switch ours := s.tenant != "" && m.Entry.Tenant != nil; {
	case ours && p.Whole:
		m.Weight = hintedWhole
	case ours || p.Whole:
		m.Weight = byName
	}
	said, why := p.Said(m.Entry.Name)
	m.By += ", to which " + why + " may point"
	return &m, said, nil
}

// keyless are entries of a provider's tenant that may have keys which they do not name,
// each name once.
type keyless struct {
	provider, tenant string
	found            []*Match
	names            []string
}

// keyless reads those that a stray may be of. The last ones are kept: strays of one
// scan are mostly of one tenant, and entries have to be read back from a file.
func (r *Resolver) keyless(s stray) (*keyless, error) {
	if k := r.last; k != nil && k.provider == s.provider && k.tenant == s.tenant {
		return k, nil
	}
	k := &keyless{provider: s.provider, tenant: s.tenant}
	for _, key := range s.ofProvider() {
		list, err := r.inv.all(key, maxHinted)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			if !slices.Contains(k.names, m.Entry.Name) && !isAddress(m.Entry.Name) {
				k.found, k.names = append(k.found, m), append(k.names, m.Entry.Name)
			}
		}
	}
	r.last = k
	return k, nil
}

// How much the record of an inventory counts to which hints point: with the whole of its
// name and in the credential's own tenant, and with a part of it and in none that is
// known. Else it is byName.
const (
	hintedWhole = 0.5
	hintedPart  = 0.3
	maxHinted   = 256 // entries that are looked at
)

// common reports whether a key is one that so many entries have already that one more
// is never looked at: most of a list are of one provider.
func (inv *Inventory) common(key string) bool {
	if key[0] != 'a' || !strings.HasSuffix(key, "\x00*") && key[1] != 0 {
		return false
	}
	if inv.counts == nil {
		inv.counts = map[string]int{}
	}
	if len(inv.counts) < maxKinds {
		inv.counts[key]++
	}
	return inv.counts[key] > maxHinted+maxCandidates
}

// maxKinds is how many providers and types are counted.
const maxKinds = 10_000

// all are the entries with a key, at most so many.
func (inv *Inventory) all(key string, most int) (out []*Match, _ error) {
	hash := inv.hash(key)
	at, _ := slices.BinarySearchFunc(inv.index, hash, before)
	for n := 0; at < len(inv.index) && inv.index[at].hash() == hash && n < most+maxCandidates && len(out) < most; at, n = at+1, n+1 {
		root := inv.root(inv.index[at].entry)
		if slices.ContainsFunc(out, func(m *Match) bool { return m.root == root }) {
			continue
		}
		e, err := inv.group(root)
		if err != nil {
			return nil, err
		}
		if slices.Contains(e.keys(), key) {
			out = append(out, &Match{Entry: e, root: root})
		}
	}
	return out, nil
}
