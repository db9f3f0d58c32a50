package record

import (
	"slices"
	"strings"

	"github.com/whosekey/whosekey/leak"
)

// From makes the record of an identity.
func From(id *leak.Identity, o Options) *Record {
	r := &Record{
		ID: id.ID, IdentityType: id.Type, Name: id.Name, Owner: o.ownerName(id),
		CreationDate: day(id.Created), LastAccessed: day(id.LastAccessed), Permissions: slices.Clone(id.Permissions),
		RiskScore: id.Risk.Score, Expiration: day(id.Expires),
		Provider: id.Provider, ProviderID: id.ProviderID,
		Environment: id.Environment, EnvironmentSource: id.EnvironmentSource,
		Status: id.Status, StatusReason: id.StatusReason,
		Confidence: round(id.Confidence), Conflict: id.Conflict,
		Occurrences: id.Occurrences, Repositories: id.Repositories, Aliases: id.Aliases,
	}
	if r.IdentityType == "" {
		r.IdentityType = leak.UnknownIdentity
	}
	if r.Status == "" {
		r.Status = leak.UnknownStatus
	}
	if r.Permissions == nil {
		r.Permissions = []string{}
	}
	if t := id.Tenant; t != (leak.Tenant{}) {
		r.Tenant = &Tenant{t.ID, t.Name, t.Kind}
	}
	for _, w := range id.Owners {
		r.Owners = append(r.Owners, o.owner(w))
	}
	if id.HumanOrigin != nil {
		w := o.owner(*id.HumanOrigin)
		r.HumanOrigin = &w
	}
	r.Called = called(id)
	r.context(id, o)
	r.judgement(id, o)
	if !o.Valid || o.People != Emails {
		o.Hide(r)
	}
	return r
}

// called is what an identity without a name is called: "stripe api key at config/prod.env:1",
// or with the beginning of its credential's id where no place is known.
func called(id *leak.Identity) string {
	if id.Name != "" || len(id.Credentials) == 0 {
		return ""
	}
	c := &id.Credentials[0]
	where := "at " + c.FirstExposedRef
	if c.FirstExposedRef == "" {
		where = c.ID[:min(len(c.ID), 8)]
	}
	return Kind(id.Provider, id.Type) + " " + where
}

// Kind is what an identity of a provider and a type is, in words.
func Kind(provider string, of leak.IdentityType) string {
	kind := strings.ReplaceAll(string(of), "_", " ")
	if provider == "unknown" {
		provider = ""
	}
	if of == leak.UnknownIdentity || of == "" {
		kind = "identity"
		if provider == "" {
			return "unknown identity"
		}
	}
	return strings.TrimSpace(provider + " " + kind)
}

// Again is a record as other options let it be shown. It shares with r what has no
// texts in it.
func (r *Record) Again(o Options) *Record {
	out := *r
	out.SchemaVersion, out.Owners, out.Evidence = 0, nil, nil
	if out.Permissions == nil {
		out.Permissions = []string{}
	}
	out.Owner = o.Text(r.Owner)
	for _, w := range slices.Backward(r.Owners) {
		shown := o.owner(w.owner())
		if w.Name == r.Owner {
			out.Owner = shown.Name
		}
		out.Owners = append(out.Owners, shown)
	}
	slices.Reverse(out.Owners)
	if r.HumanOrigin != nil {
		w := o.owner(r.HumanOrigin.owner())
		out.HumanOrigin = &w
	}
	for _, e := range r.Evidence {
		if value, ok := o.value(leak.Evidence{Claim: e.Claim, Value: e.Value}); ok {
			e.Value = value
			out.Evidence = append(out.Evidence, e)
		}
	}
	o.Hide(&out)
	return &out
}

// ownerName is the best owner, as the list of owners shows it.
func (o Options) ownerName(id *leak.Identity) string {
	for _, w := range id.Owners {
		if w.Name == id.Owner {
			return o.owner(w).Name
		}
	}
	return o.Text(id.Owner)
}

// context fills in what is around the identity.
func (r *Record) context(id *leak.Identity, o Options) {
	r.CredentialCount = len(id.Credentials)
	for _, c := range id.Credentials {
		if o.Only != "" && o.Only != c.ID {
			continue
		}
		r.Credentials = append(r.Credentials, Credential{
			Risk: showRisk(c.Risk), Controls: showControls(c.Controls), Plan: showPlan(c.Plan),
			ID: c.ID, Kind: c.Kind, KeyID: c.KeyID, Label: c.Label, State: c.State, StateEvidence: c.StateBy, StateAt: when(c.StateAt),
			IssuedAt: when(c.Issued), ExpiresAt: when(c.Expires), LastUsedAt: when(c.LastUsed), LastRotatedAt: when(c.Rotated),
			FirstExposedAt: when(c.FirstExposed), FirstExposedRef: c.FirstExposedRef, Exposure: c.Exposure,
		})
	}
	for _, e := range id.Evidence {
		if value, ok := o.value(e); ok {
			r.Evidence = append(r.Evidence, Evidence{e.Class, e.Claim, value, round(e.Weight), e.Reason, e.Ref, e.Basis})
		}
	}
	for _, c := range id.Consumers {
		r.Consumers = append(r.Consumers, Consumer{c.Kind, c.Ref, c.Name, c.Via, round(c.Confidence), c.Needs, c.NeedsAt})
	}
	for _, d := range id.Declared {
		r.DeclaredIn = append(r.DeclaredIn, Declaration{d.Kind, d.Address, d.Ref})
	}
	if m := id.Inventory; m != nil {
		r.Inventory = &Inventory{Matched: true, Source: m.Source, By: m.By, State: m.State, Why: m.Why}
		if score := m.Risk; score >= 0 {
			r.Inventory.RiskScore = &score
		}
	}
}

