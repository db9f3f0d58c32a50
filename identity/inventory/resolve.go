package inventory

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/identity"
	"github.com/whosekey/whosekey/leak"
)

// Resolver finds the entry of a credential's identity by what the resolvers
// before it found out. The inventory is read when the first credential is
// resolved, so that a scan that finds nothing does not pay for it.
type Resolver struct {
	// Load fills the inventory; it is called once.
	Load func() (*Inventory, error)

	inv  *Inventory
	err  error
	last *keyless
}

// Inventory returns what was loaded; nil if nothing was asked yet.
func (r *Resolver) Inventory() *Inventory { return r.inv }

// Close closes what was loaded.
func (r *Resolver) Close() error {
	if r.inv == nil {
		return nil
	}
	return r.inv.Close()
}

// Resolve implements identity.Resolver.
func (r *Resolver) Resolve(ctx context.Context, q *identity.Query) (identity.Answer, error) {
	if err := ctx.Err(); err != nil {
		return identity.Answer{}, err
	}
	if r.inv == nil && r.err == nil {
		r.inv, r.err = r.Load()
	}
	if r.err != nil {
		return identity.Answer{}, r.err
	}
	query := queryOf(q)
	m, err := r.inv.Find(query)
	if err != nil {
		return identity.Answer{}, err
	}
	if m != nil {
		m.limit(q.Known, query.Own)
	}
	if m == nil || m.Weight < identity.Possible { // or of a name that may well be another's
		return r.stray(q, query)
	}
	a := m.answer(q.Known, q.Now)
	if review := m.Entry.signed(q.Now); m.By == byCanonical && (review == nil || review.Decision == notMine) {
		noWitness(a.Evidence, q.Known)
	}
	return a, nil
}

// stray is what is said of a credential that no entry is found for.
func (r *Resolver) stray(q *identity.Query, query Query) (a identity.Answer, _ error) {
	s, ok := query.stray(named(q))
	if !ok {
		return a, nil
	}
	if m, said, err := r.hinted(q, s); err != nil {
		return a, err
	} else if m != nil {
		a = m.answer(q.Known, q.Now)
		a.Evidence = append(a.Evidence, said)
		return a, nil
	}
	why, e, err := r.inv.untold(s)
	if why != "" && err == nil {
		a.Evidence = []leak.Evidence{{Class: leak.FromInventory, Claim: leak.ClaimUntold, Value: first(s.tenant, s.provider), Weight: identity.Possible, Reason: why, Ref: e.source()}}
	}
	return a, err
}

// noWitness takes from what a list says that it confirms what is known anyway: the
// list may be of what an earlier scan took for true.
func noWitness(said, known []leak.Evidence) {
	for i := range said {
		e := &said[i]
		if sure, class := identity.Basis(known, e.Value, e.Claim); sure > 0 {
			e.Weight, e.Basis = min(e.Weight, sure), class
		}
	}
}

// nameClaims and tenantClaims are those that queryOf takes.
var (
	nameClaims   = []string{leak.ClaimName, leak.ClaimID, leak.ClaimKeyID, leak.ClaimLabel, leak.ClaimHuman, leak.ClaimEmail, leak.ClaimFingerprint, leak.ClaimService}
	tenantClaims = []string{leak.ClaimTenant, leak.ClaimTenantName, leak.ClaimServer}
)

// limit makes a match no surer than what it was made on, and notes the class of
// that.
func (m *Match) limit(known []leak.Evidence, own []identity.OwnID) {
	if m.By == byCanonical || len(m.On) == 1 && strings.HasPrefix(m.On[0], "nhi:") {
		for _, o := range own {
			if o.ID == m.On[0] {
				m.Weight, m.basis = min(m.Weight, o.Weight), o.Basis
				return
			}
		}
	}
	for i, value := range m.On {
		claims := nameClaims
		if i > 0 {
			claims = tenantClaims
		}
		sure, class := identity.Basis(known, value, claims...)
		if m.Weight = min(m.Weight, sure); i == 0 {
			m.basis = class
		}
	}
}

// believable is the least weight of evidence that is looked up.
const believable = 0.25

// queryOf is what the evidence so far says of an identity.
func queryOf(q *identity.Query) Query {
	out := Query{Provider: identity.ProviderOf(q.Known), Sure: sureIDs(q.Known)}
	if q.Finding != nil {
		out.Own = identity.OwnIDs(q.Finding.ID, q.Known)
		out.Provider = first(out.Provider, q.Finding.Rule.Provider)
	}
	best := map[string]float64{}
	for _, e := range q.Known {
		if e.Weight < believable || e.Value == "" || e.Class == leak.FromInventory {
			continue
		}
		switch e.Claim {
		case leak.ClaimType:
			if e.Weight > best[e.Claim] {
				best[e.Claim], out.Type = e.Weight, leak.IdentityType(e.Value)
			}
		case leak.ClaimID, leak.ClaimKeyID, leak.ClaimFingerprint, leak.ClaimEmail:
			out.IDs = append(out.IDs, e.Value)
		case leak.ClaimName, leak.ClaimLabel, leak.ClaimHuman:
			out.IDs = append(out.IDs, e.Value)
			out.Names = append(out.Names, e.Value)
		case leak.ClaimService:
			out.Services = append(out.Services, e.Value)
		case leak.ClaimTenant, leak.ClaimTenantName:
			out.Tenants = append(out.Tenants, e.Value)
		case leak.ClaimServer:
			if identity.Elsewhere(out.Provider, e.Value) && !strings.Contains(e.Value, "/") {
				out.Servers = append(out.Servers, e.Value)
			}
		}
	}
	for _, names := range [][]string{out.Names, out.Services} {
		slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	}
	return out
}

