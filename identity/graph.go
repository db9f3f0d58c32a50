package identity

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/whosekey/whosekey/leak"
)

// Options say what is known of the organisation that was scanned. The zero value
// knows nothing.
type Options struct {
	Now          time.Time
	Inventory    bool     // there is one, so that what is not in it is a shadow
	Leavers      []string // addresses or handles of people who have left
	OwnTenants   []string // "aws:123456789012", "gcp:acme-*"; of these providers, other tenants are third parties
	DefaultOwner string   // who answers for what has no owner
}

// Repository facts that a credential's status and exposure depend on.
type Where struct {
	Repository string // name: "acme/api"; empty for none
	Exposure   string // "public", "internal", "private", "log", "image"; empty if it is not known
	Archived   bool
	LastCommit time.Time // of HEAD; zero if there is none
}

// Graph links credentials to identities. Add is called for each finding, in any
// order, and for the findings of each repository; Finish then concludes, once. It is
// not safe for concurrent use.
type Graph struct {
	opts    Options
	leavers map[string]bool
	nodes   map[string]*node // by id of the finding
}

// node is one credential, wherever it was found.
type node struct {
	findings []*leak.Finding
	answer   Answer
	where    []Where
	own      *Conclusion
	conflict string // what names it against what
	group    *node  // union-find
}

// NewGraph makes an empty one.
func NewGraph(o Options) *Graph {
	g := &Graph{opts: o, leavers: map[string]bool{}, nodes: map[string]*node{}}
	g.Leave(o.Leavers)
	return g
}

// Add hands over a finding and all that resolvers found out about it. What holds
// a piece of the credential is left out.
func (g *Graph) Add(f *leak.Finding, a Answer, w Where) {
	n := g.nodes[f.ID]
	if n == nil {
		n = &node{}
		n.group = n
		g.nodes[f.ID] = n
	}
	n.findings = append(n.findings, f)
	n.answer.Add(harmless(f.Parts, filled(a)))
	n.where = append(n.where, w)
}

// Finish concludes and returns the identities, in the order
// of their ids. It sets the Identity of every finding.
func (g *Graph) Finish() []*leak.Identity {
	ids := make([]string, 0, len(g.nodes))
	for id := range g.nodes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	first := map[string]*node{} // by key
	for _, id := range ids {
		n := g.nodes[id]
		n.own = Conclude(n.answer.Evidence)
		if n.conflict = n.answer.refute(n.own); n.conflict != "" {
			n.own = Conclude(n.answer.Evidence)
		}
		for _, key := range append(n.own.keys(), n.own.canonical(id)) {
			if other := first[key]; other != nil {
				join(other, n)
			} else {
				first[key] = n
			}
		}
	}
	groups := map[*node][]string{}
	for _, id := range ids {
		root := g.nodes[id].root()
		groups[root] = append(groups[root], id)
	}
	out := make([]*leak.Identity, 0, len(groups))
	for _, members := range groups {
		out = append(out, g.identity(members))
		for _, m := range members { // the record has all that counts of it
			g.nodes[m].answer, g.nodes[m].own = Answer{}, nil
		}
	}
	slices.SortFunc(out, func(a, b *leak.Identity) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Credentials[0].ID, b.Credentials[0].ID))
	})
	return out
}

func (n *node) root() *node {
	for n.group != n {
		n.group = n.group.group
		n = n.group
	}
	return n
}

func join(a, b *node) {
	if a, b = a.root(), b.root(); a != b {
		b.group = a
	}
}

// Limits of what a record holds: all of it was written by an enemy.
const (
	maxEvidence  = 300
	maxRelations = 200
)

