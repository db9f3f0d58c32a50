package inventory

import (
	"maps"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// person notes whether the account of a person in a directory is disabled: who cannot
// sign in answers for nothing. What a later list says counts. Users of AWS are none:
// they are retired where they have no key.
func (inv *Inventory) person(e *Entry) {
	if e.IdentityType != leak.HumanAccount || e.Provider != "azure" && e.Provider != "okta" {
		return
	}
	for _, who := range []string{e.Name, e.Email} {
		who = strings.ToLower(who)
		switch {
		case !isAddress(who):
		case e.State == Retired && len(inv.off) < maxLeavers:
			if inv.off == nil {
				inv.off = map[string]bool{}
			}
			inv.off[who] = true
		case e.State == Active:
			delete(inv.off, who)
		}
	}
}

// Disabled are the addresses of the people whose accounts in the directories that were
// read are disabled, in order.
func (inv *Inventory) Disabled() []string {
	return slices.Sorted(maps.Keys(inv.off))
}