// current is how often the owner that an inventory names is still the owner:
// people move and teams are renamed, and nobody tells the inventory.
const current = 0.9

// key is the credential of the entry that is the one in hand, by its public id; empty if
// the entry does not name it. Dates of other keys say nothing of it.
func (e *Entry) key(known []leak.Evidence) Credential {
	for _, k := range e.Credentials {
		if k.KeyID != "" && slices.ContainsFunc(known, func(v leak.Evidence) bool {
			return v.Claim == leak.ClaimKeyID && v.Weight >= byNameTenant && strings.EqualFold(v.Value, k.KeyID)
		}) {
			return k
		}
	}
	return Credential{}
}

// answer is the evidence that a match is, of what is known already.
func (m *Match) answer(known []leak.Evidence, now time.Time) identity.Answer {
	e := m.Entry
	source := first(e.source(), "the inventory")
	why := "the inventory's entry with the same " + m.By
	var a identity.Answer
	say := func(claim, value string) {
		if value != "" {
			a.Evidence = append(a.Evidence, leak.Evidence{Class: leak.FromInventory, Claim: claim, Value: value, Weight: m.Weight, Reason: why, Ref: source, Basis: m.basis})
		}
	}
	if !isAddress(e.Name) || strings.HasSuffix(strings.ToLower(e.Name), ".gserviceaccount.com") {
		say(leak.ClaimName, e.Name)
	}
	if e.IdentityType != leak.UnknownIdentity {
		say(leak.ClaimType, string(e.IdentityType))
	}
	say(leak.ClaimProvider, e.Provider)
	say(leak.ClaimID, idOnly(e.ProviderID))
	if e.Tenant != nil && !m.server {
		say(leak.ClaimTenant, e.Tenant.ID)
		say(leak.ClaimTenantName, e.Tenant.Name)
		say(leak.ClaimTenantKind, e.Tenant.Kind)
	}
	say(leak.ClaimEnvironment, e.Environment)
	for _, p := range e.Permissions[:min(len(e.Permissions), 64)] {
		say(leak.ClaimPermission, p)
	}
	k := e.key(known)
	for claim, date := range map[string]string{
		leak.ClaimCreated: e.CreationDate, leak.ClaimLastUsed: first(k.LastUsedAt, e.LastAccessed), leak.ClaimExpires: first(k.ExpiresAt, e.Expiration),
		leak.ClaimIssued: k.IssuedAt, leak.ClaimRotated: k.LastRotatedAt,
	} {
		say(claim, rfc3339(date))
	}
	slices.SortStableFunc(a.Evidence, func(x, y leak.Evidence) int { return strings.Compare(x.Claim, y.Claim) })
	a.Owners = m.owners(source, why, now)
	a.Inventory = &leak.InventoryMatch{Source: source, By: m.By, Risk: -1, State: string(e.State)}
	if e.RiskScore != nil {
		a.Inventory.Risk = *e.RiskScore
	}
	if t, err := time.Parse(time.RFC3339, rfc3339(e.Expiration)); err == nil && !now.IsZero() && t.Before(now) {
		if a.Inventory.State != string(Retired) {
			a.Inventory.Why = "it ended on " + t.Format(time.DateOnly)
		}
		a.Inventory.State = string(Retired)
	}
	return a
}

// idOnly leaves out ids that are addresses of people.
func idOnly(id string) string {
	if isAddress(id) && !strings.HasSuffix(strings.ToLower(id), ".gserviceaccount.com") {
		return ""
	}
	return id
}

// reviewHolds is how long an access review is evidence of who the owner is, in
// days: one a year is what most frameworks ask for.
const reviewHolds = 400

// signed is the review of an entry, if it still holds.
func (e *Entry) signed(now time.Time) *Review {
	r := e.Review
	if r == nil || now.IsZero() {
		return nil
	}
	t, err := time.Parse(time.RFC3339, rfc3339(r.Date))
	if err != nil || t.After(now.AddDate(0, 0, 1)) || t.Before(now.AddDate(0, 0, -reviewHolds)) {
		return nil
	}
	return r
}

func (m *Match) owners(source, why string, now time.Time) (out []leak.Owner) {
	review := m.Entry.signed(now)
	if review != nil && review.Decision == notMine {
		// Who looked at a guess said it of the credential that was behind it.
		if review.Owner != "" && (m.Weight >= identity.Likely || m.By == byCanonical) {
			out = append(out, leak.Owner{Name: review.Owner, Kind: "team", Source: identity.OwnerInventory, Ref: source, Denied: true})
		}
		review = nil
	}
	for _, w := range m.Entry.Owners {
		o := leak.Owner{Name: w.Name, Email: w.Email, Kind: w.Kind, Source: identity.OwnerInventory, Ref: source, Reason: why, Confidence: m.Weight * current}
		if o.Name == "" { // the name of a person must not be an address
			o.Name, _, _ = strings.Cut(w.Email, "@")
		}
		if review != nil && (review.Owner == "" || strings.EqualFold(review.Owner, w.text())) {
			o.Signed, o.Confidence = true, m.Weight
			o.Reason += ", signed for in the review of " + review.Date
		}
		out = append(out, o)
	}
	return out
}

// rfc3339 is a date of an entry with a time.
func rfc3339(s string) string {
	if len(s) == len(time.DateOnly) {
		return s + "T00:00:00Z"
	}
	return s
}