// identity makes the record of the credentials with the given ids, sorted.
func (g *Graph) identity(members []string) *leak.Identity {
	var all Answer
	id := &leak.Identity{Confidence: 1}
	own := map[string]bool{}
	for _, m := range members {
		n := g.nodes[m]
		all.Add(n.answer)
		own[n.own.canonical(m)] = true
		if unasked := offline(n.answer.Evidence); len(unasked) < len(n.answer.Evidence) {
			own[Conclude(unasked).canonical(m)] = true
		}
		for _, id := range n.former(m) {
			own[id] = true
		}
		id.Confidence = min(id.Confidence, n.own.Confidence)
		if id.Conflict == "" {
			id.Conflict = n.own.Conflict
		}
	}
	all = tidy(all)
	c := Conclude(all.Evidence)
	if id.Conflict == "" {
		id.Conflict = c.Conflict
	}
	id.ID = c.canonical(members[0])
	for alias := range own {
		if alias != id.ID {
			id.Aliases = append(id.Aliases, alias)
		}
	}
	slices.Sort(id.Aliases)
	c.describe(id)
	if slices.ContainsFunc(all.Consumers, weak) && g.foreign(id) != "" {
		all.ours()
		c = Conclude(all.Evidence)
		c.describe(id)
	}
	id.Evidence, id.Consumers, id.Declared, id.Inventory = all.Evidence, all.Consumers, all.Declared, all.Inventory
	for _, m := range members {
		g.place(id, m)
	}
	g.dates(id, c)
	slices.Sort(id.Repositories)
	id.Repositories = slices.Compact(id.Repositories)
	g.people(id, c, all.Owners)
	g.status(id, members)
	for i := 0; i < len(members) && id.Conflict == ""; i++ {
		id.Conflict = g.nodes[members[i]].conflict
	}
	for _, m := range members {
		for _, f := range g.nodes[m].findings {
			f.Identity = id
		}
	}
	return id
}

// offline is the evidence without the provider's answers: what the record is
// known by where nobody is asked.
func offline(all []leak.Evidence) []leak.Evidence {
	asked := func(e leak.Evidence) bool { return e.Class == leak.FromWhoami }
	if !slices.ContainsFunc(all, asked) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), asked)
}

// describe fills in what the identity is.
func (c *Conclusion) describe(id *leak.Identity) {
	id.Type = c.identityType()
	id.Provider = strings.ToLower(c.place())
	least := c.least()
	id.ProviderID = c.get(leak.ClaimID, least)
	id.Name = c.wholeName(c.get(leak.ClaimName, least))
	for _, claim := range []string{leak.ClaimLabel, leak.ClaimID, leak.ClaimKeyID} {
		if id.Name == "" {
			id.Name = c.get(claim, Likely)
		}
	}
	id.Tenant = leak.Tenant{ID: c.get(leak.ClaimTenant, least), Name: c.get(leak.ClaimTenantName, least)}
	if id.Tenant != (leak.Tenant{}) {
		id.Tenant.Kind = c.get(leak.ClaimTenantKind, Possible)
	}
	id.Environment, id.EnvironmentSource = c.environment()
	id.Permissions = c.all(leak.ClaimPermission, Possible)
}

// place adds a credential and where it was found.
func (g *Graph) place(id *leak.Identity, member string) {
	n := g.nodes[member]
	f, c := n.findings[0], n.own
	cred := leak.Credential{
		ID: member, Kind: f.Rule.ID, Form: ownKind(n.answer.Evidence), KeyID: c.get(leak.ClaimKeyID, Possible), Label: c.get(leak.ClaimLabel, Possible),
		Issued: c.time(leak.ClaimIssued), Expires: c.time(leak.ClaimExpires), LastUsed: c.time(leak.ClaimLastUsed), Rotated: c.time(leak.ClaimRotated),
		Exposure: "unknown",
	}
	cred.State, cred.StateBy, cred.StateAt = g.state(n, cred.Expires)
	for i, f := range n.findings {
		w := n.where[i]
		if w.Repository != "" {
			id.Repositories = append(id.Repositories, w.Repository)
		}
		if worse(w.Exposure, cred.Exposure) {
			cred.Exposure = w.Exposure
		}
		id.Occurrences += len(f.Locations)
		for j := range f.Locations {
			l := &f.Locations[j]
			ref := reference(l)
			if earlier(l.Date, ref, cred.FirstExposed, cred.FirstExposedRef) {
				cred.FirstExposed, cred.FirstExposedRef = l.Date, ref
			}
		}
	}
	id.Credentials = append(id.Credentials, cred)
}

