package inventory

import (
	"slices"

	"github.com/whosekey/whosekey/leak"
)

// oktaPeople names owners of what is Okta's who are told by their ids only, as the user of a
// token is (userId of GET /api/v1/api-tokens), by the list of users, if the inventory has it.
func (inv *Inventory) oktaPeople(e *Entry) error {
	if e.Provider != "okta" || e.IdentityType == leak.HumanAccount {
		return nil
	}
	for i := range e.Owners {
		w := &e.Owners[i]
		key := idKey(e.Provider, w.Name)
		if w.Email != "" || key == "" {
			continue
		}
		u, err := inv.user(key)
		if err != nil {
			return err
		}
		if u == nil {
			continue
		}
		if e.Owner == w.Name {
			e.Owner = first(u.Owners[0].text(), u.Name)
		}
		*w = u.Owners[0]
		w.Name = first(w.Name, u.Name)
	}
	return nil
}

// user is the person's account with a key; nil if there is none. Of one that several rows
// are about the first row counts.
func (inv *Inventory) user(key string) (*Entry, error) {
	hash := inv.hash(key)
	at, _ := slices.BinarySearchFunc(inv.index, hash, before)
	for n := 0; at < len(inv.index) && inv.index[at].hash() == hash && n < maxCandidates; at, n = at+1, n+1 {
		u, err := inv.read(inv.index[at].entry)
		if err != nil {
			return nil, err
		}
		if u.IdentityType == leak.HumanAccount && len(u.Owners) > 0 && slices.Contains(u.keys(), key) {
			return u, nil
		}
	}
	return nil, nil
}