// value is evidence's value as it may be shown; false for not at all.
func (o Options) value(e leak.Evidence) (string, bool) {
	if e.Claim != leak.ClaimEmail || o.People == Emails || leak.MachineAddress(e.Value) {
		return e.Value, true
	}
	return o.hash(e.Value), o.People == Hash
}

// judgement fills in what is concluded.
func (r *Record) judgement(id *leak.Identity, o Options) {
	r.Risk, r.ControlDetail, r.Plan = showRisk(id.Risk), showControls(id.Controls), showPlan(id.Plan)
	for _, c := range id.Controls {
		r.Controls = append(r.Controls, c.ID)
	}
	if o.Only != "" {
		r.Plan = nil // its credential has one
	}
}

func showRisk(k leak.Risk) *Risk {
	if k.Band == "" {
		return nil
	}
	out := &Risk{Score: k.Score, Band: k.Band, Factors: []Factor{}, Cap: k.Cap}
	for _, f := range k.Factors {
		out.Factors = append(out.Factors, Factor{f.Name, f.Points, f.Max, f.Why})
	}
	return out
}

func showControls(list []leak.Control) (out []Control) {
	for _, c := range list {
		out = append(out, Control{c.ID, c.Title, c.Why})
	}
	return out
}

func showPlan(list []leak.Action) (out []Action) {
	for _, a := range list {
		out = append(out, Action(a))
	}
	return out
}

// Identity is the opposite of From, as far as the record has it.
func (r *Record) Identity() *leak.Identity {
	id := &leak.Identity{
		ID: r.ID, Aliases: r.Aliases, Type: r.IdentityType, Name: r.Name, Owner: r.Owner,
		Created: parse(r.CreationDate), LastAccessed: parse(r.LastAccessed), Permissions: r.Permissions, Expires: parse(r.Expiration),
		Provider: r.Provider, ProviderID: r.ProviderID, Environment: r.Environment, EnvironmentSource: r.EnvironmentSource,
		Status: r.Status, StatusReason: r.StatusReason, Confidence: r.Confidence, Conflict: r.Conflict,
		Occurrences: r.Occurrences, Repositories: r.Repositories, Risk: leak.Risk{Score: r.RiskScore},
	}
	if r.Tenant != nil {
		id.Tenant = leak.Tenant(*r.Tenant)
	}
	for _, w := range r.Owners {
		id.Owners = append(id.Owners, w.owner())
	}
	if r.HumanOrigin != nil {
		w := r.HumanOrigin.owner()
		id.HumanOrigin = &w
	}
	for _, c := range r.Credentials {
		id.Credentials = append(id.Credentials, leak.Credential{
			Risk: c.Risk.risk(), Controls: controls(c.Controls), Plan: plan(c.Plan),
			ID: c.ID, Kind: c.Kind, KeyID: c.KeyID, Label: c.Label, State: c.State, StateBy: c.StateEvidence, StateAt: parse(c.StateAt),
			Issued: parse(c.IssuedAt), Expires: parse(c.ExpiresAt), LastUsed: parse(c.LastUsedAt), Rotated: parse(c.LastRotatedAt),
			FirstExposed: parse(c.FirstExposedAt), FirstExposedRef: c.FirstExposedRef, Exposure: c.Exposure,
		})
	}
	for _, e := range r.Evidence {
		id.Evidence = append(id.Evidence, leak.Evidence{Class: e.Kind, Claim: e.Claim, Value: e.Value, Weight: e.Weight, Reason: e.Reason, Ref: e.Ref, Basis: e.Basis})
	}
	for _, c := range r.Consumers {
		id.Consumers = append(id.Consumers, leak.Consumer{
			Kind: c.Kind, Ref: c.Ref, Name: c.Name, Via: c.Via, Confidence: c.Confidence, Needs: c.Needs, NeedsAt: c.NeedsAt,
		})
	}
	for _, d := range r.DeclaredIn {
		id.Declared = append(id.Declared, leak.Declaration{Kind: d.Kind, Address: d.Address, Ref: d.Ref})
	}
	r.judged(id)
	return id
}

func (w Owner) owner() leak.Owner {
	return leak.Owner{Name: w.Name, Email: w.Email, Kind: w.Kind, Source: w.Source, Ref: w.Ref, Reason: w.Reason, Confidence: w.Confidence, Gone: w.Gone, Signed: w.Signed}
}

func (r *Record) judged(id *leak.Identity) {
	if m := r.Inventory; m != nil && m.Matched {
		id.Inventory = &leak.InventoryMatch{Source: m.Source, By: m.By, Risk: -1, State: m.State, Why: m.Why}
		if m.RiskScore != nil {
			id.Inventory.Risk = *m.RiskScore
		}
	}
	if r.Risk != nil {
		id.Risk = r.Risk.risk()
	}
	id.Controls, id.Plan = controls(r.ControlDetail), plan(r.Plan)
}

func (k *Risk) risk() leak.Risk {
	if k == nil {
		return leak.Risk{}
	}
	out := leak.Risk{Score: k.Score, Band: k.Band, Cap: k.Cap}
	for _, f := range k.Factors {
		out.Factors = append(out.Factors, leak.RiskFactor(f))
	}
	return out
}

func controls(list []Control) (out []leak.Control) {
	for _, c := range list {
		out = append(out, leak.Control(c))
	}
	return out
}

func plan(list []Action) (out []leak.Action) {
	for _, a := range list {
		out = append(out, leak.Action(a))
	}
	return out
}