// ownKind is what the bytes of a credential say that it is, where its rule says
// something of all that it finds.
func ownKind(all []leak.Evidence) (kind string) {
	best := 0.0
	for _, e := range all {
		if e.Claim == leak.ClaimKind && e.Class == leak.FromStructure && e.Weight > best {
			kind, best = e.Value, e.Weight
		}
	}
	return kind
}

// state is the verdict, or what the credential's own dates and forms say.
func (g *Graph) state(n *node, expires time.Time) (state leak.Status, by string, at time.Time) {
	v := n.findings[0].Verdict
	for _, f := range n.findings[1:] {
		if compareVerdicts(f.Verdict, v) < 0 {
			v = f.Verdict
		}
	}
	state = v.Status
	if state == "" {
		state = leak.Unchecked
	}
	switch state {
	case leak.Live, leak.Dead, leak.Restricted:
		return state, "whoami", v.When
	case leak.Expired, leak.Canary:
		if v.Host != "" {
			return state, "whoami", v.When
		}
		return state, "offline", v.When
	}
	switch {
	case n.own.sure(leak.ClaimCanary) >= Likely:
		return leak.Canary, "offline", time.Time{}
	case expired(n.answer.Evidence, expires, g.opts.Now):
		return leak.Expired, "offline", expires
	case state == leak.Unknown && v.Host != "":
		return state, "whoami", v.When
	}
	return state, "", v.When
}

// expired reports whether the credential's own bytes say that it has ended; what
// others say of it is no proof.
func expired(all []leak.Evidence, expires, now time.Time) bool {
	if expires.IsZero() || now.IsZero() || !expires.Before(now) {
		return false
	}
	return slices.ContainsFunc(all, func(e leak.Evidence) bool {
		return e.Claim == leak.ClaimExpires && e.Class == leak.FromStructure && e.Weight >= Likely
	})
}

// compareVerdicts sorts those first that say most, and the latest.
func compareVerdicts(a, b leak.Verdict) int {
	order := []leak.Status{leak.Canary, leak.Live, leak.Restricted, leak.Expired, leak.Dead, leak.Unknown, leak.Unverifiable, leak.SkippedCheck, leak.Unchecked, ""}
	return cmp.Or(cmp.Compare(slices.Index(order, a.Status), slices.Index(order, b.Status)), b.When.Compare(a.When))
}

// exposures are from the widest to the narrowest.
var exposures = []string{"public", "internal", "log", "image", "private", "unknown"}

func worse(a, b string) bool {
	i, j := slices.Index(exposures, a), slices.Index(exposures, b)
	return i >= 0 && (j < 0 || i < j)
}

// reference is a place in a few words: "4048b6e8:deploy/sa.json:1".
func reference(l *leak.Location) string {
	parts := []string{}
	if l.Commit != "" {
		parts = append(parts, short(l.Commit))
	}
	if l.Path != "" {
		parts = append(parts, l.Path)
	} else if l.Field != "" {
		parts = append(parts, l.Field)
	}
	if l.Line > 0 {
		parts = append(parts, fmt.Sprint(l.Line))
	}
	return strings.Join(parts, ":")
}

func earlier(a time.Time, aRef string, b time.Time, bRef string) bool {
	switch {
	case bRef == "":
		return aRef != ""
	case a.IsZero() != b.IsZero():
		return b.IsZero()
	case !a.Equal(b):
		return a.Before(b)
	}
	return aRef != "" && aRef < bRef
}
