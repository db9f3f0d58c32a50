package identity

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// tier is the place of a source of owners among OwnerTiers.
func tier(source string) int {
	if i := slices.Index(OwnerTiers, source); i >= 0 {
		return i
	}
	return len(OwnerTiers)
}

// tierOf is the tier of an owner: of those that may use it, the one behind the
// rules for everything.
func tierOf(w *leak.Owner) int {
	if w.Source == OwnerConsuming && w.Confidence <= MaybeConsuming {
		return tier(OwnerEverything)
	}
	return tier(w.Source)
}

// handle makes ways to write somebody equal.
func handle(s string) string { return strings.ToLower(strings.TrimPrefix(strings.TrimSpace(s), "@")) }

// Leave adds people who have left, by address or handle, before Finish.
func (g *Graph) Leave(names []string) {
	for _, who := range names {
		if who = handle(who); who != "" {
			g.leavers[who] = true
		}
	}
}

func (g *Graph) gone(w leak.Owner) bool {
	return w.Gone || g.leavers[handle(w.Name)] || w.Email != "" && g.leavers[handle(w.Email)]
}

// ofConsumer is how sure it is that who owns what uses a credential owns that.
const ofConsumer = 0.55

// people settles who owns the identity, and from whom it comes.
func (g *Graph) people(id *leak.Identity, c *Conclusion, owners []leak.Owner) {
	if g.opts.DefaultOwner != "" {
		owners = append(owners, leak.Owner{Name: g.opts.DefaultOwner, Kind: "team", Source: OwnerDefault, Reason: "answers for what has no owner", Confidence: 0.2})
	}
	denied := map[string]bool{}
	for _, w := range owners {
		if w.Denied {
			denied[squad(w.Name)] = true
		}
	}
	for _, w := range owners {
		if w.Name == "" || denied[squad(w.Name)] {
			continue
		}
		if w.Email == "" {
			w.Email = address(w.Name)
		}
		w.Name = person(w.Name)
		// An owner that is known by the identity is no surer than the identity; the
		// catalog goes by the folder, and so do the tags of what holds the credential.
		switch {
		case w.Holder && id.Confidence < min(w.Confidence, ofConsumer):
			w.Source, w.Confidence = OwnerConsumerTag, min(w.Confidence, ofConsumer)
		case tier(w.Source) <= tier(OwnerDeclaring) && w.Source != OwnerCatalog:
			w.Confidence = min(w.Confidence, max(id.Confidence, 0))
		}
		w.Gone = g.gone(w)
		id.Owners = append(id.Owners, w)
	}
	slices.SortFunc(id.Owners, compareOwners)
	weighOwners(id.Owners, id.Confidence)
	slices.SortStableFunc(id.Owners, func(a, b leak.Owner) int { // who is not believed at all comes last
		return cmp.Compare(min(b.Confidence, 0.01), min(a.Confidence, 0.01))
	})
	if g.foreign(id) != "" {
		ofOthers(id.Owners)
	}
	id.Owners = slices.CompactFunc(id.Owners, func(a, b leak.Owner) bool {
		return a.Source == b.Source && handle(a.Name) == handle(b.Name) && a.Email == b.Email
	})
	id.Owners = id.Owners[:min(len(id.Owners), maxRelations)]
	for _, w := range id.Owners {
		if !w.Gone {
			id.Owner = w.Name
			break
		}
	}
	id.HumanOrigin = g.origin(id, c)
}

func compareOwners(a, b leak.Owner) int {
	return cmp.Or(cmp.Compare(tierOf(&a), tierOf(&b)), cmp.Compare(b.Confidence, a.Confidence), strings.Compare(handle(a.Name), handle(b.Name)),
		strings.Compare(a.Email, b.Email), strings.Compare(a.Ref, b.Ref), strings.Compare(a.Reason, b.Reason), strings.Compare(a.Kind, b.Kind))
}

// origin is the person whose account or commit it came from.
func (g *Graph) origin(id *leak.Identity, c *Conclusion) *leak.Owner {
	if list := c.claims[leak.ClaimHuman]; len(list) > 0 && list[0].confidence >= Possible {
		e := list[0].best
		w := leak.Owner{Name: person(e.Value), Email: address(e.Value), Kind: "person", Source: string(e.Class), Ref: e.Ref, Reason: e.Reason, Confidence: list[0].confidence}
		if w.Email == "" {
			w.Email = address(c.get(leak.ClaimEmail, Possible))
		}
		w.Gone = g.gone(w)
		return &w
	}
	for _, source := range []string{OwnerWhoami, OwnerAuthor} {
		for _, w := range id.Owners {
			if w.Source == source && w.Kind == "person" {
				return &w
			}
		}
	}
	if email := c.get(leak.ClaimEmail, Possible); id.Type == leak.HumanAccount && address(email) != "" {
		w := leak.Owner{Name: person(email), Email: email, Kind: "person", Source: string(c.claims[leak.ClaimEmail][0].best.Class), Confidence: c.sure(leak.ClaimEmail), Reason: "the address of the account"}
		w.Gone = g.gone(w)
		return &w
	}
	return nil
}

// Stale is how long a repository that declares an identity may be without a
// commit.
const Stale = 365 * 24 * time.Hour

