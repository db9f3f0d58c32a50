// Package graph draws who is behind credentials: secrets, the identities that
// they open, who owns these, what uses them and where code declares them.
package graph

import (
	"cmp"
	"slices"
	"strings"

	"github.com/whosekey/whosekey/identity/record"
)

// Graph is nodes and the edges between them, in an order that depends on nothing
// but their content.
type Graph struct {
	Schema int    `json:"schema"`
	Nodes  []Node `json:"nodes"`
	Edges  []Edge `json:"edges"`
}

// The kinds of nodes.
const (
	Secret      = "secret"
	Identity    = "identity"
	Owner       = "owner"
	Consumer    = "consumer"
	Declaration = "declaration"
)

// Node is one thing. Nothing in it is secret.
type Node struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Label  string `json:"label"`
	Type   string `json:"type,omitempty"` // identity_type, kind of credential or consumer, team or person
	State  string `json:"state,omitempty"`
	Status string `json:"status,omitempty"`
	Risk   int    `json:"risk_score,omitempty"`
	Ref    string `json:"ref,omitempty"`
}

// The kinds of edges.
const (
	Authenticates = "authenticates" // secret -> identity
	OwnedBy       = "owned_by"      // identity -> owner
	ConsumedBy    = "consumed_by"   // secret, or identity without one -> consumer
	DeclaredIn    = "declared_in"   // identity -> declaration
)

// Edge joins two nodes.
type Edge struct {
	From       string  `json:"from"`
	To         string  `json:"to"`
	Kind       string  `json:"kind"`
	Confidence float64 `json:"confidence,omitempty"`
	Why        string  `json:"why,omitempty"`
}

// Build draws records.
func Build(records []*record.Record) *Graph {
	b := builder{at: map[string]bool{}, edge: map[string]bool{}, g: &Graph{Schema: 1, Nodes: []Node{}, Edges: []Edge{}}}
	for _, r := range records {
		b.record(r)
	}
	b.g.tellApart()
	slices.SortStableFunc(b.g.Nodes, func(x, y Node) int {
		return cmp.Or(cmp.Compare(order(x.Kind), order(y.Kind)), cmp.Compare(y.Risk, x.Risk), strings.Compare(x.ID, y.ID))
	})
	slices.SortStableFunc(b.g.Edges, func(x, y Edge) int {
		return cmp.Or(strings.Compare(x.Kind, y.Kind), strings.Compare(x.From, y.From), strings.Compare(x.To, y.To))
	})
	return b.g
}

func order(kind string) int {
	return slices.Index([]string{Secret, Identity, Owner, Consumer, Declaration}, kind)
}

// maxOwners is how many owners of an identity are drawn: the best, and others
// that are sure enough. The record has the rest.
const (
	maxOwners = 3
	sure      = 0.7
)

type builder struct {
	at, edge map[string]bool
	g        *Graph
}

func (b *builder) node(n Node) string {
	if !b.at[n.ID] {
		b.at[n.ID] = true
		b.g.Nodes = append(b.g.Nodes, n)
	}
	return n.ID
}

func (b *builder) join(e Edge) {
	if key := e.Kind + "\x00" + e.From + "\x00" + e.To; !b.edge[key] {
		b.edge[key] = true
		b.g.Edges = append(b.g.Edges, e)
	}
}

func (b *builder) record(r *record.Record) {
	id := b.node(Node{ID: r.ID, Kind: Identity, Label: cmp.Or(r.Name, r.Called, record.Kind(r.Provider, r.IdentityType)), Type: string(r.IdentityType), Status: string(r.Status), Risk: r.RiskScore})
	users := []string{id}
	if len(r.Credentials) > 0 {
		users = nil
	}
	for _, c := range r.Credentials {
		secret := b.node(Node{ID: "secret:" + c.ID, Kind: Secret, Label: cmp.Or(c.Label, c.KeyID, c.Kind, c.ID), Type: c.Kind, State: string(c.State), Ref: c.FirstExposedRef})
		b.join(Edge{From: secret, To: id, Kind: Authenticates, Confidence: r.Confidence, Why: why(r)})
		users = append(users, secret)
	}
	for i, w := range r.Owners[:min(len(r.Owners), maxOwners)] {
		if w.Name == "" || i > 0 && w.Confidence < sure {
			continue
		}
		owner := b.node(Node{ID: "owner:" + strings.ToLower(w.Name), Kind: Owner, Label: w.Name, Type: w.Kind})
		b.join(Edge{From: id, To: owner, Kind: OwnedBy, Confidence: w.Confidence, Why: strings.TrimSpace(strings.ReplaceAll(w.Source, "_", " ") + " " + w.Ref)})
	}
	for _, c := range r.Consumers {
		consumer := b.node(Node{ID: "consumer:" + c.Kind + ":" + cmp.Or(c.Ref, c.Name), Kind: Consumer, Label: cmp.Or(c.Name, c.Ref), Type: c.Kind, Ref: c.Ref})
		for _, u := range users {
			b.join(Edge{From: u, To: consumer, Kind: ConsumedBy, Why: c.Via})
		}
	}
	for _, d := range r.DeclaredIn {
		to := b.node(Node{ID: "declaration:" + d.Kind + ":" + cmp.Or(d.Ref, d.Address), Kind: Declaration, Label: cmp.Or(d.Address, d.Ref), Type: d.Kind, Ref: d.Ref})
		b.join(Edge{From: id, To: to, Kind: DeclaredIn})
	}
}

// tellApart gives identities that are called alike the beginnings of their ids too, such
// as those of two keys in one line.
func (g *Graph) tellApart() {
	times := map[string]int{}
	for _, n := range g.Nodes {
		if n.Kind == Identity {
			times[n.Label]++
		}
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if _, id, ok := strings.Cut(n.ID, "/hmac:"); ok && n.Kind == Identity && times[n.Label] > 1 {
			n.Label += ", " + id[:min(len(id), 8)]
		}
	}
}

// why is the best reason for the identity.
func why(r *record.Record) string {
	best := record.Evidence{}
	for _, e := range r.Evidence {
		if e.Weight > best.Weight && (e.Claim == "name" || e.Claim == "id" || e.Claim == "tenant") {
			best = e
		}
	}
	return best.Reason
}