// status says how the identity stands to what is known of the organisation.
func (g *Graph) status(id *leak.Identity, members []string) {
	set := func(s leak.IdentityStatus, why string) { id.Status, id.StatusReason = s, why }
	if why := g.foreign(id); why != "" {
		set(leak.ThirdPartyIdentity, why)
		return
	}
	if m := id.Inventory; m != nil && m.State == "retired" {
		set(leak.RetiredIdentity, "the inventory says that "+cmp.Or(m.Why, "it is retired")+": "+m.Source)
		return
	}
	if why := g.orphaned(id, members); why != "" {
		set(leak.OrphanedIdentity, why)
		return
	}
	switch {
	case id.Inventory != nil:
		set(leak.KnownIdentity, fmt.Sprintf("in the inventory, by %s: %s", id.Inventory.By, id.Inventory.Source))
	case g.opts.Inventory && untold(id) != "":
		set(leak.UnknownStatus, untold(id))
	case g.opts.Inventory:
		set(leak.ShadowIdentity, "it is not in the inventory")
	default:
		set(leak.UnknownStatus, "")
	}
	// That is no orphan: who has the key may use it where nobody has looked.
	if _, archived := g.activity(members); archived && len(id.Declared) == 0 && id.Inventory == nil {
		id.StatusReason = strings.TrimPrefix(id.StatusReason+"; nothing declares it, and where it was found is archived", "; ")
	}
}

// untold is why the inventory cannot tell whether it knows the identity.
func untold(id *leak.Identity) string {
	for i := range id.Evidence {
		if e := &id.Evidence[i]; e.Claim == leak.ClaimUntold {
			return e.Reason + ": " + e.Ref
		}
	}
	return ""
}

// orphaned says why nobody who is still there answers for the identity.
func (g *Graph) orphaned(id *leak.Identity, members []string) string {
	if len(id.Owners) > 0 && id.Owners[0].Gone {
		w := id.Owners[0]
		return fmt.Sprintf("%s, its owner (%s), has left", w.Name, strings.ReplaceAll(w.Source, "_", " "))
	}
	if o := id.HumanOrigin; o != nil && o.Gone && id.Type == leak.HumanAccount {
		return o.Name + ", whose account it is, has left"
	}
	if len(id.Declared) == 0 {
		return ""
	}
	last, archived := g.activity(members)
	switch {
	case archived:
		return "the repository that declares it is archived"
	case !last.IsZero() && !g.opts.Now.IsZero() && g.opts.Now.Sub(last) > Stale:
		return "the repository that declares it has had no commit since " + last.Format(time.DateOnly)
	}
	return ""
}

// activity is the last commit of the repositories that some credentials are in, and
// whether all of them are archived.
func (g *Graph) activity(members []string) (last time.Time, archived bool) {
	archived, known := true, false
	for _, m := range members {
		for _, w := range g.nodes[m].where {
			archived = archived && w.Archived
			if w.LastCommit.After(last) {
				last = w.LastCommit
			}
			known = known || w.Repository != "" || w.Archived
		}
	}
	return last, archived && known
}

// providerAliases are other words for providers in own_tenants.
var providerAliases = map[string]string{"gcp": "google", "entra": "azure", "microsoft": "azure"}

// foreign says why the identity is somebody else's: tenants of its provider are
// known to be ours, and it is in another one.
func (g *Graph) foreign(id *leak.Identity) string {
	if id.Tenant.ID == "" && id.Tenant.Name == "" || id.Conflict != "" {
		return ""
	}
	provider, host, _ := strings.Cut(id.Provider, "@")
	listed := false
	for _, own := range g.opts.OwnTenants {
		of, pattern, ok := strings.Cut(own, ":")
		if alias := providerAliases[of]; alias != "" {
			of = alias
		}
		if !ok || of != provider && of != provider+"@"+host {
			continue
		}
		// An account of a storage service is no word for a directory's GUID.
		listed = listed || form(strings.ReplaceAll(pattern, "*", "")) == form(cmp.Or(id.Tenant.ID, id.Tenant.Name))
		for _, t := range []string{id.Tenant.ID, id.Tenant.Name} {
			if hit, _ := path.Match(strings.ToLower(pattern), strings.ToLower(t)); hit && t != "" {
				return ""
			}
		}
	}
	if !listed {
		return ""
	}
	return fmt.Sprintf("%s %s is not among your own tenants", cmp.Or(id.Tenant.Kind, "tenant"), cmp.Or(id.Tenant.ID, id.Tenant.Name))
}

// dates settles the dates of the identity from those of its credentials. It was
// made when its credential was where that is all that there is of it: a token's
// date of issue says nothing of the account.
func (g *Graph) dates(id *leak.Identity, c *Conclusion) {
	id.Created, id.LastAccessed = c.time(leak.ClaimCreated), time.Time{}
	sameAsKey := slices.Contains([]leak.IdentityType{leak.APIKey, leak.Webhook, leak.Certificate, leak.SSHKey, leak.DeployKey, leak.SigningKey, leak.EncryptionKey}, id.Type)
	for i := range id.Credentials {
		k := &id.Credentials[i]
		if k.LastUsed.After(id.LastAccessed) {
			id.LastAccessed = k.LastUsed
		}
		if k.Expires.After(id.Expires) {
			id.Expires = k.Expires
		}
		if sameAsKey && id.Created.IsZero() {
			id.Created = k.Issued
		}
	}
}
